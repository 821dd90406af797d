"""A model, two in a row, or a preset as the gear of a capture: what is written is what it answers, at its levels."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from bake_sources import LEAD, stated
from commandline import forked, refused
from rigs import NANO
from stand_in_trainer import VERSIONS
from trained import COMMAND, Told

from rig import EqBand, bundled
from rig.audio import wav
from rig.cabinet.ir import IR
from rig.capture.result.sidecar import Capture
from rig.cli.training.baking import baked_capture
from rig.compare.models import compare_models
from rig.compare.pair import TakeFiles
from rig.errors import CaptureError, ModelError, TrainingError, UsageError
from rig.files.hashing import sha256_of
from rig.library.entered_levels import remember_input_level
from rig.nam import Model, load_model
from rig.sound import Sound
from rig.trainer.capture_fields import content_fault
from rig.training.bake import PEAK, bake, baked_before
from rig.training.bake_facts import LONGEST_NOTE
from rig.training.record import Plan
from rig.training.run import Training


@pytest.fixture(scope="module")
def baked(tmp_path_factory):
    """Two in a row, with levels and a licence; the second is a cabinet, says too much, and was baked of bakes."""
    folder = tmp_path_factory.mktemp("baked")
    pedal = stated(folder / "pedal.nam", input_level_dbu=12.0, output_level_dbu=3.0, license="CC BY 4.0")
    before = [{"file": "gear.nam", "sha256": "0" * 64, "license": "CC BY-NC 4.0"}]
    for generation in range(5):
        before = [{"file": f"bake{generation}.nam", "baked_from": before}]
    strange = {
        "license": "x" * 5_000_000,
        "copyright": "half \ud800",
        "gear_type": "amp_cab",
        "training": {"rig": {"baked": {"models": before}}},
    }
    amp = stated(folder / "amp.nam", input_level_dbu=9.0, output_level_dbu=20.0, name="Amp", **strange)
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
    together = "3.0 dBu (first model) - 9.0 dBu (second model) = -6.0 dB"
    assert capture.content["baked"]["together"] == together
    assert f"The two models together: {together}." in baked.notes


def test_source_and_licence_go_along_into_the_model_that_is_as_near_as_compare_says(baked):
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


def test_what_a_foreign_file_says_cannot_spoil_the_capture_and_a_cabinet_stays_one(baked):
    found = Capture.load(baked.folder)
    _, model = found.content["baked"]["models"]
    assert content_fault(found.content) is None
    assert model["license"] == "x" * LONGEST_NOTE and "copyright" not in model
    assert found.gear.gear_type == "amp_cab"
    assert model["baked_from"] == [{"file": "gear.nam", "sha256": "0" * 64, "license": "CC BY-NC 4.0"}]
    said = [
        "the bakes between the first sources and this file are not named",
        "its license is cut after 1000 characters",
        "its copyright holds half a character, and is left out",
    ]
    assert model["left_out"] == said
    assert list(baked.notes[-3:]) == [f"amp.nam: {text}." for text in said]


def test_a_preset_is_baked_with_its_tone_trims_and_cabinet_whose_jack_has_no_level(tmp_path):
    kind = {"gear_type": "amp", "tone_type": "crunch", "license": "CC0"}
    stated(tmp_path / "lead.nam", input_level_dbu=None, output_level_dbu=3.0, **kind)
    shutil.copyfile(bundled.irs()[0], tmp_path / "1x12.wav")
    lead = tmp_path / "lead.toml"
    lead.write_text(LEAD)
    found = bake(lead, tmp_path, "lead", seconds=35.0, with_cabinet=True)
    capture = Capture.load(found.folder)
    dry, wet = (audio.samples[:, 0] for audio in capture.pair())
    said = capture.content["baked"]
    by_hand = Sound(  # on the rig's own chain
        *(Model.load(tmp_path / "lead.nam"), IR.load(tmp_path / "1x12.wav")),
        interface=None,
        level_mode="raw",
        input_trim_db=3.0,
        output_trim_db=-2.0,
        treble_db=4.0,
        eq=[EqBand("peak", 800.0, -6.0, before=True)],
    )
    played = 10 ** (said["gain_db"] / 20) * np.asarray(by_hand.render(dry, 48000), np.float64)
    assert np.abs(wet - played).max() < 1.5 * 2.0**-23
    levels = capture.levels
    assert (levels.input_level_dbu, levels.send_method) == (None, "unknown")
    assert (levels.output_level_dbu, levels.return_method) == (None, "unknown")
    said_of = ["The input level of lead.toml is not known", "Behind a cabinet is no jack that has a level"]
    assert [sum(text in note for note in found.notes) for text in said_of] == [1, 1]
    left_out = ["the noise gate", "the rumble filter (40 Hz)", "the level mode (normalized)"]
    assert said["left_out"] == left_out
    assert f"Not baked in: {', '.join(left_out)}." in found.notes
    assert said["source"] == "lead.toml" and said["preset"]["sha256"] == sha256_of(lead)
    assert said["models"][0]["license"] == "CC0"
    assert said["cabinet"] == [{"file": "1x12.wav", "sha256": sha256_of(tmp_path / "1x12.wav")}]
    assert capture.gear.gear_type == "amp_cab" and capture.gear.tone_type == "crunch"
    assert baked_before(found.folder, lead, with_cabinet=True)
    with pytest.raises(TrainingError, match="another sound"):
        baked_before(found.folder, lead)


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


def test_the_same_command_goes_on_and_another_sound_gets_another_name(baked, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder, sounds = baked.folder, baked.folder.parent.parent
    row = f"{sounds / 'pedal.nam'}+{sounds / 'amp.nam'}"
    assert not baked_before(tmp_path / "new", row)
    assert baked_before(folder, row) and baked_before(folder, row, seconds=35.0)
    with pytest.raises(TrainingError, match="another sound"):
        baked_before(folder, sounds / "amp.nam")
    with pytest.raises(TrainingError, match=r"signal of 35\.0 s"):
        baked_before(folder, row, seconds=60.0)
    remember_input_level(Model.load(sounds / "amp.nam").content_hash, "amp.nam", 15.0)
    with pytest.raises(TrainingError, match="other input levels"):
        baked_before(folder, row)
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


def test_the_command_finds_what_it_made_before(baked):
    sounds = baked.folder.parent.parent
    told = []

    def found(source, *names):
        asked = {"source": source, "with_cabinet": False, "length_s": None, "into": baked.folder.parent}
        return baked_capture(Namespace(captures=[Path(name) for name in names], **asked), told.append)

    assert found(Path(f"{sounds / 'pedal.nam'}+{sounds / 'amp.nam'}"), "both") == baked.folder and not told
    with pytest.raises(TrainingError, match="another sound"):
        found(sounds / "pedal.nam", "both")
    with pytest.raises(UsageError, match="one NAME"):
        found(sounds / "pedal.nam", "both", "more")


def test_at_the_command_line():
    refused(forked("train", "x", "--with-cabinet"), "belongs to --from")
    refused(forked("train", "--set-up", "x"), "give it no CAPTURE")
    refused(forked("train"), "at least one capture")
    refused(forked("train", "x", "--minutes", "abc"), "'abc' is no number above 0")
    refused(forked("train", "x", "--steps", "1.5"), "'1.5' is no whole number above 0")
    refused(forked("train", "x", "--yes"), "belong to --set-up")
    refused(forked("train", "x", "--length-s", "40"), "belongs to --from")
