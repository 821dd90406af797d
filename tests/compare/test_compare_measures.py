"""The figures of a comparison against what they must be by arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rig.audio.align import shifted
from rig.audio.measures import best_gain, energy, esr
from rig.compare import measures

RATE = 48000


def noise(seconds=2.0, seed=0):
    return np.random.default_rng(seed).standard_normal(int(seconds * RATE)) * 0.1


def test_the_same_signal_has_no_error():
    y = noise()
    assert esr(y, y) == 0.0
    assert measures.null_db(0.0) == -math.inf


def test_silence_instead_of_the_gear_is_an_esr_of_one():
    assert esr(np.zeros(RATE), noise(1)) == pytest.approx(1.0)


# Figures of the right column: what a level error alone costs, published for these four.
@pytest.mark.parametrize(("gain_db", "known"), [(0.05, 3e-5), (0.1, 1.3e-4), (0.5, 3.5e-3), (1.0, 0.015)])
def test_a_level_error_gives_the_square_of_its_share(gain_db, known):
    y = noise()
    found = esr(10 ** (gain_db / 20) * y, y)
    assert found == pytest.approx((10 ** (gain_db / 20) - 1) ** 2, rel=1e-9)
    assert found == pytest.approx(known, rel=0.12)  # the known ones are rounded to one or two digits
    gain = best_gain(10 ** (gain_db / 20) * y, y)
    assert 20 * math.log10(gain) == pytest.approx(-gain_db, abs=1e-9)


@pytest.mark.parametrize("delay", [0.01, 0.1, 0.25, 0.5, 1.0, 5.0])
@pytest.mark.parametrize("hz", [220.0, 1000.0, 5000.0])
def test_a_delay_of_a_sine_gives_the_length_of_the_chord(delay, hz):
    # |1 - exp(-jwd)|^2 = 4 sin^2(wd / 2), for the plain ESR and the pre-emphasised one alike
    t = np.arange(RATE) / RATE
    y = np.sin(2 * np.pi * hz * t)
    middle = slice(4800, -4800)  # a shifted sine rings at its ends
    late = shifted(y, delay)
    expected = 4 * math.sin(math.pi * hz * delay / RATE) ** 2
    assert esr(late[middle], y[middle]) == pytest.approx(expected, rel=0.01)
    pre = esr(measures.pre_emphasised(late)[middle], measures.pre_emphasised(y)[middle])
    assert pre == pytest.approx(expected, rel=0.01)


def test_a_delay_of_noise_gives_the_sum_over_its_spectrum():
    y = noise(4)
    spectrum, omega = np.abs(np.fft.rfft(y)) ** 2, 2 * np.pi * np.fft.rfftfreq(len(y))
    expected = float((spectrum * 4 * np.sin(omega * 0.1 / 2) ** 2).sum() / spectrum.sum())
    middle = slice(9600, -9600)
    assert esr(shifted(y, 0.1)[middle], y[middle]) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("snr_db", [20.0, 40.0, 60.0])
def test_independent_noise_gives_its_own_share_and_the_null_stops_there(snr_db):
    y, n = noise(10), noise(10, seed=1)
    n *= 10 ** (-snr_db / 20) * math.sqrt(energy(y) / energy(n))
    found = esr(y + n, y)
    assert found == pytest.approx(10 ** (-snr_db / 10), rel=0.01)
    assert measures.null_db(found) == pytest.approx(-snr_db, abs=0.05)


def test_the_octaves_show_where_the_error_lies():
    t = np.arange(2 * RATE) / RATE
    y = sum(np.sin(2 * np.pi * hz * t) for hz in (100, 1000, 4000))
    error = 0.1 * np.sin(2 * np.pi * 1000 * t) + 0.01 * np.sin(2 * np.pi * 4000 * t)
    nulls = measures.null_by_octave_db(error, y, RATE)
    assert nulls[1000.0] == pytest.approx(-20, abs=0.1)
    assert nulls[4000.0] == pytest.approx(-40, abs=0.1)
    assert nulls[125.0] < -90
    assert nulls[16000.0] is None  # the gear has nothing there


def test_the_esr_by_input_level_is_that_of_the_frames_of_this_level():
    frame = round(measures.FRAME_S * RATE)
    dry, wet, error = (np.zeros(30 * frame) for _ in range(3))
    rng = np.random.default_rng(0)
    for i, (level_db, share) in enumerate([(0, 0.1), (-12, 0.2), (-12, 0.4), (-24, 0.01), (-48, 0.9)]):
        part = slice(i * frame, (i + 1) * frame)
        x = rng.uniform(-1, 1, frame)
        dry[part] = x / np.abs(x).max() * 10 ** (level_db / 20)
        wet[part] = dry[part]
        error[part] = share * wet[part]
    found = measures.esr_by_input_level(dry, error, wet, RATE)
    assert found[0.0] == pytest.approx(0.1**2)
    energies = [energy(wet[i * frame : (i + 1) * frame]) for i in (1, 2)]
    expected = (0.2**2 * energies[0] + 0.4**2 * energies[1]) / sum(energies)
    assert found[-12.0] == pytest.approx(expected)
    assert found[-24.0] == pytest.approx(0.01**2)
    assert found[-6.0] is None and found[-36.0] is None  # -48 belongs to no level


def test_spectral_difference_of_known_signals():
    y = noise(4)
    assert measures.spectral_difference_db(2 * y, y, RATE) == pytest.approx(20 * math.log10(2), abs=1e-6)
    assert measures.spectral_difference_db(y, y, RATE) == 0.0


def test_the_bands_of_a_spectrum_add_up_to_the_power_of_the_signal():
    t = np.arange(RATE) / RATE
    hz, level = measures.spectrum_db(0.5 * np.sin(2 * np.pi * 1000 * t), RATE)
    assert level[np.argmin(np.abs(hz - 1000))] == pytest.approx(20 * math.log10(0.5) - 3.01, abs=0.01)
