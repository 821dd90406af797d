"""What can be baked, how it is heard, whose it is, and what of a preset is left out."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from bake_sources import LEAD, stated
from rigs import NANO

from rig import bundled
from rig.audio import wav
from rig.audio.measures import esr
from rig.errors import CaptureError, ModelError, PresetError
from rig.library.entered_levels import remember_input_level
from rig.nam import Model
from rig.training.bake import bake
from rig.training.bake_facts import MOST_FIRST, model_facts
from rig.training.bake_source import Source

NOISE = 0.1 * np.random.default_rng(3).standard_normal(12_000)


@pytest.fixture
def lead(tmp_path):
    """A preset with all that can be baked, and with what cannot."""
    folder = tmp_path / "presets"
    folder.mkdir()
    stated(folder / "lead.nam", input_level_dbu=12.0, output_level_dbu=3.0, gear_type="amp")
    shutil.copyfile(bundled.irs()[0], folder / "1x12.wav")
    (folder / "lead.toml").write_text(LEAD)
    return folder / "lead.toml"


def test_a_preset_goes_by_its_name_as_well(lead, monkeypatch):
    monkeypatch.chdir(lead.parent.parent)
    assert Source.load("lead").preset.resolve() == lead.resolve()
    with pytest.raises(ModelError, match="leed"):
        Source.load("leed")


def test_without_its_cabinet_it_has_the_level_of_its_jack_and_the_cabinet_is_named(lead):
    bare, whole = Source.load(lead), Source.load(lead, with_cabinet=True)
    # A trim is taste: it is in the samples, and no jack of the gear has another level for it.
    assert (bare.input_level_dbu, bare.output_level_dbu) == (12.0, 3.0)
    assert (whole.input_level_dbu, whole.output_level_dbu) == (12.0, None)
    assert (bare.gear.gear_type, whole.gear.gear_type) == ("amp", "amp_cab")
    assert bare.left_out == ("the cabinet (1x12.wav)", *whole.left_out)
    assert "cabinet" not in bare.facts()


def test_a_mix_of_cabinets_is_baked_as_it_is_mixed(lead):
    def played(mix):
        lead.write_text('model = "lead.nam"\n' + mix)
        return Source.load(lead, with_cabinet=True).played(NOISE)

    shutil.copyfile(bundled.irs()[1], lead.with_name("other.wav"))
    first, second = '[[cabinet]]\nir = "1x12.wav"\n', '[[cabinet]]\nir = "other.wav"\n'
    expected = played(first) - 10 ** (-6 / 20) * played(second)
    mixed = played(first + second + "gain_db = -6.0\ninvert = true\n")
    assert np.abs(mixed - expected).max() < 1e-4 * np.abs(expected).max()
    assert [each["file"] for each in Source.load(lead, with_cabinet=True).facts()["cabinet"]] == [
        "1x12.wav",
        "other.wav",
    ]


def test_all_that_is_left_out_is_named(lead):
    shutil.copyfile(lead.with_name("lead.nam"), lead.with_name("drive.nam"))
    lead.write_text(
        """
model = "drive.nam"
level = "calibrated"
preamp_gain_db = 12.0
equal_loudness = true
loudness_lufs = -20.0
no_cabinet = true
ir = "1x12.wav"
[second]
model = "lead.nam"
off = "first"
[gate]
on = false
[delay]
mix = 0.5
[reverb]
kind = "spring"
"""
    )
    source = Source.load(lead)
    assert source.facts()["left_out"] == list(source.left_out)
    (warning,) = source.facts()["warnings"]
    assert "nothing is known of reverb" in warning
    assert source.left_out == (
        "the cabinet that is switched off (1x12.wav)",
        "the model that is switched off (drive.nam)",
        "the level mode (calibrated)",
        "the interface's gain (12 dB)",
        "the equal loudness",
        "the loudness (-20 LUFS)",
        "the settings of [delay]",
    )
    assert [each["file"] for each in source.facts()["models"]] == ["lead.nam"] and source.together is None


def test_presets_that_cannot_be_baked(lead, tmp_path):
    def one(text, message, **options):
        path = lead.with_name("other.toml")
        path.write_text(text)
        with pytest.raises(PresetError, match=message):
            Source.load(path, **options)

    one('model = "lead.nam"\nbypass = true', "bypassed")
    one('model = "gone.nam"', "gone.nam")
    one('model = "lead.nam"', "names no cabinet", with_cabinet=True)
    one('model = "lead.nam"\nir = "1x12.wav"\nno_cabinet = true', "switched off", with_cabinet=True)
    one('model = "lead.nam"\n[[cabinet]]\nir = "1x12.wav"\npan = -0.5', "stereo", with_cabinet=True)
    with pytest.raises(PresetError, match="only a preset has a cabinet"):
        Source.load(NANO, with_cabinet=True)
    taps = np.zeros(3000)
    taps[2000] = 1.0
    wav.write(lead.with_name("late.wav"), taps, 48000, subtype="PCM_24")
    lead.with_name("late.toml").write_text('model = "lead.nam"\nir = "late.wav"')
    with pytest.raises(CaptureError, match=r"late.toml: answers 4\d ms late"):
        bake(lead.with_name("late.toml"), tmp_path, "late", seconds=35.0, with_cabinet=True)


def test_two_models_and_a_loudspeaker_are_told_as_what_they_are(tmp_path):
    kinds = {"drive": "pedal", "fuzz": "pedal", "head": "amp", "combo": "amp_cab", "odd": "full-rig"}
    for name, kind in {**kinds, "board": "amp_pedal_cab"}.items():
        stated(tmp_path / f"{name}.nam", gear_type=kind)

    def kind(named):
        return Source.load("+".join(f"{tmp_path / each}.nam" for each in named.split("+"))).gear.gear_type

    assert [kind("head"), kind("combo"), kind("odd"), kind("board")] == ["amp", "amp_cab", "amp_cab", "amp_pedal_cab"]
    assert [kind("drive+head"), kind("drive+combo"), kind("head+drive")] == ["pedal_amp", "amp_pedal_cab", None]
    assert kind("drive+fuzz") == "pedal"


@pytest.fixture
def entered(tmp_path, monkeypatch):
    """Enters an input level for a model."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return lambda path, dbu: remember_input_level(Model.load(path).content_hash, path.name, dbu)


def test_a_level_that_was_entered_is_the_level_of_the_new_model(tmp_path, entered):
    path = stated(tmp_path / "u.nam", input_level_dbu=None)
    assert Source.load(path).input_level_dbu is None
    entered(path, 15.0)
    assert Source.load(path).input_level_dbu == 15.0


def test_in_a_row_the_level_that_was_entered_for_the_second_counts(tmp_path, entered):
    pedal = stated(tmp_path / "pedal.nam", output_level_dbu=3.0, name="pedal")
    amp = stated(tmp_path / "amp.nam", input_level_dbu=9.0, name="amp")
    row = f"{pedal}+{amp}"
    by_file = Source.load(row)
    assert (by_file.second_input_dbu, by_file.model.between_gain_db) == (9.0, pytest.approx(-6.0))
    entered(amp, 15.0)
    by_hand = Source.load(row)
    assert (by_hand.second_input_dbu, by_hand.model.between_gain_db) == (15.0, pytest.approx(-12.0))
    assert by_hand.input_level_dbu == by_file.input_level_dbu
    quieter = Model.load(amp).render(10 ** (-12 / 20) * Model.load(pedal).render(NOISE, 4096), 4096)
    assert esr(by_hand.played(NOISE), quieter) < 1e-3 < 0.01 < esr(by_file.played(NOISE), quieter)  # but for the DC
    facts = by_hand.facts()
    assert facts["second_input_dbu"] == 15.0 and "15.0 dBu (second model" in facts["together"]


def bake_of(path, target):
    """A file that says it was baked of another, as a training writes it."""
    return stated(target, name=target.stem, training={"rig": {"baked": Source.load(path).facts()}})


def test_the_sixth_generation_of_bakes_names_the_first_source_and_is_no_larger_than_the_third(tmp_path):
    path = stated(tmp_path / "gear.nam", license="CC BY-NC 4.0", name="Gear")
    sizes = []
    for generation in range(1, 7):
        path = bake_of(path, tmp_path / f"bake{generation}.nam")
        facts = model_facts(Model.load(path))
        sizes.append(len(json.dumps(facts)))
        (first,) = facts["baked_from"]
        assert (first["file"], first["license"]) == ("gear.nam", "CC BY-NC 4.0")
        said = [] if generation == 1 else ["the bakes between the first sources and this file are not named"]
        assert facts.get("left_out", []) == said
    assert sizes[2:] == [sizes[2]] * 4


def test_first_sources_are_named_once_up_to_a_number_and_cabinets_with_them(tmp_path):
    first = [{"file": f"{number}.nam", "license": "x"} for number in (1, 1, *range(2, 20))]
    baked = {"models": [*first, 3, {"file": 5}], "cabinet": [{"file": "4x12.wav"}]}
    facts = model_facts(Model.load(stated(tmp_path / "many.nam", training={"rig": {"baked": baked}})))
    assert [each["file"] for each in facts["baked_from"]] == [f"{number}.nam" for number in range(1, MOST_FIRST + 1)]
    assert facts["left_out"] == ["more than 8 first sources are not named"]
    baked["models"] = first[:2]
    facts = model_facts(Model.load(stated(tmp_path / "few.nam", training={"rig": {"baked": baked}})))
    assert [each["file"] for each in facts["baked_from"]] == ["1.nam", "4x12.wav"] and "left_out" not in facts


@pytest.mark.parametrize("training", [3, {"rig": 3}, {"rig": {"baked": [1]}}, {"rig": {"baked": {"models": {}}}}])
def test_what_a_file_says_of_its_sources_may_be_anything(tmp_path, training):
    facts = model_facts(Model.load(stated(tmp_path / "odd.nam", training=training)))
    assert "baked_from" not in facts


def test_names_of_files_that_are_no_text_are_named_by_their_escapes(tmp_path):
    path = stated(tmp_path / "caf\udce9.nam")
    source = Source.load(path)
    assert source.name == source.facts()["models"][0]["file"] == r"caf\xe9.nam"
