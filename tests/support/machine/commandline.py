"""Run `rig` as a user does: a process of its own, with its exit code and what it prints."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RIG = [sys.executable, "-m", "rig"]


def rig(*arguments: Any, cwd: Path | None = None, timeout_s: float = 180.0, **environment: str):
    """Run to the end."""
    return subprocess.run(
        [*RIG, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        stdin=subprocess.DEVNULL,
    )


def refused(done, *patterns: str) -> None:
    """It ended with code 2 and one sentence on stderr that matches every pattern; no traceback anywhere."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    sentences = [line for line in done.stderr.splitlines() if line.startswith("rig: ")]
    assert len(sentences) == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    for pattern in patterns:
        assert re.search(pattern, sentences[0]), (pattern, sentences[0])


class Playing:
    """`rig play` in the background; a context manager that ends it with Ctrl-C."""

    def __init__(
        self, *arguments: Any, cwd: Path | None = None, command: Sequence[str] = RIG, **environment: str
    ) -> None:
        self._process = subprocess.Popen(
            [*command, "play", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip())

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def wait_for(self, pattern: str, timeout_s: float = 60.0, after: int = 0) -> str:
        """The first line (behind line number `after`) that matches."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for line in list(self.lines)[after:]:
                if re.search(pattern, line):
                    return line
            if self._process.poll() is not None and not self._reader.is_alive():
                break
            time.sleep(0.01)
        raise AssertionError(f"no line matches {pattern!r}:\n" + "\n".join(self.lines))

    def wait(self, timeout_s: float = 60.0) -> int:
        """Wait until it has ended by itself; the exit code."""
        self._process.wait(timeout_s)
        self._reader.join(5)
        return self._process.returncode

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and return the exit code. SIGTERM, where whoever started the tests has SIGINT ignored."""
        if how == signal.SIGINT and signal.getsignal(how) == signal.SIG_IGN:
            how = signal.SIGTERM
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError("rig play did not end:\n" + "\n".join(self.lines)) from None
        self._reader.join(5)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self._process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_: Any) -> None:
        self.end()
