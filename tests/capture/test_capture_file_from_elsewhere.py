"""`capture.json` from elsewhere is believed nothing: a sentence names file and field, nothing is opened outside."""

from __future__ import annotations

import json
import os
import shutil

import pytest
import takes
from rigs import NANO
from takes import recorded, signal

from rig.capture.levels import CaptureLevels
from rig.capture.result.finish import finish
from rig.capture.result.foreign_recording import check_again
from rig.capture.result.gear_metadata import Gear
from rig.capture.result.save import save_capture
from rig.capture.result.sidecar import Capture
from rig.capture.take.recording import Recording
from rig.cli import main
from rig.errors import CaptureError
from rig.trainer.capture_fields import FIELDS, content_fault, finite
from rig.trainer.capture_file import checked_content


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    levels = CaptureLevels(18.34, "multimeter", 12.34, "multimeter")
    gear = Gear("Mine", gear_type="preamp", tone_type="crunch")
    saved = save_capture(
        tmp_path_factory.mktemp("c"), "mine", signal(), Recording(recorded()), levels=levels, gear=gear
    )
    assert saved.accepted
    return saved.folder


@pytest.fixture
def content(whole):
    return json.loads((whole / "capture.json").read_text())


def with_content(whole, folder, text):
    """A capture of that content; its pair is that of `whole`."""
    folder = folder / "copy"
    folder.mkdir(exist_ok=True)
    for name in ("dry.wav", "wet.wav"):
        if not (folder / name).exists():
            os.link(whole / name, folder / name)
    (folder / "capture.json").write_text(text if isinstance(text, str) else json.dumps(text))
    return folder


def placed(content, path, value):
    *parts, last = path.split(".")
    inner = content
    for part in parts:
        inner = inner[part]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return content


def test_what_rig_writes_has_no_fault(content):
    assert content_fault(content) is None


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_that_is_missing_or_of_another_kind_is_named(content, path):
    kept = json.dumps(content)
    assert content_fault(placed(json.loads(kept), path, None)) == f"{path} is missing"
    for wrong in (["x"], True):
        fault = content_fault(placed(json.loads(kept), path, wrong))
        if not (path == "checks" and wrong == ["x"]):
            assert fault is not None and fault.startswith(path), (path, wrong, fault)
    assert content_fault(placed(json.loads(kept), path.split(".")[0], 7)) is not None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('"rate": NaN', "audio.rate is no finite number"),
        ('"rate": 1e400', "audio.rate is no finite number"),
        ('"rate": -Infinity', "audio.rate is no finite number"),
        (f'"rate": {"9" * 400}', "audio.rate is no finite number"),
        (f'"rate": {"9" * 9000}', "it is no JSON text in UTF-8"),
        ('"rate": "48000"', "audio.rate is no whole number"),
        ('"rate": "\\ud800"', "audio.rate holds half a character"),
        ('"rate": 48000, "\\udfff": 1', r"audio\.\\udfff holds half a character"),
        ('"rate": ' + "[" * 5000 + "]" * 5000, "no JSON text|nested too deep"),
        ('"rate": ' + "[" * 50 + "]" * 50, "nested too deep"),
    ],
    ids=lambda value: None,
)
def test_numbers_that_are_none_and_half_characters_are_named(whole, tmp_path, content, text, fault):
    whole_text = json.dumps(content).replace('"rate": 48000', text, 1)
    with pytest.raises(CaptureError, match=rf"copy: capture\.json is damaged: .*({fault})"):
        checked_content(with_content(whole, tmp_path, whole_text))


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["../copy/dry.wav"], "no name of a file in the folder"),
        (["/dev/zero"], "no name of a file in the folder"),
        (["a\\b"], "no name of a file in the folder"),
        ([".."], "no name of a file in the folder"),
        (["pipe"], "pipe is no ordinary file"),
        (["zero"], "zero is no ordinary file"),
        (["folder"], "folder is no ordinary file"),
        (["none.wav"], r"there is no none\.wav in it"),
    ],
)
def test_only_ordinary_files_of_the_folder_itself_are_opened(whole, tmp_path, content, names, fault):
    folder = with_content(whole, tmp_path, "{}")
    os.mkfifo(folder / "pipe")
    (folder / "zero").symlink_to("/dev/zero")
    (folder / "folder").mkdir()
    content["files"] |= dict.fromkeys(names, "0" * 64)
    with pytest.raises(CaptureError, match=fault):
        Capture.load(with_content(whole, tmp_path, content))


def test_a_capture_whose_pair_is_not_vouched_for_and_a_pipe_in_its_place_are_refused(whole, tmp_path, content):
    del content["files"]["wet.wav"]
    with pytest.raises(CaptureError, match=r"files: wet\.wav is missing"):
        Capture.load(with_content(whole, tmp_path, content))
    (tmp_path / "copy" / "capture.json").unlink()
    os.mkfifo(tmp_path / "copy" / "capture.json")
    with pytest.raises(CaptureError, match=r"capture\.json is damaged: it is no ordinary file"):
        Capture.load(tmp_path / "copy")
    (tmp_path / "copy" / "capture.json").unlink()
    with (tmp_path / "copy" / "capture.json").open("wb") as file:
        file.truncate(1 << 40)  # sparse: a terabyte that takes no place
    with pytest.raises(CaptureError, match="it has more than 4 MB"):
        Capture.load(tmp_path / "copy")


def test_no_invalid_model_is_written_from_a_foreign_capture(whole, tmp_path, content):
    for path, value in (("levels.input_level_dbu", 1e300), ("metadata.gear_type", "kazoo"), ("metadata.name", 3)):
        folder = with_content(whole, tmp_path, placed(json.loads(json.dumps(content)), path, value))
        with pytest.raises(CaptureError, match=r"copy: capture\.json is damaged: .*(level_dbu|kazoo|metadata\.name)"):
            finish(folder, NANO, tmp_path / "out.nam", accept=True)
    assert not (tmp_path / "out.nam").exists()
    content["metadata"]["loudness"] = "loud"  # of no field that is known
    finish(with_content(whole, tmp_path, content), NANO, tmp_path / "out.nam", accept=True)
    assert json.loads((tmp_path / "out.nam").read_text())["metadata"]["loudness"] != "loud"


def test_the_command_says_one_sentence_and_ends_with_2(whole, tmp_path, content, capsys):
    content["audio"]["xruns"] = "many"
    code = main(["capture", "check", str(with_content(whole, tmp_path, content))])
    said = capsys.readouterr()
    assert code == 2 and "copy: capture.json is damaged: audio.xruns is no whole number" in said.err + said.out


def test_what_cannot_be_said_in_json_is_left_out_of_what_is_written():
    assert finite({"esr": float("inf"), "all": [float("nan"), 1.5], "n": 3}) == {
        "esr": None,
        "all": [None, 1.5],
        "n": 3,
    }


def test_a_capture_that_is_whole_is_judged_again_with_its_levels(whole, tmp_path):
    copy = tmp_path / "again"
    shutil.copytree(whole, copy)
    judged, trainer = check_again(copy)
    assert judged.verdict == "ok" and all(check.passed for check in trainer)
    assert "18.34 dBu" in judged["input level"].text and judged["output level"].verdict == "ok"
    assert takes.signal().length == json.loads((copy / "capture.json").read_text())["signal"]["n"]
