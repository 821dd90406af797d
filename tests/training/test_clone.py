"""`rig clone`: where it stands is found from what lies on the disk, and what stands in its way is said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cloning import MODEL, found, table
from commandline import called, refused
from trained import learns

from rig.cli.training.clone_steps import look
from rig.errors import CaptureError
from rig.trainer.configurations import model_config
from rig.training.record import Record


# ---------------------------------------------------------------- what lies on the disk
def test_each_step_is_found_by_what_it_made_and_by_what_it_was_made_from(capture, clone, goes_on):
    steps, following = found()
    assert steps["capture"].startswith("done, ") and steps["train"] == "standard: not yet" and following == "train"
    learns(capture, [0.5, 0.1], steps=1000)
    done = clone("--architecture", "nano")
    assert done.returncode == 0, done.stderr
    assert "all its steps are done" in done.stdout and "ESR by input level" in done.stdout
    assert done.stdout.endswith(goes_on("mine", "--yes", "--architecture nano"))  # the next one needs a player
    steps, following = found()
    assert steps["train"].startswith("nano: epoch 1, ESR 0.01") and following == "ab"
    score = json.loads((capture / "train" / "nano" / "compare.json").read_text())["scores"][0]
    assert steps["compare"].startswith(f"{score['verdict']}: ESR {score['esr_matched']:.4f}")
    assert steps["ab"] == "no blind test yet" and steps["play"] == f"rig play captures/mine/{MODEL}"
    again = clone()  # nothing is done twice, and what was found out is not asked for again
    assert table(again.stdout) == ["*1", "*2", "*3", ">4", " 5"] and "Epoch" not in again.stdout
    (capture / MODEL).write_bytes((capture / MODEL).read_bytes() + b"\n")
    assert found()[0]["compare"] == "not yet with this model" and found()[1] == "compare"
    (capture / MODEL).unlink()
    assert found()[1] == "train" and found()[0]["compare"] == ""


def test_a_training_that_did_not_end_is_the_next_step_and_may_be_passed_over(capture, clone):
    learns(capture, [0.5, 0.1], steps=1000, dies={"epoch": 1, "signal": 9})
    done = clone("--architecture", "nano")
    assert done.returncode == 2 and "it was killed" in done.stdout and "To go on from here" in done.stdout
    steps, following = found()
    assert following == "train" and "epoch 0, ESR 0.25" in steps["train"] and "it was killed" in steps["train"]
    standing = look(Path("captures"), "mine")
    assert standing.next_step(("train",)).name == "compare" and standing.steps[1].can_pass
    record = Record.load(capture / "train" / "nano")
    record.state = "running"
    record.save(capture / "train" / "nano")
    assert "cut off" in found()[0]["train"]
    done = clone()
    assert done.returncode == 0 and "goes on after step 1000" in done.stdout
    record = Record.load(capture / "train" / "nano")
    assert [each.epoch for each in record.epochs] == [0, 1]


def test_more_minutes_than_a_training_had_are_more_to_learn_and_fewer_are_not(capture, clone):
    learns(capture, [0.5, 0.1, 0.05], steps=1000)
    assert clone("--architecture", "nano", "--minutes", 0.0001).returncode == 0
    assert Record.load(capture / "train" / "nano").reason == "its time is over"
    assert found()[1] == found(minutes=0.00005)[1] == "ab"
    assert found(minutes=5.0)[1] == "train"


def test_another_take_under_the_same_name_is_not_what_was_learnt(capture, clone, goes_on):
    learns(capture, [0.5], steps=2000)
    assert clone("--architecture", "nano").returncode == 0
    record = Record.load(capture / "train" / "nano")
    record.pair["wet.wav"] = "0" * 64
    record.save(capture / "train" / "nano")
    assert "from another take than this one" in found()[0]["train"] and found()[1] == "train"
    done = clone()
    refused(done, r"is of another take than this one; `rig train captures/mine --architecture nano --restart`")
    assert done.stdout.endswith(goes_on("mine", "--yes"))


def test_the_architecture_is_the_one_that_was_begun_or_that_the_capture_was_made_for(capture):
    assert look(Path("captures"), "mine").architecture == "standard"
    (capture / "train" / "model.json").write_text(json.dumps(model_config("feather")))
    assert look(Path("captures"), "mine").architecture == "feather"
    for age_s, name in ((10, "nano"), (20, "lstm")):
        (capture / "train" / name).mkdir()
        path = capture / "train" / name / "training.json"
        path.write_text("{")
        os.utime(path, (1e9 - age_s, 1e9 - age_s))
    standing = look(Path("captures"), "mine")
    assert standing.architecture == "nano" and standing.steps[1].found == "nano: its training.json cannot be read"
    assert look(Path("captures"), "mine", "lstm").architecture == "lstm"


# ---------------------------------------------------------------- what stands in the way
def test_a_name_that_something_else_has(tmp_path, monkeypatch, clone):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "captures" / "mine").mkdir(parents=True)
    refused(clone(), "captures/mine: there is something of that name which is no capture; choose another name")
    with pytest.raises(CaptureError, match="cannot name a capture"):
        look(Path("captures"), "a/b")


def test_a_take_that_was_not_accepted_is_told_with_its_reason(tmp_path):
    steps, following = found(tmp_path)
    assert following == "capture" and steps == {"capture": "not yet", "train": "", "compare": "", "ab": "", "play": ""}
    for number, reason in ((1, "clipping: it clips"), (2, "hum: it hums")):
        (tmp_path / f"mine.rejected-{number}").mkdir()
        path = tmp_path / f"mine.rejected-{number}" / "rejected.json"
        path.write_text(json.dumps({"reason": reason}))
        os.utime(path, (1e9 + number, 1e9 + number))
    assert found(tmp_path)[0]["capture"] == "not yet; mine.rejected-2 was not accepted: hum: it hums"
    path.write_text("[")
    os.utime(path, (1e9 + 3, 1e9 + 3))
    assert found(tmp_path)[0]["capture"] == "not yet; mine.rejected-2 was not accepted"


def test_a_take_that_failed_its_checks_is_learnt_only_when_somebody_says_so(capture, clone):
    path = capture / "capture.json"
    content = json.loads(path.read_text())
    content["checks"][0]["verdict"] = "fail"
    path.write_text(json.dumps(content))
    name = content["checks"][0]["name"]
    learns(capture, [0.5], steps=2000)
    done = clone("--architecture", "nano")
    refused(done, rf"failed its checks \({name}\).*--accept")
    assert f"failed its checks ({name}), accepted all the same" in done.stdout
    assert clone("--architecture", "nano", "--accept").returncode == 0


def test_without_a_trainer_or_a_server_the_sentence_of_that_step_and_how_to_go_on(capture, clone, capsys, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(capture.parent / "none"))
    done = called(capsys, "clone", "mine", "--yes", "--no-page")
    refused(done, r"not set up: run `rig train --set-up`")
    assert done.stdout.endswith("To go on from here:\n  rig clone mine --yes --no-page\n")
    refused(clone(of=capture / "no-python"), "there is no such file")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody-there")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    done = called(capsys, "clone", "other", "--yes", "--no-page", "--length-s", 35)
    refused(done, "JACK")
    assert done.stdout.endswith("To go on from here:\n  rig clone other --yes --length-s 35 --no-page\n")
    assert table(done.stdout) == [">1", " 2", " 3", " 4", " 5"]
