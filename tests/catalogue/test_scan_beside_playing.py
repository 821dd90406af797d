"""A scan on all cores beside `rig play`: it steps back behind everything else, and costs no cycle of ours."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import watched_play
from commandline import RIG, Playing
from jackclients import wait_until
from jackserver import JACKD_IS_MISSING
from made_library import make_library
from places import python_path
from rigs import NANO

from rig.catalogue.library import Library

LINUX = sys.platform == "linux"
MOST_BYTES = 600e6  # of all processes of a scan together


LOWEST = (19, os.SCHED_IDLE if LINUX else 0)


def priority(pid=0):
    """Nice, and the class of the scheduler, of a process."""
    return os.getpriority(os.PRIO_PROCESS, pid), os.sched_getscheduler(pid)


@pytest.mark.skipif(not LINUX, reason="looks at processes by /proc")
def test_workers_step_back_and_whoever_asks_stays_as_it_was(tmp_path):
    make_library(tmp_path / "models", 2, 2, seed=7)
    before, seen = priority(), set()

    def look(done, total):
        """After the first file: wait until its worker has stepped back."""
        deadline = time.monotonic() + 60
        while done and LOWEST not in seen and time.monotonic() < deadline:
            for pid in processes(os.getpid()):
                with contextlib.suppress(OSError):
                    if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        seen.add(priority(pid))
            time.sleep(0.05)

    with Library(tmp_path / "index.sqlite") as library:
        library.scan(tmp_path / "models", workers=2, progress=look)
    assert LOWEST in seen and priority() == before


def processes(pid):
    """It, and all that it has started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            found += [each for child in (task / "children").read_text().split() for each in processes(int(child))]
    return found


def looked_at(pid):
    """The priorities of a scan's processes, and the memory of all of them together; what has just ended is left out."""
    seen, memory = set(), 0
    for each in processes(pid):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
            memory += sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))
            seen.add(priority(each))
    return seen, memory


def played_while_scanning(server, folder, count, least_s):
    """What a watch on each cycle of `rig play` says of a scan beside it; priorities, and the most memory."""
    make_library(folder / "models", count, min(48, count), seed=7)
    report = folder / "report.json"
    command = [sys.executable, watched_play.__file__, report]
    environment = {"JACK_DEFAULT_SERVER": server.name}
    seen, most, scans = set(), 0, 0
    with Playing(NANO, "--no-ir", "--no-connect", "--no-page", command=command, **environment) as playing:
        playing.wait_for("^Playing")
        time.sleep(2.0)
        playing.send(signal.SIGUSR1)
        until = time.monotonic() + least_s
        while scans == 0 or time.monotonic() < until:
            started = subprocess.Popen(
                [*RIG, "library", "scan", folder / "models", "--index", folder / f"index-{scans}.sqlite"],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(python_path())},
                stdout=subprocess.PIPE,
                text=True,
            )
            while started.poll() is None:
                if LINUX and (folder / f"index-{scans}.sqlite").exists():  # by then it has stepped back
                    priorities, memory = looked_at(started.pid)
                    seen, most = seen | priorities, max(most, memory)
                time.sleep(0.1)
            said = started.communicate()[0]
            assert started.returncode == 0 and f"holds {count} models" in said, said
            scans += 1
        playing.send(signal.SIGUSR2)
        wait_until(report.exists, "what the cycles took", 60)
        assert playing.end() == 0
    return json.loads(report.read_text()), seen, most, scans


def check(server, folder, count, least_s, capsys):
    report, seen, most, scans = played_while_scanning(server, folder, count, least_s)
    with capsys.disabled():
        figures = {name: report[name] for name in ("cycles", "kept", "lost", "cpu", "own", "longest", "blind")}
        print(f"\n{scans} scans of {count}; {figures}")
        print(f"ours: {report['ours']}; the machine's: {len(report['machines'])}; {most / 1e6:.0f} MB; {seen}")
    assert report["cycles"] > 0 and report["ours"] == []
    assert not LINUX or (seen == {LOWEST} and most < MOST_BYTES)


@pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
def test_a_short_scan_costs_no_cycle_of_ours(jack_server, tmp_path, capsys):
    check(jack_server, tmp_path, 4, 0.0, capsys)


@pytest.mark.soak
@pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
def test_scanning_while_playing_costs_no_cycle_of_ours(jack_server, tmp_path, capsys):
    """Line 6 of what must hold; the machine should be quiet."""
    check(jack_server, tmp_path, 300, 60.0 * float(os.environ.get("RIG_SOAK_MINUTES") or 1), capsys)
