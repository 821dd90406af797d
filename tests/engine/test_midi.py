"""MIDI in the audio thread: each event in order, in its period; no message, no effect."""

from __future__ import annotations

import argparse
import json
import select
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from allocations import rtsys
from jackclients import wait_until
from midi_bench import listening, outcomes, sounding
from midi_sender import Sender
from places import SUPPORT
from rigs import RATE, Bench

from rig.backends.jack import libjack
from rig.backends.jack.client import Jack
from rig.backends.jack.midi_port import MIDI_OUT, MOST_WAITING, put
from rig.cli.live.midi_ports import MidiCables, connect_midi
from rig.dsp.convolver.kernels import MAX_CHUNK
from rig.dsp.midi_events import MOST_EVENTS
from rig.engine import Engine
from rig.errors import BackendError
from rig.lane import Lane
from rig.midi_actions import LOG_LINES, SET_TO, TOLD
from rig.player.midi.mapping import Mapping


def made_of(lines):
    """Frame and bytes of each event in a log."""
    return [
        (int(line["period_frame"] + line["offset_frames"]), bytes((line["status"], line["data_1"], line["data_2"])))
        for line in lines
    ]


def some_messages(count, seed=0):
    """Messages that mean something."""
    rng = np.random.default_rng(seed)
    kinds = [(0xB0, 7), (0xB1, 11), (0xB3, 20), (0x90, 60)]
    which, data = rng.integers(0, len(kinds), count), rng.integers(1, 128, count)
    return [bytes((*kinds[kind], int(byte))) for kind, byte in zip(which, data, strict=True)]


def some_events(count, frames, seed=0):
    """Those at random frames."""
    at = np.sort(np.random.default_rng(seed).integers(0, frames, count))
    return [(int(frame), message) for frame, message in zip(at, some_messages(count, seed), strict=True)]


# ---------------------------------------------------------------- in order, in its period
def test_ten_thousand_events_are_acted_on_in_order_in_the_period_they_belong_to():
    bench = Bench(64)
    control = listening(bench.engine)
    piece, pieces = 64 * 50, 64
    events, lines = some_events(10_000, piece * pieces), []
    for at in range(0, piece * pieces, piece):
        inside = [(frame - at, message) for frame, message in events if at <= frame < at + piece]
        bench.backend.process(np.zeros(piece, np.float32), midi=inside)
        lines.extend(control.drain())
    assert made_of(lines) == events
    assert [int(line["period_frame"]) for line in lines] == [frame // 64 * 64 for frame, _ in events]
    assert [int(line["cycle"]) for line in lines] == [frame // 64 for frame, _ in events]
    assert not any(line["acted_at_frames"] for line in lines)  # a period of 64 is one chunk
    assert set(outcomes(lines)) == {SET_TO, TOLD}
    for line in lines:
        if (line["status"], line["data_1"]) == (0xB0, 7):
            assert line["value"] == pytest.approx(-40 + 40 * line["data_2"] / 127)
    assert (control.record["unlogged"], control.record["lost"], control.record["events"]) == (0, 0, 10_000)


def test_events_of_long_periods_are_acted_on_in_the_chunk_they_fall_into():
    sizes = (1, 7, 64, 1000, 8192, 256, 257)
    bench = Bench(sizes)
    control = listening(bench.engine)
    edges = np.concatenate([[0], np.cumsum(np.resize(sizes, 100))])
    events = some_events(3000, 60_000, seed=1)
    bench.backend.process(np.zeros(60_000, np.float32), midi=events)
    lines = control.drain()
    assert made_of(lines) == events
    for line, (frame, _) in zip(lines, events, strict=True):
        period = edges[np.searchsorted(edges, frame, "right") - 1]
        assert (line["period_frame"], line["acted_at_frames"]) == (period, (frame - period) // MAX_CHUNK * MAX_CHUNK)


LIVE = 20  # cycles' worth of events that are sent first, so that nothing is compared that is still being connected


def live_events(count, per_cycle, period, seed):
    """Cycle, offset and message of events for a sender."""
    rng = np.random.default_rng(seed)
    cycles = LIVE + np.arange(count) // per_cycle
    offsets = rng.integers(0, period, count)
    order = np.lexsort((offsets, cycles))
    return [
        (int(cycles[i]), int(offsets[i]), message) for i, message in zip(order, some_messages(count, seed), strict=True)
    ]


def agree(sent, lines):
    """What was sent is what was acted on: order, period, offset, bytes."""
    assert [(frame, when, bytes(message)) for frame, when, message in sent] == [
        (int(line["period_frame"]), int(line["offset_frames"]), message)
        for line, (_, message) in zip(lines, made_of(lines), strict=True)
    ]
    assert set(outcomes(lines)) == {SET_TO, TOLD}


@pytest.fixture
def live(jack_server):
    """An engine on the session's server, listening to MIDI."""
    engine = Engine(RATE)
    with Jack("rig-midi-test", jack_server.name, midi=True) as backend:
        engine.play({0: Lane(RATE)})
        control = listening(engine)
        backend.start(engine.block_address, engine.address)
        wait_until(lambda: backend.host["cycles"] > 10, "the first cycles")
        yield backend, control


def test_events_over_jack_are_acted_on_in_the_very_period_in_which_they_are_sent(jack_server, live):
    backend, control = live
    with Sender("pedals", jack_server.name) as sender:
        sender.connect(f"{backend.name}:midi")
        for attempt in range(10):  # a busy machine loses cycles by itself
            control.drain()
            sent = sender.play(live_events(500, 3, 64, attempt))
            if sender.torn == 0:
                break
        assert backend.connections()["midi"] == ["pedals:out"]
    assert (sender.torn, sender.refused) == (0, 0)
    agree(sent, control.drain())
    assert (backend.host["midi_lost"], backend.host["midi_malformed"]) == (0, 0)


@pytest.mark.soak
def test_ten_thousand_events_from_another_process_are_acted_on_in_the_period_in_which_they_are_sent(jack_server, live):
    backend, control = live
    program = SUPPORT / "machine" / "midi_sender.py"
    command = [sys.executable, str(program), "--server", jack_server.name, "--to", f"{backend.name}:midi"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sender:
        for attempt in range(20):
            control.drain()
            events = [(cycle, when, message.hex()) for cycle, when, message in live_events(10_000, 4, 64, attempt)]
            lines, answered = [], []
            sender.stdin.write(json.dumps(events) + "\n")
            sender.stdin.flush()

            def read(lines=lines):
                lines.extend(control.drain())
                return bool(select.select([sender.stdout], [], [], 0)[0])

            wait_until(read, "the events", 60)  # in a cycle that the machine loses events are lost as well
            time.sleep(0.2)
            lines.extend(control.drain())
            answered = json.loads(sender.stdout.readline())
            if answered["torn"] == 0:
                break
        sender.stdin.close()
    assert (answered["torn"], answered["refused"], int(control.record["unlogged"])) == (0, 0, 0)
    agree([(frame, when, bytes.fromhex(message)) for frame, when, message in answered["sent"]], lines)


def test_a_port_is_there_only_where_it_is_asked_for_and_is_found_by_part_of_its_name(jack_server, live):
    backend, _ = live
    with Sender("pedals", jack_server.name), Jack("rig-deaf", jack_server.name) as deaf:
        assert "midi" not in deaf.ports
        assert backend.connect_midi() == []  # nothing physical here
        assert backend.connect_midi("PEDALS") == [f"pedals:out -> {backend.name}:midi"]
        before = backend.connections()
        assert before["midi"] == ["pedals:out"]
        assert backend.reconnect(before) == [f"pedals:out -> {backend.name}:midi"]
        with pytest.raises(BackendError, match=r"No MIDI output port matches --midi-port 'nothing'; there are: pedals"):
            backend.connect_midi("nothing")


def test_lamps_are_lit_over_jack_through_the_port_that_belongs_to_the_switch(jack_server, live):
    backend, _ = live
    jack, _ = libjack.library()
    board = jack.Client("floorboard", servername=jack_server.name, no_start_server=True)
    pedals, lamps, lit = board.midi_outports.register("pedals"), board.midi_inports.register("lamps"), []
    board.set_process_callback(lambda frames: lit.extend(bytes(data) for _, data in lamps.incoming_midi_events()))
    with board:
        assert backend.connect_lamps() == []  # nothing plays into rig yet
        board.connect(pedals, f"{backend.name}:midi")
        assert backend.connect_lamps() == [f"{backend.name}:midi_out -> floorboard:lamps"]
        time.sleep(jack_server.settles_s)
        wanted = [bytes((0xB0, 64 + i, 127 * (i % 2))) for i in range(20)]
        assert all(backend.send_midi(message) for message in wanted)
        wait_until(lambda: len(lit) == len(wanted), "the lamps")
        assert lit == wanted
    board.close()


def test_a_server_without_any_midi_port_is_said_at_once_where_midi_is_asked_for(jack_server, live):
    backend, _ = live
    said, deaf = [], argparse.Namespace(midi=None, midi_port=None, no_connect=False, no_midi=False)
    bindings = argparse.Namespace(midi=argparse.Namespace(mapping=Mapping()))
    connect_midi(deaf, backend, bindings, said.append)
    assert said == []  # nobody asked
    connect_midi(argparse.Namespace(**{**vars(deaf), "midi": Path("m.toml")}), backend, bindings, said.append)
    assert len(said) == 1
    assert said[0].startswith("MIDI     the JACK server has no MIDI port: plug the controller in")
    assert "a2jmidid -e" in said[0]
    with pytest.raises(BackendError, match="No MIDI port matches --midi-port 'FCB': the JACK server has no MIDI port"):
        connect_midi(argparse.Namespace(**{**vars(deaf), "midi_port": "FCB"}), backend, bindings, said.append)
    cables = MidiCables(argparse.Namespace(backend=backend))
    assert "no MIDI port" in cables.why_silent()
    with Sender("pedals", jack_server.name) as sender:
        assert f"nothing is connected to {backend.name}:midi; there are pedals:out: --midi-port" in cables.why_silent()
        before = cables.plugged
        sender.connect(f"{backend.name}:midi")
        wait_until(lambda: cables.why_silent() == "", "the cable")
        wait_until(lambda: cables.plugged != before, "the news of it")
    card = argparse.Namespace(ports=())  # PortAudio
    connect_midi(argparse.Namespace(**{**vars(deaf), "midi_port": "FCB"}), card, bindings, said.append)
    assert said[1:] == ["MIDI     comes over JACK only: --midi and --midi-port do nothing here."]


def test_lamps_that_nobody_sends_are_left_out_and_never_written_over():
    out = np.zeros(1, MIDI_OUT)[0]
    assert [put(out, bytes((0xB0, i % 128, 127))) for i in range(MOST_WAITING + 3)] == [True] * MOST_WAITING + [
        False
    ] * 3
    assert int(out["messages"][0]) == 0xB0 | 127 << 16


# ---------------------------------------------------------------- what is no message, and too much of it
@pytest.mark.parametrize(
    "message",
    [
        *["-", "b0", "b007", "b0077f00", "077f", "b0807f", "b007ff", "c0", "c08000", "c00500", "9060"],
        "f0" + "00" * 3000 + "f7",
    ],
)
def test_what_is_no_message_to_a_channel_does_nothing_and_is_counted(message):
    bench, control = sounding()
    control.record["monitor"] = 1
    content = bytes.fromhex(message.replace("-", ""))
    events = [(100, content), (101, bytes((0xB0, 7, 127)))]
    bench.backend.process(np.zeros(640, np.float32), midi=events)
    assert made_of(control.drain()) == [(RATE // 2 + 101, bytes((0xB0, 7, 127)))]
    host = bench.backend.host
    assert (host["midi_malformed"], host["midi_system"]) == ((0, 1) if content[:1] >= b"\xf0" else (1, 0))


def test_clock_and_active_sensing_are_nobody_s_business():
    bench, control = sounding()
    control.record["monitor"] = 1
    bench.backend.process(np.zeros(640, np.float32), midi=[(i, bytes((0xF8 if i % 2 else 0xFE,))) for i in range(600)])
    assert not control.has_news
    assert (bench.backend.host["midi_system"], bench.backend.host["midi_malformed"]) == (600, 0)


def test_of_a_storm_in_one_cycle_the_first_events_are_acted_on_and_the_rest_is_counted():
    bench, control = sounding()
    storm = [(3, bytes((0xB0, 7, i % 128))) for i in range(3000)]
    bench.backend.process(np.zeros(128, np.float32), midi=[*storm, (70, bytes((0x90, 60, 1)))])
    lines = control.drain()
    assert made_of(lines[:-1]) == [(RATE // 2 + 3, message) for _, message in storm[:MOST_EVENTS]]
    assert outcomes(lines[-1:]) == [TOLD]  # the next cycle is as good as any
    assert control.record["lost"] == 3000 - MOST_EVENTS


def test_a_log_that_nobody_reads_fills_up_is_counted_and_goes_on():
    bench, control = sounding()
    for _ in range(3):
        events = [(i, bytes((0xB0, 7, i % 128))) for i in range(0, 64 * 64, 2)]
        bench.backend.process(np.zeros(64 * 64, np.float32), midi=events)
    assert control.record["unlogged"] == 3 * 2048 - LOG_LINES
    assert len(control.drain()) == LOG_LINES
    bench.backend.process(np.zeros(64, np.float32), midi=[(0, bytes((0x90, 60, 1)))])
    assert outcomes(control.drain()) == [TOLD]


def test_a_thousand_cycles_with_events_allocate_nothing():
    bench, control = sounding()
    events = some_events(4000, 64_000)
    bench.backend.process(np.zeros(64, np.float32), midi=[(0, bytes((0x90, 60, 1)))])
    before = rtsys.get_allocation_stats()
    bench.backend.process(np.zeros(64_000, np.float32), midi=events)
    after = rtsys.get_allocation_stats()
    assert len(control.drain()) > 3990
    assert after.alloc - before.alloc < 10
    assert after.mi_alloc - before.mi_alloc < 10
