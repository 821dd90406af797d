"""The rumble filter: a Butterworth high-pass of fourth order in front of the model."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import NANO, RATE, Bench, db, dc_blocked, guitar, jump, model, sine
from scipy.signal import butter, sosfilt

from rig.dsp.rumble import CUTOFFS_HZ, coefficients
from rig.errors import LevelError
from rig.lane import Lane


def filtered(x, hz, rate=RATE):
    return sosfilt(butter(4, hz, "highpass", fs=rate, output="sos"), np.asarray(x, float))


@pytest.mark.parametrize("rate", [44100, 48000, 192000])
@pytest.mark.parametrize("hz", CUTOFFS_HZ)
def test_the_coefficients_are_those_of_scipy(hz, rate):
    x = np.zeros(rate // 4)
    x[0] = 1.0
    ours = sosfilt(np.insert(coefficients(hz, rate), 3, 1.0, axis=1), x)
    assert db(ours - filtered(x, hz, rate)) < -160


@pytest.mark.parametrize("block", [1, 7, 64, 100, 512])
def test_the_model_hears_the_filtered_guitar_and_the_meter_the_guitar(block):
    bench, x = Bench(block), guitar(RATE // 2)
    bench.engine.noise.set_rumble(60.0)
    bench.engine.play({0: Lane(RATE, model(NANO).network())})
    bench.settle()
    bench.engine.reading("input")
    y = bench.process(x)
    heard = np.concatenate([np.zeros(RATE), filtered(x, 60.0)]).astype(np.float32)
    want = model(NANO).render(heard)
    assert db(y - dc_blocked(want - want[0])[RATE:]) < -110  # what float64 rounds otherwise goes through the model
    assert bench.engine.reading("input").peak_dbfs == pytest.approx(db(x), abs=1e-4)


def test_it_comes_goes_and_changes_with_a_fade():
    bench = Bench()
    bench.engine.play({0: Lane(RATE)})
    bench.settle()
    x = sine(20 * RATE, 41.2, 0.1) + sine(20 * RATE, 440.0, 0.05)
    bench.process(x[:RATE])
    at, steady = RATE, jump(x)
    for hz in (60.0, 80.0, 40.0, None, 80.0, None):
        bench.engine.noise.set_rumble(hz)
        y = bench.process(x[at : at + RATE])
        assert jump(y) < 1.5 * steady
        want = dc_blocked(x[: at + RATE] if hz is None else filtered(x[: at + RATE], hz))
        assert db(y[-RATE // 4 :] - want[-RATE // 4 :]) < -100
        at += RATE
    assert bench.engine.record["sources"][0]["feed"] == bench.engine.record["sources"][0]["chunk"]  # off costs nothing


def test_a_new_model_has_heard_the_filtered_past():
    bench, x = Bench(), guitar(3 * RATE)
    bench.engine.noise.set_rumble(80.0)
    bench.engine.play({0: Lane(RATE)})
    bench.settle()
    bench.process(x[:RATE])
    bench.engine.play({0: Lane(RATE, model(NANO).network())})
    y = bench.process(x[RATE:])
    want = dc_blocked(model(NANO).render(filtered(x, 80.0).astype(np.float32)))[RATE:]
    assert db(y[RATE:] - want[RATE:]) < -100


def test_other_cutoffs_are_refused():
    with pytest.raises(LevelError, match="only of 40, 60, 80 Hz"):
        Bench().engine.noise.set_rumble(50.0)
