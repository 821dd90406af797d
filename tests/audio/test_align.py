"""The lag between two recordings: dry and wet, wet and wet, inverted, noisy, unrelated."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from rig.audio.align import Target, find_lag, shifted
from rig.errors import RigError

RATE = 48000
LONGEST = 12000  # samples


def plucks(seconds=4.0, seed=0):
    """Decaying notes over 55 Hz to 1.8 kHz with a pick's noise: what a guitar has, without being one."""
    rng = np.random.default_rng(seed)
    x = np.zeros(round(seconds * RATE))
    for start in range(0, len(x) - RATE // 2, RATE // 5):
        t = np.arange(RATE // 2) / RATE
        hz, decay = 55 * 2 ** rng.uniform(0, 5), rng.uniform(3, 20)
        note = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 7))
        note[:480] += rng.uniform(-1, 1, 480)
        x[start : start + len(t)] += rng.uniform(0.05, 0.4) * note * np.exp(-decay * t)
    return 0.5 * x / np.abs(x).max()


def gear(x):
    """Asymmetric clipping between two filters."""
    driven = 8 * lfilter([0.4], [1, -0.6], x) + 0.2
    return lfilter([0.3, -0.297], [1, -0.69], np.where(driven > 0, np.tanh(driven), 0.6 * np.tanh(1.5 * driven)))


def with_noise(x, snr_db, seed=1):
    return x + np.sqrt(np.mean(x**2)) * 10 ** (-snr_db / 20) * np.random.default_rng(seed).standard_normal(len(x))


DRY = plucks()
WET = gear(DRY)
AT_REST = find_lag(DRY, WET, whiten=True, max_lag_samples=LONGEST).samples


@pytest.mark.parametrize("snr_db", [None, 60, 40])
@pytest.mark.parametrize("polarity", [1, -1])
@pytest.mark.parametrize("delay", [0, 1, 137, 1024, 4999, 9900])
def test_a_whole_delay_of_driven_gear_is_found_exactly(delay, polarity, snr_db):
    wet = polarity * np.concatenate([np.zeros(delay), WET])[: len(WET)]
    lag = find_lag(DRY, wet if snr_db is None else with_noise(wet, snr_db), whiten=True, max_lag_samples=LONGEST)
    assert round(lag.samples - AT_REST) == delay
    assert abs(lag.samples - AT_REST - delay) < 0.05  # far from the rounding edge
    assert lag.polarity == polarity
    assert lag.is_certain


@pytest.mark.parametrize("snr_db", [None, 40])
@pytest.mark.parametrize("delay", [0.5, 12.25, 312.9, 8000.1])
def test_a_fractional_delay_of_driven_gear_is_found_within_a_tenth_of_a_sample(delay, snr_db):
    wet = -shifted(WET, delay)
    lag = find_lag(DRY, wet if snr_db is None else with_noise(wet, snr_db), whiten=True, max_lag_samples=LONGEST)
    assert lag.samples - AT_REST == pytest.approx(delay, abs=0.1)
    assert lag.polarity == -1


@pytest.mark.parametrize("delay", [0.0, 0.01, -0.3, 17.77, -1234.56])
def test_two_recordings_of_the_same_gear_are_aligned_to_a_hundredth_of_a_sample(delay):
    lag = find_lag(WET, shifted(WET, delay), max_lag_samples=2000)
    assert lag.samples == pytest.approx(delay, abs=0.001)
    assert lag.confidence > 0.98  # what is shifted out of the window is missing
    noisy = find_lag(with_noise(WET, 40, 1), with_noise(shifted(WET, delay), 40, 2), max_lag_samples=2000)
    assert noisy.samples == pytest.approx(delay, abs=0.01)


def test_a_lag_beyond_what_is_searched_is_not_certain():
    late = np.concatenate([np.zeros(5000), WET])
    assert find_lag(WET, late, max_lag_samples=6000).samples == pytest.approx(5000, abs=0.001)
    rng = np.random.default_rng(2)
    x = rng.standard_normal(2 * RATE)
    assert not find_lag(x, np.concatenate([np.zeros(5000), x]), max_lag_samples=1000).is_certain


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("seconds", [1.0, 4.0])
def test_unrelated_recordings_are_not_certain(seconds, whiten):
    a, n = gear(plucks(seed=3)), round(seconds * RATE)
    for b in (gear(plucks(seed=4)), plucks(seed=5), np.random.default_rng(6).standard_normal(len(a))):
        assert not find_lag(a[:n], b[:n], whiten=whiten, max_lag_samples=10000).is_certain


def test_lengths_and_number_types_may_differ():
    lag = find_lag(DRY.astype(np.float32), shifted(DRY, 40)[:RATE].astype(np.float32), max_lag_samples=100)
    assert lag.samples == pytest.approx(40, abs=0.01)
    at_96k = find_lag(DRY, shifted(DRY, -7.5), max_lag_samples=100, sample_rate=96000)
    assert at_96k.samples == pytest.approx(-7.5, abs=0.001)


def test_silence_has_no_lag_and_nothing_cannot_be_aligned():
    for whiten in (False, True):
        lag = find_lag(DRY, np.zeros(len(DRY)), whiten=whiten, max_lag_samples=100)
        assert (lag.samples, lag.confidence, lag.is_certain) == (0.0, 0.0, False)
    with pytest.raises(RigError, match="without a single sample"):
        find_lag(DRY, np.zeros(0), max_lag_samples=100)


def test_a_whole_shift_is_a_copy_and_brings_in_silence():
    x = np.arange(1.0, 6.0)
    assert shifted(x, 2).tolist() == [0, 0, 1, 2, 3]
    assert shifted(x, -2).tolist() == [3, 4, 5, 0, 0]
    assert shifted(x, 0).tolist() == x.tolist()
    assert not shifted(x, 5).any()
    assert not shifted(x, -9000.5).any()


@pytest.mark.parametrize("delay", [0.25, -0.5, 3.9, -100.01])
def test_a_fractional_shift_moves_a_tone_by_that_much(delay):
    n = np.arange(RATE)
    window = np.hanning(RATE)  # nothing abrupt, so that the shifted tone is known everywhere
    tone, late = ((np.sin(2 * np.pi * 5000 / RATE * (n - d)) * np.interp(n - d, n, window)) for d in (0, delay))
    # The window itself is shifted by linear interpolation here: that is the error allowed.
    assert np.abs(shifted(tone, delay) - late).max() < 1e-8
    there_and_back = shifted(shifted(tone, delay), -delay)
    assert np.abs(there_and_back - tone)[200:-200].max() < 1e-6  # what was pushed out at the ends is lost


@pytest.mark.parametrize("late", [0.0, 0.3, 25.5, -4.0])
def test_a_target_of_many_gives_each_the_same_lag_as_its_samples(late):
    b = WET
    target = Target(b)
    for _ in range(2):  # the second time its spectrum is known
        a = shifted(b, -late)
        assert find_lag(a, target, max_lag_samples=100) == find_lag(a, b, max_lag_samples=100)
    assert find_lag(a, target, max_lag_samples=100).samples == pytest.approx(late, abs=1e-3)
