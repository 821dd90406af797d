"""What is said on a terminal is broken between words, and what follows stands below the text."""

from __future__ import annotations

import io

import pytest

from rig.cli.display.screen import Screen
from rig.cli.terminal import Harmless, Progress, fitted

NOTE = (
    "Note     you hear the guitar 16 ms late (ok up to 10 ms, a problem above 20 ms). Try 128 frames: jackd -p 128, or "
    "pw-metadata -n settings 0 clock.force-quantum 128."
)
KEY = "  R                  record the guitar and what is heard into files, or end the take"
CHECK = f"ok       noise    {NOTE[9:]}"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("columns", [40, 79, 80, 120, 400])
@pytest.mark.parametrize(
    ("text", "column"),
    [(NOTE, 9), (KEY, 21), (CHECK, 18), ("rig: " + NOTE[9:], 0), ("to rig-preamp-nano.nam " * 20, 0)],
)
def test_a_sentence_is_broken_between_words_below_its_text(text, column, columns):
    lines = fitted(text, columns).split("\n")
    assert all(len(line) <= columns for line in lines)
    assert " ".join(line.strip() for line in lines).split() == text.split()
    first, *rest = lines
    assert text.startswith(first.rstrip())
    if 2 * column < columns:
        assert all(line.startswith(" " * column) and line[column] != " " for line in rest)


def test_what_has_no_place_to_break_stays_whole():
    path = "/music/" + "x" * 100 + ".wav"
    assert fitted(path, 80) == path
    assert fitted(f"Note     {path}", 80).replace(" ", "").replace("\n", "") == f"Note{path}"
    assert fitted("", 80) == ""
    assert fitted("a\n\n  b", 80) == "a\n\n  b"


def test_a_screen_does_so_on_a_terminal_and_nowhere_else(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        Screen(stream).say(NOTE)
    assert terminal.getvalue() == "\r\x1b[J" + fitted(NOTE, 80) + "\n"
    assert file.getvalue() == NOTE + "\n"


def test_what_is_printed_fits_too_but_never_json(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    terminal, json, file = Terminal(), Terminal(), io.StringIO()
    for stream, fits in ((terminal, True), (json, False), (file, True)):
        print(NOTE, file=Harmless.of(stream, fits=fits))
    assert terminal.getvalue() == fitted(NOTE, 80) + "\n"
    assert json.getvalue() == file.getvalue() == NOTE + "\n"


def test_progress_is_one_line_whatever_is_read(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    progress = Progress("a file of a very long name, " * 4)
    progress(0.5)
    progress(1.0)
    assert all(len(state.rstrip("\n")) < 80 for state in screen.getvalue().split("\r"))
    assert " 50 %" in screen.getvalue()
