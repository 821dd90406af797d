"""`rig play` or `rig audition` on a pseudo-terminal, with keys, as a user sits in front of it."""

from __future__ import annotations

import codecs
import os
import pty
import struct
import subprocess
import termios
from fcntl import ioctl

import pytest
from cells import Cells
from commandline import RIG
from jackclients import wait_until


def _started(words, terminal, cwd, environment):
    return subprocess.Popen(
        [*RIG, *words],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        cwd=cwd,
        env=environment,
        start_new_session=True,
    )


class Terminal:
    """A live command on a pseudo-terminal, with what it has printed; with a `size`, also with what is on its screen."""

    def __init__(self, *arguments, command="play", cwd=None, size=None, start=None, **environment):
        try:
            self._ours, theirs = pty.openpty()
        except OSError:
            pytest.skip("no pseudo-terminals here")
        os.set_blocking(self._ours, False)
        self.screen = None if size is None else Cells(*size)
        if size is not None:
            self._resize(*size)
        self.settings = termios.tcgetattr(theirs)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        columns = "200" if size is None else str(size[0])
        environment = {**os.environ, "COLUMNS": columns, "TERM": "xterm", **environment}
        self.process = (start or _started)([command, *map(str, arguments)], theirs, cwd, environment)
        os.close(theirs)
        self.text = ""

    def read(self):
        try:
            while chunk := os.read(self._ours, 65536):
                text = self._decoder.decode(chunk)
                self.text += text
                if self.screen is not None:
                    self.screen.feed(text)
        except (BlockingIOError, OSError):
            pass
        return self.text

    def resize(self, columns, rows):
        """Make it smaller or larger; what was on it is gone, as in a terminal that is cleared."""
        self.read()
        self.screen = Cells(columns, rows)
        self._resize(columns, rows)

    def _resize(self, columns, rows):
        ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def see(self, until, keys="", timeout_s=30.0):
        """Press keys, and wait until the screen shows something: a text, or whatever `until(screen)` looks for."""
        self.read()
        os.write(self._ours, keys.encode())
        found = until if callable(until) else lambda screen: until in screen.text
        try:
            wait_until(lambda: self.read() and found(self.screen), f"{until!r} after {keys!r}", timeout_s)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; on the screen:\n{self.screen.text}") from None
        return self.screen.text

    @property
    def is_as_before(self):
        """Whether the settings of the terminal are those that it had at first."""
        return termios.tcgetattr(self._ours) == self.settings

    def press(self, keys, until, timeout_s=30.0):
        """Press keys and wait for a text that comes after them."""
        self.read()
        start = len(self.text)
        os.write(self._ours, keys.encode())
        wait_until(lambda: until in self.read()[start:], f"{until!r} after {keys!r} in:\n{self.text}", timeout_s)
        return self.text[start:]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)
