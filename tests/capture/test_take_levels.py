"""What only levels show: a room behind gear that noise drives, a gate that opens earlier, a gear's own stutter."""

from __future__ import annotations

import numpy as np
import pytest
from faulty_takes import COUNTS_DB, GEARS, Desk, Fault, called_right, change_db, judged, recorded, sent, suffered
from gears import played
from scipy.ndimage import maximum_filter1d

from rig.capture.checks.gear.falling import falling_less
from rig.capture.checks.gear.gear_model import HOP, Explained
from rig.capture.checks.gear.opening import opening_lower
from rig.capture.checks.gear.strange import Strange
from rig.capture.checks.quantisation import asleep_up_to, missing_pieces
from rig.trainer.layout import RATE, VALIDATION

GEAR = {gear.name: gear for gear in GEARS}
SECONDS = 40
FAULT = slice(20 * RATE, 26 * RATE)


# ---------------------------------------------------------------- how the level falls
def explained_as(change, noise=1e-9):
    """A take of which the model tells the level alone: its phases are those of noise. `change`: of powers."""
    rng, frames, bands = np.random.default_rng(5), SECONDS * RATE // HOP, 24
    place, level_db = np.arange(frames) * HOP, np.zeros(frames)
    for at in range(0, frames, 10):  # notes of half a second, loud and soft, that die away by 30 dB
        level_db[at : at + 10] = rng.uniform(-15, 0) - 3.0 * np.arange(min(10, frames - at))
    expected = 10 ** (level_db / 10)
    inside = (place >= FAULT.start) & (place < FAULT.stop)
    wet = np.where(inside, change(expected), expected) + noise

    def noise_of(power):
        spectrum = rng.standard_normal((bands, frames)) + 1j * rng.standard_normal((bands, frames))
        return (np.sqrt(power / (2 * bands)) * spectrum).astype(np.complex64)

    model, everywhere = noise_of(expected), np.ones(frames, bool)
    weights, ends = np.ones(bands), (place < VALIDATION) | (place >= SECONDS * RATE - VALIDATION)
    return Explained(
        model, noise_of(wet), model, model[:, :1], weights, noise, noise * weights / bands, everywhere, ends
    )


def in_a_room(power, energy=0.5, t60_s=1.0):
    stays, past = 10 ** (-6 * HOP / RATE / t60_s), np.zeros(len(power))
    for i in range(1, len(power)):
        past[i] = stays * past[i - 1] + (1 - stays) * power[i - 1]
    return power + energy * past


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (in_a_room, "rings on"),
        (lambda power: power**0.7, "another sound"),  # driven harder: a dB of the playing is 0.7 dB
        (lambda power: 0.5 * power, None),  # softer, which other figures show
        (lambda power: power, None),
    ],
)
def test_a_room_and_another_drive_are_told_by_how_the_level_falls_where_nothing_else_is_explained(change, kind):
    take = explained_as(change)
    found = falling_less(take, SECONDS * RATE, [])
    assert [piece.kind for piece in found] == ([kind] if kind else [])
    for piece in found:
        assert piece.start < FAULT.start + RATE and piece.stop > FAULT.stop - RATE
        assert "falls by " in piece.text and piece.verdict == "fail"
    said = Strange("softer", FAULT.start, FAULT.stop, "it is softer", "fail")
    assert falling_less(take, SECONDS * RATE, [said]) == []


def test_what_is_softer_as_a_whole_falls_into_the_noise_and_does_not_ring_on():
    take = explained_as(lambda power: 0.01 * power, noise=2e-5)
    assert falling_less(take, SECONDS * RATE, []) == []
    in_noise = explained_as(in_a_room, noise=2e-5)
    assert [piece.kind for piece in falling_less(in_noise, SECONDS * RATE, [])] == ["rings on"]


@pytest.mark.soak
def test_a_compressor_that_is_softer_near_the_noise_is_softer():
    x, seed = sent(35.0), 777102
    fault, desk = Fault("softer", "behind", 0.1, 19.36), Desk(-13.5, 24, 8897, -1, -100.8, hum_dbfs=-70.0)
    right = played(GEAR["compressor"], x, seed)
    wrong = suffered(GEAR["compressor"], fault, x, right, seed)
    found = judged(recorded(wrong, desk, seed, float(abs(right).max())), 35.0)
    assert called_right(fault, found) and "rings on" not in str(found["programme"]), str(found["programme"])


@pytest.mark.soak
def test_a_room_behind_an_octaver_that_noise_drives_rings_on():
    x, seed = sent(60.0), 1722220116
    fault, desk = Fault("reverb", "behind", 0.266, 27.24), Desk(-29.8, 16, 5068, -1, -107.2)
    right = played(GEAR["octave"], x, seed)
    wrong = suffered(GEAR["octave"], fault, x, right, seed)
    assert change_db(fault, right, wrong) > COUNTS_DB
    found = judged(recorded(wrong, desk, seed, float(abs(wrong).max())), 60.0)
    assert called_right(fault, found), str(found["programme"])


# ---------------------------------------------------------------- from where on it sounds
def starved(x, threshold=0.004):
    return 0.3 * np.tanh(50 * np.sign(x) * np.maximum(np.abs(x) - threshold, 0))


def notes(lasting_s=1):
    """That die away by 70 dB, and rests of two seconds at both ends of the programme."""
    t = np.arange(lasting_s * RATE) / RATE
    x = np.tile(0.3 * np.exp(-8 / lasting_s * t) * np.sin(2 * np.pi * 220 * t), SECONDS // lasting_s)
    x[9 * RATE : 11 * RATE] = x[-11 * RATE : -9 * RATE] = 0
    return x


def test_a_starved_fuzz_that_wakes_earlier_for_a_while_is_driven_harder():
    x = notes(2)
    hiss = 10 ** (-90 / 20) * np.random.default_rng(2).standard_normal(len(x))
    right = starved(x) + hiss
    assert opening_lower(x, right, []) == []
    for louder_db, is_found in ((1, False), (9, True)):
        wrong = right.copy()
        wrong[FAULT] = starved(10 ** (louder_db / 20) * x[FAULT]) + hiss[FAULT]
        found = opening_lower(x, wrong, [])
        assert bool(found) == is_found
        for piece in found:
            assert FAULT.start - RATE < piece.start < FAULT.stop and piece.kind == "another sound"
            assert "where this gear is silent elsewhere" in piece.text and piece.verdict == "warn"
    all_of_it = Strange("another sound", 0, len(x), "it is another sound", "warn")
    assert opening_lower(x, wrong, [all_of_it]) == []
    clean = 0.5 * x + 10 * hiss  # its noise covers what is soft, at every place alike
    assert opening_lower(x, clean, []) == [] == opening_lower(np.ones(len(x)), clean, [])


@pytest.mark.soak
def test_a_quarter_of_a_second_that_a_gated_fuzz_should_be_silent_in_is_another_drive():
    x, seed = sent(60.0), 613009417
    fault, desk = Fault("drive", "before", 10 ** (9 / 20), 40.04), Desk(-9.0, 24, 2060, -1, -113.1, -70.0)
    right = played(GEAR["gated fuzz"], x, seed)
    wrong = suffered(GEAR["gated fuzz"], fault, x, right, seed)
    assert change_db(fault, right, wrong) > COUNTS_DB
    found = judged(recorded(wrong, desk, seed, float(abs(wrong).max())), 60.0)
    assert called_right(fault, found), str(found["programme"])


# ---------------------------------------------------------------- up to where it is silent
def test_what_is_no_louder_than_what_the_gear_is_silent_at_is_no_piece_missing_though_either_end_stutters_otherwise():
    x, step = notes(), 2.0**-15
    loudest = maximum_filter1d(np.abs(x), 240, origin=119)  # of the last period
    y = np.where(loudest > 0.004, np.round(0.2 / step) * step * np.sign(x), 0.0)
    assert 0.003 < asleep_up_to(x, y, step, -120.0) <= 0.004 and missing_pieces(x, y, step, -120.0) == []
    stuttering = y.copy()
    # Noise wakes it where a note is as loud as what wakes it, and lets it fall asleep again: never twice alike.
    for at_s in (3.56, 14.55, 22.562, 35.56):
        at = round(at_s * RATE)
        stuttering[at - 960 : at + 960] = 0.2 * np.sign(x[at - 960 : at + 960])
        stuttering[at : at + 300] = 0
    assert asleep_up_to(x, stuttering, step, -120.0) == pytest.approx(asleep_up_to(x, y, step, -120.0), rel=0.2)
    assert missing_pieces(x, stuttering, step, -120.0) == []
    torn, at = stuttering.copy(), round(22.1 * RATE)
    torn[at : at + 300] = 0
    ((start, _),) = missing_pieces(x, torn, step, -120.0)
    assert abs(start - at) <= 1
    assert asleep_up_to(x, x, step, -120.0) < 0.001  # what is clean is silent at nothing
