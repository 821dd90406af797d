"""A view that fills the terminal is left in order: by Ctrl-Z and `fg` too; what is long is shown in pages."""

from __future__ import annotations

import codecs
import io
import os
import pty
import shutil
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from types import SimpleNamespace

import pytest
from cells import Cells
from jackclients import wait_until
from places import ROOT

from rig.cli.display.rows import Span
from rig.cli.display.screen import Screen
from rig.cli.live.face import Face
from rig.player.commands import GROUPS
from rig.player.key_map import KEYS, help_text

SHELL = (
    "import fcntl, os, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])"
)
VIEW = """
from rig.cli.display.rows import Span
from rig.cli.display.screen import Screen
from rig.cli.terminal import Keys
screen, stopped, asked = Screen(), 0, False
screen.rows([(Span("a row"),)])
with Keys() as keys:
    while not asked:
        stopped, keys.was_stopped = stopped + keys.was_stopped, False
        screen.full([(Span(f"stopped {stopped} times"),)])
        asked = "q" in keys.wait(0.05)
    screen.leave()
screen.rows([(Span("the last row"),)])
screen.end()
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_view_that_is_stopped_gives_the_terminal_back_and_comes_again(tmp_path):
    (tmp_path / "view.py").write_text(VIEW)
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.set_blocking(ours, False)
    environment = {
        **os.environ,
        "PS1": "$ ",
        "TERM": "xterm",
        "PYTHONPATH": str(ROOT),
        "BASH_SILENCE_DEPRECATION_WARNING": "1",
    }
    shell = subprocess.Popen(
        [sys.executable, "-c", SHELL],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=tmp_path,
        env=environment,
        start_new_session=True,
    )
    screen, decoder = Cells(80, 24), codecs.getincrementaldecoder("utf-8")()

    def type_and_see(keys, found):
        def look():
            try:
                while chunk := os.read(ours, 65536):
                    screen.feed(decoder.decode(chunk))
            except BlockingIOError:
                pass
            return found()

        os.write(ours, keys.encode())
        wait_until(look, f"{keys!r}; on the screen:\n{screen.text}", 30)

    try:
        type_and_see(f"{sys.executable} view.py\n", lambda: screen.is_full and "stopped 0 times" in screen.text)
        type_and_see("\x1a", lambda: not screen.is_full and "Stopped" in screen.text and screen.text.endswith("$ "))
        assert termios.tcgetattr(ours)[3] & termios.ISIG
        type_and_see("fg\n", lambda: screen.is_full and "stopped 1 times" in screen.text)
        type_and_see("q", lambda: not screen.is_full and "the last row" in screen.text and screen.text.endswith("$ "))
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)
        os.close(theirs)


class Terminal(io.StringIO):
    """A terminal of 80x24 that keeps what is written to it."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def face(monkeypatch):
    for name, value in (("COLUMNS", "80"), ("LINES", "24"), ("TERM", "xterm"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    made = Face(Screen(Terminal()), GROUPS, KEYS, help_text(GROUPS, KEYS))
    made.keys = SimpleNamespace(present=True, was_stopped=False)
    return made


def seen(face):
    """What the terminal shows after another look."""
    face.show(lambda size, typed: [(Span("MUTED"),)], lambda size, said, typed: [(Span(f"STAGE {said}"),)])
    screen = Cells(80, 24)
    screen.feed(face.screen._stream.getvalue().replace("\n", "\r\n"))
    return screen


def test_what_is_longer_than_the_screen_is_shown_in_pages_and_stays(face):
    face.say("two lines\nare no pages")
    assert not seen(face).is_full
    face.say("\n".join(f"line {number}" for number in range(60)))
    screen = seen(face)
    assert screen.is_full and screen.shown[0] == "line 0" and "of 60" in screen.shown[-2]
    assert screen.shown[-1] == "MUTED"
    assert face.press("end") and seen(face).shown[-3] == "line 59"
    assert not face.press("m")  # is for somebody else
    assert face.press("q")
    assert seen(face).shown[-2:] == ["line 59", "MUTED"]


def test_what_is_said_while_a_view_is_shown_is_there_and_stays_behind_it(face):
    face.stage()
    face.say("Saved    one")
    assert seen(face).shown[0] == "STAGE Saved one"
    face.help()
    assert seen(face).shown[0] == "Presets"
    assert face.press("h") and seen(face).shown[0].startswith("STAGE")
    assert face.press("escape")
    screen = seen(face)
    assert (screen.is_full, screen.shown[-2:]) == (False, ["Saved    one", "MUTED"])
    assert not face.press("q")  # of the program again


def test_without_keys_nothing_opens_that_could_not_be_left(face):
    face.keys = SimpleNamespace(present=False, was_stopped=False)
    face.stage()
    face.help()
    assert not seen(face).is_full
    assert "show the keys" in face.screen._stream.getvalue()
