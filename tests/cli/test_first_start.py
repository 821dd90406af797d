"""The first start of a version: all is compiled at once, in one line, and not before something needs it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import RIG
from rigs import NANO

from rig.cli import first_start
from rig.cli.compile_helper import Helper
from rig.dsp.native import build
from rig.dsp.native import compile as compiling
from rig.dsp.native.compile_report import report


class Part:
    """Something to compile that takes no time."""

    def __init__(self, name: str, is_kept: bool = False) -> None:
        self.name, self.is_kept, self.compiled = f"rig.{name}", is_kept, 0

    def compile(self) -> None:
        self.compiled += 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def parts(monkeypatch, tmp_path):
    """Three parts, one of which is on disk already."""
    made = [Part("chain.block"), Part("chain.old", is_kept=True), Part("dsp.ring.read")]
    monkeypatch.setattr(compiling, "ENTRIES", made)
    monkeypatch.setattr(first_start, "modules_with_entries", list)  # importing one would add its parts to these
    monkeypatch.setattr(build, "cache_directory", lambda: tmp_path)  # which is no place that others know: no helpers
    return made


def test_on_a_terminal_it_is_one_line_that_says_what_and_how_far(parts, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    first_start.compile_all()
    assert [part.compiled for part in parts] == [1, 0, 1]
    shown = screen.getvalue()
    assert shown.count("\n") == 1
    states = shown.replace("\x1b[K", "").split("\r")
    assert states[1:] == [
        "Compiling rig for this CPU, kept for later starts: 0/2  chain.block",
        "Compiling rig for this CPU, kept for later starts: 1/2  dsp.ring.read",
        "Compiled 2 parts of rig for this CPU in 0 s.\n",
    ]
    assert all(len(state.rstrip()) < 80 for state in states)


@pytest.mark.parametrize("columns", [80, 40])
def test_the_line_stays_one_line_whatever_the_part_is_called(parts, monkeypatch, columns):
    parts[:] = [Part("backends.portaudio.callbacks.of.a.long.name") for _ in range(13)]
    screen = Terminal()
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys, "stderr", screen)
    first_start.compile_all()
    states = screen.getvalue().replace("\x1b[K", "").split("\r")
    assert [len(state) for state in states[1:-1]] == [columns - 1] * 13


def test_in_a_file_it_is_one_sentence_before_and_one_after(parts, monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    first_start.compile_all()
    assert log.getvalue().splitlines() == [
        "Compiling rig for this CPU: 2 parts, kept for later starts ...",
        "Compiled 2 parts of rig for this CPU in 0 s.",
    ]


def test_what_is_there_is_not_looked_for_again(parts, monkeypatch, capsys):
    first_start.ensure()
    first_start.ensure()
    assert [part.compiled for part in parts] == [1, 0, 1]
    for part in parts:
        part.is_kept = True
    first_start.compile_all()
    assert capsys.readouterr().err.count("Compiling") == 1


def test_the_first_part_brings_the_others_only_within_a_command(monkeypatch):
    assert report.instead is None
    with first_start.announced():
        assert report.instead is first_start.compile_all
    assert report.instead is None


def test_a_process_that_helps_keeps_what_it_compiles_and_may_die(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with contextlib.closing(Helper()) as helper:
        assert helper.compile("rig.handover.collect")
        assert [path.name for path in tmp_path.rglob("*.code")] == ["rig.handover.collect.code"]
        assert not helper.compile("rig.handover.nothing")
        helper.close()
        assert not helper.compile("rig.handover.recall")


TOGETHER = """
import json, os, threading
import rig.cli.compile_helper
from rig.cli import first_start
from rig.cli.compile_helper import Helper
from rig.cli.compile_helper import Helper
from rig.dsp.native.compile import ENTRIES
from rig.dsp.native.compile_report import report

asked, ours = threading.Event(), first_start._Parts.by_ourselves

class Mortal(Helper):
    def compile(self, name):
        asked.set()
        if {dies}:
            self.close()
        return super().compile(name)

def after_it(parts):
    asked.wait(60)  # or all may be done here before the other process has started
    ours(parts)

first_start.modules_with_entries = lambda: ["rig.dsp.ring", "rig.dsp.backing.streams", "rig.dsp.native.roofline"]
first_start.LEAST_PARTS, os.cpu_count, first_start._Parts.by_ourselves = 1, lambda: 2, after_it
rig.cli.compile_helper.Helper = Mortal
with first_start.announced():
    first_start.ensure()
print(json.dumps({{"here": report.compiled, "parts": len(ENTRIES), "kept": all(entry.is_kept for entry in ENTRIES)}}))
"""


@pytest.mark.parametrize("dies", [False, True])
def test_all_is_compiled_once_by_several_and_what_one_leaves_undone_is_done_here(tmp_path, dies):
    own = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    program = [sys.executable, "-c", TOGETHER.format(dies=dies)]
    done = subprocess.run(program, env=own, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["kept"] and told["parts"] == 3
    assert told["here"] == told["parts"] if dies else told["here"] < told["parts"]
    assert done.stderr.count("Compiling rig for this CPU") == 1
    assert len(list(tmp_path.rglob("*.code"))) == told["parts"]


def test_the_modules_to_compile_are_all_that_hold_anything():
    import importlib

    named = set(first_start.modules_with_entries())
    for name in named:
        importlib.import_module(name)
    found = {entry.function.__module__ for entry in compiling.ENTRIES if entry.function.__module__.startswith("rig.")}
    assert found == named


# Each of these fails for another reason than the compiler; with an empty cache of its own nothing may be compiled.
FAILING = [
    ["render", str(NANO), "none.wav", "out.wav"],
    ["render", str(NANO), "in.wav", "out.xyz"],
    ["compare", "in.wav", "none.wav", str(NANO)],
    ["play", str(NANO), "none.wav"],
    ["play", str(NANO), "--di", "none.wav"],
    ["play", str(NANO), "--midi", "none.toml"],
    ["play", "--backend", "jack", str(NANO)],
    ["ab", str(NANO), "--against", "none.nam"],
    ["ab", str(NANO)],
    ["capture", "check", "none"],
]
PROGRAM = f"""
import json, sys
from rig.cli import main
codes = [main(words) for words in {FAILING!r}]
report = sys.modules.get("rig.dsp.native.compile_report")
print(json.dumps({{"codes": codes, "compiled": 0 if report is None else report.report.compiled}}))
"""


def test_what_fails_without_the_compiler_does_not_wait_for_it(tmp_path):
    import numpy as np

    from rig.audio import wav

    wav.write(tmp_path / "in.wav", np.zeros(4800), 48000)
    own = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "JACK_DEFAULT_SERVER": f"none-{os.getpid()}"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"codes": [2] * len(FAILING), "compiled": 0}, done.stderr
    assert "Compiling" not in done.stderr


@pytest.mark.soak
def test_a_first_start_compiles_everything_once_and_no_later_command_anything(tmp_path):
    own = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    said = []
    for words in (
        ["info", str(NANO)],
        ["bench", "--rounds", "1", "--only", "cabinet"],
        ["info", str(NANO), "--size", "0"],
    ):
        done = subprocess.run([*RIG, *words], cwd=tmp_path, env=own, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        said.append(done.stderr.count("Compiling"))
    assert said == [1, 0, 0]
    assert list(Path(tmp_path / "cache").rglob(first_start.ALL))
