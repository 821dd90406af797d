"""`rig listen` as a user runs it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from commandline import called
from heard_tests import listened, small_test
from jackserver import JACKD_IS_MISSING
from terminal import Terminal

from rig.cli.listening.listen_rows import Shown, plain_rows, rows
from rig.compare.listening import Prepared, Sitting, report
from rig.files import bundled


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(os, "fsync", lambda _: None)  # whether the disk has it is looked at in test_sittings.py
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def pair(tmp_path):
    x, rate = sf.read(bundled.di())
    for name, drive in (("dry", None), ("wet", 6), ("other", 3)):
        y = x if drive is None else 0.5 * np.tanh(drive * x)
        sf.write(tmp_path / f"{name}.wav", y[: 7 * rate], rate, subtype="FLOAT")


def good(_, condition):
    return [100, 20, 60, 80, 70][condition]


def test_a_test_is_prepared_and_says_what_is_less_than_the_recommendation_asks(pair, capsys):
    done = called(
        capsys,
        *("listen", "dry.wav", "wet.wav", "other.wav", "--result", "t", "--section", "0.5-3", "--prepare-only"),
    )
    assert done.returncode == 0, done.stderr
    assert "Section  1: 0.5 to 3.0 s" in done.stdout
    assert "1 sections, where BS.1534-3 (7.1) wants 5 for 1 candidates" in done.stdout
    assert Prepared.open(Path("t")).sections == 1
    assert not list(Path("t", "listeners").iterdir())
    again = called(capsys, *("listen", "dry.wav", "wet.wav", "other.wav", "--result", "t", "--section", "1-3"))
    assert again.returncode == 2
    assert "holds a test already" in again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Name a capture"),
        (("nowhere",), "no such folder or file"),
        (("dry.wav", "wet.wav"), "at least one candidate"),
        (("dry.wav", "wet.wav", "gone.wav"), "gone.wav"),
        (("dry.wav", "wet.wav", "other.wav", "--section", "1-3", "--sections", "2"), "one of the two"),
        (("dry.wav", "--report", "t"), "takes no other files"),
        (("--report", "."), "there is no such file"),
        (("--report", "small", "--promised", "abc"), "NAME=HASH"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(pair, capsys, words, said):
    small_test(Path("small"), sections=1)
    done = called(capsys, "listen", *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_report_shows_who_counts_and_a_problem_ends_with_2(tmp_path, capsys):
    test = small_test(tmp_path / "t")
    for k in range(7):
        listened(test, f"l{k}", good)
    listened(test, "bad", lambda _, c: [10, 100, 60, 80, 70][c])
    done = called(capsys, "listen", "--report", "t", "--picture", "boxes.svg")
    assert done.returncode == 0
    assert "7 of 8 listeners, 105 scores; 1 left out by the post-screening" in done.stdout
    assert "orders and scores fit each other and what was promised" in done.stdout
    lines = done.stdout.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("sound"))
    assert [line.split()[0] for line in lines[first + 1 : first + 4]] == ["wet.wav", "a.nam", "b.nam"]
    assert max(map(len, lines[first : first + 6])) <= 80
    assert (tmp_path / "boxes.svg").exists()
    data = json.loads(called(capsys, "listen", "--report", "t", "--json").stdout)
    assert data["counting"] == [f"l{k}" for k in range(7)]
    path = tmp_path / "t" / "listeners" / "l3.json"
    path.write_text(path.read_text().replace('"score":80', '"score":90', 1))
    broken = called(capsys, "listen", "--report", "t")
    assert broken.returncode == 2
    assert "PROBLEM  l3.json: entry" in broken.stdout
    assert "6 of 7 listeners" in broken.stdout


def test_a_finished_listener_sees_what_was_what(tmp_path, capsys):
    listened(small_test(tmp_path / "t"), "anna", good)
    done = called(capsys, "listen", "t", "--listener", "anna")
    assert done.returncode == 0
    assert "Screen 1 100 wet.wav, 80 a.nam, 70 b.nam, 60 low-pass 7 kHz, 20 low-pass 3.5 kHz" in done.stdout
    assert "Closing" in done.stdout


def test_the_rows_of_the_largest_screen_fit_a_terminal_of_80_by_24(tmp_path):
    from rig.cli.display.colour import Marks

    with Sitting.open(small_test(tmp_path / "t", candidates=8), "anna") as sitting:
        sitting.heard(9, 2.0)
        sitting.rate(9, 100)
        for help_ in (False, True):
            shown = Shown(9, 1.5, (0.0, 8.0), help=help_)
            found = plain_rows(rows(sitting.view(), shown, (80, 24), Marks("utf-8")))
            assert len(found) <= 24
            assert max(map(len, found)) < 80
            text = "\n".join(found)
            assert "> J" in text
            assert "100 excellent" in text
            assert not [name for name in ("nam", "low-pass", "wet") if name in text]


@pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
def test_a_sitting_in_a_terminal_is_left_and_goes_on_to_its_end(pair, capsys, jack_server, tmp_path):
    assert (
        called(
            capsys,
            *("listen", "dry.wav", "wet.wav", "other.wav", "--result", "t", "--section", "0.5-3", "--prepare-only"),
        ).returncode
        == 0
    )
    words = ("t", "--listener", "anna", "--no-training")
    how = {"command": "listen", "size": (80, 24), "cwd": tmp_path, "JACK_DEFAULT_SERVER": jack_server.name}
    terminal = Terminal(*words, **how)
    try:
        terminal.see("Screen 1 of 1", timeout_s=120)
        terminal.see("> B", "b")
        terminal.see(heard("B"))
        terminal.see("65 good", "65\n")
        terminal.press("q", "Go on with: rig listen t --listener anna")
    finally:
        terminal.close()
    terminal = Terminal(*words, **how)
    try:
        terminal.see("65 good", timeout_s=120)
        for key in "acd":
            terminal.see(heard(key.upper()), key)
            terminal.see(lambda screen, key=key: screen.text.count("100 excellent") > "acd".index(key), "100\n")
        terminal.see("N closes this screen", "r")
        terminal.press("N", "Closing")
    finally:
        terminal.close()
    assert report(Prepared.open(tmp_path / "t")).scores["anna"][0].count(100) == 3


def heard(letter):
    """Looks for a row that says that this one was heard long enough."""
    return lambda screen: any(f"> {letter}" in line and "not rated" in line for line in screen.text.splitlines())
