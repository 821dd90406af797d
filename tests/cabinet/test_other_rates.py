"""Impulse responses that begin or end abruptly, at another rate than their file: nothing of them is lost."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from judge import error_db

from rig.audio import wav
from rig.audio.resample import resample, resample_response
from rig.cabinet.export import export
from rig.cabinet.ir import IR, at_rate
from rig.cabinet.mix import Part, mix

RATES = (44100, 48000, 88200, 96000, 192000)
HZ = np.geomspace(30, 18000, 60)


def magnitude_db(taps, rate, hz=HZ):
    return 20 * np.log10(np.abs(np.exp(-2j * np.pi * np.outer(hz, np.arange(len(taps))) / rate) @ taps))


def abrupt(rate, seed=1, ms=12.0):
    """A response whose first sample is its highest."""
    rng, n = np.random.default_rng(seed), int(rate * ms / 1000)
    x = rng.standard_normal(n) * np.exp(-np.arange(n) / (0.0007 * rate))
    x[0] = 1.3 * np.abs(x).max()
    return 0.2 * x


def off_db(y, x, from_hz, to_hz):
    """How far a response at another rate is from itself, at most."""
    return np.abs(magnitude_db(y, to_hz) + 20 * np.log10(from_hz / to_hz) - magnitude_db(x, from_hz)).max()


@pytest.mark.parametrize(("from_hz", "to_hz"), [*permutations(RATES, 2)])
def test_a_response_that_begins_at_its_peak_keeps_its_magnitude_to_18_khz(from_hz, to_hz):
    x = abrupt(from_hz)
    y, late = resample_response(x, from_hz, to_hz)
    before = off_db(resample(x, from_hz, to_hz), x, from_hz, to_hz)
    after = off_db(y, x, from_hz, to_hz)
    print(f"{from_hz} to {to_hz} Hz: {after:.3f} dB off, was {before:.2f}; {1e6 * late / to_hz:.0f} us later")
    assert before > 0.1
    assert after < 0.1
    assert 0 < late / to_hz < 80e-6


def test_what_is_stated_as_later_is_how_much_later_it_is():
    x = abrupt(44100)
    y, late = resample_response(x, 44100, 48000)
    hz = np.array([200.0, 500.0, 1000.0])
    phase = [np.exp(-2j * np.pi * np.outer(hz, np.arange(len(t))) / rate) @ t for t, rate in ((x, 44100), (y, 48000))]
    measured = -np.angle(phase[1] / phase[0]) / (2 * np.pi * hz) * 48000
    np.testing.assert_allclose(measured, late, atol=0.05)


def test_a_response_that_begins_and_ends_softly_is_as_ever():
    x = np.concatenate([np.zeros(200), abrupt(44100), np.zeros(200)])
    y, late = resample_response(x, 44100, 48000)
    np.testing.assert_array_equal(y, resample(x, 44100, 48000))
    assert late == 0.0


def test_one_that_ends_abruptly_rings_on():
    x = np.concatenate([np.zeros(200), abrupt(44100)[:40]])
    y, late = resample_response(x, 44100, 48000)
    assert late == 0.0
    assert len(y) > len(resample(x, 44100, 48000))
    assert off_db(y, x, 44100, 48000) < 0.01
    click, _ = resample_response(np.ones((1, 2)), 48000, 96000)  # one sample alone
    assert np.abs(magnitude_db(click[:, 1], 96000) - 20 * np.log10(2)).max() < 0.01


def test_a_rate_without_a_usual_ratio_keeps_it_too_and_is_later():
    x = abrupt(44101)
    y, late = resample_response(x, 44101, 48000)
    assert off_db(y, x, 44101, 48000) < 0.1
    assert late == int(late) > 0


def test_a_cabinet_of_another_rate_says_how_much_later_it_is_and_at_its_own_is_bit_for_bit(tmp_path):
    x = abrupt(44100)
    wav.write(tmp_path / "a.wav", x, 44100, "FLOAT")
    own, other = IR.load(tmp_path / "a.wav", 44100), IR.load(tmp_path / "a.wav", 48000)
    gain = 10 ** (-18 / 20) * 48000 / 44100
    np.testing.assert_array_equal(own.taps[0], (gain * np.float32(x).astype(np.float64)).astype(np.float32))
    assert own.delay_samples == 0.0
    assert "samples (0.06 ms) later than there" in repr(other)
    np.testing.assert_array_equal(at_rate(other, 44100).taps, own.taps)
    unity = IR.load(tmp_path / "a.wav", 48000, convention="unity")
    assert off_db(unity.as_in_file()[0] * 48000 / 44100, x, 44100, 48000) < 0.1
    export(own, tmp_path / "b.wav", sample_rate=96000)
    written = wav.read(tmp_path / "b.wav").samples[:, 0]
    assert off_db(written, x, 44100, 96000) < 0.1


def test_two_microphones_of_different_rates_stand_in_a_mix_as_their_files_do(tmp_path):
    wav.write(tmp_path / "a.wav", abrupt(48000), 48000, "FLOAT")
    wav.write(tmp_path / "b.wav", abrupt(44100, seed=2), 44100, "FLOAT")
    a, b = IR.load(tmp_path / "a.wav", 48000), IR.load(tmp_path / "b.wav", 48000)
    assert (a.delay_samples, b.delay_samples > 2) == (0.0, True)
    made = mix([Part(a), Part(b, delay_ms=100.0)]).parts
    assert made[1].shift_samples - made[0].shift_samples == pytest.approx(4800 - b.delay_samples)
    alone = mix([Part(b), Part(b)])
    assert [part.shift_samples for part in alone.parts] == [0.0, 0.0]  # of one delay: nothing is moved
    assert error_db(alone.ir.taps[0], 2 * b.taps[0]) < -120
