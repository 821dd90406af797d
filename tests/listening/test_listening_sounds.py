"""What is heard: in step, equally long and loud, without a click; anchors within the mask; sections that differ."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import soundfile as sf
from scipy.signal import freqz

from rig.audio.align import shifted
from rig.audio.loudness import integrated_lufs, own_lufs
from rig.audio.measures import best_gain, esr
from rig.compare.listening import prepare
from rig.compare.listening.anchors import ANCHORS, MASK_DB, MASK_HZ, MASK_RIPPLE_DB, filtered, taps
from rig.compare.listening.preparing import faded
from rig.compare.listening.scale import FADE_S, LONGEST_S
from rig.compare.listening.sections import chosen, named
from rig.decibels import db_from_gains
from rig.errors import CompareError
from rig.files import bundled

RATE = 48000


# ---------------------------------------------------------------- anchors
@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("anchor", ANCHORS, ids=lambda anchor: anchor.name)
def test_an_anchor_lies_within_the_mask_of_the_recommendation(anchor, rate):
    times = anchor.pass_hz / MASK_HZ[0]  # the mid anchor has the same mask at twice the frequencies
    hz = np.linspace(0, rate / 2, 40_001)
    _, response = freqz(taps(anchor, rate), worN=hz, fs=rate)
    level_db = db_from_gains(np.maximum(np.abs(response), 1e-12))
    assert np.abs(level_db[hz <= MASK_HZ[0] * times]).max() < MASK_RIPPLE_DB
    for from_hz, least_db in zip(MASK_HZ[1:], MASK_DB, strict=True):
        assert level_db[hz >= from_hz * times].max() < -least_db


def test_an_anchor_is_in_step_and_keeps_what_lies_below():
    rng, t = np.random.default_rng(1), np.arange(RATE) / RATE
    low = np.sin(2 * np.pi * 1234.5 * t)
    for anchor in ANCHORS:
        assert np.array_equal(taps(anchor, RATE), taps(anchor, RATE)[::-1])  # linear phase
        y = filtered(anchor, low + 0.1 * np.sin(2 * np.pi * 9000 * t), RATE)
        assert esr(y[2000:-2000], low[2000:-2000]) < 1e-5  # ripple of 0.01 dB and the stopband
    assert len(filtered(ANCHORS[0], rng.standard_normal(777), RATE)) == 777


def test_a_rate_that_holds_no_anchor_is_refused():
    with pytest.raises(CompareError, match=r"needs more than 16000 Hz"):
        taps(ANCHORS[1], 16000)


# ---------------------------------------------------------------- sections
def test_sections_are_named_in_seconds_or_minutes():
    found = named(["1-6", "0:10-0:18.5"], 20 * RATE, RATE)
    assert [(each.start, each.stop) for each in found] == [(RATE, 6 * RATE), (10 * RATE, round(18.5 * RATE))]
    for text in ("6-1", "soft", "1-", "-3", "1..2-4"):
        with pytest.raises(CompareError, match="is no section"):
            named([text], 20 * RATE, RATE)
    with pytest.raises(CompareError, match=r"BS.1534 wants 0.5 to 12 s"):
        named(["1-14"], 20 * RATE, RATE)
    with pytest.raises(CompareError, match="ends behind the take"):
        named(["15-21"], 20 * RATE, RATE)


def test_chosen_sections_differ_do_not_overlap_and_hold_no_silence():
    rng = np.random.default_rng(2)
    t = np.arange(8 * RATE) / RATE
    parts = [  # soft and dark, loud and dark, silent, loud and bright, soft and bright
        *(0.02 * np.sin(2 * np.pi * 110 * t), 0.4 * np.sin(2 * np.pi * 110 * t), 1e-6 * rng.standard_normal(len(t))),
        *(0.4 * np.sin(2 * np.pi * 3000 * t), 0.02 * np.sin(2 * np.pi * 3000 * t)),
    ]
    wet = np.concatenate(parts)
    found = chosen(wet, wet, RATE, 4)
    assert len(found) == 4
    for one, other in pairwise(found):
        assert one.stop <= other.start
    kinds = {int((each.start + each.stop) / 2 / (8 * RATE)) for each in found}
    assert kinds == {0, 1, 3, 4}
    assert len({len(each) for each in found}) == 1
    assert all(5 <= len(each) / RATE <= LONGEST_S for each in found)


def test_a_short_or_silent_take_is_refused():
    x = np.random.default_rng(1).standard_normal(3 * RATE)
    with pytest.raises(CompareError, match=r"has 3.0 s; a section needs 5 s"):
        chosen(x, x, RATE, 5)
    with pytest.raises(CompareError, match="silent"):
        chosen(np.zeros(9 * RATE), np.zeros(9 * RATE), RATE, 5)


def test_of_a_training_signal_only_music_is_heard_and_what_no_training_sees_comes_first():
    rng = np.random.default_rng(5)
    music = 0.2 * rng.standard_normal(9 * RATE)
    dry = np.concatenate(
        [music, np.zeros(RATE), 0.9 * np.sin(np.arange(7 * RATE) / 9.0), *[0.2 * rng.standard_normal(6 * RATE)] * 5]
    )
    dry = np.concatenate([dry, np.zeros(RATE // 2), music])
    found = chosen(dry, np.tanh(3 * dry), RATE, 5)
    assert found[-1].start >= len(dry) - 9 * RATE
    assert "no training sees" in found[-1].why
    for each in found[:-1]:
        assert 17 * RATE <= each.start < each.stop <= len(dry) - 9 * RATE
        assert "trained on" in each.why


# ---------------------------------------------------------------- a whole test
@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pair")
    x, rate = sf.read(bundled.di())
    dry = np.concatenate([x, 0.4 * x[::-1]])
    wet = np.tanh(6 * dry) * 0.5
    other = -0.7 * shifted(np.tanh(4 * dry) * 0.5, 37.3)
    for name, y in (
        ("dry", dry),
        ("wet", wet),
        ("other", other),
        ("noise", np.random.default_rng(1).standard_normal(len(dry)) * 0.1),
    ):
        sf.write(folder / f"{name}.wav", y, rate, subtype="FLOAT")
    return folder


@pytest.fixture(scope="module")
def made(pair):
    files = [pair / "other.wav", bundled.models()[0]]
    return prepare(pair / "dry.wav", pair / "wet.wav", files, pair / "test", sections=["0-6", "6.5-9", "11-17"])


def test_all_of_a_section_are_equally_long_and_equally_loud(made):
    for section in range(made.sections):
        sounds = made.sounds(section)
        assert sounds.shape == (5, made.samples(section))
        loud = [own_lufs(each, made.sample_rate) for each in sounds]
        target = made.setup["loudness"]["target_lufs"]
        assert loud == pytest.approx([target] * 5, abs=0.01)
        # by the recommendation's own gates, too: what is 50 dB above the absolute one
        assert [integrated_lufs(each, made.sample_rate) for each in sounds] == pytest.approx([target] * 5, abs=0.05)
        assert np.abs(sounds).max() <= 10 ** (-1 / 20) + 1e-6
        assert np.abs(sounds.mean(axis=1)).max() < 1e-4


def test_the_hidden_reference_is_the_take_and_candidates_are_in_step_with_it(made, pair):
    wet, rate = sf.read(pair / "wet.wav")
    assert [each.kind for each in made.conditions] == [
        "reference",
        "low anchor",
        "mid anchor",
        "candidate",
        "candidate",
    ]
    for section, (start, stop) in enumerate([(0.0, 6.0), (6.5, 9.0), (11.0, 17.0)]):
        sounds = made.sounds(section).astype(np.float64)
        take = faded(wet[round(start * rate) : round(stop * rate)], rate)
        inner = slice(4800, -4800)
        assert esr(best_gain(take, sounds[0]) * take, sounds[0]) < 1e-6
        expected = np.tanh(4 * np.arctanh(2 * wet[round(start * rate) : round(stop * rate)]) / 6)[inner]
        of_it = sounds[3][inner]
        assert best_gain(expected, of_it) > 0  # the right way up
        assert esr(best_gain(expected, of_it) * expected, of_it) < 3e-4  # 0.01 samples of lag
    figures = made.setup["conditions"][3]["how"]["figures"]
    assert figures["polarity"] == -1
    assert figures["lag_samples"] == pytest.approx(-37.3, abs=0.02)
    assert made.setup["conditions"][4]["how"]["is"] == "model"


def test_loops_begin_and_end_in_silence_by_a_raised_cosine(made):
    n = round(FADE_S * made.sample_rate)
    ones = faded(np.ones(9 * n), made.sample_rate)
    assert ones[:n] == pytest.approx(np.sin(np.pi / 2 * (np.arange(n) + 0.5) / n) ** 2)
    assert np.array_equal(ones, ones[::-1])
    assert (ones[n:-n] == 1.0).all()
    assert np.abs(made.sounds(0)[:, [0, -1]]).max() < 1e-3


def test_a_cabinet_stands_behind_everything(pair, made):
    with_cabinet = prepare(
        *(pair / "dry.wav", pair / "wet.wav", [pair / "other.wav"], pair / "cab"),
        sections=["1-4"],
        cabinet=bundled.irs()[0],
        heard_over="headphones",
    )
    assert with_cabinet.setup["cabinet"]["name"] == bundled.irs()[0].name
    low, mid = (each["how"]["lost_db"][0] for each in with_cabinet.setup["conditions"][1:3])
    assert low > mid
    bare = made.setup["conditions"][2]["how"]["lost_db"][0]
    assert mid < bare  # a cabinet has little above 7 kHz


def test_what_cannot_be_listened_to_is_refused_in_a_sentence(pair, made, tmp_path):
    dry, wet = pair / "dry.wav", pair / "wet.wav"
    with pytest.raises(CompareError, match=r"noise.wav (has nothing to do with wet.wav|is no recording of dry.wav)"):
        prepare(dry, wet, [pair / "noise.wav"], tmp_path / "a")
    with pytest.raises(CompareError, match="Between 1 and 8 candidates"):
        prepare(dry, wet, [pair / "other.wav"] * 9, tmp_path / "a")
    with pytest.raises(CompareError, match="holds a test already"):
        prepare(dry, wet, [pair / "other.wav"], made.folder)
    assert not (tmp_path / "a").exists()


def test_too_few_sections_and_a_weak_anchor_are_told(pair, made):
    notes = " ".join(made.setup["notes"])
    assert "3 sections, where BS.1534-3 (7.1) wants 5 for 2 candidates" in notes
    assert "headphones or loudspeakers" in notes
