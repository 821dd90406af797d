"""Offline rate conversion: flat, free of aliases, in its place, of the promised length."""

import itertools

import numpy as np
import pytest

from rig.audio.resample import resample, resampled_length
from rig.errors import RigError

PAIRS = [(44100, 48000), (48000, 44100), (96000, 48000), (48000, 96000), (88200, 48000), (192000, 48000)]


def sine(hz, rate, samples):
    return np.sin(2 * np.pi * hz * np.arange(samples) / rate)


def middle(x):
    """Without the ends, where the signal starts and stops abruptly."""
    return x[len(x) // 4 : -len(x) // 4]


def rms_db(x):
    return 20 * np.log10(np.sqrt(np.mean(np.square(x))) * np.sqrt(2))


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("hz", [100, 1000, 10000, 18000, 20000])
def test_a_sine_keeps_its_amplitude_and_place(pair, hz):
    """Flat to 20 kHz within 0.1 dB, and no delay: the difference to the ideal sine is all the error there is."""
    from_hz, to_hz = pair
    y = resample(sine(hz, from_hz, 8000), from_hz, to_hz)
    assert abs(rms_db(middle(y))) < 0.1
    ideal = sine(hz, to_hz, len(y))
    assert rms_db(middle(y - ideal)) < (-80 if hz < 20000 else -38)  # 0.1 dB of a sine is -38.8 dB


@pytest.mark.parametrize(
    ("pair", "hz"),
    [((96000, 48000), 26000), ((96000, 48000), 40000), ((48000, 44100), 23400), ((192000, 48000), 60000)],
)
def test_what_would_alias_is_gone(pair, hz):
    y = resample(sine(hz, pair[0], 20000), *pair)
    assert rms_db(middle(y)) < -100


@pytest.mark.parametrize("hz", [1000, 15000, 20000])
def test_a_higher_rate_gains_no_images(hz):
    """Between 22.05 and 24 kHz, where 44.1 kHz has nothing to say; window and the filter's slope leave -100 dB."""
    y = resample(sine(hz, 44100, 40000), 44100, 96000)
    inside = middle(y) * np.blackman(len(middle(y)))
    spectrum = np.abs(np.fft.rfft(inside)) / (0.42 * len(inside) / 2)
    frequency = np.fft.rfftfreq(len(inside), 1 / 96000)
    assert 20 * np.log10(spectrum[frequency > 23200].max()) < -100


@pytest.mark.parametrize(
    ("pair", "samples"),
    [
        *itertools.product([*PAIRS, (8000, 192000)], [1, 2, 999, 1000]),
        ((44101, 48000), 999),  # their filters are long
        pytest.param((48000, 44101), 1, marks=pytest.mark.soak),
        pytest.param((95999, 96000), 1000, marks=pytest.mark.soak),
    ],
)
def test_the_length_is_the_exact_quotient_rounded_up(pair, samples):
    from_hz, to_hz = pair
    length = len(resample(np.ones(samples), from_hz, to_hz))
    assert length == resampled_length(samples, from_hz, to_hz) == -(-samples * to_hz // from_hz)


def test_odd_rates_work_too():
    y = resample(sine(1000, 44101, 8000), 44101, 48000)
    assert rms_db(middle(y - sine(1000, 48000, len(y)))) < -80


def test_the_same_rate_changes_nothing():
    x = np.random.default_rng(1).standard_normal((100, 2))
    y = resample(x, 48000, 48000)
    np.testing.assert_array_equal(y, x)
    assert y is not x


def test_channels_do_not_mix():
    x = np.random.default_rng(1).standard_normal((1000, 2))
    y = resample(x, 44100, 48000)
    for channel in range(2):
        np.testing.assert_allclose(y[:, channel], resample(x[:, channel], 44100, 48000), atol=1e-12)


def test_float32_stays_float32():
    assert resample(np.ones(10, np.float32), 44100, 48000).dtype == np.float32
    assert resample(np.ones(10), 44100, 48000).dtype == np.float64


@pytest.mark.parametrize("rate", [0, -48000, 100, 10_000_000])
def test_senseless_rates_are_refused(rate):
    with pytest.raises(RigError, match=f"sample rate of {rate} Hz"):
        resample(np.ones(10), rate, 48000)
