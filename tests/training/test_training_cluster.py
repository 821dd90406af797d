"""Trainings on a Dask cluster: real workers, which train with the stand-in; one of them is killed."""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import os
import platform
import shutil
import signal
import socket
import stat
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import stand_in_trainer
from commandline import called
from trained import Told, learns

import rig
from rig.capture.result.sidecar import Capture
from rig.cli.commands.train import INTERRUPTED
from rig.errors import ConfigError
from rig.files.hashing import sha256_of
from rig.nam import Model
from rig.training import cluster, sent
from rig.training.cluster import train_on_cluster
from rig.training.record import Plan, Record
from rig.training.run import Training

distributed = pytest.importorskip("distributed")
ERRORS = [0.3, 0.1, 0.2]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """Where these workers train, and nobody else does."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def workers(scratch):
    """A cluster of two worker processes, each with a nanny, as `dask worker` starts them; port 8787 is taken.

    They are forked from a process that has imported what they need, which is most of their start.
    """
    from dask import config
    from distributed.utils import get_mp_context

    with socket.socket() as dashboard, config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        with contextlib.suppress(OSError):  # it is taken by another then
            dashboard.bind(("", 8787))
            dashboard.listen()
        get_mp_context()
        multiprocessing.set_forkserver_preload(["distributed", "numba", "rig.training.on_worker", "rig.compare.models"])
        with distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            local_directory=str(scratch),
            silence_logs=logging.CRITICAL,
        ) as both:
            yield both


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of a trainer's environment, for which the stand-in stands in."""
    script = tmp_path_factory.mktemp("environment") / "python"
    answer = "rig asked: " + json.dumps({"python": "3.11.2", **stand_in_trainer.VERSIONS})
    script.write_text(
        f"#!/bin/sh\nshift\nif [ \"$1\" = -c ]; then echo '{answer}'; exit; fi\n"
        f'exec {sys.executable} -I {stand_in_trainer.__file__} "$@"\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


@pytest.fixture
def captures(taken, tmp_path):
    """Two captures that know how the stand-in learns them; that goes to the workers as a file of theirs."""
    shutil.copy(taken.parent / "perfect.nam", tmp_path / "perfect.nam")

    def made(name, errors=ERRORS, **more):
        folder = shutil.copytree(taken, tmp_path / name)
        learns(folder, errors, **more)
        content = json.loads((folder / "capture.json").read_text())
        content["files"]["stand_in.json"] = sha256_of(folder / "stand_in.json")
        (folder / "capture.json").write_text(json.dumps(content))
        return folder

    return made


def training(folder, steps=300):
    return Training(Capture.load(folder), Plan.of("nano", steps=steps))


def trainers(scratch):
    """By the name of the capture that it trains: a stand-in below `scratch`, and the worker that started it."""
    found = {}
    for stated in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stated.read_text().rpartition(")")[2].split()[1])
            words = (stated.parent / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if stand_in_trainer.__file__ in words and scratch in Path(words[-2]).parents:
            found[Path(words[-2]).parents[1].name] = (int(stated.parent.name), parent)
    return found


def wait_until(is_so):
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Watched(Told):
    """Calls `act` at each epoch."""

    def __init__(self, act):
        super().__init__()
        self.act = act

    def epoch(self, record, epoch, is_best):
        super().epoch(record, epoch, is_best)
        self.act(epoch.epoch)


def train(workers, python, *pairs, said=None, **more):
    address = workers if isinstance(workers, str) else workers.scheduler_address
    said = [] if said is None else said
    return train_on_cluster(address, pairs, said.append, threads=1, python=python, **more)


def test_two_captures_on_two_workers_of_which_one_is_killed(workers, scratch, captures, python, tmp_path):
    go = tmp_path / "go"  # no second epoch before both have had their first
    clean, lead = (captures(name, waits={"epoch": 1, "for": str(go)}) for name in ("clean", "lead"))
    both, said, over = {}, [], []

    def first(epoch):
        if epoch == 0 and not go.exists() and all(len(each.epochs) == 1 for each in told):
            both.update(trainers(scratch))
            os.kill(both["lead"][1], signal.SIGKILL)
            go.touch()

    told = [Watched(first), Watched(first)]
    pairs = [(training(clean), told[0]), (training(lead), told[1])]
    ended = train(workers, python, *pairs, said=said, over=lambda number, end: over.append(number))
    assert len({worker for _, worker in both.values()}) == 2  # each on its own
    assert sorted(over) == [0, 1]
    assert sum("is gone; another goes on after epoch 0." in each for each in said) == 1, said
    assert told[0].resumed == [0] and told[1].resumed == [0, 100]  # it goes on where it was
    for folder, heard, end in zip((clean, lead), told, ended, strict=True):
        assert end.error is None and end.record.state == "done"
        assert [each.epoch for each, _ in heard.epochs] == [0, 1, 2]
        assert [is_best for _, is_best in heard.epochs] == [True, True, False]
        assert heard.steps
        assert end.finished.esr == pytest.approx(0.01, rel=0.01)
        assert end.finished.path == folder / f"{folder.name}-nano.nam" and Model.load(end.finished.path)
        here = folder / "train" / "nano"
        assert Record.load(here) == end.record and end.record.versions == stand_in_trainer.VERSIONS
        assert {path.name for path in here.iterdir()} == {
            *("training.json", "last.ckpt", "before.ckpt", "best.nam", "trainer.log", ".training.lock")
        }
        assert not list(folder.rglob("*.part"))
    gone = both["lead"][0]  # the trainer of the worker that was killed ends with it
    wait_until(lambda: not Path(f"/proc/{gone}").exists())
    alone = shutil.copytree(lead, tmp_path / "alone" / "lead")
    record, finished = training(alone).run([str(python), "-I"], Told(), restart=True)  # exactly as without one
    assert [each.esr for each in record.epochs] == [each.esr for each in ended[1].record.epochs]
    assert finished.path.read_bytes() == ended[1].finished.path.read_bytes()


def test_ctrl_c_ends_the_trainings_and_keeps_what_came_back(workers, scratch, captures, python, tmp_path):
    go = tmp_path / "go"
    mine, told = captures("mine", waits={"epoch": 1, "for": str(go)}), Told()

    def interrupt(epoch):
        raise KeyboardInterrupt

    (end,) = train(workers, python, (training(mine), Watched(interrupt)))
    assert (end.record.state, end.record.reason) == ("stopped", "stopped by hand")
    assert end.finished.esr == pytest.approx(0.09, rel=0.01)
    wait_until(lambda: not trainers(scratch))
    go.touch()
    (end,) = train(workers, python, (training(mine), told))
    assert told.resumed == [100] and end.record.state == "done" and len(end.record.epochs) == 3


def test_workers_without_the_trainer_or_with_another_rig_say_so(workers, captures, monkeypatch):
    monkeypatch.setattr(cluster, "LONELY_S", 0.5)
    said = []
    ends = train(workers, Path("/nowhere/python"), *((training(captures(n)), Told()) for n in ("a", "b")), said=said)
    assert sum("cannot train: /nowhere/python" in each for each in said) == 2  # each worker once
    assert all("/nowhere/python" in str(each.error) for each in ends)
    monkeypatch.setattr(cluster, "__version__", "0.0.1")
    (end,) = train(workers, None, (training(captures("c")), Told()))
    assert f"has rig {rig.__version__}, and this is 0.0.1; install it there" in str(end.error)
    there = ".".join(platform.python_version_tuple()[:2])
    monkeypatch.setattr(cluster, "PYTHON", "3.9.1")
    (end,) = train(workers, None, (training(captures("d")), Told()))
    assert f"runs Python {there}, and this is Python 3.9; start it with the same." in str(end.error)


def test_one_that_cannot_be_trained_does_not_keep_the_others_from_it(workers, captures, python):
    bad, good = captures("bad", fails={"epoch": 0, "why": "nan"}), captures("good", [0.1])
    ends = train(workers, python, (training(bad), Told()), (training(good, 100), Told()))
    assert "nothing was learnt yet" in str(ends[0].error) and ends[1].record.state == "done"


def test_an_address_where_nobody_answers_is_a_sentence(captures, python, monkeypatch):
    monkeypatch.setattr(cluster, "ANSWERS_S", 0.5)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(ConfigError, match=r"No Dask scheduler answers at .*; start one, or train without it"):
            train(address, python, (training(captures(address[:3])), Told()))


def test_without_dask_it_says_what_to_install(captures, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"needs Dask: pip install 'amprig\[dask\]'"):
        train("tcp://127.0.0.1:9", None, (training(captures("a")), Told()))


def test_the_command_tells_of_both_by_name(workers, captures, python, capsys):
    folders = [captures(name, [0.3, 0.1]) for name in ("clean", "lead")]
    words = ("--architecture", "nano", "--steps", 200, "--threads", 1, "--python", python)
    done = called(capsys, "train", *folders, *words, "--cluster", workers.scheduler_address)
    assert done.returncode == 0, done.stdout
    for folder in folders:
        name = folder.name
        assert f"{name}: goes to the worker tcp://" in done.stdout
        assert f"{name}: Epoch    1  ESR 0.0100" in done.stdout
        assert f"{name}: all its steps are done." in done.stdout and (folder / f"{name}-nano.nam").is_file()
        assert (folder / "train" / "nano" / "curve.html").is_file()
    again = called(capsys, "train", *folders, *words, "--json", "--cluster", workers.scheduler_address)
    assert [each["state"] for each in json.loads(again.stdout)] == ["done", "done"]  # and nothing is trained again


def test_a_worker_that_works_for_somebody_else_is_left_alone(workers, captures, python, tmp_path):
    go, said, busy = tmp_path / "go", [], set()
    with distributed.Client(workers, set_as_default=False) as other:
        taken, free = list(other.nthreads())
        job = other.submit(
            lambda path: [time.sleep(0.05) for _ in range(1200) if not path.exists()], go, workers=[taken]
        )
        while not other.processing([taken]).get(taken):
            time.sleep(0.02)
        (end,) = train(workers, python, (training(captures("mine", [0.1]), 100), Told()), said=said)
        busy.update(other.processing([taken])[taken])
        go.touch()
        job.result()
    assert end.record.state == "done" and said == [f"mine: goes to the worker {free}"] and busy == {job.key}


def test_ctrl_c_before_any_has_begun_is_no_record_that_was_removed(workers, captures, python, monkeypatch, capsys):
    def interrupted(self, restart=False):
        raise KeyboardInterrupt

    monkeypatch.setattr(Training, "taken_up", interrupted)
    done = called(capsys, "train", captures("mine"), "--python", python, "--cluster", workers.scheduler_address)
    assert done.returncode == INTERRUPTED and "removed" not in done.stdout + done.stderr


@pytest.mark.soak
def test_epochs_ahead_of_the_judging_go_with_the_training_and_are_judged(captures, python, tmp_path):
    mine, there = captures("mine", [0.3, 0.1, 0.2], ahead=True), tmp_path / "there"
    first = training(mine, 100)
    first.run([str(python), "-I"], Told())  # one epoch; then as if a second was learnt, and its worker died
    more = training(mine)
    more.taken_up()
    second = json.loads((tmp_path / "perfect.nam").read_text())
    second["weights"][-1] *= 0.9
    said = {"epoch": 1, "step": 200, "seconds": 0.02, "esr": 0.01, "loss": 0.01, "file": "epoch_0001.nam"}
    sent.store(
        {
            "epoch_0001.nam": json.dumps(second).encode(),
            "epoch_0001.json": json.dumps(said).encode(),
            "last.ckpt": json.dumps({"epoch": 1, "seconds": 0.02}).encode(),
        },
        more.folder,
    )
    told, on_worker = Told(), sent.Request.of(more, 1, None).unpacked(there, 1)
    record, _ = on_worker.run([str(python), "-I"], told)
    assert [each.epoch for each in record.epochs] == [0, 1, 2] and record.best_epoch == 1
    assert told.resumed == [200] and record.best.esr == pytest.approx(0.01, rel=0.01)
    sent.store(sent.learnt(on_worker.folder, "best.nam", "training.json"), more.folder)
    assert not list(more.folder.glob("epoch_*")) and Record.load(more.folder) == record


@pytest.mark.soak
def test_ctrl_c_judges_what_came_back_ahead_of_the_judging(workers, captures, python):
    mine = captures("mine", ahead=True)

    def interrupt(epoch):
        if threading.current_thread() is threading.main_thread() and len(told.epochs) == 1:
            raise KeyboardInterrupt

    told = Watched(interrupt)
    (end,) = train(workers, python, (training(mine), told))
    here = mine / "train" / "nano"
    learnt = json.loads((here / "last.ckpt").read_text())["epoch"]
    assert [each.epoch for each in end.record.epochs] == list(range(learnt + 1)) and not list(here.glob("epoch_*"))


NO_EPOCH = dict.fromkeys(("epoch", "step", "seconds", "esr", "trainer_esr", "loss"))
UNSOUND = [
    ("../../evil.py", b"x", "is no file of a training"),
    ("wet.wav", b"x", "is no file of a training"),
    ("best.nam", b"{", "best.nam is damaged"),
    ("best.nam", "{}", "best.nam is too large"),
    ("trainer.log", b"x" * 10_001, "trainer.log is too large"),
    ("training.json", b"[]", "training.json is damaged"),
    ("training.json", b'{"schema": 1}', "training.json is damaged"),
    ("training.json", {"capture": "yours"}, "training.json is of another training"),
    ("training.json", {"pair": {}}, "training.json is of another training"),
    ("training.json", {"state": "fine"}, "training.json is damaged"),
    ("training.json", {"epochs": [NO_EPOCH]}, "training.json is damaged"),
]


def test_what_is_no_file_of_the_training_is_not_written(captures, monkeypatch):
    one = training(captures("mine"))
    record, whole = one.taken_up(), (one.folder / "training.json").read_bytes()
    monkeypatch.setattr(sent, "MOST_OTHER_BYTES", 10_000)
    for name, content, said in UNSOUND:
        if isinstance(content, dict):
            content = json.dumps({**json.loads(whole), **content}).encode()
        digest = sent.hashes({name: content})[name] if isinstance(content, bytes) else ""
        with pytest.raises(sent.Unsound, match=said):
            sent.checked({"files": {name: content}, "sha256": {name: digest}}, record)
    files = {"training.json": whole, "last.ckpt": b"what was learnt"}
    assert sent.checked({"files": files, "sha256": sent.hashes(files)}, record) == files
    with pytest.raises(sent.Unsound, match=r"last\.ckpt is not whole"):
        sent.checked({"files": {**files, "last.ckpt": b"what was"}, "sha256": sent.hashes(files)}, record)
    other = replace(record, plan=replace(record.plan, threads=7))  # a worker has cores of its own
    assert sent.checked({"files": files, "sha256": sent.hashes(files)}, other) == files


def test_a_worker_that_sends_no_training_is_used_no_more_and_nothing_of_it_is_written(
    workers, captures, python, monkeypatch
):
    real, bad = sent.checked, []

    def checked(message, record):
        if message["what"] == "epoch" and not bad:  # as if it had been changed on the way, once
            bad.append(message["files"])
            assert real(message, record) == message["files"]
            message = {**message, "files": {**message["files"], "last.ckpt": b"half"}}
        return real(message, record)

    monkeypatch.setattr(cluster, "checked", checked)
    said, told = [], Told()
    mine = captures("mine", [0.1])
    (end,) = train(workers, python, (training(mine, 100), told), said=said)
    assert sum("sent no training of mine (last.ckpt is not whole); it is used no more." in each for each in said) == 1
    # By the other, from the beginning; or nothing is left, where the first said at once that it was done.
    assert told.resumed in ([0, 0], [0])
    assert end.record.state == "done" and Model.load(end.finished.path)


def test_a_scheduler_that_goes_away_is_a_sentence_and_what_came_back_is_kept(captures, python):
    mine = captures("mine", [0.3, 0.1], waits={"epoch": 1, "for": "/nowhere"})
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0", silence_logs=logging.CRITICAL
        ) as one,
        pytest.raises(ConfigError, match="went away, what came back is kept; start it, and the same command"),
    ):
        train(one, python, (training(mine), Watched(lambda epoch: one.close())))
    record = Record.load(mine / "train" / "nano")
    assert [each.epoch for each in record.epochs] == [0] and Model.load(mine / "train" / "nano" / "best.nam")
