"""DC at the input: gate, meters, head room and the noise measurement leave it out; model and recorder do not."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import RATE, Bench, db, guitar, noise, sine

from rig.engine import PORT
from rig.lane import Lane
from rig.noise_control import noise_peak_dbfs, suggested_gate_dbfs


def level(dbfs):
    return 10 ** (dbfs / 20)


def hearing(block=64, gate_dbfs=None):
    bench = Bench(block)
    bench.engine.play({0: Lane(RATE)})
    bench.settle()
    bench.engine.noise.set_gate(gate_dbfs)
    return bench


def known_dbfs(bench):
    return bench.engine.dc_dbfs(PORT)


@pytest.mark.parametrize("dc_dbfs", [-60.0, -40.0, -20.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_gate_shuts_and_opens_as_if_there_were_no_dc(dc_dbfs, sign):
    x = np.concatenate([0.3 * noise(2 * RATE, level(-70)), guitar(RATE), 0.3 * noise(2 * RATE, level(-70), seed=1)])
    with_dc, without = hearing(gate_dbfs=-60.0), hearing(gate_dbfs=-60.0)
    for bench, more in ((with_dc, sign * level(dc_dbfs)), (without, 0.0)):
        bench.process(x[: 2 * RATE] + more)
        assert not bench.engine.noise.gate_is_open
        bench.process(x[2 * RATE : 3 * RATE] + more)
        assert bench.engine.noise.gate_is_open
        bench.process(x[3 * RATE :] + more)
        assert not bench.engine.noise.gate_is_open
    assert known_dbfs(with_dc) == pytest.approx(dc_dbfs, abs=0.1)
    assert known_dbfs(without) == -np.inf


def test_a_loud_note_that_stops_leaves_nothing_behind_that_holds_the_gate_open():
    """A high-pass would: behind 0.5 at 82 Hz it still has -60 dBFS after a quarter of a second."""
    bench = hearing(8, gate_dbfs=-60.0)
    bench.process(0.01 + np.zeros(RATE))
    note = 0.01 + sine(10 * RATE, 82.41, 0.5)
    bench.process(note)
    assert bench.engine.noise.gate_is_open
    bench.process(0.01 + np.zeros(RATE * 45 // 1000))  # the hold of a damped string is 40 ms
    assert not bench.engine.noise.gate_is_open


@pytest.mark.parametrize("x", [guitar(3 * RATE), sine(3 * RATE, 30.87, 0.5), noise(3 * RATE, 0.3)], ids=["g", "b", "n"])
def test_playing_from_the_first_sample_is_no_dc_and_changes_no_meter(x):
    bench = hearing()
    bench.engine.reading("input")
    bench.process(x)
    assert bench.engine.reading("input").peak_dbfs == pytest.approx(db(x), abs=1e-4)
    assert known_dbfs(bench) < -60


def test_dc_that_comes_and_goes_is_followed_within_half_a_second():
    bench, quiet = hearing(), noise(RATE, level(-75))
    for dc in (0.0, 0.02, -0.1, 0.0):
        bench.process(quiet[: RATE // 2] + dc)
        bench.engine.reading("input")
        bench.process(quiet[: RATE // 10] + dc)
        assert bench.engine.reading("input").peak_dbfs == pytest.approx(-75.0, abs=1.0)
    bench.process(quiet)
    assert known_dbfs(bench) == -np.inf


def test_blocks_of_any_length_give_the_same_bit_for_bit():
    x = (guitar(RATE) + noise(RATE, 1e-3) + 0.02).astype(np.float32)
    whole = hearing(256, -30.0)
    want = whole.process(x)
    for block in (7, [3, 64, 1000, 1]):
        bench = hearing(block, -30.0)
        np.testing.assert_array_equal(bench.process(x), want)
        assert bench.engine.record["sources"][PORT]["dc"]["mean"] == whole.engine.record["sources"][PORT]["dc"]["mean"]


def test_without_a_gate_what_is_heard_and_recorded_is_what_came_in_bit_for_bit():
    x = (guitar(RATE) + 0.05).astype(np.float32)
    bench = hearing()
    bench.engine.play({0: None}, None)
    tape = bench.engine.take(RATE, strict=False)
    bench.process(x)
    np.testing.assert_array_equal(tape.take, x)
    heard, _ = bench.engine.heard(PORT)
    assert heard.mean() == pytest.approx(x[: heard.size].mean(), abs=2e-3)  # what models hear has it


def test_the_noise_is_measured_without_dc():
    x = (noise(RATE, level(-70)) + 0.03).astype(np.float32)
    assert noise_peak_dbfs(x, RATE) == pytest.approx(-70.0, abs=0.5)
    assert suggested_gate_dbfs(noise_peak_dbfs(x, RATE)) == -60.0


def test_a_clipping_converter_with_dc_still_clips():
    bench = hearing()
    bench.process(np.full(RATE, 0.1))
    bench.engine.reading("input")
    bench.process(np.minimum(0.1 + sine(RATE, 110.0, 0.95), 1.0))
    assert bench.engine.reading("input").clips > 100
