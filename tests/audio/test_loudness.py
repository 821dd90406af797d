"""Loudness, against what ITU-R BS.1770-4 says of known signals."""

import numpy as np
import pytest
from rigs import RATE, guitar
from scipy.signal import lfilter

from rig.audio.loudness import BOTH_SPEAKERS, integrated_lufs
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
