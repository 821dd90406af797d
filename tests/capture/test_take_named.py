"""A piece of a take is called what explains most of it: a bypass is nothing louder, and hum is no other sound."""

from __future__ import annotations

import numpy as np
import pytest
from capturing import SECONDS
from device_model import answer
from faulty_takes import Desk, Fault, judged, recorded, sent, signal, suffered
from gears import GEARS, played

from rig.capture.checks.closing import knows_a_level
from rig.capture.checks.gear.gear_model import explain
from rig.capture.checks.gear.hum_in_playing import RATE, SLOW, are_steady
from rig.capture.checks.gear.strange import Strange, with_hum
from rig.capture.checks.measures import runs_of_true
from rig.capture.checks.programme import LASTS, STEP, _lasting, _runs, programme_check
from rig.capture.checks.quantisation import repeats

MAINS_50 = np.array([0.8, 0.2, *[0.0] * 10])  # the powers of its lines
LOUD, SOFT = {"gain": 0.5585, "noise": 6.65e-6, "hum_hz": 50.0}, {"gain": 0.1425, "noise": 3.25e-6, "hum_hz": 50.0}


def taken(kind, field, during, start_s, trim_db=0.0, **clean):
    """Dry and wet of gear whose field has another value for six seconds."""
    dry = signal(SECONDS).samples
    start, stop = round(start_s * RATE), round((start_s + 6) * RATE)
    cues = [(start, field, during), (stop, field, clean.get(field, 0.0))]
    return dry, np.asarray(answer(10 ** (trim_db / 20) * dry, kind, cues=cues, **clean), np.float64)


@pytest.mark.parametrize(
    ("kind", "field", "during", "start_s", "clean", "said", "never"),
    [
        # Its gear leaves loud playing nearly as it is, and dry explains a million times more than that at any level.
        ("limiter", "bypass", 1.0, 17.93, {"gain": 0.042, "noise": 3.6e-6}, "it is bypassed", "louder"),
        pytest.param(
            *("limiter", "bypass", 1.0, 17.97, {"gain": 0.17, "noise": 3e-6}, "it is bypassed", "louder"),
            marks=pytest.mark.soak,
        ),
        # Two lines that are less than half of what is left, and steady.
        ("sag", "hum", 0.01045, 17.28, LOUD, "there is hum of 50 Hz", "another sound"),
        pytest.param(
            *("gated fuzz", "hum", 0.0039, 17.41, SOFT, "there is hum of 50 Hz", "another sound"),
            marks=pytest.mark.soak,
        ),
        # Noise is added, and the past tells nothing of it.
        pytest.param(
            *("crunch", "noise", 0.02, 17.57, {"gain": 0.3, "noise": 3e-6}, "another sound", "rings on"),
            marks=pytest.mark.soak,
        ),
        # Louder is louder, also behind gear that is nearly dry.
        pytest.param(
            *("clean", "gain", 0.4, 18.2, {"gain": 0.2, "noise": 3e-6}, "6.0 dB louder", "bypassed"),
            marks=pytest.mark.soak,
        ),
        pytest.param(
            *("limiter", "gain", 0.4, 18.2, {"gain": 0.1, "noise": 3e-6}, "dB louder", "bypassed"),
            marks=pytest.mark.soak,
        ),
    ],
)
def test_six_seconds_are_called_what_explains_most_of_them(kind, field, during, start_s, clean, said, never):
    trim_db = -3.0 if field == "bypass" else 0.0
    check, _ = programme_check(*taken(kind, field, during, start_s, trim_db, **clean), [])
    assert check.verdict in ("warn", "fail") and said in check.text and never not in check.text, check.text


def test_what_lasts_beside_something_far_stranger_is_a_piece_of_its_own():
    def runs(*lengths_and_scores):
        score = np.concatenate([np.full(n, value) for n, value in lengths_and_scores])
        first = np.arange(len(score)) * STEP
        return _runs(first, _lasting(first, score, np.ones(len(score), bool)), score)

    loud, odd = 2 * LASTS, 3 * LASTS
    assert runs((20, 0.0), (loud, 18.0), (odd, 2.0), (20, 0.0)) == [(20, 20 + loud), (20 + loud, 20 + loud + odd)]
    assert runs((20, 0.0), (odd, 2.0), (loud, 18.0), (20, 0.0)) == [(20, 20 + odd), (20 + odd, 20 + odd + loud)]
    assert runs((20, 0.0), (loud, 18.0), (LASTS // 2, 2.0), (20, 0.0)) == [(20, 20 + loud)]  # a little, by chance
    assert runs((20, 0.0), (loud, 2.0), (20, 0.0)) == [(20, 20 + loud)]
    assert runs((60, 0.4)) == []


def test_soft_hum_lasts_and_its_lines_stay_as_strong_re_one_another():
    holds = np.array([0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1], bool)
    goes_on = np.ones(len(holds), bool)
    assert runs_of_true(holds, 5) == [(1, 6), (12, 19)]
    goes_on[14] = False
    assert runs_of_true(holds, 5, goes_on) == [(1, 6), (14, 19)]
    goes_on[3] = False
    assert runs_of_true(holds, 5, goes_on) == [(14, 19)]


OCTAVE = Fault("other programme", "before", 1.0, 26.4495), Desk(peak_dbfs=-26.95, delay=6530, polarity=-1)
OVERDRIVE = Fault("drive", "before", 3.98, 26.05), Desk(peak_dbfs=-15.38, delay=8269, floor_dbfs=-101)
BLENDED_FUZZ = Fault("hum", "before", 0.0317, 21.88), Desk(peak_dbfs=-20.25, delay=1000, polarity=-1)
HIGH_GAIN = Fault("drive", "before", 0.251, 21.29), Desk(peak_dbfs=-14.79, delay=8136, floor_dbfs=-104, hum_dbfs=-70)
GATED_FUZZ = Fault("louder", "before", 2.0, 40.94), Desk(peak_dbfs=-3.56, delay=2710, floor_dbfs=-115)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "fault", "desk", "seed", "said"),
    [
        # What came behind its first rest had been left to another figure, which called it another sound.
        ("octave", *OCTAVE, 20261201, "another programme"),
        # A second of it had been called a reverb.
        ("gated fuzz", *GATED_FUZZ, 424242, "another sound"),
        # 12 dB more, on noise, had been called a reverb; another drive explains 99 % of it.
        ("overdrive", *OVERDRIVE, 31337, "louder"),
        # Hum in front of it, 25 dB below what comes out, had not been heard.
        ("blended fuzz", *BLENDED_FUZZ, 10475413, "hum of 60 Hz"),
        # It was driven 12 dB less hard beside noise, where few windows tell anything.
        ("high gain", *HIGH_GAIN, 128051396, "less hard"),
    ],
)
def test_what_the_soak_found_has_its_name(name, fault, desk, seed, said):
    gear, x = next(gear for gear in GEARS if gear.name == name), sent(60.0)
    right = played(gear, x, seed)
    wrong = suffered(gear, fault, x, right, seed)
    peak = max(np.abs(right).max(), np.abs(wrong).max())
    found = str(judged(recorded(wrong, desk, seed, peak), 60.0)["programme"])
    assert said in found and "rings on" not in found, found


def test_a_sweep_repeats_itself_through_a_fuzz_and_is_no_block_that_is_played_again():
    """It is at a quarter of the rate for a while, and so is a square wave of it, whatever else."""
    sweep, at = signal().samples[10 * RATE : 15 * RATE], 3 * RATE
    y = np.round(np.clip(10 * sweep, -1, 1) * 300) / 32768
    assert len(repeats(y)) > 10 and repeats(y, None, sweep) == []
    y[at : at + 1024] = y[at - 1024 : at]
    (found,) = repeats(y, None, sweep)
    assert abs(found - at) < 100


@pytest.mark.soak
def test_what_hums_is_one_piece_and_no_other_sound_and_hides_nothing_else():
    def piece(kind, start_s, stop_s):
        return Strange(kind, round(start_s * RATE), round(stop_s * RATE), kind, "warn")

    dry, wet = taken("sag", "hum", 0.01045, 17.28, **LOUD)
    others = [piece("softer", 18, 20), piece("another sound", 24, 26)]
    found = with_hum(explain(dry, wet), len(dry), [*others, piece("another sound", 21, 23.4), piece("hum", 21, 22)])
    assert found[:2] == others and [p.kind for p in found[2:]] == ["hum"]
    assert found[2].start < 19 * RATE and found[2].stop > 23 * RATE


def test_what_fades_before_it_is_missing_is_a_gate_however_seldom_and_what_is_torn_is_none():
    t = np.arange(2 * RATE) / RATE
    y = np.tanh(3 * np.sin(2 * np.pi * 110 * t) * np.exp(-t % 0.5))
    pieces = [(at, 1500) for at in (11_000, 30_100, 52_345)]
    gate, contact = y.copy(), y.copy()
    for start, length in pieces:
        fade = np.arange(1000)
        gate[start - 1000 : start] *= np.exp(-fade / 144)  # 3 ms
        gate[start : start + length] = contact[start : start + length] = 0.0
    assert knows_a_level(gate, pieces) and not knows_a_level(contact, pieces)
    assert not knows_a_level(gate, pieces[:2])  # of two nothing follows
    assert not knows_a_level(np.where(t < 0.5, gate, contact), pieces)  # nor where one of three fades


def hummed(hz, die_s, strikes_s):
    """Three seconds of a sound and its octave, struck at those moments with any phase, that dies away in `die_s`."""
    t, rng = np.arange(3 * RATE // SLOW) * SLOW / RATE, np.random.default_rng(2)
    y = np.zeros(len(t))
    for strike_s in strikes_s:
        swells = np.where(t >= strike_s, np.exp(-np.maximum(t - strike_s, 0) / die_s), 0.0)
        y += swells * sum(np.sin(2 * np.pi * k * hz * t + rng.uniform(0, 6)) / k for k in (1, 2))
    return y


def test_hum_is_steady_and_a_string_that_is_struck_is_not():
    noise = np.random.default_rng(3).standard_normal(3 * RATE // SLOW)
    hum = hummed(50.1, 1e6, (0.0,))
    assert are_steady(hum, 50.0, MAINS_50)
    assert are_steady(hum + noise, 50.0, MAINS_50)  # a fuzz leaves more than the hum is
    assert not are_steady(noise, 50.0, MAINS_50)
    assert not are_steady(hummed(50.1, 0.4, (0.0, 0.8, 1.7, 2.3)), 50.0, MAINS_50)
    assert not are_steady(hum, 50.0, np.array([1.0, *[0.0] * 11]))  # one line is any tone
    assert not are_steady(hum[: len(hum) // 2], 50.0, MAINS_50)  # of so little nothing follows
