"""`rig play` or `rig audition` on a pseudo-terminal, with keys, as a user sits in front of it."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest
from commandline import RIG
from jackclients import wait_until


class Terminal:
    """A live command on a pseudo-terminal, with what it has printed."""

    def __init__(self, *arguments, command="play", cwd=None, **environment):
        try:
            self._ours, theirs = pty.openpty()
        except OSError:
            pytest.skip("no pseudo-terminals here")
        os.set_blocking(self._ours, False)
        self.process = subprocess.Popen(
            [*RIG, command, *map(str, arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=cwd,
            env={**os.environ, "COLUMNS": "200", **environment},
            start_new_session=True,
        )
        os.close(theirs)
        self.text = ""

    def read(self):
        try:
            while chunk := os.read(self._ours, 65536):
                self.text += chunk.decode()
        except (BlockingIOError, OSError):
            pass
        return self.text

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
