"""Tone, equalizer and blend in a comparison: behind the models, never behind gear, and both sides equal again."""

from __future__ import annotations

import json

import numpy as np
import pytest
from rigs import A2, NANO, RATE, db, model
from scipy.signal import sosfilt
from studio import Gearbox, Studio

from rig import EqBand
from rig.cabinet.ir import IR
from rig.cli import parser
from rig.cli.ab_session import kept_command, resumed
from rig.cli.tone_options import eq_of
from rig.compare.abx import BlindTest
from rig.compare.live import model_tone
from rig.dsp.tone.cookbook import tone_sections
from rig.errors import CompareError, LevelError
from rig.nam import Blend
from rig.sound import Sound

RAW = {"level_mode": "raw", "interface": None}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(model_tone, "RESTS_S", 0.0)


def matched(studio):
    """Until both sides are matched to the tone, and a second more."""
    tone = studio.comparer.tone
    while tone.turns:
        studio.comparer.poll()
        tone._jobs.finish(30)
    studio.play(RATE)
    studio.engine.poll()


def test_tone_stands_behind_the_model_and_the_gear_that_has_none_is_matched_to_it_anew():
    studio = Studio(Gearbox(137, -1, 0.5, NANO), Sound(model(NANO), **RAW)).start()
    comparer, before, taken = studio.comparer, studio.comparer.match, studio.comparer.taken
    comparer.set("bass", 9.0)
    comparer.set("eq_band", 2)
    comparer.set("eq_gain", 6.0)
    studio.play(RATE // 2)
    assert float(studio.engine.lanes[0].record["tone"][0]["now"]) > 1.2, "it sounds before anything is matched"
    assert not studio.engine.lanes[1].record["has_tone"]
    matched(studio)
    assert comparer.match.match_db > before.match_db + 0.5
    assert comparer.taken is taken, "the gear is not measured again"
    assert np.allclose(*studio.loudness_of_both(), atol=0.1)
    comparer.do("measure")
    words = "bass +9 dB, an equalizer of 1 band, behind the model of side A, the model; the gear has none"
    assert any(words in text for text in studio.said)


def test_of_two_models_both_have_it_and_what_is_heard_is_the_cookbooks():
    x = Sound(model(NANO), **RAW)
    studio = Studio(None, x, b=x.changed(model=model(A2))).start()
    flat = [studio.heard_from_the_start(f"hear_{side}", RATE) for side in "ab"]
    for name, gain_db in (("bass", 6.0), ("presence", -6.0)):
        studio.comparer.set(name, gain_db)
    studio.play(RATE)
    want = [sosfilt(tone_sections(RATE, (6.0, 0.0, 0.0, -6.0)), each) for each in flat]
    for side, wanted in zip("ab", want, strict=True):
        heard = studio.heard_from_the_start(f"hear_{side}", RATE)
        assert db(heard[RATE // 2 :] - wanted[RATE // 2 :], wanted[RATE // 2 :]) < -40
    assert studio.comparer.b.bass_db == 6.0
    matched(studio)
    assert np.allclose(*studio.loudness_of_both(), atol=0.1)


def test_two_models_as_side_a_are_blended_with_a_knob_and_one_model_is_refused():
    blend = Blend.of(model(NANO), model(A2), share=0.2)
    studio = Studio(Gearbox(50, 1, 0.5, NANO), Sound(blend, **RAW)).start()
    studio.comparer.set("blend", 0.9)
    matched(studio)
    assert studio.comparer.a.model.share == studio.comparer.value("blend") == 0.9
    assert studio.comparer.levels()["tone"]["share"] == 0.9
    studio.comparer.set("between_trim", 3.0)
    assert studio.said[-1].startswith("Side A is one model")
    alone = Studio(Gearbox(50, 1, 0.5, NANO), Sound(model(NANO), **RAW))
    with pytest.raises(CompareError, match="Side A is one model: name two of them"):
        alone.comparer.commands.carry_out("blend", 0.5)


def test_locked_levels_keep_their_tone_and_two_cabinets_keep_their_match(tmp_path):
    studio = Studio(Gearbox(50, 1, 0.5, NANO), Sound(model(NANO), **RAW)).start()
    studio.comparer.do("lock")
    with pytest.raises(CompareError, match=r"locked, and tone moves them; {lock} unlocks them"):
        studio.comparer.commands.carry_out("bass", 3.0)
    studio.comparer.do("lock")
    studio.comparer.blind(BlindTest.begin(tmp_path / "t.json", 5, studio.comparer.setup()))
    studio.comparer.set("treble", 2.0)
    matched(studio)
    studio.comparer.do("begin_test")
    assert json.loads((tmp_path / "t.json").read_text())["setup"]["tone"]["treble_db"] == 2.0
    with pytest.raises(CompareError, match=r"tone moves them\.$"):
        studio.comparer.commands.carry_out("bass", 3.0)
    taps = np.float32([1.0, 0.5])
    sound = Sound(model(NANO), IR.from_taps(taps, RATE, name="one"), **RAW)
    two = Studio(None, sound, b=sound.changed(ir=IR.from_taps(taps[::-1].copy(), RATE, name="two"))).start()
    before = two.comparer.match
    two.comparer.set("bass", 6.0)
    two.comparer.poll()
    assert two.comparer.match is before and not two.comparer.tone.turns
    assert two.engine.lanes[0].record["tone"][0]["target"] > 1.0


def test_a_test_that_goes_on_has_the_tone_that_it_was_begun_with(tmp_path):
    words = ["ab", str(NANO), "--bass-db", "3", "--eq", "peak,800,-4,1.4", "--eq", "low_shelf,150,-6,0.71,before"]
    options = parser().parse_args([*words, "--against", str(A2)])
    assert eq_of(options) == (EqBand("peak", 800.0, -4.0, 1.4), EqBand("low_shelf", 150.0, -6.0, before=True))
    tone = {"bass_db": 1.5, "middle_db": 0.0, "treble_db": 2.0, "presence_db": 0.0, "share": 0.5}
    bands = [{"type": "peak", "hz": 900.0, "gain_db": 2.0, "q": 1.0, "before": False, "between": False, "on": True}]
    setup = {"command": kept_command(options), "tone": {**tone, "eq": bands}}
    BlindTest.begin(tmp_path / "t.json", 5, setup)
    again = parser().parse_args(["ab", "--resume", str(tmp_path / "t.json")])
    resumed(again)
    assert (again.bass_db, again.treble_db, again.model) == (1.5, 2.0, NANO.resolve())
    assert eq_of(again) == (EqBand("peak", 900.0, 2.0, 1.0),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("peak", "--eq peak: write kind, Hz and dB, and if you like Q and a place, as in peak,800,-4,1.4"),
        ("peak,800,loud", "--eq peak,800,loud: write kind"),
        ("notch,800,3", "--eq notch,800,3: A band of an equalizer is one of peak, low_shelf, high_shelf, not 'notch'"),
        ("peak,8,3", r"a band\(hz=...\) goes from 20 to 20000 Hz, not to 8 Hz"),
    ],
)
def test_a_band_that_cannot_be_is_refused_in_one_sentence(text, sentence):
    with pytest.raises(LevelError, match=sentence):
        eq_of(parser().parse_args(["render", "a.nam", "b.wav", "c.wav", "--eq", text]))
