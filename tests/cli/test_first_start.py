"""The first start of a version: all is compiled at once, in one line, and not before something needs it."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from commandline import RIG, Playing
from jackclients import wait_until
from jackserver import JACKD_IS_MISSING
from rigs import NANO

from rig.cli.compiling import first_start, progress
from rig.cli.compiling.compile_helper import Helper
from rig.dsp.native import build
from rig.dsp.native import compile as compiling
from rig.dsp.native.compile_report import report


class Part:
    """Something to compile that takes no time."""

    def __init__(self, name: str, is_kept: bool = False) -> None:
        self.name, self.is_kept, self.compiled = f"rig.{name}", is_kept, 0

    def compile(self) -> None:
        if not self.is_kept:
            report.begin(self.name)
            self.compiled, self.is_kept = self.compiled + 1, True


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


BLOCK, OLD, READ = "chain.block", "chain.old", "dsp.ring.read"


@pytest.fixture
def parts(monkeypatch, tmp_path):
    """Three parts, one of which is on disk already and one of which no first sound needs."""
    made = [Part(READ), Part(OLD, is_kept=True), Part(BLOCK)]
    monkeypatch.setattr(compiling, "ENTRIES", made)
    monkeypatch.setattr(first_start, "modules_with_entries", list)  # importing one would add its parts to these
    monkeypatch.setattr(first_start, "names_for_the_first_sound", lambda module="": frozenset({f"rig.{BLOCK}"}))
    monkeypatch.setattr(build, "cache_directory", lambda: tmp_path)  # which is no place that others know: no helpers
    yield made
    first_start.first_start.stop()


def compiled(parts):
    return [part.name.removeprefix("rig.") for part in parts if part.compiled]


def test_on_a_terminal_it_is_one_line_that_says_how_far_and_how_long_yet(parts, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "EVERY_S", 0.001)
    monkeypatch.setattr(parts[0], "compile", lambda: time.sleep(0.05))
    first_start.compile_all()
    assert compiled(parts) == [BLOCK]
    shown = screen.getvalue()
    assert shown.count("\n") == 1
    states = shown.replace("\x1b[K", "").split("\r")
    assert re.fullmatch(r"Compiling rig for this CPU, kept for later starts: [01]/2, \d+ s left", states[1])
    assert "Compiling rig for this CPU, kept for later starts: 1/2, 1 s left" in states
    assert re.fullmatch(r"Compiled 2 parts of rig for this CPU in \d+ s\.\n", states[-1])
    assert all(len(state.rstrip()) < 80 for state in states)


@pytest.mark.parametrize("columns", [80, 40])
def test_the_line_stays_one_line_however_many_parts_there_are(parts, monkeypatch, columns):
    parts[:] = [Part(f"backends.portaudio.callbacks.of.a.long.name{i}") for i in range(1300)]
    screen = Terminal()
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "EVERY_S", 0.001)
    first_start.compile_all()
    states = screen.getvalue().replace("\x1b[K", "").split("\r")
    assert len(parts) == len(compiled(parts)) and states[1:-1]
    assert all(len(state) < columns for state in states[1:-1])


def test_in_a_file_it_is_one_sentence_before_and_one_after(parts, monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    first_start.compile_all()
    assert log.getvalue().splitlines() == [
        "Compiling rig for this CPU: 2 parts, kept for later starts ...",
        "Compiled 2 parts of rig for this CPU in 0 s.",
    ]


def test_what_cannot_be_kept_is_not_said_to_be(parts, monkeypatch, capsys):
    folder = Path(build._temporary_cache().name)  # where the user's own cannot be written
    monkeypatch.setattr(build, "cache_directory", lambda: folder)
    first_start.compile_all()
    said = capsys.readouterr().err.splitlines()
    assert said == ["Compiling rig for this CPU: 2 parts ...", "Compiled 2 parts of rig for this CPU in 0 s."]


def test_what_is_there_is_not_looked_for_again(parts, monkeypatch, capsys):
    first_start.ensure()
    for part in parts:
        part.is_kept = False
    first_start.ensure()  # the mark on disk says that all is there
    assert compiled(parts) == [READ, BLOCK] and [part.compiled for part in parts] == [1, 0, 1]
    assert capsys.readouterr().err.count("Compiling") == 1


def test_what_is_needed_first_comes_first_and_the_rest_when_it_is_asked_for(parts, capsys, tmp_path):
    with first_start.announced():
        parts[2].compile()
        assert compiled(parts) == [BLOCK]
        assert capsys.readouterr().err.splitlines()[1].endswith("s; 1 more follow meanwhile, or when they are needed.")
        assert not (tmp_path / first_start.ALL).exists()
        parts[0].compile()
    assert compiled(parts) == [READ, BLOCK]
    assert capsys.readouterr().err == ""  # it takes a moment: not worth a word
    assert (tmp_path / first_start.ALL).exists()


def test_who_plays_is_told_once_and_what_another_thread_needs_is_told_by_the_first(parts):
    told = []
    with first_start.announced():
        parts[2].compile()
        first_start.first_start.tell = told.append
        asking = threading.Thread(target=parts[0].compile)
        asking.start()
        asking.join()
        assert told == []
        assert first_start.first_start.news() == [first_start.WAIT]
        assert first_start.first_start.news() == []
    with first_start.announced():
        parts[0].is_kept = parts[2].is_kept = False
        parts[2].compile()
        first_start.first_start.tell = told.append
        parts[0].compile()
    assert told == [first_start.WAIT]


def test_what_ctrl_c_leaves_undone_is_not_taken_for_done(parts, monkeypatch, tmp_path):
    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr(parts[0], "compile", stopped)
    with pytest.raises(KeyboardInterrupt), first_start.announced():
        first_start.compile_all()
    assert compiled(parts) == [BLOCK]
    assert not (tmp_path / first_start.ALL).exists()


def test_the_first_part_brings_the_others_only_within_a_command():
    assert report.instead is None
    with first_start.announced():
        assert report.instead == first_start.first_start.wanted
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
import rig.cli.compiling.waiting_parts as parts
from rig.cli.compiling import first_start
from rig.cli.compiling.compile_helper import Helper
from rig.dsp.native.compile import ENTRIES
from rig.dsp.native.compile_report import report

asked, ours = threading.Event(), parts.Parts.complete

class Mortal(Helper):
    def compile(self, name):
        asked.set()
        if {dies}:
            self.close()
        return super().compile(name)

def after_it(parts, names):
    asked.wait(60)  # or all may be done here before the other process has started
    ours(parts, names)

first_start.modules_with_entries = lambda: ["rig.dsp.ring", "rig.dsp.backing.streams", "rig.dsp.native.roofline"]
parts.LEAST_PARTS, os.cpu_count, parts.Parts.complete = 1, lambda: 2, after_it
parts.Helper = Mortal
with first_start.announced():
    {run}
print(json.dumps({{"here": report.compiled, "parts": len(ENTRIES), "kept": all(entry.is_kept for entry in ENTRIES)}}))
"""
ALL_OF_IT = "first_start.compile_all()"
REST_BY_ITSELF = """
    import time
    first_start.names_for_the_first_sound = lambda module="": frozenset({"rig.dsp.ring.ring_read"})
    first_start.ensure()
    assert [entry.name for entry in ENTRIES if entry.is_kept][0] == "rig.dsp.ring.ring_read"
    while not first_start.first_start.parts.is_done:
        time.sleep(0.1)
"""


def together(tmp_path, run, dies):
    own = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    program = [sys.executable, "-c", TOGETHER.format(dies=dies, run=run)]
    done = subprocess.run(program, env=own, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["kept"] and told["parts"] == 3
    assert len(list(tmp_path.rglob("*.code"))) == told["parts"]
    assert list(tmp_path.rglob(first_start.ALL))
    return told, done.stderr


@pytest.mark.parametrize("dies", [False, True])
def test_all_is_compiled_once_by_several_and_what_one_leaves_undone_is_done_here(tmp_path, dies):
    told, _ = together(tmp_path, ALL_OF_IT, dies)
    assert told["here"] == told["parts"] if dies else told["here"] < told["parts"]


def test_the_rest_is_compiled_by_itself_in_another_process(tmp_path):
    told, said = together(tmp_path, REST_BY_ITSELF, dies=False)
    assert told["here"] <= 1 and "Traceback" not in said


def test_the_modules_to_compile_are_all_that_hold_anything():
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
@pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
def test_it_plays_before_all_is_compiled_and_the_rest_follows_by_itself(jack_server, tmp_path):
    own = {"JACK_DEFAULT_SERVER": jack_server.name, "XDG_CACHE_HOME": str(tmp_path)}
    for name in first_start.modules_with_entries():
        importlib.import_module(name)
    everything = sum(entry.name.startswith("rig.") for entry in compiling.ENTRIES)
    with Playing(NANO, "--no-connect", **own) as play:
        play.wait_for("^Playing", 300)
        assert not list(tmp_path.rglob(first_start.ALL)), "all was compiled before the first sound"
        kept = len(list(tmp_path.rglob("*.code")))
        wait_until(lambda: len(list(tmp_path.rglob("*.code"))) >= everything, "the rest", 300.0)
        print(f"{kept} of {everything} parts before the first sound")
    assert list(tmp_path.rglob(first_start.ALL))
    for words in (["bench", "--rounds", "1", "--only", "cabinet"], ["info", str(NANO), "--size", "0"]):
        done = subprocess.run([*RIG, *words], env={**os.environ, **own}, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0 and "Compil" not in done.stderr, done.stderr
