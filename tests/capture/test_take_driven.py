"""What another drive, a room and a jump leave in a take of very driven gear: faults that slipped through, as kinds."""

from __future__ import annotations

import numpy as np
import pytest
from capturing import SECONDS
from device_model import answer
from faulty_takes import COUNTS_DB, GEARS, Desk, Fault, change_db, recorded, sent, signal, suffered
from gears import played
from scipy.signal import resample_poly

from rig.audio.align import shifted
from rig.capture.checks.gear.driven import Driven
from rig.capture.checks.gear.gear_model import HOP, bent, spectra
from rig.capture.checks.programme import programme_check
from rig.capture.take.recording import Recording
from rig.trainer.layout import RATE

GEAR = {gear.name: gear for gear in GEARS}


def cut(z, seconds):
    """Dry and wet, aligned, of a recording."""
    recording = Recording(z)
    latency = recording.latency(signal(seconds))
    wet = recording.cut(signal(seconds), latency.tightest)
    return signal(seconds).samples, shifted(wet, -round(latency.correlation.samples - latency.tightest))


@pytest.mark.parametrize(
    ("name", "gain", "at_s", "word"),
    [
        ("high gain", 2.82, 25.45, "harder"),  # in the noise of changing level, which no other playing is like
        pytest.param("blended fuzz", 0.355, 29.56, "less hard", marks=pytest.mark.soak),
        pytest.param("gated fuzz", 0.355, 22.64, "less hard", marks=pytest.mark.soak),
        pytest.param("high gain", 3.98, 27.53, "harder", marks=pytest.mark.soak),
        pytest.param("gated fuzz", 2.82, 26.96, "harder", marks=pytest.mark.soak),
    ],
)
def test_another_drive_of_saturated_gear_is_found_in_noise(name, gain, at_s, word):
    x, desk = sent(60.0), Desk(peak_dbfs=-33.9, bits=16, delay=3709, floor_dbfs=-115)
    right, fault = played(GEAR[name], x, 5), Fault("drive", "before", gain, at_s)
    wrong = suffered(GEAR[name], fault, x, right, 5)
    assert change_db(fault, right, wrong) > COUNTS_DB
    check, drawn = programme_check(*cut(recorded(wrong, desk, 5, float(abs(right).max())), 60.0), [])
    assert check.verdict in ("warn", "fail") and f"this gear driven 9 dB {word}" in check.text, check.text
    assert drawn.score[np.abs(drawn.seconds - at_s - 3) < 2].max() > 1


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "gain", "at_s"),
    [
        ("high gain", 3.98, 39.23),  # was called a room, in noise, as the next one
        ("blended fuzz", 0.251, 21.44),
        ("gated fuzz", 2.0, 41.14),  # a second of playing, of which the model leaves much, told of a room
    ],
)
def test_another_drive_of_saturated_gear_is_no_room(name, gain, at_s):
    x, desk = sent(60.0), Desk(peak_dbfs=-10.0, bits=16, delay=6315, floor_dbfs=-106, hum_dbfs=-70.0)
    right, fault = played(GEAR[name], x, 5), Fault("drive", "before", gain, at_s)
    wrong = suffered(GEAR[name], fault, x, right, 5)
    assert change_db(fault, right, wrong) > COUNTS_DB
    check, _ = programme_check(*cut(recorded(wrong, desk, 5, float(abs(right).max())), 60.0), [])
    assert check.verdict in ("warn", "fail") and "another sound" in check.text, check.text
    assert "rings on" not in check.text, check.text


@pytest.mark.soak
def test_another_drive_that_changes_next_to_nothing_of_a_fuzz_is_found():
    dry = signal(SECONDS).samples
    cues = [(round(18.4 * RATE), "drive", 3.98), (round(24.4 * RATE), "drive", 1.0)]
    wet = np.asarray(answer(dry, "fuzz", cues=cues, gain=0.38, noise=1.1e-5), np.float64)
    check, _ = programme_check(dry, wet, [])
    assert check.verdict in ("warn", "fail") and "this gear driven 9 dB harder" in check.text, check.text
    clean, _ = programme_check(dry, np.asarray(answer(dry, "fuzz", gain=0.38, noise=1.1e-5), np.float64), [])
    assert clean.verdict == "ok", clean.text


def test_another_drive_is_clear_where_it_goes_far_and_explains_most():
    start = np.arange(4) * RATE
    gone, explains = np.array([[0.9, 0.9, 0.1, np.nan], [0.0, 0.0, 0.3, 0.9]]), np.array([[0.9, 0.2, 0.9, 0], [0] * 4])
    track = Driven(gone, explains, start, start + 3 * RATE)
    at = [slice((RATE * i + RATE) // HOP, (RATE * i + 2 * RATE) // HOP) for i in range(4)]  # around each middle
    assert [track.is_clear(frames) for frames in at] == [True, False, False, False]


@pytest.mark.parametrize(
    ("kind", "field", "value", "said"),
    [
        ("compressor", "lost", 1547.0, "the take jumps by 1547 samples"),  # was called a room
        ("fuzz", "room", 0.1073, "it rings on"),  # was called another sound, and the next two
        pytest.param("overdrive", "room", 0.1354, "it rings on", marks=pytest.mark.soak),
        pytest.param("booster", "room", 0.12, "it rings on", marks=pytest.mark.soak),
    ],
)
def test_a_room_is_no_drive_and_a_jump_is_no_room(kind, field, value, said):
    dry = signal(SECONDS).samples
    cues = [(round(18.4 * RATE), field, value), (round(24.4 * RATE), field, -value if field == "lost" else 0.0)]
    wet = np.asarray(answer(dry, kind, cues=cues, gain=0.1, noise=3e-6), np.float64)
    check, _ = programme_check(dry, wet, [])
    assert check.verdict == "fail" and said in check.text, check.text


def test_noise_is_bent_as_gear_bends_it_and_not_folded_back():
    """At the rate of the take a clipper folds back a good part of noise, which no analogue gear does."""
    x = 0.5 * np.random.default_rng(4).uniform(-1, 1, RATE)
    parts = list(bent(x))
    assert np.allclose(parts[0], spectra(x), atol=1e-3 * np.abs(parts[0]).max())
    clipped = spectra(resample_poly(np.tanh(40 * resample_poly(x, 16, 1)), 1, 16))
    folded = spectra(np.tanh(40 * x))

    def off_db(part):
        return float(10 * np.log10(np.sum(np.abs(part - clipped) ** 2) / np.sum(np.abs(clipped) ** 2)))

    assert off_db(parts[3]) < off_db(folded) - 5, (off_db(parts[3]), off_db(folded))
