"""A training from beginning to end, by a stand-in that behaves as the trainer does: judged, ended, taken up."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from trained import COMMAND, Told, learns

from rig.capture.result.sidecar import Capture
from rig.cli.commands.train import ARCHITECTURES
from rig.compare.models import compare_models
from rig.compare.pair import TakeFiles
from rig.errors import TrainingError
from rig.nam import Model
from rig.trainer.configurations import RECIPES
from rig.training.record import Epoch, Plan, Record
from rig.training.run import Training, seconds_left


@pytest.fixture
def capture(taken, tmp_path):
    """A copy of it, with nothing learnt yet."""
    shutil.copy(taken.parent / "perfect.nam", tmp_path / "perfect.nam")
    return shutil.copytree(taken, tmp_path / "mine")


def plan(**limits):
    return Plan.of("nano", **{"steps": 400, **limits})


def train(capture, errors, limits=None, told=None, **more):
    script = {key: more.pop(key) for key in ("fails", "dies", "no_model", "seconds", "ahead") if key in more}
    training = Training(learns(capture, errors, **script), plan(**(limits or {})))
    return (*training.run(COMMAND, told or Told(), **more), training)


def test_the_best_epoch_is_the_model_with_the_figures_of_compare_and_the_levels_of_the_capture(capture):
    told = Told()
    record, finished, training = train(capture, [0.5, 0.1, 0.3, 0.2], told=told)
    assert (record.state, record.best_epoch, finished.path) == ("done", 1, capture / "mine-nano.nam")
    assert [round(each.esr, 3) for each in record.epochs] == [0.25, 0.01, 0.09, 0.04]
    assert [is_best for _, is_best in told.epochs] == [True, True, False, False]
    assert finished.esr == pytest.approx(0.01, rel=0.01)  # and not the last one
    loaded = Model.load(finished.path)
    assert (loaded.input_level_dbu, loaded.output_level_dbu) == (pytest.approx(16.34), pytest.approx(6.5))
    (score,) = compare_models(TakeFiles.of_capture(capture), models=[finished.path], workers=1).scores
    assert score.esr_trainer == pytest.approx(finished.esr, rel=0.02)
    for each in record.epochs:
        assert each.esr == pytest.approx(each.trainer_esr, rel=0.02)
    again = Record.load(training.folder)
    assert again == record and again.model == "mine-nano.nam"
    assert not list(training.folder.glob("epoch_*")) and not list(capture.rglob("*.part"))


@pytest.mark.parametrize(
    ("limits", "errors", "epochs", "said"),
    [
        ({}, [0.5, 0.4, 0.3, 0.2], 4, "all its steps are done"),
        ({"until_esr": 0.05}, [0.5, 0.2, 0.1], 2, "ESR 0.04 is what was asked for"),
        ({"steps": 1000}, [0.5, 0.1, *[0.2] * 8], 7, "got no better for 300 steps"),
        ({"minutes": 0.0004}, [0.5, 0.4, 0.3], 3, "its time is over"),
    ],
)
def test_it_ends_where_it_is_good_enough_stalls_or_comes_to_a_limit(capture, limits, errors, epochs, said):
    record, finished, _ = train(capture, errors, limits)
    assert record.state == "done" and said in record.reason, record.reason
    assert len(record.epochs) == epochs and finished is not None


def test_it_ends_where_the_gear_is_no_nearer_to_itself(capture):
    _, _, training = train(capture, [0.5], {"steps": 100})
    record = Record.load(training.folder)
    assert record.repeatability_esr < 1e-6 and "first and last 9 s" in record.repeatability_basis
    record.repeatability_esr, record.state = 0.02, "stopped"
    record.save(training.folder)
    record, _, _ = train(capture, [0.5, 0.3, 0.1, 0.05])
    assert (record.state, record.best_epoch) == ("done", 2) and "as near as the gear comes to itself" in record.reason


def test_what_is_done_is_not_trained_again_and_more_steps_go_on(capture):
    train(capture, [0.5, 0.2], {"steps": 200})
    told = Told()
    record, finished, _ = train(capture, [0.5, 0.2, 0.1], {"steps": 200}, told)
    assert told.resumed == [] and len(record.epochs) == 2 and finished.esr == pytest.approx(0.04, rel=0.01)
    record, finished, _ = train(capture, [0.5, 0.2, 0.1], {"steps": 300}, told)
    assert told.resumed == [200] and finished.esr == pytest.approx(0.01, rel=0.01)
    record, _, _ = train(capture, [0.4], {"steps": 100}, told, restart=True)
    assert told.resumed == [200, 0] and [round(each.esr, 2) for each in record.epochs] == [0.16]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"fails": {"epoch": 2, "why": "nan"}}, "the loss became no number, epoch 1 is kept"),
        pytest.param(
            {"fails": {"epoch": 2, "why": "memory"}},
            "the memory did not suffice, epoch 1 is kept",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            {"fails": {"epoch": 2, "why": "disk"}}, "the disk is full, epoch 1 is kept", marks=pytest.mark.soak
        ),
        pytest.param({"dies": {"epoch": 2, "signal": 9}}, "it was killed", marks=pytest.mark.soak),
        ({"dies": {"epoch": 2, "signal": 11}}, "ended by signal 11"),
    ],
)
def test_what_was_learnt_is_kept_whatever_happens_to_the_trainer(capture, fault, said):
    record, finished, _ = train(capture, [0.5, 0.2, 0.1, 0.05], **fault)
    assert record.state == "failed" and said in record.reason
    assert finished.esr == pytest.approx(0.04, rel=0.01) and Model.load(finished.path)
    record, finished, _ = train(capture, [0.5, 0.2, 0.1, 0.05])  # and it goes on
    assert record.state == "done" and finished.esr == pytest.approx(0.0025, rel=0.02)
    assert [each.epoch for each in record.epochs] == [0, 1, 2, 3]


def test_nothing_learnt_is_a_sentence_and_no_model(capture):
    with pytest.raises(TrainingError, match="the loss became no number, nothing was learnt yet"):
        train(capture, [0.5], fails={"epoch": 0, "why": "nan"})
    assert not list(capture.glob("*.nam"))


def test_an_epoch_that_is_no_model_and_a_checkpoint_that_cannot_be_read_are_passed_over(capture):
    told = Told()
    record, finished, training = train(capture, [0.1, 0.3, 0.2], {"steps": 300}, told, no_model=0)
    assert record.best_epoch == 2 and "Epoch 0 cannot be judged" in told.notes[0]
    assert record.epochs[0].esr is None and finished.esr == pytest.approx(0.04, rel=0.01)
    (training.folder / "last.ckpt").write_text("half a check")
    record, _, _ = train(capture, [0.1, 0.3, 0.2, 0.05], {"steps": 400}, told)
    assert told.resumed == [0, 200] and "goes on from the one before" in told.notes[-1]
    assert [each.epoch for each in record.epochs] == [0, 1, 2, 3] and record.best_epoch == 3


def test_two_trainings_of_one_capture_at_once_are_one_too_many(capture):
    learns(capture, [0.5, 0.1], seconds=0.5)
    lines = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import trained\n"
        "from rig.capture.result.sidecar import Capture\n"
        "from rig.training.record import Plan\n"
        "from rig.training.run import Training\n"
        f"training = Training(Capture.load({str(capture)!r}), Plan.of('nano', steps=100_000))\n"
        "training.run(trained.COMMAND, trained.Told())\n"
    )
    other = subprocess.Popen([sys.executable, "-c", lines])
    try:
        deadline = time.monotonic() + 60
        folder = capture / "train" / "nano"
        while not (record := Record.load(folder)) or not record.epochs:
            assert time.monotonic() < deadline and other.poll() is None
            time.sleep(0.05)
        with pytest.raises(TrainingError, match="is being trained as nano already"):
            train(capture, [0.5, 0.1], seconds=0.5)
    finally:
        other.send_signal(signal.SIGKILL)  # and what rig learnt until it was killed is whole
        other.wait()
    assert Record.load(folder).state == "running"
    record, _, _ = train(capture, [0.5, 0.1, 0.05], {"steps": 300})
    assert record.state == "done" and [each.epoch for each in record.epochs] == [0, 1, 2]


def test_ctrl_c_keeps_what_was_learnt(capture):
    asked = iter([False] * 12 + [True] * 1000)
    record, finished, _ = train(capture, [0.5, 0.2], must_stop=lambda: next(asked))
    assert record.state == "stopped" and finished.esr == pytest.approx(0.04, rel=0.01)


def test_what_the_trainer_learnt_ahead_of_the_judging_is_judged_when_it_is_left(capture):
    class Leaves(Told):
        def epoch(self, record, epoch, is_best):
            super().epoch(record, epoch, is_best)
            deadline = time.monotonic() + 30
            while epoch.epoch == 0 and not (capture / "train" / "nano" / "epoch_0002.nam").exists():
                assert time.monotonic() < deadline
                time.sleep(0.02)
            if epoch.epoch == 0:
                raise KeyboardInterrupt

    record, finished, training = train(capture, [0.5, 0.3, 0.1], {"steps": 1000}, Leaves(), ahead=True)
    assert record.state == "stopped" and [each.epoch for each in record.epochs] == [0, 1, 2]
    assert finished.esr == pytest.approx(0.01, rel=0.01) and not list(training.folder.glob("epoch_*"))


def test_what_a_killed_rig_had_not_judged_is_judged_when_it_is_taken_up(capture):
    record, _, training = train(capture, [0.5, 0.1], {"steps": 200})
    left = training.folder / "epoch_0001.nam"
    shutil.copy(training.folder / "best.nam", left)
    last = record.epochs.pop()
    said = {"epoch": 1, "step": last.step, "esr": last.trainer_esr, "loss": last.loss, "seconds": last.seconds}
    left.with_suffix(".json").write_text(json.dumps({**said, "file": left.name}))
    record.best_epoch, record.state = 0, "running"
    record.save(training.folder)
    record, finished, _ = train(capture, [0.5, 0.1, 0.3], {"steps": 300})
    assert [each.epoch for each in record.epochs] == [0, 1, 2] and record.best_epoch == 1
    assert finished.esr == pytest.approx(0.01, rel=0.01)
    left.write_text("nobody knows of what epoch")
    train(capture, [0.5, 0.1, 0.3, 0.2], {"steps": 400})
    assert not left.exists()


def test_a_rig_that_was_killed_behind_the_last_step_trains_no_further(capture):
    told = Told()
    record, _, training = train(capture, [0.5, 0.1], {"steps": 200}, told)
    record.state, record.reason = "running", ""
    record.save(training.folder)
    record, finished, _ = train(capture, [0.5, 0.1, 0.9], {"steps": 200}, told)
    assert (record.state, record.reason, len(record.epochs)) == ("done", "all its steps are done", 2)
    assert told.resumed == [0] and finished.esr == pytest.approx(0.01, rel=0.01)


def test_the_best_stays_the_best_where_epochs_are_learnt_again():
    def epoch(number, esr):
        return Epoch(number, 100 * number, 10.0 * number, esr, esr, 0.1)

    record = Record("mine", {}, plan())
    assert [record.add(epoch(number, esr)) for number, esr in ((0, 0.5), (1, 0.3), (2, 0.1))] == [True] * 3
    assert not record.add(epoch(1, 0.2))  # the model of epoch 2 is still there
    assert [each.epoch for each in record.epochs] == [0, 1, 2] and record.best.esr == 0.1
    assert not record.add(epoch(2, 0.15)) and record.best.esr == 0.1  # learnt again, and not as well
    assert record.add(epoch(2, 0.05)) and [each.esr for each in record.epochs] == [0.5, 0.2, 0.05]


def test_the_command_knows_all_architectures():
    assert set(ARCHITECTURES) == set(RECIPES)


def test_refusals(capture):
    train(capture, [0.5], {"steps": 100})
    with pytest.raises(TrainingError, match="began with seed 1"):
        train(capture, [0.5], {"seed": 2})
    path = capture / "train" / "nano" / "training.json"
    for text, said in (("{", "damaged"), ('{"schema": 9}', "another version"), ("[]", "damaged")):
        path.write_text(text)
        with pytest.raises(TrainingError, match=f"{said}.*--restart"):
            train(capture, [0.5])
    train(capture, [0.5], {"steps": 100}, restart=True)
    content = json.loads((capture / "capture.json").read_text())
    content["checks"][0]["verdict"] = "fail"
    failed = Capture(capture, content)
    with pytest.raises(TrainingError, match=r"failed its checks .*--accept"):
        Training(failed, plan())
    assert Training(failed, plan(), accept=True)
    with pytest.raises(TrainingError, match="there are a2, standard"):
        Plan.of("huge")


def test_a_trainer_that_cannot_be_started_is_a_sentence(capture):
    with pytest.raises(TrainingError, match="cannot be started"):
        Training(learns(capture, [0.5]), plan()).run(["/nowhere/python"], Told())
    with pytest.raises(TrainingError, match="the trainer ended by itself"):
        Training(learns(capture, [0.5]), plan()).run([sys.executable, "-c", "raise SystemExit(3)"], Told())


def test_the_trainer_has_a_home_of_its_own_and_the_lowest_priority(capture, tmp_path):
    script = tmp_path / "tells.py"
    script.write_text(
        "import json, os, sys\n"
        "from pathlib import Path\n"
        "import time; time.sleep(0.5)\n"  # its priority is set once it has begun
        "told = {'home': os.environ['HOME'], 'nice': os.nice(0), 'names': sorted(os.environ)}\n"
        f"Path({str(tmp_path / 'told.json')!r}).write_text(json.dumps(told))\n"
    )
    os.environ["SECRET_TOKEN"] = "x"
    try:
        with pytest.raises(TrainingError):
            Training(learns(capture, [0.5]), plan()).run([sys.executable, str(script)], Told())
    finally:
        del os.environ["SECRET_TOKEN"]
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["home"] != os.environ.get("HOME") and told["nice"] == 19 and "SECRET_TOKEN" not in told["names"]
    assert not os.path.exists(told["home"])  # and it is gone afterwards


def test_how_long_it_will_take():
    by_steps = Plan.of("nano", steps=1000)
    assert seconds_left(by_steps, 100, 60.0, 0, 0.0) == pytest.approx(540)
    assert seconds_left(by_steps, 500, 90.0, 400, 80.0) == pytest.approx(50)
    assert seconds_left(by_steps, 0, 0.0, 0, 0.0) == float("inf")
    assert seconds_left(Plan.of("nano", steps=1000, minutes=2), 100, 60.0, 0, 0.0) == pytest.approx(60)
