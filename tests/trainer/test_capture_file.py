"""One reader of capture.json: what it says about files of users, whole and damaged."""

import hashlib
import json

import pytest

from rig.compare.pair import TakeFiles
from rig.errors import CaptureError
from rig.trainer.capture_file import check_files, input_level, read_content, write_content


def capture(folder, **parts):
    (folder / "dry.wav").write_bytes(b"dry")
    (folder / "wet.wav").write_bytes(b"wet")
    files = {name: hashlib.sha256(name[:3].encode()).hexdigest() for name in ("dry.wav", "wet.wav")}
    write_content(folder, {"schema": 1, "files": files, **parts})
    return folder


def test_what_was_written_is_read_again(tmp_path):
    content = read_content(capture(tmp_path, levels={"input_level_dbu": 12.2, "input_method": "multimeter"}))
    assert json.loads((tmp_path / "capture.json").read_text()) == content
    assert input_level(content) == (12.2, "multimeter")
    check_files(tmp_path, content)


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ({"input_level_dbu": 3}, (3.0, "method unknown")),
        ({"input_level_dbu": None}, None),
        ({"input_level_dbu": True}, None),
        ({"input_level_dbu": float("nan")}, None),
        ({"input_level_dbu": "12"}, None),
        ([12.0], None),
        (None, None),
    ],
)
def test_a_level_that_is_no_number_is_not_known(tmp_path, levels, found):
    assert input_level(read_content(capture(tmp_path, levels=levels))) == found


@pytest.mark.parametrize("text", ["{", "[1]", "7", '"schema"', "{}", "", "[" * 100_000])
def test_a_damaged_file_is_named_and_the_pair_can_still_be_compared(tmp_path, text):
    (capture(tmp_path) / "capture.json").write_text(text)
    with pytest.raises(CaptureError, match=r"capture\.json is damaged: .*; the pair itself may still be good"):
        read_content(tmp_path)
    assert TakeFiles.of_capture(tmp_path).input_dbu is None


def test_a_schema_of_another_rig_is_named(tmp_path):
    write_content(capture(tmp_path), {"schema": 2})
    with pytest.raises(CaptureError, match="schema 2, expected 1; another version"):
        read_content(tmp_path)


def test_a_file_that_was_changed_or_is_gone_is_named(tmp_path):
    content = read_content(capture(tmp_path))
    (tmp_path / "wet.wav").write_bytes(b"louder")
    with pytest.raises(CaptureError, match=r"wet\.wav was changed after the capture"):
        check_files(tmp_path, content)
    (tmp_path / "dry.wav").unlink()
    with pytest.raises(CaptureError, match=r"not a capture \(there is no dry\.wav in it\)"):
        check_files(tmp_path, content)
    (tmp_path / "capture.json").unlink()
    with pytest.raises(CaptureError, match=r"not a capture \(there is no capture\.json in it\)"):
        read_content(tmp_path)
    (tmp_path / "rejected.json").write_text("{}")
    with pytest.raises(CaptureError, match=r"a take that was not accepted, and so no capture; rejected\.json says why"):
        read_content(tmp_path)
