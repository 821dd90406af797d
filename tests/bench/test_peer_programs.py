"""Benchmark programs of other players: found wherever they lie, run, and what they print read, or told of."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from rig.bench.peer_programs import BENCHMODEL, MODELTEST, PeerTime, find_programs, read_times, run_program
from rig.errors import FileError

HERE = Path(__file__).parent
# Printed by `benchmodel` of NeuralAmpModelerCore daae2d0, built by gcc 12.2, and by `ModelTest` of NeuralAudio e59cd5d
# with that NeuralAmpModelerCore in it, built by clang 22, in the folder of files that `write_shape` wrote.
RECORDED = HERE / "recorded"


def program(path: Path, body: str) -> Path:
    """A program in Python under that name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{body}\n")
    path.chmod(0o755)
    return path


def ran(tmp_path: Path, body: str, time_limit_s: float = 60.0):
    program(tmp_path / "peers" / "gcc" / "benchmodel", body)
    (found,) = find_programs(tmp_path / "peers")
    return run_program(found, tmp_path / "a.nam", "A1 nano", time_limit_s)


def recorded(name: str) -> str:
    return (RECORDED / name).read_text(encoding="utf-8")


def test_benchmodel_says_milliseconds_for_two_seconds_of_audio():
    (found,) = read_times(BENCHMODEL, recorded("benchmodel.txt"))
    assert found == PeerTime("", pytest.approx(208.778e6 / 96000))


def test_modeltest_says_seconds_for_each_implementation_that_is_in_it():
    found = read_times(MODELTEST, recorded("modeltest-lstm.txt"))
    assert [(each.implementation, each.general) for each in found] == [
        ("Internal", False),
        ("NAM Core", False),
        ("RTNeural", False),
    ]
    seconds = [each.ns_per_sample * (1 << 18) / 1e9 for each in found]
    assert seconds == pytest.approx([0.0369515, 0.0476046, 0.0545412])


def test_modeltest_says_which_model_it_was_not_built_for():
    found = read_times(MODELTEST, recorded("modeltest-general.txt"))
    assert [(each.implementation, each.general) for each in found] == [
        ("Internal", True),
        ("NAM Core", False),
        ("RTNeural", True),
    ]


@pytest.mark.parametrize("kind", [BENCHMODEL, MODELTEST])
@pytest.mark.parametrize(
    "text", ["", "hello\n", "12\n", "ms\n", "0ms\n0ms\n", "Internal: 0 (infxRT)\n", "RTNeural: x\n"]
)
def test_what_is_no_time_is_none(kind, text):
    assert read_times(kind, text) == ()


def test_lines_may_end_as_on_windows():
    assert read_times(BENCHMODEL, "Finished\r\n96ms\r\n96.5ms\r\n")[0].ns_per_sample == pytest.approx(96.5e6 / 96000)


def test_programs_are_found_wherever_they_lie_and_only_those_that_can_be_run(tmp_path):
    for name in ("gcc/tools/benchmodel", "clang/tools/benchmodel", "na/Utils/ModelTest/ModelTest"):
        program(tmp_path / name, "")
    program(tmp_path / "na" / "other", "")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "benchmodel").write_text("int main() {}")
    (tmp_path / "source" / "ModelTest").mkdir()
    (tmp_path / "again").symlink_to(tmp_path / "gcc" / "tools" / "benchmodel")
    found = find_programs(tmp_path)
    assert [(each.kind, each.name) for each in found] == [
        (BENCHMODEL, "clang/tools/benchmodel"),
        (BENCHMODEL, "gcc/tools/benchmodel"),
        (MODELTEST, "na/Utils/ModelTest/ModelTest"),
    ]
    with pytest.raises(FileError, match=r"nowhere: this folder cannot be read \(No such file"):
        find_programs(tmp_path / "nowhere")


def test_a_program_gets_the_model_and_its_time_is_read(tmp_path):
    run = ran(tmp_path, "print('Loading model', sys.argv[1])\nprint('9ms')\nprint('9.6ms')")
    assert run.fault is None and run.times == (PeerTime("", pytest.approx(100.0)),)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            "print('bad config'); sys.exit(3)",
            r"ended with exit code 3 on A1 nano, with 'bad config' as its last words\.",
        ),
        ("os.kill(os.getpid(), 11)", r"gcc/benchmodel ended with the signal SIGSEGV on A1 nano\."),
        ("print('\\x1b[2Jall fine')", r"printed no time for A1 nano that rig could read, but '.*all fine'; rig reads"),
        ("", r"printed no time for A1 nano that rig could read, but nothing; rig reads"),
    ],
)
def test_a_program_that_fails_is_one_sentence_and_may_do_with_other_models(tmp_path, body, sentence):
    run = ran(tmp_path, body)
    assert run.times == () and not run.hopeless and run.fault is not None
    assert re.search(sentence, run.fault), run.fault
    assert "\x1b" not in run.fault and "\n" not in run.fault


def test_a_program_for_another_machine_is_not_tried_again(tmp_path):
    path = program(tmp_path / "benchmodel", "")
    path.write_bytes(b"\x7fELF of something else")
    (found,) = find_programs(tmp_path)
    run = run_program(found, tmp_path / "a.nam", "A2")
    assert run.hopeless and run.fault is not None
    assert run.fault.startswith("benchmodel cannot be run (Exec format error); build it on this machine")


def test_a_program_that_hangs_is_stopped_with_all_that_it_started(tmp_path):
    pids = tmp_path / "pids"
    body = f"""
child = os.fork()
with open({str(pids)!r}, "a") as file:
    file.write(f"{{os.getpid()}} ")
print("Running benchmark", flush=True)
time.sleep(600)
"""
    run = ran(tmp_path, body, time_limit_s=2.0)
    assert run.hopeless and run.fault is not None
    assert run.fault.startswith("gcc/benchmodel had not ended 2 s after it was given A1 nano, and was stopped;")
    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) == 2
    for _ in range(200):  # whoever adopts the child collects it
        if not any(alive(pid) for pid in started):
            return
        time.sleep(0.02)
    pytest.fail("the child of the program goes on")


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and was not collected does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_program_that_never_stops_printing_is_stopped(tmp_path):
    run = ran(tmp_path, "while True:\n    print('x' * 1000)")
    assert run.times == () and run.fault is not None and "printed no time" in run.fault and len(run.fault) < 400


def test_signals_without_a_name_are_told_by_their_number(tmp_path):
    unnamed = signal.SIGRTMIN + 1
    run = ran(tmp_path, f"os.kill(os.getpid(), {unnamed})")
    assert run.fault is not None and f"ended with the signal {int(unnamed)} on A1 nano" in run.fault
