"""Loudness, against what ITU-R BS.1770-4 says of known signals."""

import numpy as np
import pytest
from rigs import RATE, guitar
from scipy.signal import lfilter

from rig.audio.loudness import BOTH_SPEAKERS, integrated_lufs, loudness_difference_lu
from rig.errors import RigError


def tone(hz, dbfs, seconds, rate=RATE):
    return 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_a_full_scale_sine_of_997_hz_in_one_channel_reads_minus_3_01(rate):
    # The example of the standard; 0.05 LU because the weighting is made for 48 kHz and fitted elsewhere.
    assert integrated_lufs(tone(997, 0, 3, rate), rate) == pytest.approx(-3.01, abs=0.05)


def test_two_equal_channels_read_3_lu_more_and_so_does_one_counted_for_both_speakers():
    x = guitar(3 * RATE)
    both = integrated_lufs(np.stack([x, x], axis=1), RATE)
    assert both == pytest.approx(integrated_lufs(x, RATE) + 10 * np.log10(2), abs=0.01)
    assert integrated_lufs(BOTH_SPEAKERS * x.astype(float), RATE) == pytest.approx(both, abs=1e-6)


def test_the_weighting_is_that_of_the_standard():
    """Its published coefficients for 48 kHz, on a steady noise, which no gate touches."""
    x = 0.1 * np.random.default_rng(0).standard_normal(4 * RATE)
    y = lfilter([1.53512485958697, -2.69169618940638, 1.19839281085285], [1, -1.69065929318241, 0.73248077421585], x)
    y = lfilter([1, -2, 1], [1, -1.99004745483398, 0.99007225036621], y)
    assert integrated_lufs(x, RATE) == pytest.approx(-0.691 + 10 * np.log10(np.mean(y**2)), abs=0.01)


def test_pauses_do_not_count():
    # Tech 3341 of the EBU, case 3: 10 s at -36, 60 s at -23, 10 s at -36 dBFS in both channels read -23; shortened.
    x = np.concatenate([tone(1000, -36, 2), tone(1000, -23, 12), tone(1000, -36, 2)])
    assert integrated_lufs(np.stack([x, x], axis=1), RATE) == pytest.approx(-23, abs=0.1)


def by_the_standard(x, gate_lufs=-70.0):
    """BS.1770-4 at 48 kHz as it is written: full blocks of 0.4 s, one every 0.1 s, two gates."""
    y = lfilter([1.53512485958697, -2.69169618940638, 1.19839281085285], [1, -1.69065929318241, 0.73248077421585], x)
    y = lfilter([1, -2, 1], [1, -1.99004745483398, 0.99007225036621], y)
    starts = range(0, len(y) - 19200 + 1, 4800)
    power = np.array([np.mean(y[start : start + 19200] ** 2) for start in starts])
    lufs = -0.691 + 10 * np.log10(np.maximum(power, 1e-30))
    above = lufs > gate_lufs
    relative = -0.691 + 10 * np.log10(power[above].mean()) - 10
    return -0.691 + 10 * np.log10(power[above & (lufs > relative)].mean())


@pytest.mark.parametrize("more_ms", [0, 1, 49, 51, 60, 99])
def test_a_last_block_that_is_not_full_does_not_count(more_ms):
    """A length of no whole tenths of a second, which ends softly: rounding took that end for a whole block."""
    x = np.concatenate([tone(1000, -20, 1.0), tone(1000, -26, 0.1 + more_ms / 1000)])
    assert integrated_lufs(x, RATE) == pytest.approx(by_the_standard(x), abs=0.01)
    y = 0.1 * np.random.default_rng(more_ms).standard_normal(len(x)) * np.linspace(1, 0.3, len(x))
    assert integrated_lufs(y, RATE) == pytest.approx(by_the_standard(y), abs=0.01)


@pytest.mark.parametrize("rate", [44100, 48000, 96000, 11025])
def test_every_length_has_as_many_blocks_as_fit(rate):
    x = tone(1000, -20, 1.3, rate)
    whole = integrated_lufs(x[: round(0.9 * rate)], rate)
    for length in range(round(0.9 * rate), rate, rate // 37):
        assert integrated_lufs(x[:length], rate) == pytest.approx(whole, abs=0.02)


@pytest.mark.parametrize("soft_db", [-20, -45, -58, -70])
def test_the_difference_of_two_signals_does_not_depend_on_how_soft_both_are(soft_db):
    """Every second note 18 dB softer: the gate of the standard at -70 LUFS takes those of the softer signal first."""
    x = guitar(6 * RATE).astype(float)
    x *= np.where(np.arange(len(x)) // (RATE // 2) % 2, 10 ** (-9 / 20), 1.0)
    loud, other = x / np.abs(x).max(), 0.5 * np.convolve(x / np.abs(x).max(), [1, -0.3])[: len(x)]
    expected = integrated_lufs(other, RATE) - integrated_lufs(loud, RATE)
    gain = 10 ** (soft_db / 20)
    assert loudness_difference_lu(gain * other, gain * loud, RATE) == pytest.approx(expected, abs=0.02)
    assert loudness_difference_lu(gain * other, loud, RATE) == pytest.approx(expected + soft_db, abs=0.02)


def test_silence_has_no_difference():
    assert np.isnan(loudness_difference_lu(np.zeros(RATE), tone(997, -20, 1), RATE))
    assert np.isnan(loudness_difference_lu(tone(997, -20, 1), np.zeros(0), RATE))


def test_a_signal_shorter_than_a_gating_block_is_measured_as_it_is():
    for seconds in (0.05, 0.2, 0.4):
        assert integrated_lufs(tone(997, -20, seconds), RATE) == pytest.approx(-23.01, abs=0.3)  # its edges are wide


def test_silence_and_what_is_below_the_gate_have_no_loudness():
    for x in (np.zeros(RATE), np.zeros((RATE, 2)), tone(997, -90, 1), np.zeros(10)):
        assert integrated_lufs(x, RATE) == -np.inf


def test_what_is_no_signal_is_refused():
    for x in (np.zeros(0), np.zeros((100, 3)), np.zeros((2, 2, 2))):
        with pytest.raises(RigError, match="Loudness is measured on one or two channels"):
            integrated_lufs(x, RATE)
