"""Standard output: errors as JSON, nothing of C libraries in it, and a sentence where it is closed or full."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from commandline import RIG

from rig.cli import main
from rig.cli.standard_output import to_ourselves


@pytest.mark.parametrize(
    "words",
    [
        ["info", "none.nam", "--json"],
        ["render", "none.nam", "in.wav", "out.wav", "--json"],
        ["ir", "none.wav", "--json"],
        ["compare", "none.wav", "none.wav", "none.nam", "--json"],
        ["abx", "none.json", "--json"],
        ["capture", "check", "none", "--json"],
        ["capture", "finish", "none", "none.nam", "--json"],
        ["signal", "none/out.wav", "--json"],
        ["midi", "--midi", "none.toml", "--json"],
        ["render", "a", "--jsn", "--json"],
        ["--json", "rendr"],
    ],
)
def test_an_error_is_one_json_object_and_a_sentence_beside_it(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    assert set(report) == {"error"}
    assert printed.err.startswith(f"rig: {report['error']}\n")


def test_without_json_nothing_is_printed_there(capsys):
    assert main(["info", "none.nam"]) == 2
    assert capsys.readouterr().out == ""


def test_what_c_code_prints_goes_to_standard_error(capfd):
    program = (
        "import ctypes, sys\n"
        "from rig.cli.standard_output import to_ourselves\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.printf(b'before ')\n"
        "libc.fflush(None)\n"
        "with to_ourselves():\n"
        "    libc.printf(b'noise of a library ')\n"  # held back until the end, as in a pipe
        "    print('{}')\n"
        "print('after')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.stdout == "before {}\nafter\n"
    assert done.stderr == "noise of a library "


def test_a_stream_that_is_no_file_is_left_alone(capsys):
    with to_ourselves():
        print("here")
    assert capsys.readouterr().out == "here\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [["--version"], ["--version", "--json"]])
def test_a_full_disk_behind_standard_output_is_a_sentence(words):
    with open("/dev/full", "w") as full:
        done = subprocess.run([*RIG, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    assert re.search(r"^rig: Standard output cannot be written \(No space left", done.stderr, re.M)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of another kind")
def test_a_closed_standard_output_is_a_sentence():
    command = " ".join([*RIG, "--version"])
    done = subprocess.run(["sh", "-c", f"{command} >&-"], stderr=subprocess.PIPE, text=True, timeout=300)
    assert done.returncode == 2
    assert done.stderr == "rig: Standard output is closed: what was to be shown there is lost.\n"


def test_versions_name_all_that_rig_stands_on(capsys):
    assert main(["--version", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    for part in ("rig", "python", "numpy", "numba", "llvmlite", "scipy", "soundfile", "libsndfile", "jack", "cpu"):
        assert found[part], part
    assert re.match(r"\d+\.\d+", found["libsndfile"].removeprefix("libsndfile-"))
    assert main(["--version"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"rig {found['rig']}\n")
    assert found["llvmlite"] in shown and found["cpu"] in shown
