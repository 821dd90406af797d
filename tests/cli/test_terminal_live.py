"""What somebody in front of a terminal sees of `rig play`: a real program and server, a screen of 80x24 or others."""

from __future__ import annotations

import re
import signal

import pytest
from jackclients import wait_until
from jackserver import JACKD_IS_MISSING
from rigs import NANO
from terminal import Terminal

from rig.cli.display import letters as font
from rig.cli.display.colour import Marks
from rig.files import bundled
from rig.player.commands import COMMANDS
from rig.player.key_map import KEYS, keys_of

needs_jackd = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
MARKS = Marks("utf-8")
COMMAND_WORDS = {word for command in COMMANDS.values() if keys_of(command, KEYS) for word in command.text.split()}


def playing(server, folder, size, **environment):
    """`rig play` of a loop, in silence of its page, once it shows its rows."""
    options = ["--di", bundled.di(), "--no-page", "--no-connect"]
    environment = {"JACK_DEFAULT_SERVER": server.name, "NO_COLOR": "", **environment}
    terminal = Terminal(NANO, bundled.irs()[0], *options, cwd=folder, size=size, **environment)
    terminal.see("xruns")
    return terminal


def shows_large(text):
    """A look at a screen for a text in large letters of the smallest size."""
    rows = [row.rstrip() for row in font.letters(text, 1, 1, MARKS)]
    return lambda screen: all(any(row in line for line in screen.shown) for row in rows)


def rows_of(screen):
    return [line for line in screen.text.split("\n") if line][-3:]


@needs_jackd
def test_at_80_by_24_all_states_are_seen_help_is_read_whole_and_the_stage_view_works(jack_server, tmp_path):
    terminal = playing(jack_server, tmp_path, (80, 24), NO_COLOR="1")
    try:
        terminal.see("Name: _", "P")
        terminal.see("Name: Second verse_", "Second verse")
        terminal.see("1 Second verse | ", "\r")
        terminal.see("GATE -60", "G")
        terminal.see("REC 0:0", "R")
        terminal.see("MUTED", "m")
        terminal.see("BYPASS  REC", "b")
        level = r"in [█▓▌─═│]{8,} +-?\d+\.\d dBFS  out [█▓▌─═│]{8,} +\S+"
        terminal.see(lambda screen: re.search(level, rows_of(screen)[-1]))  # the guitar rests at times
        states, names, meters = rows_of(terminal.screen)
        assert re.match(r"MUTED  BYPASS  REC 0:\d\d( \(.* left\))?  LOOP  GATE -60( dBFS (open|shut))?$", states)
        assert names.startswith("preset 1 Second verse | ") and "cab" in names
        assert re.search(r"xruns \d+(, \d+ missed)?$", meters.rstrip()), meters
        assert len(terminal.screen.shown) <= 24 and max(map(len, terminal.screen.shown)) < 80
        assert "Bypass: the dry guitar" in terminal.screen.text  # what was said stays above the rows

        read = set(terminal.see("Presets", "h").split())  # page by page; the states stay in sight
        for _ in range(12):
            assert all(word in terminal.screen.shown[-1] for word in ("MUTED", "BYPASS", "REC", "GATE"))
            before = terminal.screen.text
            if "q: back" in before and re.search(r"-(\d+) of \1 ", before):
                break
            place = terminal.screen.shown[-2]
            read |= set(terminal.see(lambda screen, place=place: screen.shown[-2] != place, " ").split())
        assert read >= COMMAND_WORDS
        terminal.see(lambda screen: "MUTED" not in screen.shown[-1], "m")  # live keys go on
        terminal.see(lambda screen: not screen.is_full and "Sounding again." in screen.text, "q")
        terminal.see(lambda screen: rows_of(screen)[0].startswith("BYPASS  REC"))

        terminal.see(shows_large("MUTED"), "Vm")
        words = ("preset 1 Second verse", "dBFS", "GATE -60")  # of a screen that is drawn whole
        terminal.see(lambda screen: screen.is_full and all(word in screen.text for word in words))
        terminal.see("TUNER", "T")
        terminal.see("A4 = 440 Hz")
        terminal.see("Name: Oh", "POh")
        terminal.see(lambda screen: "Name: Oh" not in screen.text, "\x1b")
        terminal.resize(100, 40)
        terminal.see(lambda screen: len(screen.shown) == 40 and "A4 = 440 Hz" in screen.text)
        terminal.resize(60, 20)
        terminal.see(lambda screen: "A4 = 440 Hz" in screen.text and max(map(len, screen.shown)) < 60)
        terminal.see(lambda screen: not screen.is_full, "q")
        assert terminal.process.poll() is None  # it left the view, not the program
        terminal.resize(40, 20)
        terminal.see(lambda screen: "BYPASS" in screen.text and max(map(len, screen.shown)) <= 40)
        terminal.see("complete in", "R")
        terminal.press("q", "\n")
        assert terminal.process.wait(10) == 0
        assert terminal.is_as_before
        assert "Traceback" not in terminal.read()
        assert not terminal.screen.looks - {"0"}  # no colour
    finally:
        terminal.close()


@needs_jackd
def test_the_terminal_is_put_back_when_a_signal_ends_the_stage_view(jack_server, tmp_path):
    terminal = playing(jack_server, tmp_path, (80, 24))
    try:
        terminal.see(shows_large("MUTED"), "mV")
        assert terminal.screen.is_full and "\x1b[?25l" in terminal.text and not terminal.is_as_before
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.process.wait(10) == 0
        wait_until(lambda: terminal.read() and not terminal.screen.is_full, "the first screen")
        assert terminal.text.rindex("\x1b[?25h") > terminal.text.rindex("\x1b[?25l")
        assert terminal.is_as_before
        assert "30;43" in terminal.screen.looks  # MUTED
    finally:
        terminal.close()


@needs_jackd
def test_a_dumb_terminal_gets_lines_and_nothing_else(jack_server, tmp_path):
    terminal = playing(jack_server, tmp_path, (80, 24), TERM="dumb")
    try:
        assert "record the guitar and what is heard" in terminal.press("hV", "quit\r\n")
        terminal.press("m", "Muted.")
        assert "\x1b" not in terminal.read()
        terminal.press("q", "")
        assert terminal.process.wait(10) == 0
    finally:
        terminal.close()
