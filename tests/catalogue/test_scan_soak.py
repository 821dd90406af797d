"""Scans that are killed at random moments, that run at once, and on a cluster whose workers die: always one index."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from made_library import make_library
from places import SHARED, python_path
from varied_library import make_varied_library

from rig.catalogue.index import Index
from rig.catalogue.library import Library

pytestmark = pytest.mark.soak
COUNT, KILLS = 160, 20
REAL = ("core_wavenet_a1_standard.nam", "community_lite_12_6.nam", "community_feather_8_4.nam", "core_A2.nam")
SCAN = (
    "import sys; from rig.catalogue.library import Library\n"
    "if __name__ == '__main__':\n"
    "    found = Library(sys.argv[1]).scan(sys.argv[2], workers=2)\n"
    "    print(found.played, found.elsewhere)"
)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    make_library(folder, COUNT, 40, seed=8)
    return folder


def scanner(index, models):
    """A scan by two processes, in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", SCAN, index, models],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(python_path())},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def known(index):
    """The files of an index that is whole, each with its model; none where it is not there yet."""
    if not index.exists():
        return set()
    Index(index).close()  # it opens
    with contextlib.closing(sqlite3.connect(index)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute(
            "SELECT count(*) FROM files WHERE sha256 NOT IN (SELECT sha256 FROM models)"
        ).fetchone() == (0,)
        return {path for (path,) in database.execute("SELECT path FROM files WHERE problem IS NULL")}


def contents(library):
    return {h: (m.facts, [path.name for path in m.paths]) for h, m in library.models.items()}


@pytest.fixture(scope="module")
def whole(models, tmp_path_factory):
    """What an undisturbed scan finds."""
    with Library(tmp_path_factory.mktemp("whole") / "index.sqlite") as library:
        assert library.scan(models).played == COUNT
        yield library


def test_twenty_kills_at_random_moments_lose_nothing_but_what_was_at_hand(models, whole, tmp_path, capsys):
    seed = int(os.environ.get("RIG_SEED", random.randrange(1 << 30)))
    rng = random.Random(seed)
    index, before, kept = tmp_path / "index.sqlite", set(), []
    for kill in range(KILLS):
        scan = scanner(index, models)
        # Half of them anywhere from the start on, half a little after some more files are done.
        if kill % 2:
            time.sleep(rng.uniform(0.0, 4.0))
        else:
            goal = len(before) + rng.randrange(1, 8)
            while scan.poll() is None and (not index.exists() or rows(index) < goal):
                time.sleep(0.005)
            time.sleep(rng.uniform(0.0, 0.05))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(scan.pid, signal.SIGKILL)
        scan.communicate()
        now = known(index)
        assert before <= now, f"RIG_SEED={seed}"
        before, kept = now, [*kept, len(now)]
        if len(now) == COUNT:
            index, before = tmp_path / f"index-{kill}.sqlite", set()
    with Library(index) as library:
        found = library.scan(models)
        assert (found.played, found.unchanged) == (COUNT - len(before), len(before)), f"RIG_SEED={seed}"
        assert contents(library) == contents(whole)
    assert not list(tmp_path.glob("scan-*"))
    with capsys.disabled():
        print(f"\nRIG_SEED={seed}: files known after each kill: {kept}")


def rows(index):
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(index)) as database:
        return database.execute("SELECT count(*) FROM files").fetchone()[0]
    return 0


def test_two_scans_at_once_do_each_file_once_and_one_that_is_killed_is_taken_over(models, whole, tmp_path, capsys):
    index = tmp_path / "index.sqlite"
    both = [scanner(index, models) for _ in range(2)]
    told = [tuple(map(int, each.communicate()[0].split())) for each in both]
    assert COUNT <= sum(played for played, _ in told) <= COUNT + 2
    assert known(index) == {str(path) for path in models.iterdir()}
    index = tmp_path / "other.sqlite"
    both = [scanner(index, models) for _ in range(2)]
    while not index.exists() or rows(index) < COUNT // 4:
        time.sleep(0.01)
    os.killpg(both[0].pid, signal.SIGKILL)
    for each in both:
        each.communicate()
    assert len(known(index)) == COUNT
    with Library(index) as library:
        assert contents(library) == contents(whole)
    with capsys.disabled():
        print(f"\nplayed, read by the other: {told}")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Models of real architectures: what they cost is playing."""
    folder = SHARED / "reference" / "models"
    if not folder.is_dir():
        pytest.skip("no reference models here")
    there = tmp_path_factory.mktemp("real")
    make_varied_library(there, 96, [json.loads((folder / name).read_text()) for name in REAL], seed=3)
    return there


def test_a_cluster_makes_the_same_index_and_two_workers_share_the_work(real, tmp_path, capsys):
    distributed = pytest.importorskip("distributed")
    seconds = {}
    with Library(tmp_path / "here.sqlite") as here:
        here.scan(real)
        for count in (1, 2):
            cluster = distributed.LocalCluster(
                n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None
            )
            with cluster, Library(tmp_path / f"{count}.sqlite") as there:
                warmed_up = Path(shutil.copytree(real / "000", tmp_path / f"warm-{count}"))
                for path in sorted(warmed_up.iterdir())[2 * count :]:
                    path.unlink()
                there.scan(warmed_up, cluster=cluster.scheduler_address)
                found = there.scan(real, cluster=cluster.scheduler_address)
                seconds[count] = found.seconds
                shutil.rmtree(warmed_up)
                there.scan(warmed_up.parent, cluster=cluster.scheduler_address)
                assert (found.found, found.played, found.problems) == (96, 96 - 2 * count, ())
                same_index(here, there)
                # What is known is hashed, and played no more: also where it lies somewhere else.
                again = shutil.copytree(real, tmp_path / f"again-{count}")
                assert there.scan(again, cluster=cluster.scheduler_address).played == 0
                shutil.rmtree(again)
                there.scan(tmp_path, cluster=cluster.scheduler_address)
    with capsys.disabled():
        print(f"\n{seconds[1]:.1f} s by one worker, {seconds[2]:.1f} s by two: {seconds[1] / seconds[2]:.2f} times")


def test_a_worker_that_is_killed_costs_nothing_but_its_time(real, tmp_path):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, Library(tmp_path / "here.sqlite") as here, Library(tmp_path / "there.sqlite") as there:
        here.scan(real)
        with distributed.Client(cluster) as client:
            victims = list(client.run(os.getpid).values())

        def kill(done, total):
            if done == total // 3 and victims:
                os.kill(victims.pop(), signal.SIGKILL)

        found = there.scan(real, cluster=cluster.scheduler_address, progress=kill)
        assert len(victims) == 1
        assert (found.found, found.played, found.problems) == (96, 96, ())
        same_index(here, there)


DEADLY = """
import os
from rig.catalogue.entry import read_content as genuine
from rig.catalogue.scanning import sent_file

def read(path, data, sha256):
    if path.name == {name!r}:
        os._exit(1)
    return genuine(path, data, sha256)

sent_file.read_content = read
"""


def test_a_file_that_ends_every_worker_costs_only_itself(models, tmp_path):
    distributed, dask = pytest.importorskip("distributed"), pytest.importorskip("dask")
    name = sorted(path.name for path in models.iterdir())[5]
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        cluster = distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            preload=[DEADLY.format(name=name)],
        )
        with cluster, Library(tmp_path / "index.sqlite") as library:
            found = library.scan(models, cluster=cluster.scheduler_address)
            assert found.played == COUNT - 1
            assert [problem.split(":")[0] for problem in found.problems] == [name]
            assert "one after the other" in found.problems[0]


def same_index(one, other):
    assert contents(one) == contents(other)
    assert one.fingerprints.hashes == other.fingerprints.hashes
    # Another process may place its arrays otherwise, and sum in another order.
    assert np.abs(one.fingerprints.points - other.fingerprints.points).max() < 1e-6


def test_a_search_goes_on_while_a_scan_writes(models, tmp_path):
    index = tmp_path / "index.sqlite"
    scan = scanner(index, models)
    seen, stop = [], threading.Event()

    def search():
        while not stop.is_set():
            with Library(index) as library:
                seen.append(len(library.find("made")))

    searcher = threading.Thread(target=search)
    searcher.start()
    scan.communicate()
    stop.set()
    searcher.join()
    assert scan.returncode == 0 and seen == sorted(seen) and seen[-1] <= COUNT == len(known(index))
