"""Impulse responses by sweep: a cabinet that is known exactly, with distortion and noise, comes out as it went in."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import butter, sosfilt

from rig.audio import wav
from rig.cabinet.ir import IR
from rig.cabinet.response import response_db
from rig.capture.ir.checks import impulse_checks
from rig.capture.ir.deconvolution import Sweep, arrival, as_file, deconvolved, finished_taps, measure
from rig.capture.ir.files import Microphone, save_impulse
from rig.capture.signal.sweep import synchronised_sweep
from rig.errors import CaptureError
from rig.trainer.layout import RATE

LENGTH = 8192
LATENCY = 700
HZ = np.geomspace(80, 8000, 300)
SWEEP = Sweep()


@cache
def cabinet():
    """Resonances of a loudspeaker in a box, between 60 Hz and 6 kHz; the loudest frequency has a gain of 1."""
    rng, t = np.random.default_rng(0), np.arange(LENGTH) / RATE
    rows = [
        (85, 0.02, 1),
        (130, 0.012, 0.6),
        (420, 0.006, 0.5),
        (900, 0.004, 0.5),
        (2300, 0.0025, 1.6),
        (3400, 0.0015, 1.2),
        (4700, 0.001, 0.8),
    ]
    x = sum(gain * np.exp(-t / s) * np.sin(2 * np.pi * hz * t + rng.uniform(0, 6)) for hz, s, gain in rows)
    x = sosfilt(butter(4, [60, 6000], "band", fs=RATE, output="sos"), x)
    return x / np.abs(rfft(x, 1 << 16)).max()


def played(signal, noise_dbfs=None, amp=0.0, speaker=0.0, seed=0, latency=LATENCY):
    """A signal through a power amp, the cabinet and a loudspeaker that distort, and a microphone in a noisy room."""
    x = signal + amp * (signal**2 + signal**3)
    n = next_fast_len(len(x) + LENGTH)
    y = irfft(rfft(x, n) * rfft(cabinet(), n), n)[: len(x)]
    y = np.concatenate([np.zeros(latency), y + speaker * (y**2 + y**3)])[: len(x)]
    noise = np.random.default_rng(seed).standard_normal(len(x))
    return y if noise_dbfs is None else y + 10 ** (noise_dbfs / 20) * noise


def error_db(response, gain_free=False):
    """Energy of all that is wrong with the unwindowed response, re the cabinet's."""
    found, truth = np.zeros(LENGTH), cabinet()
    part = response.linear[LATENCY : LATENCY + LENGTH]
    found[: len(part)] = part
    if gain_free:
        found = found / (found @ truth) * (truth @ truth)
    return 10 * np.log10(np.sum((found - truth) ** 2) / np.sum(truth**2))


def audible_difference_db(taps):
    """1/6-octave smoothed, 80 Hz - 8 kHz, wherever the cabinet is within 25 dB of its loudest."""
    truth, found = (response_db(x[np.newaxis], RATE, HZ, 6)[0] for x in (cabinet(), taps))
    return np.abs(found - truth)[truth > truth.max() - 25].max()


@pytest.mark.parametrize("place", ["amp", "speaker"])
def test_a_distorting_cabinet_in_a_noisy_room_comes_out_within_half_a_decibel(place):
    response = measure(SWEEP, [played(SWEEP.signal(), -60, **{place: 0.1}, seed=i) for i in range(4)])
    assert audible_difference_db(finished_taps(response, LENGTH)) < 0.5


def test_the_total_error_at_low_noise_is_below_56_decibels():
    quiet = measure(SWEEP, [played(SWEEP.signal(), -80, seed=i) for i in range(4)])
    assert error_db(quiet) < -56
    # An amp that distorts changes the gain of the fundamental a little, for all frequencies alike.
    driven = measure(SWEEP, [played(SWEEP.signal(), -80, amp=0.1, seed=i) for i in range(4)])
    assert error_db(driven, gain_free=True) < -56


def test_without_noise_and_distortion_only_the_edges_of_the_band_are_missing():
    assert error_db(measure(SWEEP, [played(SWEEP.signal())]), gain_free=True) < -90


def test_distortion_is_cut_off_and_reported():
    clean = measure(SWEEP, [played(SWEEP.signal())])
    driven = measure(SWEEP, [played(SWEEP.signal(), amp=0.1)])
    assert clean.thd_db < -90
    # 0.1 x^2 of a sine of 0.5 gives a second harmonic of 0.025 / 2 re 0.5: -32 dB, and x^3 a third of -44 dB.
    assert driven.harmonics_db[2] == pytest.approx(20 * np.log10(0.1 * 0.5 / 2), abs=2)
    assert driven.harmonics_db[3] == pytest.approx(20 * np.log10(0.1 * 0.25 / 4), abs=2)
    assert driven.thd_db == pytest.approx(-32, abs=2)


def test_the_sweeps_harmonics_are_the_sweep_itself_earlier():
    x = synchronised_sweep(10, 1000, 3, RATE)
    rate_s = round(10 * 3 / np.log(100)) / 10
    n = np.arange(len(x))
    phase = 2 * np.pi * 10 * rate_s * np.exp(n / RATE / rate_s)
    at = (n + rate_s * np.log(2) * RATE) / RATE
    assert np.sin(2 * np.pi * 10 * rate_s * np.exp(at / rate_s)) == pytest.approx(np.sin(2 * phase), abs=1e-6)


def test_the_latency_is_found_and_the_kept_response_begins_just_before_it():
    response = measure(SWEEP, [played(SWEEP.signal(), -90, latency=1234)])
    direct = 1234 + arrival(cabinet())
    assert response.latency_samples == pytest.approx(direct, abs=1)
    taps = finished_taps(response, 2048)
    assert len(taps) == 2048
    assert taps[0] == pytest.approx(0, abs=1e-3) and taps[-1] == pytest.approx(0, abs=1e-6)
    assert audible_difference_db(np.pad(taps, (0, LENGTH - 2048))) < 2.0  # 43 ms cannot tell every bass resonance


def test_minimum_phase_keeps_the_sound_and_takes_the_delay():
    response = measure(SWEEP, [played(SWEEP.signal(), -90)])
    minimum = finished_taps(response, LENGTH, minimum=True)
    assert audible_difference_db(minimum) < 0.3
    energy = np.cumsum(minimum**2) / np.sum(minimum**2)
    plain = np.cumsum(finished_taps(response, LENGTH) ** 2)
    assert energy[40] > plain[40] / plain[-1]


def test_the_file_has_the_peak_that_users_expect_and_the_true_gain_is_known():
    taps = 0.01 * cabinet()
    filed, gain_db = as_file(taps)
    assert 20 * np.log10(np.abs(filed).max()) == pytest.approx(-1)
    assert filed / 10 ** (gain_db / 20) == pytest.approx(taps)
    with pytest.raises(CaptureError, match="silent"):
        as_file(np.zeros(100))


def checked(*recordings, length=LENGTH, softer=None):
    response = measure(SWEEP, recordings)
    second = None
    if softer is not None:
        low = measure(Sweep(amplitude=SWEEP.amplitude * 10**-0.5), [softer])
        second = (low, finished_taps(low, length))
    return {check.name: check for check in impulse_checks(response, finished_taps(response, length), second)}


def test_a_good_measurement_passes_and_each_fault_is_named():
    x, soft = SWEEP.signal(), Sweep(amplitude=SWEEP.amplitude * 10**-0.5).signal()
    good = checked(played(x, -90), played(x, -90, seed=1), softer=played(soft, -90))
    assert {name: check.verdict for name, check in good.items()} == dict.fromkeys(
        ("clipping", "tail", "repeat", "linearity", "distortion"), "ok"
    )
    assert checked(played(1.9 * x))["clipping"].verdict == "warn"
    moved = checked(played(x, -90), played(1.05 * x, -90))
    assert moved["repeat"].verdict == "warn" and "moved" in moved["repeat"].advice
    assert checked(played(x, -90), length=512)["tail"].verdict == "warn"
    compressing = checked(played(x, -90, speaker=1.0), softer=played(soft, -90, speaker=1.0))
    assert compressing["linearity"].verdict == "warn"
    assert "power amp down" in compressing["linearity"].advice


def test_a_sweep_that_cannot_be_used_is_refused():
    with pytest.raises(CaptureError, match="3 to 15 seconds"):
        Sweep(1.0)
    with pytest.raises(CaptureError, match="1 is full scale"):
        Sweep(amplitude=1.5)
    with pytest.raises(CaptureError, match="ends before"):
        measure(SWEEP, [np.zeros(1000)])
    with pytest.raises(CaptureError, match="did not come back"):
        measure(SWEEP, [np.zeros(len(SWEEP.signal()))])
    response = measure(SWEEP, [played(SWEEP.signal())])
    with pytest.raises(CaptureError, match="cannot be cut out"):
        finished_taps(response, 10)
    assert len(deconvolved(SWEEP, played(SWEEP.signal()))) >= len(SWEEP.bare())


def test_the_file_is_a_24_bit_wav_that_plays_with_a_sidecar_that_knows_the_true_gain(tmp_path):
    response = measure(SWEEP, [0.1 * played(SWEEP.signal(), -110)])
    taps = finished_taps(response, LENGTH)
    checks = impulse_checks(response, taps)
    about = Microphone("V30", "SM57", 2.5, "cap edge")
    sidecar = save_impulse(tmp_path / "irs" / "v30.wav", taps, response, SWEEP, checks, about)
    audio = wav.read(tmp_path / "irs" / "v30.wav")
    assert (audio.subtype, audio.channels, audio.sample_rate, len(audio.samples)) == ("PCM_24", 1, RATE, LENGTH)
    content = json.loads(sidecar.read_text())
    assert content["about"]["microphone"] == "SM57" and content["verdict"] == "unknown"  # one sweep
    assert audible_difference_db(10 * audio.samples[:, 0] * 10 ** (content["true_gain_db"] / 20)) < 0.1
    assert IR.load(tmp_path / "irs" / "v30.wav").taps.shape == (1, LENGTH)
    with pytest.raises(CaptureError, match=r"v30\.json: the file exists"):
        save_impulse(tmp_path / "irs" / "v30.wav", taps, response, SWEEP, checks)
    with pytest.raises(CaptureError, match=r"name it v30\.wav"):
        save_impulse(tmp_path / "v30.flac", taps, response, SWEEP, checks)


def test_the_file_can_have_another_rate(tmp_path):
    response = measure(SWEEP, [played(SWEEP.signal(), -110)])
    taps = finished_taps(response, LENGTH)
    save_impulse(tmp_path / "a.wav", taps, response, SWEEP, (), sample_rate=96000)
    audio = wav.read(tmp_path / "a.wav")
    assert audio.sample_rate == 96000
    found, truth = (
        response_db(x[np.newaxis], rate, HZ, 6)[0] for x, rate in ((audio.samples[:, 0], 96000), (cabinet(), RATE))
    )
    difference = (found - truth)[truth > truth.max() - 25]
    assert np.ptp(difference) < 0.2
