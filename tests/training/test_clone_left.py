"""`rig clone` is left at any of its questions, comes to an end at every step, and is looked at."""

from __future__ import annotations

import json
import os
import pty
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cloning import MODEL, found, table
from commandline import called, refused
from rigs import NANO, RATE
from terminal import Terminal
from trained import learns

from rig.audio import wav
from rig.cli import parser
from rig.cli.commands import clone as clone_command
from rig.cli.console import Console, Left
from rig.cli.training.clone_steps import keep_comparison, look
from rig.cli.training.taken_up import command_line
from rig.files.hashing import sha256_of
from rig.files.lock import is_held, locked
from rig.nam import Model
from rig.training.record import LOCK, Epoch, Plan, Record


@pytest.fixture
def types(monkeypatch):
    """Let somebody sit at a terminal who has typed this; the terminal is standard input."""
    ours, theirs = pty.openpty()
    with open(theirs, closefd=True) as keyboard:
        monkeypatch.setattr(sys, "stdin", keyboard)
        yield lambda keys: os.write(ours, keys.encode())
    os.close(ours)


@pytest.fixture
def at_question(capture):
    """Bring it to one of its questions: a word of that question."""

    def bring(question):
        learns(capture, [0.5], steps=1000)  # and after that epoch it takes long
        if question == "all the same":
            path = capture / "capture.json"
            content = json.loads(path.read_text())
            content["checks"][0]["verdict"] = "fail"
            path.write_text(json.dumps(content))
        elif question == "begin anew":
            (capture / "train" / "nano").mkdir()
            (capture / "train" / "nano" / "training.json").write_text("{")
        else:
            learnt = Record("mine", {}, Plan.of("nano"), state="done" if question == "listening" else "stopped")
            files = json.loads((capture / "capture.json").read_text())["files"]
            learnt.pair = {name: files[name] for name in ("dry.wav", "wet.wav")}
            learnt.add(Epoch(0, 1000, 1.0, 0.25, 0.25, 0.25))
            (capture / "train" / "nano").mkdir()
            learnt.save(capture / "train" / "nano")
            shutil.copy(NANO, capture / MODEL)
            standing = look(Path("captures"), "mine")
            keep_comparison(standing, {"scores": [{"verdict": "great", "esr_matched": 0.0, "null_db": None}]})

    return bring


LEFT_AT = {"listening": ">4", "begin anew": ">2", "all the same": ">2", "take epoch 0": ">2"}


@pytest.mark.parametrize("keys", ["q\n", "Q\n", "\x04"], ids=["q", "Q", "Ctrl-D"])
@pytest.mark.parametrize("question", LEFT_AT)
def test_q_and_ctrl_d_leave_at_every_question_in_order(capsys, python, at_question, types, goes_on, question, keys):
    at_question(question)
    types(keys)
    done = called(capsys, "clone", "mine", "--no-page", "--architecture", "nano", "--python", python)
    assert (done.returncode, done.stderr) == (0, "")
    assert question in done.stdout and LEFT_AT[question] in table(done.stdout)
    assert done.stdout.endswith(goes_on("mine", "--architecture nano"))


def test_ctrl_c_at_a_question_leaves_in_order(at_question, capture):
    at_question("listening")
    terminal = Terminal("mine", "--no-page", command="clone", cwd=capture.parent.parent)
    try:
        terminal.press("", "Go on with listening")
        terminal.process.send_signal(signal.SIGINT)
        terminal.press("", "rig: stopped.")
        assert "To go on from here:\r\n  rig clone mine --no-page\r\n" in terminal.text
        assert terminal.process.wait(60) == 130 and terminal.is_as_before
    finally:
        terminal.close()


def test_what_is_no_answer_is_asked_again_and_what_was_learnt_from_another_take_is_forgotten_when_wanted(
    capsys, python, at_question, types, capture
):
    at_question("begin anew")
    learns(capture, [0.5], steps=2000)
    types("y\nperhaps\nn\n")
    done = called(capsys, "clone", "mine", "--no-page", "--architecture", "nano", "--python", python)
    assert done.returncode == 0 and "'perhaps' is no answer to that; Enter goes on, n or q leaves." in done.stdout
    assert table(done.stdout) == ["*1", "*2", ">3", " 4", " 5"]
    assert Record.load(capture / "train" / "nano").state == "done"


def test_a_name_is_not_taken_for_the_wish_to_leave(types):
    types("q\n")
    assert Console().ask("Name of the capture?", "a NAME") == "q"
    types("q\n")
    with pytest.raises(Left):
        Console().ask("Which port comes back?", "--return PORT", "system:capture_1")


def test_nothing_is_lost_of_what_was_given_in_the_line_that_takes_it_up():
    words = shlex.split(
        "rig clone 'my amp' --yes --send playback_3 --return 'a b' --input in --di di.wav --into 'of mine' "
        "--signal s.wav --no-trial --retakes 2 --accept --architecture a2 --minutes 1.5 --threads 2 --python p "
        "--gear-make X --send-dbu 12 --send-method spec --no-page --page-port 8118"
    )
    options = parser().parse_args(words[1:])
    line = command_line(clone_command.add, "clone", options, 1000)
    assert "\n" not in line and sorted(shlex.split(line)) == sorted(words)
    assert parser().parse_args(shlex.split(line)[1:]) == options
    narrow = command_line(clone_command.add, "clone", options, 60)
    assert max(map(len, narrow.splitlines())) <= 60
    assert shlex.split(narrow.replace("\\\n", "")) == shlex.split(line)  # as a shell reads it
    plain = parser().parse_args(["clone", "e570"])
    assert command_line(clone_command.add, "clone", plain, 80) == "  rig clone e570"


def test_a_perfect_model_is_the_end_of_comparing(capture, clone):
    samples = Model.load(capture.parent / "perfect.nam").render(wav.read(capture / "dry.wav").samples[:, 0], 4096)
    wav.write(capture / "wet.wav", samples, RATE, "FLOAT", overwrite=True)
    sidecar = json.loads((capture / "capture.json").read_text())
    sidecar["files"]["wet.wav"] = sha256_of(capture / "wet.wav")
    (capture / "capture.json").write_text(json.dumps(sidecar))
    learns(capture, [0.0], steps=2000)
    done = clone("--architecture", "nano")
    assert done.returncode == 0, done.stderr
    assert table(done.stdout) == ["*1", "*2", "*3", ">4", " 5"]
    assert found()[0]["compare"] == "great: ESR 0.0000, nothing is left", found()[0]


def test_a_step_that_is_not_done_at_its_end_is_said_and_not_begun_for_ever(capture, clone):
    learns(capture, [0.5], steps=2000, no_model=0)  # nothing is learnt, and the trainer is through with it
    done = clone("--architecture", "nano")
    refused(done, "train came to its end, and is not done: nano: nothing learnt")
    assert "To go on from here:" in done.stdout and table(done.stdout)[1] == ">2"


def test_to_look_where_it_stands_touches_nothing(capture, at_question):
    at_question("take epoch 0")
    folder = capture / "train" / "nano"
    record = Record.load(folder)
    record.state = "running"
    record.save(folder)
    before = sorted(capture.rglob("*"))
    assert "cut off" in found(architecture="nano")[0]["train"] and sorted(capture.rglob("*")) == before
    with locked(folder, 0, LOCK):
        assert "being trained by another rig" in found(architecture="nano")[0]["train"]
        assert is_held(folder / LOCK)
        attempt = LOCKS_AT_ONCE.format(str(folder / LOCK))
    # Who looks again and again keeps nobody away who wants to train.
    with subprocess.Popen([sys.executable, "-c", attempt], stdout=subprocess.PIPE, text=True) as other:
        while other.poll() is None:
            found(architecture="nano")
        assert other.stdout.read() == "1000\n"
    assert is_held(folder / LOCK) is False and is_held(folder / "none") is False


LOCKS_AT_ONCE = """
import fcntl
got = 0
for _ in range(1000):
    with open({!r}) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            got += 1
        except OSError:
            pass
print(got)
"""
