"""A pedal trims on top of the gains as they are now, also after a knob or key has changed them."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import NANO, Bench, db, guitar

from rig.levels import Level
from rig.player.midi.mapping import Binding, Mapping
from rig.player.player import Player

PEDALS = Mapping(
    (
        Binding("control", 11, "input_trim", low=-20.0, high=20.0, pickup=False),
        Binding("control", 12, "output_trim", low=-40.0, high=40.0, pickup=False),
    )
)


class Pedalboard:
    def __init__(self):
        self.bench = Bench()
        self.player = Player(self.bench.engine, lambda text: None, [NANO], interface=Level(12.2, "entered"))
        self.player.start()
        self.bench.settle()
        self.player.midi.open()
        self.player.midi.use(PEDALS)

    def pedal(self, controller, data):
        self.bench.backend.process(np.zeros(64, np.float32), midi=[(0, bytes((0xB0, controller, data)))])
        self.player.poll()

    def heard(self):
        self.bench.process(np.zeros(48000))
        return self.bench.process(guitar(24000))


@pytest.mark.parametrize(
    ("controller", "change"),
    [(11, lambda player: player.set("preamp_gain", 12.0)), (12, lambda player: player.do("level_mode"))],
    ids=["input trim after the gain knob", "output trim after the level mode"],
)
def test_a_pedal_that_comes_back_to_its_place_brings_the_sound_of_that_place(controller, change):
    board = Pedalboard()
    board.pedal(controller, 70)
    change(board.player)
    want = board.heard()
    board.pedal(controller, 60)
    assert db(board.heard() - want, want) > -40  # it did something
    board.pedal(controller, 70)
    assert db(board.heard() - want, want) < -90  # float32 gains
    board.player.close()
