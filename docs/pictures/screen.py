"""A program on a terminal of so many cells, with what the terminal shows of it."""

from __future__ import annotations

import os
import pty
import re
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests" / "support" / "machine"))

from cells import Cells


class Run:
    """A program on a terminal of its own; a context manager that ends it."""

    def __init__(
        self, command: Sequence[str], columns: int, rows: int, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.cells = Cells(columns, rows)
        self._ours, theirs = pty.openpty()
        ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.set_blocking(self._ours, False)
        self._process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env={**os.environ, **environment, "COLUMNS": str(columns), "LINES": str(rows)},
            start_new_session=True,
        )
        os.close(theirs)

    def watch(self, until: str, timeout_s: float = 300.0) -> None:
        """Read until the screen shows a text (a regular expression)."""
        deadline = time.monotonic() + timeout_s
        while not re.search(until, "\n".join(self.cells.shown)):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise SystemExit(f"no {until!r} in:\n" + "\n".join(self.cells.shown))
            self._read()
            time.sleep(0.02)

    def go_on(self, seconds: float) -> None:
        """Read for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._read()
            time.sleep(0.02)

    def to_the_end(self) -> list[str]:
        """Read until the program has ended, as it should; what the screen shows then."""
        while self._process.poll() is None:
            self.go_on(0.1)
        self._read()
        if self._process.returncode:
            raise SystemExit("\n".join(self.cells.shown))
        return "\n".join(self.cells.shown).rstrip().split("\n")

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self._ours, keys.encode())

    def _read(self) -> None:
        try:
            while chunk := os.read(self._ours, 65536):
                self.cells.feed(chunk.decode())
        except OSError:  # nothing there, or the program has ended
            pass

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait()
        os.close(self._ours)
