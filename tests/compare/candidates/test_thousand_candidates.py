"""A thousand candidates, models and recordings: two workers are nearly twice as fast as one, and memory is bounded.

    .venv/bin/python -m pytest -m soak -s tests/compare/candidates/test_thousand_candidates.py

Times are printed, not asserted: they are worth something on a quiet machine with two idle cores only. Some minutes;
`RIG_CANDIDATES=200` ranks fewer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import boxes
import model_files
import numpy as np
import pytest
from boxes import RATE
from places import python_path

import rig
from rig.audio.wav import write

COUNT, SECONDS = int(os.environ.get("RIG_CANDIDATES", "1000")), 1.5
MOST_GROWTH_MIB = 150  # from the first hundred candidates to the last, in any one process


@pytest.fixture(scope="module")
def thousand(tmp_path_factory):
    """Half of them small WaveNets, half recordings."""
    folder = tmp_path_factory.mktemp("thousand")
    dry = boxes.strings(SECONDS, seed=2)
    write(folder / "dry.wav", dry, RATE)
    write(folder / "wet.wav", boxes.gear(dry), RATE)
    (folder / "models").mkdir()
    rng = np.random.default_rng(7)
    for number in range(COUNT // 2):
        document = model_files.wavenet([8, 4], seed=number, dilations=(1, 2, 4, 8, 16, 32))
        model_files.write(folder / "models" / f"{number}.nam", document)
    (folder / "boxes").mkdir()
    made = boxes.box(dry)
    for number in range(COUNT // 2):
        noise = 10 ** rng.uniform(-4, -2) * rng.standard_normal(len(made))
        write(folder / "boxes" / f"{number}.wav", rng.uniform(0.3, 1.0) * made + noise, RATE)
    return folder


PROGRAM = """
import json, resource, sys, time
from pathlib import Path
import rig
from rig.compare.models import prepare

def peak_mib(who):
    return resource.getrusage(who).ru_maxrss / 1024

if __name__ == "__main__":
    folder, workers = Path(sys.argv[1]), int(sys.argv[2])
    files = sorted(folder.glob("models/*.nam")) + sorted(folder.glob("boxes/*.wav"))
    mixed = [file for pair in zip(files[: len(files) // 2], files[len(files) // 2 :]) for file in pair]
    prepare()
    peaks, start = [], time.monotonic()
    found = rig.compare_models(
        folder / "dry.wav", folder / "wet.wav", mixed, workers=workers, capture_dbu=None,
        progress=lambda done: peaks.append(peak_mib(resource.RUSAGE_SELF)),
    )
    took_s = time.monotonic() - start
    print(json.dumps({
        "took_s": took_s, "order": [score.file for score in found.scores], "failures": len(found.failures),
        "first_mib": peaks[len(peaks) // 10], "last_mib": peaks[-1], "child_mib": peak_mib(resource.RUSAGE_CHILDREN),
    }))
"""


def ranked(folder, workers):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(python_path())}
    program = folder / "rank.py"  # a file: other workers start by importing it
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, program, folder, str(workers)], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.soak
def test_two_workers_rank_a_thousand_as_one_does(thousand):
    one, two = ranked(thousand, 1), ranked(thousand, 2)
    print(f"\none worker {one['took_s']:.1f} s, two {two['took_s']:.1f} s: {one['took_s'] / two['took_s']:.2f} times")
    print(f"memory: {one['first_mib']:.0f} MiB after a hundred, {one['last_mib']:.0f} at the end; two: {two}"[:200])
    assert len(one["order"]) + one["failures"] == COUNT and one["order"] == two["order"]
    for found in (one, two):
        assert found["last_mib"] < found["first_mib"] + MOST_GROWTH_MIB
    assert two["child_mib"] < two["first_mib"] + 2 * MOST_GROWTH_MIB


@pytest.mark.soak
def test_two_dask_workers_rank_a_thousand_as_one_does(thousand, tmp_path):
    pytest.importorskip("distributed")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(python_path())}
    files = [*sorted(thousand.glob("models/*.nam")), *sorted(thousand.glob("boxes/*.wav"))]
    mixed = [file for pair in zip(files[: COUNT // 2], files[COUNT // 2 :], strict=True) for file in pair]
    pair = (thousand / "dry.wav", thousand / "wet.wav")
    told, took_s, orders = tmp_path / "scheduler.json", [], []
    silent = {"env": environment, "cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    program = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
    processes = [subprocess.Popen([*program, "--scheduler-file", told], **silent)]
    try:
        while not told.exists():
            time.sleep(0.05)
        address = json.loads(told.read_text())["address"]
        for _ in range(2):
            worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", told, "--nthreads", "1"]
            processes.append(subprocess.Popen([*map(str, worker), "--no-dashboard", "--no-nanny"], **silent))
            rig.compare_models(*pair, mixed[:20], cluster=address, capture_dbu=None)  # until it has come and compiled
            time.sleep(5)
            rig.compare_models(*pair, mixed[:40], cluster=address, capture_dbu=None)
            start = time.monotonic()
            found = rig.compare_models(*pair, mixed, cluster=address, capture_dbu=None)
            took_s.append(time.monotonic() - start)
            orders.append([score.file for score in found.scores])
        peaks_mib = [_peak_mib(process.pid) for process in processes[1:]]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    print(f"\nDask: one worker {took_s[0]:.1f} s, two {took_s[1]:.1f} s: {took_s[0] / took_s[1]:.2f} times")
    print(f"memory of the workers at most: {', '.join(f'{peak:.0f} MiB' for peak in peaks_mib)}")
    assert orders[0] == orders[1] and len(orders[0]) > COUNT // 2
    assert max(peaks_mib) < 1500


def _peak_mib(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) / 1024
