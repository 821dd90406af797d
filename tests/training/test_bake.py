"""A model, or two in a row, as the gear of a capture: what is written is what it answers, at its levels."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from commandline import forked, refused
from rigs import NANO
from stand_in_trainer import VERSIONS
from trained import COMMAND, Told

from rig import EqBand, bundled
from rig.audio import wav
from rig.cabinet.ir import IR
from rig.capture.result.sidecar import Capture
from rig.compare.models import compare_models
from rig.compare.pair import TakeFiles
from rig.errors import CaptureError, ModelError, PresetError, TrainingError
from rig.files.hashing import sha256_of
from rig.library.entered_levels import remember_input_level
from rig.nam import Model, load_model
from rig.sound import Sound
from rig.training.bake import PEAK, bake, baked_before
from rig.training.bake_source import Source
from rig.training.record import Plan
from rig.training.run import Training

A2 = next(path for path in bundled.models() if "a2" in path.name)


def stated(path, target, **metadata):
    content = json.loads(path.read_text())
    content["metadata"].update(metadata)
    target.write_text(json.dumps(content))
    return target


@pytest.fixture(scope="module")
def baked(tmp_path_factory):
    """Two in a row, with levels and a licence."""
    folder = tmp_path_factory.mktemp("baked")
    pedal = stated(NANO, folder / "pedal.nam", input_level_dbu=12.0, output_level_dbu=3.0, license="CC BY 4.0")
    amp = stated(A2, folder / "amp.nam", input_level_dbu=9.0, output_level_dbu=20.0, name="Amp")
    return bake(f"{pedal}+{amp}", folder / "captures", "both", seconds=35.0)


def test_the_take_is_what_the_two_answer_at_their_levels(baked):
    capture = Capture.load(baked.folder)
    dry, wet = (audio.samples[:, 0] for audio in capture.pair())
    folder = baked.folder.parent.parent
    played = load_model(f"{folder / 'pedal.nam'}+{folder / 'amp.nam'}").render(dry, 4096)
    gain_db = capture.content["baked"]["gain_db"]
    assert np.abs(wet - 10 ** (gain_db / 20) * played).max() < 1.5 * 2.0**-23 and np.abs(wet).max() <= PEAK + 1e-6
    assert capture.levels.input_level_dbu == pytest.approx(12.0)
    assert capture.levels.output_level_dbu == pytest.approx(20.0 - gain_db)
    assert wav.read(baked.folder / "wet.wav").sample_rate == 48000


def test_source_and_licence_go_along_into_the_model_that_is_as_near_as_compare_says(baked, tmp_path):
    content = json.loads((baked.folder.parent.parent / "amp.nam").read_text())
    (tmp_path / "guess.nam").write_text(json.dumps(content))
    script = {"model": str(NANO), "errors": [0.0]}
    (baked.folder / "stand_in.json").write_text(json.dumps(script))
    training = Training(Capture.load(baked.folder), Plan.of("nano", steps=100), accept=True)
    record, finished = training.run(COMMAND, Told())
    assert record.source["source"] == baked.source == "pedal.nam+amp.nam" and record.versions == VERSIONS
    assert record.repeatability_esr is None and "repeats itself" in record.repeatability_basis
    first, second = record.source["models"]
    assert (first["file"], first["license"], second["name"]) == ("pedal.nam", "CC BY 4.0", "Amp")
    assert first["sha256"] == sha256_of(baked.folder.parent.parent / "pedal.nam")
    written = json.loads(finished.path.read_text())["metadata"]
    assert written["training"]["rig"]["baked"] == record.source
    assert Model.load(finished.path).input_level_dbu == pytest.approx(12.0)
    (score,) = compare_models(TakeFiles.of_capture(baked.folder), models=[finished.path], workers=1).scores
    assert score.esr_trainer == pytest.approx(finished.esr, rel=1e-3)


def test_what_is_not_known_is_said(tmp_path):
    unknown = stated(NANO, tmp_path / "u.nam", input_level_dbu=None, output_level_dbu=None)
    found = bake(unknown, tmp_path / "captures", "u", seconds=35.0)
    assert [note.split(" level")[0] for note in found.notes[:2]] == ["The input", "The output"]
    assert Capture.load(found.folder).levels.output_level_dbu is None


def test_what_a_foreign_file_says_cannot_spoil_the_capture_and_a_cabinet_stays_one(tmp_path):
    said = {"license": "x" * 5_000_000, "copyright": "half \ud800", "gear_type": "amp_cab"}
    strange = stated(NANO, tmp_path / "strange.nam", **said)
    found = Capture.load(bake(strange, tmp_path / "captures", "strange", seconds=35.0).folder)
    (model,) = found.content["baked"]["models"]
    assert model["license"] == "x" * LONGEST_NOTE and "copyright" not in model
    assert found.gear.gear_type == "amp_cab"
    assert is_baked_of(found.content, strange)
    stated(NANO, strange, name="changed")
    assert not is_baked_of(found.content, strange) and not is_baked_of({}, strange)


def test_refusals(tmp_path, baked):
    with pytest.raises(TrainingError, match="35 to 190 s"):
        bake(NANO, tmp_path, "short", seconds=10.0)
    with pytest.raises(ModelError, match=r"nothing\.nam"):
        bake(tmp_path / "nothing.nam", tmp_path, "x", seconds=35.0)
    with pytest.raises(CaptureError, match="both"):
        bake(NANO, baked.folder.parent, "both", seconds=35.0)
    other = json.loads(NANO.read_text())
    other["sample_rate"] = 44100
    (tmp_path / "cd.nam").write_text(json.dumps(other))
    with pytest.raises(ModelError, match="44100 Hz, the trainer knows 48000"):
        bake(tmp_path / "cd.nam", tmp_path, "cd", seconds=35.0)
    silent = json.loads(NANO.read_text())
    silent["weights"] = [0.0] * len(silent["weights"])
    (tmp_path / "silent.nam").write_text(json.dumps(silent))
    with pytest.raises(ModelError, match="with silence"):
        bake(tmp_path / "silent.nam", tmp_path, "silent", seconds=35.0)


LEAD = """
model = "lead.nam"
level = "normalized"
input_trim_db = 3.0
output_trim_db = -2.0
rumble_hz = 40.0
ir = "1x12.wav"
[gate]
on = true
[tone]
treble_db = 4.0
[[eq]]
type = "peak"
hz = 800.0
gain_db = -6.0
before = true
"""


@pytest.fixture(scope="module")
def lead(tmp_path_factory):
    """A preset with all that can be baked, and with what cannot."""
    folder = tmp_path_factory.mktemp("lead") / "presets"
    folder.mkdir()
    levels = {"input_level_dbu": 12.0, "output_level_dbu": 3.0}
    stated(NANO, folder / "lead.nam", **levels, gear_type="amp", tone_type="crunch", license="CC0")
    shutil.copyfile(bundled.irs()[0], folder / "1x12.wav")
    (folder / "lead.toml").write_text(LEAD)
    return folder / "lead.toml"


def rendered(lead, dry, cabinet):
    """The preset by hand, on the rig's own chain."""
    ir = IR.load(lead.parent / "1x12.wav") if cabinet else None
    sound = Sound(
        *(Model.load(lead.parent / "lead.nam"), ir),
        interface=None,
        level_mode="raw",
        input_trim_db=3.0,
        output_trim_db=-2.0,
        treble_db=4.0,
        eq=[EqBand("peak", 800.0, -6.0, before=True)],
    )
    return np.asarray(sound.render(dry, 48000), np.float64)


@pytest.mark.parametrize("cabinet", [False, True])
def test_a_preset_is_baked_with_its_tone_and_trims_and_its_cabinet_where_it_is_asked_for(lead, tmp_path, cabinet):
    found = bake(lead, tmp_path, "lead", seconds=35.0, with_cabinet=cabinet)
    capture = Capture.load(found.folder)
    dry, wet = (audio.samples[:, 0] for audio in capture.pair())
    gain_db, said = capture.content["baked"]["gain_db"], capture.content["baked"]
    assert np.abs(wet - 10 ** (gain_db / 20) * rendered(lead, dry, cabinet)).max() < 1.5 * 2.0**-23
    # A trim is taste: it is in the samples, and no jack of the gear has another level for it.
    assert capture.levels.input_level_dbu == pytest.approx(12.0)
    assert capture.levels.output_level_dbu == pytest.approx(3.0 - gain_db)
    left_out = ["the noise gate", "the rumble filter (40 Hz)"]
    assert said["left_out"] == (left_out if cabinet else ["the cabinet (1x12.wav)", *left_out])
    assert found.notes[-1] == f"Not baked in: {', '.join(said['left_out'])}."
    assert said["source"] == "lead.toml" and said["preset"]["sha256"] == sha256_of(lead)
    assert said["models"][0]["license"] == "CC0"
    assert [each["file"] for each in said.get("cabinet", [])] == (["1x12.wav"] if cabinet else [])
    assert capture.gear.gear_type == ("amp_cab" if cabinet else "amp") and capture.gear.tone_type == "crunch"


def test_a_preset_goes_by_its_name_as_well(lead, monkeypatch):
    monkeypatch.chdir(lead.parent.parent)
    assert Source.load("lead").preset.resolve() == lead.resolve()
    with pytest.raises(ModelError, match="leed"):
        Source.load("leed")


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
    kinds = {"drive": "pedal", "head": "amp", "combo": "amp_cab", "odd": "full-rig"}
    for name, kind in kinds.items():
        stated(NANO, tmp_path / f"{name}.nam", gear_type=kind)

    def kind(named):
        return Source.load("+".join(f"{tmp_path / each}.nam" for each in named.split("+"))).gear.gear_type

    assert [kind("head"), kind("combo"), kind("odd")] == ["amp", "amp_cab", "amp_cab"]
    assert [kind("drive+head"), kind("drive+combo"), kind("head+drive")] == ["pedal_amp", "amp_pedal_cab", None]


def test_a_level_that_was_entered_is_the_level_of_the_new_model(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = stated(NANO, tmp_path / "u.nam", input_level_dbu=None)
    model = Model.load(path)
    assert Source.load(path).input_level_dbu is None
    remember_input_level(model.heard_hash, "u.nam", 15.0)
    assert Source.load(path).input_level_dbu == 15.0


def test_a_bake_of_a_bake_names_the_first_source_too(baked, tmp_path):
    first = Capture.load(baked.folder).content["baked"]
    path = stated(NANO, tmp_path / "again.nam", training={"rig": {"baked": first}})
    (model,) = Source.load(path).facts()["models"]
    assert [each["file"] for each in model["baked_from"]] == ["pedal.nam", "amp.nam"]


def test_the_same_command_goes_on_and_another_sound_gets_another_name(baked, tmp_path):
    folder, sounds = baked.folder, baked.folder.parent.parent
    row = f"{sounds / 'pedal.nam'}+{sounds / 'amp.nam'}"
    assert not baked_before(tmp_path / "new", row)
    assert baked_before(folder, row) and baked_before(folder, row, seconds=35.0)
    with pytest.raises(TrainingError, match="another sound"):
        baked_before(folder, sounds / "amp.nam")
    with pytest.raises(TrainingError, match=r"signal of 35\.0 s"):
        baked_before(folder, row, seconds=60.0)
    gear = tmp_path / "gear"
    shutil.copytree(folder, gear)
    content = json.loads((gear / "capture.json").read_text())
    (gear / "capture.json").write_text(json.dumps({**content, "baked": 3}))
    with pytest.raises(CaptureError, match=r"baked\.source"):
        Capture.load(gear)
    del content["baked"]
    (gear / "capture.json").write_text(json.dumps(content))
    with pytest.raises(TrainingError, match="no bake"):
        baked_before(gear, row)


def test_at_the_command_line():
    refused(forked("train", "x", "--with-cabinet"), "belong to --from")
    refused(forked("train", "--set-up", "x"), "give it no CAPTURE")
    refused(forked("train"), "at least one capture")
    refused(forked("train", "x", "--minutes", "abc"), "'abc' is no number above 0")
    refused(forked("train", "x", "--steps", "1.5"), "'1.5' is no whole number above 0")
    refused(forked("train", "x", "--yes"), "belong to --set-up")
    refused(forked("train", "x", "--length-s", "40"), "belongs to --from")
