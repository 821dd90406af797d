"""Ten minutes with four clients, one of which never reads: no cycle is missed by our doing, and nothing is allocated.

RIG_SOAK_MINUTES=2 makes it shorter.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from jackserver import JACKD_IS_MISSING, JackServer
from places import SUPPORT, python_path

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]
MINUTES = min(10.0, float(os.environ.get("RIG_SOAK_MINUTES", "10")))
GROWTH_MB = 16  # what the stalled one may have us keep is 4 MB


def test_four_clients_one_of_them_stalled_cost_no_cycle_and_no_allocation(tmp_path):
    script, log = SUPPORT / "machine" / "watched_page.py", tmp_path / "log"
    environment = os.environ | {
        "NUMBA_NRT_STATS": "1",
        "PYTHONPATH": os.pathsep.join(python_path()),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    with JackServer(period=64) as server, log.open("w") as notes:
        done = subprocess.run(
            [sys.executable, script, "--server", server.name, "--minutes", str(MINUTES)],
            stdout=subprocess.PIPE,
            stderr=notes,
            text=True,
            env=environment,
            timeout=60 * MINUTES + 300,
        )
    assert done.returncode == 0, log.read_text()[-5000:]
    report = json.loads(done.stdout.splitlines()[-1])
    notes = report.pop("minutes")
    for noted in notes:
        print(json.dumps(noted))
    print(json.dumps(report, indent=1))

    assert report["watched"]["ours"] == []
    assert report["page_faults"] == report["allocations"] == report["overloads"] == 0
    assert report["cycles"] >= 0.99 * report["empty_cycles"]
    assert report["most_clients"] == 4
    assert all(one["commands"] > 30 * MINUTES for one in report["clients"])
    assert all(one["frames"] > 60 * 10 * MINUTES for one in report["clients"])  # of about 45 a second
    assert notes[-1]["rss_mb"] - notes[0]["rss_mb"] < GROWTH_MB
    assert notes[-1]["threads"] <= notes[0]["threads"] + 4
    assert notes[-1]["files"] <= notes[0]["files"] + 8
