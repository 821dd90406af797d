"""The noise gate: it opens at once, never chatters, and costs nothing while it is off."""

from __future__ import annotations

import numpy as np
import pytest
from allocations import rtsys
from rigs import A2, RATE, Bench, db, dc_blocked, guitar, jump, model, noise, sine
from strings import chord

from rig.cabinet.ir import IR
from rig.dsp.gate import GAINS
from rig.engine import LOOP, PORT, Cabinet
from rig.errors import LevelError
from rig.lane import Lane
from rig.noise_control import noise_peak_dbfs, suggested_gate_dbfs

CHORDS = {
    "low E": (82.41,),
    "bass B": (30.87,),
    "fifth": (82.41, 123.47),
    "third": (196.0, 246.94),
    "E major": (82.41, 123.47, 164.81, 207.65, 246.94, 329.63),
}


def gated(threshold_dbfs=-50.0, block=64, lane=None):
    """A bench whose gate is shut, behind a lane without a model."""
    bench = Bench(block)
    bench.engine.play({0: Lane(RATE) if lane is None else lane})
    bench.settle()
    bench.engine.noise.set_gate(threshold_dbfs)
    bench.process(np.zeros(RATE // 2))
    return bench


def gate_of(bench, source=PORT):
    return bench.engine.record["sources"][source]["gate"]


def naive_gate(x, threshold_dbfs, rate=RATE):
    """The gain of every sample, from the state after long silence."""
    opening = np.float32(10 ** (threshold_dbfs / 20))
    closing = np.float32(10 ** (threshold_dbfs / 20) * 10 ** (-6 / 20))
    loud = np.float32(10 ** (threshold_dbfs / 20) * 10 ** (-6 / 20) * 10 ** (12 / 20))
    gains, is_open, start, begun, length, last_close, last_loud = [], False, 0.0, -1, 1, -(10**9), -(10**9)

    def at(i, goal):
        t = min((i - begun) / length, 1.0)
        return start + (goal - start) * t * t * (3 - 2 * t)

    for i, v in enumerate(np.abs(x)):
        last_close = i if v >= closing else last_close
        last_loud = i if v >= loud else last_loud
        if not is_open and v >= opening:
            start, begun, length, is_open, last_loud = at(i - 1, 0.0), i - 1, round(0.0005 * rate), True, i
        elif is_open:
            hold = min(max((last_close - last_loud) // 2, round(0.04 * rate)), round(0.3 * rate))
            if i - last_close > hold:
                start, begun, length, is_open = at(i - 1, 1.0), i - 1, hold, False
        gains.append(at(i, float(is_open)))
    return np.array(gains)


@pytest.mark.parametrize("block", [1, 7, 64, 100, 512])
def test_the_gate_is_that_of_plain_python_at_any_block_size(block):
    x = guitar(RATE // 2) * np.repeat([1.0, 0.01, 0.3, 0.0, 1.0], RATE // 10).astype(np.float32)
    bench = gated(-30.0, block)
    want = dc_blocked(x) * naive_gate(x, -30.0)
    assert db(bench.process(x) - want) < -120  # float32 gains and products
    assert 0 < np.mean(naive_gate(x, -30.0) == 1.0) < 0.9  # and it did something


def test_blocks_change_no_bit():
    x = chord(CHORDS["fifth"], np.random.default_rng(0), seconds=1.0)
    whole = gated(-20.0, 256).process(x)
    for block in (7, [3, 64, 1000, 1]):
        np.testing.assert_array_equal(gated(-20.0, block).process(x), whole)


@pytest.mark.parametrize("hz", [31.0, 82.4, 330.0, 1318.5])
def test_it_is_open_within_a_millisecond_of_the_note(hz):
    bench = gated(-50.0)
    x = np.concatenate([np.zeros(1000), 0.1 * np.cos(2 * np.pi * hz * np.arange(4000) / RATE)]).astype(np.float32)
    y, dry = bench.process(x), dc_blocked(x)
    assert not y[:1000].any()
    late = 1000 + RATE // 1000
    assert db(y[late:] - dry[late:], dry) < -120
    assert gate_of(bench)["openings"] == 1


@pytest.mark.parametrize("name", CHORDS)
def test_a_decaying_chord_opens_it_once_and_never_again(name):
    for seed, threshold_dbfs in enumerate((-60.0, -45.0, -30.0)):
        bench = gated(threshold_dbfs, 256)
        bench.process(chord(CHORDS[name], np.random.default_rng(seed), seconds=3.0))
        assert gate_of(bench)["openings"] == 1


@pytest.mark.soak
@pytest.mark.parametrize("name", CHORDS)
def test_hundreds_of_decaying_chords_open_it_once_each_and_it_shuts(name):
    for seed in range(12):
        x = chord(CHORDS[name], np.random.default_rng(100 + seed), seconds=9.0)
        for threshold_dbfs in (-60.0, -50.0, -40.0, -30.0):
            bench = gated(threshold_dbfs, 256)
            bench.process(x)
            assert gate_of(bench)["openings"] == 1
            assert not gate_of(bench)["is_open"] or threshold_dbfs == -60.0


def still_open_s(x, threshold_dbfs=-40.0):
    """How long the gate stays open after x has fallen below its closing level for good."""
    bench = gated(threshold_dbfs, 8)
    below = int(np.flatnonzero(np.abs(x) >= 10 ** ((threshold_dbfs - 6) / 20))[-1])
    is_open = []
    for start in range(0, x.size - 7, 8):
        bench.process(x[start : start + 8])
        is_open.append(bool(gate_of(bench)["is_open"]))
    return (8 * (int(np.flatnonzero(is_open)[-1]) + 1) - below) / RATE


def test_a_damped_string_is_let_go_at_once_and_a_ringing_one_slowly():
    t = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 110 * t)
    assert still_open_s(0.3 * tone * (t < 0.3)) == pytest.approx(0.04, abs=0.001)
    falls = 0.3 * tone * np.exp(-6.9 * t / 1.0)  # 60 dB a second: the last 12 dB take 0.2 s
    assert still_open_s(falls) == pytest.approx(0.1, abs=0.01)
    slow = np.resize(tone, 4 * RATE) * 0.1 * np.exp(-6.9 * np.arange(4 * RATE) / RATE / 6.0)
    assert still_open_s(slow) == pytest.approx(0.3, abs=0.01)


def test_it_shuts_with_a_fade_and_then_nothing_passes():
    bench, quiet = gated(-40.0), sine(RATE, 110.0, 10 ** (-43 / 20))
    bench.process(sine(RATE // 4, 110.0, 0.3))
    bench.engine.noise.set_gate(-25.0)
    y = bench.process(quiet)
    assert jump(y[100:]) < 3 * jump(quiet)
    assert not y[-RATE // 4 :].any()
    assert not bench.process(noise(640, 1e-3)).any()


def test_switching_on_and_off_while_a_note_rings_below_the_threshold_does_not_click():
    bench = Bench()
    bench.engine.play({0: Lane(RATE)})
    bench.settle()
    x = sine(RATE // 2, 110.0, 0.003)
    steady = jump(bench.process(x)[2000:])
    bench.engine.noise.set_gate(-40.0)
    y = bench.process(x)
    assert jump(y[1:]) < 4 * steady
    assert not y[-RATE // 10 :].any()
    bench.engine.noise.set_gate(None)
    y = bench.process(x)
    assert jump(y[1:]) < 4 * steady
    assert db(y[RATE // 4 :] - dc_blocked(np.concatenate([x, x, x, x]))[-RATE // 4 :]) < -100
    bench.process(np.zeros(2 * GAINS))
    assert gate_of(bench)["active"] == 0  # off costs nothing


def test_off_is_bit_for_bit_what_it_is_without_a_gate():
    x = guitar(RATE // 2)
    never, switched = Bench(), Bench()
    for bench in (never, switched):
        bench.engine.play({0: Lane(RATE)})
        bench.settle()
    switched.engine.noise.set_gate(-40.0)
    switched.process(np.zeros(RATE // 2))
    never.process(np.zeros(RATE // 2))
    switched.engine.noise.set_gate(None)
    for bench in (never, switched):
        bench.process(np.zeros(RATE))
    np.testing.assert_array_equal(switched.process(x), never.process(x))


def test_the_gain_belongs_to_the_sample_that_was_heard_where_a_lane_is_late():
    x = np.concatenate([np.zeros(1000, np.float32), guitar(4000), np.zeros(9000, np.float32)])
    on_time, late = gated(-40.0), gated(-40.0, lane=Lane(RATE, delay_samples=137))
    y, z = on_time.process(x), late.process(x)
    np.testing.assert_array_equal(z[137:], y[:-137])


def test_the_room_rings_out_behind_a_gate_that_has_shut():
    taps = np.zeros((1, RATE))
    taps[0, 0], taps[0, -1] = 1.0, 0.5
    bench = gated(-40.0)
    bench.engine.play(cabinet=Cabinet(IR.from_taps(taps, RATE)))
    bench.settle(2 * RATE)
    x = np.concatenate([guitar(RATE // 4), np.zeros(RATE, np.float32)])
    y = bench.process(x)
    assert np.abs(y[RATE - 1 :]).max() > 0.01


def test_a_model_that_changes_neither_opens_nor_shuts_it():
    bench = gated(-40.0, lane=Lane(RATE, model().network()))
    held = sine(RATE // 4, 110.0, 10 ** (-43 / 20))  # between the two levels: it stays as it is
    for loud_first in (True, False):
        bench.process(sine(RATE // 4, 110.0, 0.1) if loud_first else np.zeros(RATE // 2))
        bench.process(held)
        openings = int(gate_of(bench)["openings"])
        bench.engine.play({0: Lane(RATE, model(A2).network())})
        y = bench.process(np.tile(held, 3))
        bench.engine.poll()
        assert bool(gate_of(bench)["is_open"]) == loud_first
        assert int(gate_of(bench)["openings"]) == openings
        assert bool(np.abs(y).max() > 1e-6) == loud_first


def test_the_loop_has_a_gate_of_its_own():
    bench = gated(-40.0, lane=Lane(RATE, source=LOOP))
    bench.engine.loop(guitar(RATE))
    assert bench.process(np.zeros(RATE // 2)).any()
    assert gate_of(bench, LOOP)["openings"] >= 1
    assert gate_of(bench)["openings"] == 0


def test_switching_allocates_nothing_and_moves_no_memory():
    bench = gated(-40.0)
    x = guitar(64 * 200)
    bench.process(x)
    arena, own = bench.engine._arena.address, bench.engine.noise._arena.address
    before = rtsys.get_allocation_stats()
    for i in range(20):
        bench.engine.noise.set_gate(-40.0 if i % 2 else None)
        bench.engine.noise.set_rumble((None, 40.0, 60.0, 80.0)[i % 4])
        bench.process(x[:640])
    after = rtsys.get_allocation_stats()
    assert (after.alloc, after.mi_alloc) == (before.alloc, before.mi_alloc)
    assert (bench.engine._arena.address, bench.engine.noise._arena.address) == (arena, own)


@pytest.mark.parametrize("dbfs", [-91.0, 0.0, float("nan")])
def test_a_threshold_that_cannot_be_right_is_refused(dbfs):
    with pytest.raises(LevelError, match="lie between -90 and -20 dBFS"):
        Bench().engine.noise.set_gate(dbfs)


def test_the_noise_of_an_input_is_measured_when_nobody_plays():
    hum = 1e-3 * np.sin(2 * np.pi * 50 * np.arange(RATE) / RATE) + noise(RATE, 1e-4)
    peak_dbfs = noise_peak_dbfs(hum.astype(np.float32), RATE)
    assert peak_dbfs == pytest.approx(-59.5, abs=0.5)
    assert suggested_gate_dbfs(peak_dbfs) == -50.0
    assert noise_peak_dbfs(guitar(RATE), RATE) is None
    assert noise_peak_dbfs(sine(RATE, 110.0, 0.1), RATE) is None
    assert noise_peak_dbfs(hum[:100].astype(np.float32), RATE) is None
    assert suggested_gate_dbfs(noise_peak_dbfs(np.zeros(RATE, np.float32), RATE)) == -80.0


def test_a_gate_at_the_suggested_threshold_stays_shut_in_that_noise():
    rng = np.random.default_rng(8)
    x = (1e-3 * rng.standard_normal(20 * RATE)).astype(np.float32)
    bench = gated(suggested_gate_dbfs(noise_peak_dbfs(x[:RATE], RATE)), 256)
    assert not bench.process(x).any()
    bench.process(sine(RATE // 4, 110.0, 0.2))
    bench.process(x[:RATE])
    assert not gate_of(bench)["is_open"]
