"""A model, or two in a row, as the gear of a capture: what is written is what it answers, at its levels."""

from __future__ import annotations

import json

import numpy as np
import pytest
from commandline import forked, refused
from rigs import NANO
from stand_in_trainer import VERSIONS
from trained import COMMAND, Told

from rig import bundled
from rig.audio import wav
from rig.capture.result.sidecar import Capture
from rig.compare.models import compare_models
from rig.compare.pair import TakeFiles
from rig.errors import CaptureError, ModelError, TrainingError
from rig.files.hashing import sha256_of
from rig.nam import Model, load_model
from rig.training.bake import LONGEST_NOTE, PEAK, bake, is_baked_of
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
    assert record.source["source"] == baked.source and record.versions == VERSIONS
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


def test_at_the_command_line():
    refused(forked("train", "--set-up", "x"), "give it no CAPTURE")
    refused(forked("train"), "at least one capture")
    refused(forked("train", "x", "--minutes", "abc"), "'abc' is no number above 0")
    refused(forked("train", "x", "--steps", "1.5"), "'1.5' is no whole number above 0")
    refused(forked("train", "x", "--yes"), "belong to --set-up")
    refused(forked("train", "x", "--length-s", "40"), "belongs to --from")
