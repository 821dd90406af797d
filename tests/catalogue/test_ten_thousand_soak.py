"""What ten thousand models cost: counts are asserted, times and memory are told, with the state of the machine.

`RIG_LIBRARY_MODELS=500` makes fewer. They take 3.5 GB of disk and some minutes of two cores.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from places import SHARED, python_path
from varied_library import make_varied_library

COUNT = int(os.environ.get("RIG_LIBRARY_MODELS", "10000"))
# Of twenty: nine A1 standard, three lite, three feather, three A2, a wide one and an LSTM.
STANDARD = ("core_wavenet_a1_standard", "community_standard_16_8", "community_standard_headscale1")
LITE, FEATHER, A2 = "community_lite_12_6", "community_feather_8_4", "core_A2"
MIX = (*STANDARD, LITE, FEATHER, A2, *STANDARD, LITE, FEATHER, A2, *STANDARD, LITE, FEATHER, A2)
MIX += ("community_wide_20_8", "core_lstm")
SCAN = """
import json, sys
if __name__ == "__main__":
    from rig.catalogue.library import Library
    from rig.compare.models import prepare
    prepare()
    with Library(sys.argv[1]) as library:
        found = library.scan(sys.argv[2], workers=2, verify="verify" in sys.argv)
        told = {"wall_s": found.seconds, "read": found.read, "played": found.played}
        told |= {"found": found.found, "gone": found.gone, "problems": len(found.problems)}
    print(json.dumps(told))
"""
# What a scan costs is mostly playing: how fast this machine does it just now, least of some.
SPEED = """
import json, sys, time
from rig.catalogue.probe import probe
from rig.nam import Model
network, x, found = Model.load(sys.argv[1]).network(), probe().samples, []
for _ in range(9):
    before = time.thread_time()
    network.process(x)
    found.append(round(1e9 * (time.thread_time() - before) / x.size))
print(json.dumps({"least": min(found), "median": sorted(found)[4]}))
"""
SEARCH = """
import json, sys, time
from rig.catalogue.library import Library
told = {}
def timed(name, call):
    before = time.process_time()
    result = call()
    told[name] = round(1000 * (time.process_time() - before), 1)
    return result
library = timed("open", lambda: Library(sys.argv[1]))
prints = timed("read fingerprints", lambda: library.fingerprints)
first = library._index.vector(prints.hashes[0])
timed("first search by sound", lambda: library.near(first))
timed("search by sound", lambda: library.near(first))
timed("read models", lambda: library.models)
library.fingerprints
timed("first search by words", lambda: library.find("varied 17"))
timed("search by words", lambda: library.find("varied 99"))
told["models"] = len(library.models)
print(json.dumps(told))
"""


def run(program, *arguments):
    """What a program tells; CPU time of it and its children, with their start; the most memory of all, in MB (PSS)."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(python_path())}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    before = cpu_s()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    most = 0
    while process.poll() is None:
        most = max(most, sum(pss_kb(pid) for pid in tree(process.pid)))
        time.sleep(0.2)
    told = process.communicate()[0]
    assert process.returncode == 0
    return json.loads(told) | {"cpu_s": round(cpu_s() - before, 2), "mb": round(most / 1024)}


def cpu_s():
    """Of all children that have ended, and of theirs."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def tree(pid):
    """A process and all below it."""
    with contextlib.suppress(OSError):
        yield pid
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                yield from tree(int(child))


def pss_kb(pid):
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/smaps_rollup").read_text().split("\nPss:")[1].split()[0])
    return 0


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is told by Linux")
def test_ten_thousand_models_are_read_once_and_then_only_what_changed(tmp_path, capsys):
    reference = SHARED / "reference" / "models"
    if not reference.is_dir():
        pytest.skip("no reference models here")
    documents = [json.loads((reference / f"{name}.nam").read_text()) for name in MIX]
    models, index = tmp_path / "models", tmp_path / "index.sqlite"
    make_varied_library(models, COUNT, documents, seed=7)

    def told(what, found):
        load = "/".join(f"{load:.1f}" for load in os.getloadavg())
        each = f", {1000 * found['cpu_s'] / COUNT:.2f} ms of CPU for each model" if "played" in found else ""
        with capsys.disabled():
            print(f"\n{what}{each}: {found} (load {load})")

    standard = reference / f"{STANDARD[0]}.nam"
    told("ns per sample of A1 standard, before", run(SPEED, standard))
    found = run(SCAN, index, models)
    told("first scan", found)
    told("ns per sample of A1 standard, behind", run(SPEED, standard))
    assert (found["found"], found["played"], found["problems"]) == (COUNT, COUNT, 0)
    found = run(SCAN, index, models)
    told("nothing changed", found)
    assert (found["read"], found["played"]) == (0, 0)
    one = next(models.rglob("*.nam"))
    one.write_text(one.read_text() + " ")
    assert run(SCAN, index, models)["read"] == 1
    folder = models / "000"
    folder.rename(models / "moved")
    moved = len(list((models / "moved").iterdir()))
    found = run(SCAN, index, models)
    told(f"{moved} moved", found)
    assert (found["read"], found["played"], found["gone"]) == (moved, 0, moved)
    found = run(SCAN, index, models, "verify")
    told("verify", found)
    assert (found["read"], found["played"]) == (COUNT, 0)
    told("searches in ms of CPU", run(SEARCH, index))
    shutil.rmtree(models)
