"""The live tests, which are written for jackd, run on PipeWire: its libjack is loaded first, as by `pw-jack`.

Most of them in `make soak`, a few in `make test`. Those that make no sense there stand in left_out.toml, each with its
reason; a test that is left out there has to exist.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pipewireserver import PIPEWIRE_IS_MISSING, REASON, pw_jack

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TABLE = tomllib.loads((HERE / "left_out.toml").read_text())
FEW = [
    "tests/backends/test_backend_jack.py::test_playing_goes_on_with_another_block_size",
    "tests/backends/test_backend_jack.py::test_connections_are_made_again_by_name_as_far_as_they_exist",
    "tests/backends/test_backend_jack.py::test_it_connects_to_the_sound_card_by_itself",
    "tests/engine/test_midi.py",
]


def on_pipewire(tmp_path, *arguments, timeout_s):
    """Run pytest in a process whose libjack is PipeWire's; the server of its session is one of its own."""
    environment = pw_jack({**os.environ, "RIG_LIVE_ON": "pipewire"})
    environment |= {"PIPEWIRE_RUNTIME_DIR": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    for name in ("DBUS_SESSION_BUS_ADDRESS", "PIPEWIRE_REMOTE", "JACK_DEFAULT_SERVER"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout_s)
    print(done.stdout[-20000:], done.stderr[-5000:])
    return done


def left_out():
    return [test for group in TABLE["left_out"] for test in group["tests"]]


def test_what_is_left_out_on_pipewire_exists_and_has_a_reason():
    for group in TABLE["left_out"]:
        assert len(group["reason"]) > 20 and group["tests"], group
        for test in group["tests"]:
            path, _, name = test.partition("::")
            text = (ROOT / path).read_text()
            assert not name or re.search(rf"^def {re.escape(name.partition('[')[0])}\(", text, re.MULTILINE), test
    assert len(left_out()) == len(set(left_out()))
    assert not set(FEW) & set(left_out())


@pytest.mark.soak
@pytest.mark.live
@pytest.mark.skipif(PIPEWIRE_IS_MISSING, reason=REASON)
def test_periods_cables_and_midi_are_on_pipewire_what_they_are_on_jack(tmp_path):
    left = [part for test in left_out() for part in ("--deselect", test)]
    done = on_pipewire(tmp_path, "-m", "live and not soak", *left, *FEW, timeout_s=600)
    assert done.returncode == 0
    assert "passed" in done.stdout and "skipped" not in done.stdout


@pytest.mark.soak
@pytest.mark.live
@pytest.mark.skipif(PIPEWIRE_IS_MISSING, reason=REASON)
def test_all_live_tests_that_make_sense_there_pass_on_pipewire(tmp_path):
    left = [part for test in left_out() for part in ("--deselect", test)]
    done = on_pipewire(tmp_path, "-m", "live and not soak", "--ignore", "tests/pipewire", *left, timeout_s=7200)
    assert done.returncode == 0
