"""The sample-exact play and record primitive, inside the engine."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import RATE, Bench, dc_blocked, jump, noise, sine

from rig.dsp.native.compile import entry
from rig.dsp.tape import Tape, tape_advance, tape_begin, tape_play, tape_record
from rig.engine import LOOP
from rig.lane import Lane


@pytest.mark.parametrize("block", [1, 64, 100, 1000])
def test_takes_of_input_and_output_are_sample_exact(block):
    bench = Bench(block)
    bench.engine.play({0: Lane(RATE)})
    bench.settle()
    bench.process(noise(1234))
    x = noise(5000, seed=3)
    dry, wet = bench.engine.take(3000, "input"), bench.engine.take(3000, "output")
    y = bench.process(x)
    assert (dry.state, wet.state) == ("done", "done")
    np.testing.assert_array_equal(dry.take, x[:3000])
    np.testing.assert_array_equal(wet.take, y[:3000])
    assert dry.intact(0, 0)


@entry("vlllll")
def over_a_cable(tape, cable, frame_time, frames, cycles):
    """Cycles in which what the tape plays comes back to it at once."""
    for i in range(cycles):
        tape_begin(tape, frame_time + i * frames, 0, 0, frames)
        tape_play(tape, cable, frames)
        tape_record(tape, cable, frames)
        tape_advance(tape, frames)


@pytest.mark.parametrize("frames", [1, 64, 100])
def test_a_take_plays_and_records_the_same_sample_in_the_same_cycle(frames):
    x, cable = noise(5000), np.zeros(frames, np.float32)
    tape = Tape(x, samples=6000)
    over_a_cable(tape.address, cable.ctypes.data, 7, frames, 3)
    assert tape.state == "idle"
    tape.arm()
    # the frame counter wraps at 2**32, in the middle of the take
    over_a_cable(tape.address, cable.ctypes.data, 2**32 - 1000, frames, 6000 // frames + 1)
    assert (tape.state, int(tape.record["start_frame"])) == ("done", 2**32 - 1000)
    np.testing.assert_array_equal(tape.take, np.concatenate([x, np.zeros(1000)]))
    over_a_cable(tape.address, cable.ctypes.data, 0, frames, 1)
    assert not cable.any()  # behind its end it is silent


def test_a_loop_plays_in_place_of_the_guitar_and_its_seam_does_not_click():
    bench, loop = Bench(), sine(10000, hz=123.4, peak=0.3)
    bench.engine.loop(loop)
    bench.engine.play({0: Lane(RATE, source=LOOP)})
    bench.settle()
    y = bench.process(noise(RATE))
    assert np.abs(y).max() == pytest.approx(0.3, rel=0.2)
    assert jump(y) < 3 * jump(loop)
    bench.engine.loop(None)
    bench.process(np.zeros(RATE))
    assert np.abs(bench.process(noise(RATE))).max() < 1e-6


def test_a_loop_repeats_to_the_sample():
    bench, loop = Bench(100), noise(7000)
    bench.engine.loop(loop)
    bench.engine.play({0: Lane(RATE, source=LOOP)})
    take = bench.engine.take(100, "input")
    y = bench.process(np.zeros(40000))
    period = 7000 - 480  # the end is folded into the beginning
    assert take.state == "done"
    later = y[-2 * period :]
    assert np.abs(later[:period] - later[period:]).max() < 1e-3  # the DC blocker still remembers a little
    assert np.abs(y).max() > 0.1


@pytest.mark.parametrize("counter", ["xruns", "resizes"])
def test_a_strict_take_breaks_when_the_server_reports_trouble(counter):
    bench = Bench()
    take = bench.engine.take(10000)
    bench.process(noise(640))
    bench.backend.host[counter] += 1
    bench.process(noise(64))
    assert take.state == "broken"
    assert (int(take.record["gap_at_samples"]), int(take.record["gap_samples"])) == (640, 0)


def test_a_strict_take_breaks_when_frames_are_missing():
    bench = Bench()
    take = bench.engine.take(10000)
    bench.process(noise(640))
    bench.backend._run["frame_time"] += 128
    bench.process(noise(64))
    assert take.state == "broken"
    assert (int(take.record["gap_at_samples"]), int(take.record["gap_samples"])) == (640, 128)


def test_a_loop_to_listen_to_goes_on_after_an_xrun():
    bench = Bench()
    bench.engine.loop(np.full(5000, 0.25, np.float32))
    bench.engine.play({0: Lane(RATE, source=LOOP)})
    bench.process(np.zeros(640))
    bench.backend.host["xruns"] += 1
    dc = bench.process(np.zeros(640))
    assert np.abs(dc).max() > 0.1


def test_trouble_reported_after_the_end_of_a_take_is_noticed():
    bench = Bench()
    take = bench.engine.take(640)
    bench.process(noise(640))
    assert take.state == "done"
    assert not take.intact(1, 0)
    assert not Tape(samples=5).intact(0, 0)


def test_clipped_samples_of_a_take_are_counted():
    bench, x = Bench(), noise(640)
    x[[5, 77]] = 1.0, -1.0
    take = bench.engine.take(640)
    bench.process(x)
    assert int(take.record["clips"]) == 2


def test_a_replaced_tape_is_kept_until_the_audio_thread_has_moved_on():
    bench = Bench()
    first = bench.engine.take(100000)
    bench.process(noise(640))
    second = bench.engine.take(640)
    bench.engine.poll()
    assert any(tape is first for _, tape in bench.engine._tapes)
    bench.process(noise(640))
    bench.engine.poll()
    assert not bench.engine._tapes
    assert second.state == "done"


def test_dc_is_removed_from_the_loop_as_from_the_guitar():
    bench = Bench()
    bench.engine.play({0: Lane(RATE)})
    bench.settle()
    x = noise(RATE) + np.float32(0.1)
    assert np.abs(bench.process(x) - dc_blocked(x)).max() < 1e-6
