"""rig as if on Windows, macOS and FreeBSD: what needs no audio device runs there, as far as simulation shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from availability import PLATFORMS, stubs
from places import ROOT, SUPPORT

pytestmark = pytest.mark.skipif(stubs() is None, reason="mypy, whose stubs say what exists where, is not installed")
WALKED = SUPPORT / "platforms" / "walked.py"


def run_there(system, folder, *command):
    """A Python program on that system."""
    environment = {
        **os.environ,
        **{f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "STATE", "DATA")},
        "RIG_SIMULATED": system,
        "PYTHONPATH": os.pathsep.join([str(SUPPORT / "platforms" / "site"), str(ROOT)]),
    }
    command = [sys.executable, *map(str, command)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)


def walked(system, folder, *parts):
    """What failed there."""
    done = run_there(system, folder, WALKED, folder, *parts)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["system"] == system, done.stderr
    return told["failed"]


def test_on_windows_everything_without_an_audio_device_runs(tmp_path):
    assert walked("win32", tmp_path, "imports", "clock", "keys", "locks", "commands", "page") == []


@pytest.mark.soak
@pytest.mark.parametrize("system", PLATFORMS)
def test_everywhere_everything_without_an_audio_device_runs(tmp_path, system):
    parts = ("imports", "helps", "clock", "keys", "locks", "commands", "compared", "page")
    assert walked(system, tmp_path, *parts) == []


WOULD_FAIL = {
    "import fcntl": "No module named 'fcntl'",
    "os.getuid()": "no attribute 'getuid'",
    "signal.SIGHUP": "no attribute 'SIGHUP'",
    "signal.signal(10, signal.SIG_IGN)": "out of range",
    "import ctypes; ctypes.CDLL(None)": "NoneType",
    "import select; select.select([sys.stdin], [], [], 0)": "not a socket",
    "from os import fork": "cannot import name 'fork'",
    "os.open('/tmp', os.O_RDONLY)": "Permission denied",
    "open('/proc/self/status')": "No such file",
}
TRIES = """
import json
said = []
for code in {codes!r}:
    try:
        exec(code, {{"__name__": "rig.tries"}} | TAKEN)
        said.append("nothing")
    except Exception as error:
        said.append(str(error))
print(json.dumps(said), flush=True)
TAKEN["os"].kill(1, 0)
"""


def test_the_simulation_notices_what_would_fail_there(tmp_path):
    (tmp_path / "tries.py").write_text(
        "__name__ = 'rig.tries'\nimport os, signal, sys\n"
        "TAKEN = {'os': os, 'signal': signal, 'sys': sys}\n" + TRIES.format(codes=list(WOULD_FAIL))
    )
    done = run_there("win32", tmp_path, tmp_path / "tries.py")
    said = json.loads(done.stdout.splitlines()[0])
    assert [words in each for words, each in zip(WOULD_FAIL.values(), said, strict=True)] == [True] * len(said), said
    assert "Ctrl-C" in done.stderr and done.returncode == 70
