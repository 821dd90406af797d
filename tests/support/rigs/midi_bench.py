"""An engine on the offline backend that listens to MIDI."""

from __future__ import annotations

from rigs import RATE, Bench

from rig.lane import Lane
from rig.player.midi.lookup import compiled, moves_of_parameters
from rig.player.midi.mapping import Binding, Mapping

BOUND = Mapping(
    (
        Binding("control", 7, "volume", low=-40.0, high=0.0, pickup=False),
        Binding("control", 11, "output_trim", channel=2, low=-20.0, high=20.0, pickup=False),
        Binding("control", 12, "input_trim", low=-20.0, high=20.0, pickup=False),
        Binding("control", 64, "mute"),
        Binding("control", 20, "preamp_gain", pickup=False),
        Binding("note", 60, "next_model", rest_ms=0.0),
    )
)


def listening(engine, mapping=BOUND, monitor=False):
    """MIDI for an engine, as the player makes it."""
    made = engine.listen(moves_of_parameters())
    made.use(compiled(mapping, RATE).map)
    made.record["monitor"] = monitor
    return made


def sounding(block_size=64, lane=None):
    """An engine with a lane that passes everything, and MIDI."""
    bench = Bench(block_size)
    bench.engine.play({0: lane or Lane(RATE)})
    bench.settle()
    return bench, listening(bench.engine)


def outcomes(lines):
    return [int(line["outcome"]) for line in lines]
