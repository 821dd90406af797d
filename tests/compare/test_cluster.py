"""Comparing on a Dask cluster: workers that start from another folder, come late, or are of no use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import model_files
import numpy as np
import pytest
from places import python_path

import rig
from rig.audio.wav import write
from rig.compare.cluster import on_cluster
from rig.errors import CompareError, ConfigError

RATE = 48000


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with a pair and a model, to be named by relative paths."""
    folder = tmp_path_factory.mktemp("pair")
    x = np.random.default_rng(0).standard_normal(RATE) * 0.1
    write(folder / "dry.wav", x, RATE)
    write(folder / "wet.wav", 0.5 * x, RATE)
    model_files.write(folder / "half.nam", model_files.finished("Linear", {"receptive_field": 1, "bias": False}, [0.5]))
    return folder


@pytest.fixture
def scheduler():
    """One without a worker, in this process."""
    with pytest.importorskip("distributed").LocalCluster(
        n_workers=0, threads_per_worker=1, processes=False, dashboard_address=None
    ) as one:
        yield one


def test_that_no_worker_is_there_is_said_and_the_comparison_goes_on_when_one_comes(
    scheduler, files, tmp_path, monkeypatch
):
    monkeypatch.setattr("rig.compare.cluster.LONELY_S", 0.2)
    monkeypatch.chdir(files)
    said = []

    def tell(text):
        said.append(text)
        if len(said) == 1:
            os.chdir(tmp_path)  # as a worker elsewhere: relative paths mean nothing there
            scheduler.scale(1)

    there = rig.compare_models("dry.wav", "wet.wav", ["half.nam"], cluster=scheduler.scheduler_address, tell=tell)
    assert "No worker is at the Dask scheduler at inproc://" in said[0]
    assert said[0].endswith("the comparison goes on when one comes.")
    assert not there.failures
    here = rig.compare_models(files / "dry.wav", files / "wet.wav", [files / "half.nam"])
    assert here.scores == there.scores


def wrong(job):
    raise CompareError("This file cannot be judged.")


def broken(job):
    raise ModuleNotFoundError("No module named 'pyloudnorm'")


@pytest.mark.parametrize(
    ("work", "error", "words"),
    [
        (wrong, CompareError, "This file cannot be judged"),
        (broken, ConfigError, r"A worker of .* failed \(ModuleNotFoundError: No module named 'pyloudnorm'\)"),
    ],
)
def test_what_a_worker_cannot_do_is_a_sentence(scheduler, work, error, words):
    scheduler.scale(1)
    with pytest.raises(error, match=words):
        list(on_cluster(scheduler.scheduler_address, work, [1], print))


@pytest.mark.soak
def test_real_workers_in_another_folder_give_the_same_figures(files, tmp_path):
    """A scheduler and a worker as processes of their own; then the scheduler is killed under a comparison."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(python_path())}
    run = partial(subprocess.Popen, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    told = tmp_path / "scheduler.json"
    program = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
    scheduler = run([*program, "--scheduler-file", told])
    worker = None
    try:
        while not told.exists():
            time.sleep(0.05)
            assert scheduler.poll() is None
        command = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", told, "--nthreads", "1"]
        worker = run([*map(str, command), "--no-dashboard", "--no-nanny"])
        address = json.loads(told.read_text())["address"]
        many = [Path(shutil.copy(files / "half.nam", files / f"{number}.nam")) for number in range(20)]
        there = rig.compare_models(files / "dry.wav", files / "wet.wav", many, cluster=address)
        here = rig.compare_models(files / "dry.wav", files / "wet.wav", many)
        assert not there.failures and here.scores == there.scores
        worker.kill()
        with pytest.raises(ConfigError, match="went away"):
            rig.compare_models(
                files / "dry.wav", files / "wet.wav", many, cluster=address, tell=lambda _: scheduler.kill()
            )
    finally:
        for process in (worker, scheduler):
            if process is not None:
                process.kill()
                process.wait()
