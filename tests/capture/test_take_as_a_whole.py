"""A take is judged from end to end: hum that comes late, gates, rooms, steps of a file, and whether it is one gear."""

from __future__ import annotations

import numpy as np
import pytest
import takes
from faulty_takes import COUNTS_DB, GEARS, Desk, Fault, called_right, change_db, judged, recorded, sent, suffered
from gears import cabinet, gated, played
from scipy.ndimage import maximum_filter1d
from scipy.signal import butter, fftconvolve, sosfilt
from takes import signal

from rig.capture.checks.closing import FEWEST, find_closing, knows_a_level
from rig.capture.checks.gear.hum_in_playing import MAINS_HZ, are_harmonics
from rig.capture.checks.limits import LIMITS
from rig.capture.checks.measures import hum_lines
from rig.capture.checks.programme import FAILS, _lasting, _runs, programme_check
from rig.capture.checks.quantisation import flat_tops, gaps, missing_pieces, normalised_to_dbfs, repeats, step_of
from rig.capture.checks.silences import (
    FOR_HUM,
    Silence,
    dc_check,
    hum_check,
    hum_levels,
    noise_check,
    quiet_passages,
)
from rig.capture.checks.tail import find_tail, tail_check
from rig.capture.levels import CaptureLevels
from rig.capture.result.full_scale import within_full_scale
from rig.capture.take.recording import PRE_ROLL
from rig.trainer.layout import END_SILENCE, RATE, VALIDATION

NONE = np.zeros(0)
GEAR = {gear.name: gear for gear in GEARS}


def sine(hz, seconds, peak=1.0):
    return peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


def noise(seconds, dbfs, seed=0):
    return 10 ** (dbfs / 20) * np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def on_16_bit(x):
    return np.clip(np.round(x * 2**15), -(2**15), 2**15 - 1) / 2**15


def missing(*take):
    return [start for start, _ in missing_pieces(*take)]


# ---------------------------------------------------------------- silences
def test_every_quiet_passage_is_used_once_the_tail_has_died_away():
    dry = signal().samples
    found = quiet_passages(dry, dry + noise(35, -90), noise(1, -90))
    starts = [round(silence.start / RATE, 2) for silence in found]
    assert found[0].start == -RATE and str(found[0]) == "before the signal"
    for at in (9.0, 10.5, 11.5, 35 - VALIDATION / RATE - END_SILENCE / RATE):  # both of the layout, and after the blips
        assert any(at < start < at + 0.1 for start in starts), (at, starts)
    assert sum(silence.seconds for silence in found) > 3.5
    late = quiet_passages(dry, np.concatenate([np.zeros(300), dry])[: len(dry)], NONE, late=300)
    assert all(abs(silence.samples).max() == 0 for silence in late)


def test_a_tail_that_dies_away_is_no_noise_but_what_comes_later_is():
    dry = np.concatenate([noise(1, -20), np.zeros(RATE)])
    t = np.arange(RATE) / RATE
    tail = np.concatenate([np.zeros(RATE), 0.1 * 10 ** (-3 * t / 0.5) * noise(1, 0, 3)])
    (silence,) = quiet_passages(dry, dry + tail + noise(2, -80, 1), NONE)
    assert silence.start > 1.4 * RATE and silence.level_dbfs == pytest.approx(-80, abs=2)
    crackle = np.zeros(2 * RATE)
    crackle[round(1.6 * RATE) :][:4800] = noise(0.1, -40, 2)
    (silence,) = quiet_passages(dry, dry + crackle + noise(2, -80, 1), NONE)
    assert silence.level_dbfs == pytest.approx(-49.6, abs=1)


def test_hum_that_begins_at_15_s_is_found_where_it_is():
    dry = signal().samples
    hum = takes.with_hum(np.zeros(len(dry)), -35.0)
    hum[: 15 * RATE] = 0
    silences = quiet_passages(dry, dry + hum + noise(35, -90), noise(1, -90))
    check = hum_check(silences, hum_levels(silences))
    assert check.verdict == "fail" and check.figure == pytest.approx(-35, abs=1)
    assert "hum of 50 Hz" in check.text and "first at 25.6 s" in check.text and "silences" in check.text
    hums = {50.0: -70.0}
    for noise_dbfs, verdict in ((-43, "fail"), (-45, "warn")):  # of a playing of -20: either side of 24 dB
        assert noise_check((Silence(0, noise(1, noise_dbfs)),), hums, noise(9, -20))[1].verdict == verdict
    hummed = (Silence(0, takes.with_hum(np.zeros(RATE), -60.0)),)
    snr_db, check = noise_check(hummed, hum_levels(hummed), noise(9, -20))
    assert check.verdict == "warn" and snr_db == pytest.approx(55, abs=0.5)  # hum has a check of its own
    quiet = quiet_passages(dry, dry + noise(35, -90), noise(1, -90))
    assert hum_check(quiet, hum_levels(quiet)).verdict == "ok"


def test_noise_hum_and_dc_say_what_they_looked_at_and_unknown_where_that_is_nothing():
    y = noise(12, -20)
    assert noise_check((), {}, y)[1].verdict == hum_check((), {}).verdict == "unknown"
    short = (Silence(0, noise(0.1, -90)),)
    assert hum_check(short, hum_levels(short)).verdict == "unknown"
    _, check = noise_check(short, {}, y)
    assert check.verdict == "ok" and "1 silence, 0.1 s in all" in check.text
    empty = (Silence(0, np.zeros(FOR_HUM)),)
    assert (
        "-200" not in noise_check(empty, {}, y)[1].text
        and "no hum in 1 silence" in hum_check(empty, hum_levels(empty)).text
    )
    later = np.concatenate([noise(6, -20), noise(6, -20) + 0.005])
    assert dc_check((), later).verdict == "warn" and "an offset of 0.002" in dc_check((), later).text
    assert dc_check((Silence(0, np.zeros(FOR_HUM) - 0.02),), y).verdict == "fail"
    assert dc_check((), y).verdict == "ok"


# ---------------------------------------------------------------- steps of a file
def test_the_step_of_a_file_is_known_also_after_it_was_scaled():
    x = 0.01 * signal().samples + noise(35, -70)
    assert step_of(on_16_bit(x)) == 2.0**-15
    scaled = np.round(on_16_bit(x) * 3.7 * 2**23) / 2**23
    assert step_of(scaled) == pytest.approx(3.7 * 2.0**-15, rel=0.02)
    assert step_of(takes.on_24_bit(x)) == 2.0**-23 == step_of(x)


def test_the_top_of_a_slow_wave_on_16_bit_is_no_flat_top_and_a_ceiling_is_one():
    string = sine(82.4, 2, 0.01)
    assert flat_tops(on_16_bit(string)) == 0
    assert flat_tops(on_16_bit(np.clip(4 * string, -0.024, 0.024))) > 100
    loud = sine(300, 2, 0.9)
    assert flat_tops(takes.on_24_bit(loud)) == 0
    assert flat_tops(takes.on_24_bit(np.clip(loud, -0.8, 0.8))) > 500


def test_a_soft_wave_that_stands_still_on_16_bit_is_no_gap_and_a_lost_block_is():
    x = sine(82.4, 2, 0.2)
    soft = on_16_bit(0.02 * x)
    assert gaps(x, soft) == []
    torn = soft.copy()
    torn[30_100:30_164] = 0
    assert gaps(x, torn) == [(30_100, 64)]


def test_a_loose_contact_is_a_piece_missing_and_what_a_starved_fuzz_does_at_both_ends_is_none():
    x = np.concatenate([0.3 * signal().samples[: 9 * RATE]] * 2)
    hiss = noise(18, -85)
    for gear in (x, np.where(abs(x) > 0.005, np.sign(x), 0)):
        y = gear + hiss
        assert missing(x, y, 2.0**-23, -85.0) == []
        y[60_000:60_200] = hiss[60_000:60_200]
        assert missing(x, y, 2.0**-23, -85.0) == [60_000]
    assert missing(x, gated(x, x, 0.1) + hiss, 2.0**-23, -85.0) == []


def test_a_hole_is_found_in_the_hum_of_the_room_and_a_sweep_that_fades_out_in_a_cabinet_is_none():
    x = np.concatenate([0.3 * signal().samples[: 9 * RATE]] * 2)
    hum = takes.with_hum(np.zeros(len(x)), -65.0)
    torn, places = x.copy(), [30_000, 40_000, 90_000]  # where dry swings; hum is 29 dB softer
    for at in places[:2]:
        torn[at : at + 400] = 0
    assert missing(x, takes.on_24_bit(torn + hum), 2.0**-23, -65.0) == []  # two may be the gear's own doing
    torn[places[2] :][:400] = 0
    assert missing(x, takes.on_24_bit(torn + hum), 2.0**-23, -65.0) == places
    assert missing(x, takes.on_24_bit(x + hum), 2.0**-23, -65.0) == []
    t = np.arange(RATE) / RATE
    sweep = np.sin(2 * np.pi * 60 * np.exp(t * np.log(200)) / np.log(200))
    dry = np.concatenate([np.zeros(9 * RATE), 0.1 * sweep, 0.5 * sweep, np.zeros(9 * RATE)])
    dark = sosfilt(butter(4, 500, fs=RATE, output="sos"), dry) + noise(20, -75)
    assert missing(dry, dark, 2.0**-23, -75.0) == []


def test_where_all_pieces_lie_at_one_soft_level_of_the_playing_the_gear_is_starved_there():
    t, period = np.arange(RATE) / RATE, 436
    notes = np.tile(0.3 * np.exp(-5 * t) * np.sin(2 * np.pi * np.arange(RATE) / period), 12)
    x = np.concatenate([np.zeros(9 * RATE), notes, np.zeros(9 * RATE)])
    for late, count in ((np.full(12, 90), 0), (np.arange(12) * 8, 12)):  # periods: at one level, or at any
        y = 0.3 * np.tanh(100 * x)
        for number, periods in enumerate(late):
            at = (9 + number) * RATE + (periods + 1) * period
            y[at : at + 60] = 0
        assert len(missing(x, on_16_bit(y), 2.0**-15, -120.0)) == count


@pytest.mark.parametrize("block", [64, 1024])
def test_a_block_that_is_played_again_is_found(block):
    y = takes.on_24_bit(0.3 * signal().samples[: 9 * RATE] + noise(9, -95))
    assert repeats(y) == []
    at = 5 * RATE
    y[at : at + block] = y[at - block : at]
    assert repeats(y) == [at]


def test_a_fuzz_repeats_itself_with_its_string_and_not_the_sound_system():
    t = np.arange(2 * RATE) / RATE
    string = np.exp(-t) * np.sin(2 * np.pi * 750.0 * t)  # 64 samples: a block of a sound system
    y = np.round(np.clip(1000 * string, -1, 1) * 300) / 32768
    assert repeats(y) and repeats(y, None, string) == []
    playing, at = signal().samples[16 * RATE : 20 * RATE], 2 * RATE
    y = np.round(np.clip(1000 * playing, -1, 1) * 300) / 32768
    y[at : at + 1024] = y[at - 1024 : at]
    (found,) = repeats(y, None, playing)
    assert abs(found - at) < 64  # what lies at the ceiling is equal a little longer


@pytest.mark.parametrize(("peak_dbfs", "found"), [(0.0, 0.0), (-0.1, -0.1), (-1.0, -1.0), (-4.37, None), (-1.01, None)])
def test_a_file_that_was_normalised_is_recognised(peak_dbfs, found):
    x = signal().samples * 0.3 + noise(35, -90)
    for y in (takes.on_24_bit(x / abs(x).max() * 10 ** (peak_dbfs / 20) * (1 - 1e-9)),):
        assert normalised_to_dbfs(y) == found


def test_what_floating_point_holds_above_full_scale_is_kept_softer_with_its_level():
    x, said = np.array([0.1, -1.9, 0.5]), []
    levels = CaptureLevels(return_dbu=10.0, return_method="multimeter")
    wet, follows = within_full_scale(x, levels, said.append)
    assert np.allclose(wet, x * 10 ** (-7 / 20)) and abs(wet).max() < 0.9
    assert follows.output_level_dbu == pytest.approx(17.0) and "5.6 dB above full scale" in said[0]
    assert within_full_scale(0.5 * x, levels, said.append)[1] is levels and len(said) == 1


# ---------------------------------------------------------------- gates and rooms
def test_a_gate_in_front_of_the_gears_hiss_is_found_with_its_threshold():
    dry = signal().samples
    threshold_dbfs = -45.0
    y = played(GEAR["crunch"], gated(dry, dry, 10 ** (threshold_dbfs / 20)), 3) + noise(35, -75, 8)
    found = find_closing(dry, y, -75.0)
    assert found is not None and found.times >= 3
    assert found.dry_dbfs == pytest.approx(threshold_dbfs - 6, abs=7)  # its peak, and the RMS of what decays below it
    assert find_closing(dry, played(GEAR["crunch"], dry, 3) + noise(35, -75, 8), -75.0) is None


@pytest.mark.soak
def test_a_gate_without_a_hold_is_a_gate_and_no_loose_contact():
    x, rng = sent(), np.random.default_rng(4)
    y = played(GEAR["crunch"], x, 3)
    inside = slice(PRE_ROLL + round(19.5 * RATE), PRE_ROLL + round(25.5 * RATE))
    loudest = float(abs(y).max())
    envelope = maximum_filter1d(abs(y), 96, origin=47)  # of the last 2 ms
    gate, contact = y.copy(), y.copy()
    gate[inside] = np.where(envelope[inside] < 0.1 * loudest, 0, y[inside])
    for at in rng.integers(inside.start, inside.stop - 400, 60):
        contact[at : at + 400] = 0
    found = judged(recorded(gate, Desk(), 0, loudest), 35.0)
    assert found["gate"].verdict == "fail" and "a gate opens and closes" in found["gate"].text
    assert found["continuity"].verdict == "ok" and "pieces are missing" not in found["programme"].text
    torn = recorded(contact, Desk(delay=0), 0, loudest)
    pieces = missing_pieces(x, torn, 2.0**-23, -90.0)
    assert len(pieces) >= FEWEST and not knows_a_level(torn, pieces)
    assert not knows_a_level(torn, pieces[: FEWEST - 1])  # of so few nothing follows


def test_a_room_is_found_with_how_much_and_how_long():
    dry = signal().samples
    t = np.arange(RATE) / RATE
    room = noise(1, 0, 5) * 10 ** (-3 * t / 0.8)
    room *= np.sqrt(0.2 / np.sum(room**2))  # a fifth of the energy
    y = cabinet(dry)
    wet = y + fftconvolve(y, room)[: len(y)] + noise(35, -95)
    found, count = find_tail(dry, wet)
    assert count >= 2 and found.t60_s == pytest.approx(0.8, abs=0.2) and -14 < found.level_db < 4
    check = tail_check(dry, wet)
    assert check.verdict == "fail" and "rings on" in check.text and " dB re the playing" in check.text
    softer = tail_check(dry, y + 0.1 * fftconvolve(y, room)[: len(y)] + noise(35, -95))
    assert softer.verdict == "warn"
    assert tail_check(dry, y + noise(35, -95)).verdict == "ok"
    assert tail_check(np.ones(RATE), np.ones(RATE)).verdict == "unknown"


@pytest.mark.parametrize(
    ("hz", "is_hum"), [((100, 200), True), ((60, 180), True), ((110, 220), False), ((100,), False)]
)
def test_two_harmonics_are_hum_where_little_else_is_left_and_a_string_is_none(hz, is_hum):
    t = np.arange(3 * RATE // 16) * 16 / RATE
    left = sum(np.sin(2 * np.pi * f * t) / k for k, f in enumerate(hz, 1)) + noise(3, -20)[: len(t)]
    found = [are_harmonics(hum_lines(left, mains, RATE / 16, 0.8), float(np.mean(left**2))) for mains in MAINS_HZ]
    assert any(found) == is_hum
    louder = float(10 * np.mean(left**2))  # where the model leaves much else
    assert not any(are_harmonics(hum_lines(left, mains, RATE / 16, 0.8), louder) for mains in MAINS_HZ)


# ---------------------------------------------------------------- one gear from end to end
FAULTS = [  # some each day, some in the soak, which draws others as well: test_take_faults_soak.py
    ("crunch", Fault("silence", "behind", 1.0, 18.2)),
    pytest.param("fuzz", Fault("polarity", "behind", 1.0, 17.4), marks=pytest.mark.soak),
    ("gated fuzz", Fault("hum", "behind", 0.06, 18.7)),
    ("high gain", Fault("drive", "before", 2.8, 17.7)),
    pytest.param("fuzz", Fault("drive", "before", 4.0, 17.7), marks=pytest.mark.soak),
    pytest.param("gated fuzz", Fault("drive", "before", 2.8, 18.9), marks=pytest.mark.soak),
    pytest.param("compressor", Fault("other programme", "before", 1.0, 18.9), marks=pytest.mark.soak),
    pytest.param("limiter", Fault("lag", "behind", 655.0, 17.8), marks=pytest.mark.soak),
]


@pytest.mark.parametrize(("name", "fault"), FAULTS, ids=str)
def test_six_seconds_that_are_not_the_same_gear_are_found_by_name(name, fault):
    x = sent()
    right = played(GEAR[name], x)
    wrong = suffered(GEAR[name], fault, x, right, 0)
    assert change_db(fault, right, wrong) > COUNTS_DB
    found = judged(recorded(wrong, Desk(), 0, float(abs(right).max())), 35.0)
    assert called_right(fault, found), [str(check) for check in found.checks]
    # Of another drive the half may be heard, and what is heard for less than four seconds warns.
    assert found["programme"].verdict in (("warn", "fail") if fault.name == "drive" else ("fail",))
    if fault.name != "hum":  # which is found by its lines
        assert found.programme.score[np.abs(found.programme.seconds - fault.at_s - 3) < 2].max() > 1


@pytest.mark.soak
def test_a_bypass_on_the_last_steps_of_a_file_is_one_and_nothing_softer():
    x, seed = sent(60.0), 90417755
    fault, desk = Fault("bypass", "behind", 1.0, 18.77), Desk(peak_dbfs=-39.37, bits=16, delay=337, floor_dbfs=-117.5)
    right = played(GEAR["tube"], x, seed)
    wrong = suffered(GEAR["tube"], fault, x, right, seed)
    found = judged(recorded(wrong, desk, seed, float(abs(wrong).max())), 60.0)
    assert called_right(fault, found), str(found["programme"])


@pytest.mark.soak
def test_another_programme_that_rests_most_of_the_time_is_no_silence():
    x = sent()
    right = played(GEAR["parked wah"], x)
    other = suffered(GEAR["parked wah"], Fault("other programme", "before", 1.0, 17.6), x, right, 0)
    part = slice(PRE_ROLL + round(17.6 * RATE), PRE_ROLL + round(23.6 * RATE))
    rests = np.arange(part.stop - part.start) % round(1.2 * RATE) > 0.4 * RATE
    wrong = right.copy()
    wrong[part] = np.where(rests, 0.0, other[part])
    found = judged(recorded(wrong, Desk(), 0, float(abs(right).max())), 35.0)
    assert "another programme, which rests now and then" in found["programme"].text


@pytest.mark.parametrize(
    ("name", "desk"),
    [
        pytest.param("gated fuzz", Desk(peak_dbfs=-12, polarity=-1), marks=pytest.mark.soak),
        pytest.param("octave", Desk(hum_dbfs=-70, peak_dbfs=-8), marks=pytest.mark.soak),
        ("sag", Desk(peak_dbfs=-39, bits=16)),
        pytest.param("compressor", Desk(delay=7000), marks=pytest.mark.soak),
    ],
)
def test_gear_of_many_kinds_is_accepted(name, desk):
    found = judged(recorded(played(GEAR[name], sent()), desk, 0), 35.0)
    assert found.verdict != "fail", [str(check) for check in found.of("fail")]
    assert found["programme"].verdict == found["continuity"].verdict == "ok", [str(check) for check in found.checks]


def test_a_recording_of_another_programme_with_the_right_ends_fails():
    x, other = sent(), sent(35.0, 23)
    inner = slice(RATE + 17 * RATE, -round((9.5 + 1.5) * RATE))
    x = x.copy()
    x[inner] = other[inner]
    found = judged(recorded(played(GEAR["crunch"], x), Desk(), 0), 35.0)
    assert found["programme"].verdict == "fail" and "another programme" in found["programme"].text


def test_limits_of_the_new_checks_are_in_the_table():
    assert LIMITS["tail"].side == "above" and LIMITS["level"].fail == -48


def test_a_programme_that_cannot_be_compared_is_unknown():
    check, track = programme_check(np.zeros(20 * RATE), np.zeros(20 * RATE), [])
    assert check.verdict == "unknown" and len(track.seconds) == 0


def test_what_is_a_little_strange_warns():
    """Half a second of what the model cannot know is nothing; two seconds at 1.2 times what is usual are a warning."""
    first, playing = np.arange(0, 400, 4), np.ones(100, bool)
    score = np.zeros(100)
    score[40:43] = 9.0
    assert _lasting(first, score, playing).max() == 0
    score[60:72] = 1.2
    assert _runs(first, _lasting(first, score, playing), score) == [(60, 72)]
    assert 1 < _lasting(first, score, playing).max() < FAILS
    score[60:90] = 0.9  # and five seconds at less
    assert _lasting(first, score, playing).max() == pytest.approx(1.2)
    assert _lasting(first, score, ~playing).max() < 1


SOFT = Desk(peak_dbfs=-39.2, bits=16, delay=7621, polarity=-1, floor_dbfs=-117.7)


@pytest.mark.soak
def test_attacks_that_come_back_softly_on_16_bit_are_no_silence_and_repeat_nothing():
    """A limiter lets attacks through that are 30 dB above its playing: -39 dBFS in the peaks, -72 dBFS RMS."""
    x = sent()
    right = played(GEAR["limiter"], x, 1257313626)
    found = judged(recorded(right, SOFT, 1257313626), 35.0)
    assert found.verdict == "warn" and found["level"].verdict == "warn"  # it is soft, and nothing else
    assert found["silence"].verdict == found["continuity"].verdict == "ok", [str(check) for check in found.checks]
    for name, said in (("silence", "it is silent"), ("bypass", "it is bypassed")):
        wrong = suffered(GEAR["limiter"], Fault(name, "behind", 1.0, 17.4), x, right, 1257313626)
        found = judged(recorded(wrong, SOFT, 1257313626, float(abs(right).max())), 35.0)
        assert found["programme"].verdict == "fail" and said in found["programme"].text, str(found["programme"])


def test_nothing_came_back_though_a_click_did():
    wet = 1e-5 * noise(50, 0, 3)
    wet[20 * RATE] = 0.5
    found = judged(wet[: len(sent())], 35.0)
    assert found.verdict == "fail" and "Nothing came back" in str(found["silence"])
