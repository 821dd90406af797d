"""Real runs of rig with their pages, over a JACK server: `rig play`, `audition`, `ab`, `capture` and `compare`.

with PageRun(server, folder, "play", "models", "irs", "--di", "take.wav") as run:
    browser.open(run.address)
    run.remote().do("mute", True)
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from jackserver import JackServer

from rig.web.remote import Remote

ADDRESS = re.compile(r"Page\s+(https?://127\.0\.0\.1:(\d+)/#token=(\S+))")
READY_S = 300.0  # code may have to be compiled first


class PageRun:
    """A rig command with its page; a context manager that ends it. `environment` replaces parts of this process's."""

    def __init__(
        self, server: JackServer, folder: Path, *arguments: Any, environment: Mapping[str, str] | None = None
    ) -> None:
        command = [sys.executable, "-m", "rig", *map(str, arguments)]
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**server.environment(), "JACK_DEFAULT_SERVER": server.name, **(environment or {})},
            stdin=subprocess.PIPE,  # held open: questions wait for the page
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip())

    def _found(self) -> re.Match[str]:
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            for line in list(self.lines):
                if found := ADDRESS.search(line):
                    return found
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError("no page:\n" + "\n".join(self.lines))

    @property
    def address(self) -> str:
        """Of the page, with its token."""
        return self._found()[1]

    @property
    def port(self) -> int:
        """That it is served on."""
        return int(self._found()[2])

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def remote(self, **options: Any) -> Remote:
        """Another hand at the same rig."""
        return Remote(f"ws://127.0.0.1:{self.port}/ws", self._found()[3], **options)

    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def wait(self, timeout_s: float = 30.0) -> int:
        """Until it has ended by itself, and all that it said is here; the exit code."""
        code = self._process.wait(timeout_s)
        self._reader.join(5)
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()


def settled(remote: Remote, condition: Any, timeout_s: float = 60.0) -> Any:
    """Read what a rig tells until its state is so; that state."""
    end = time.monotonic() + timeout_s
    while not condition(remote.state):
        remote._next(max(0.0, end - time.monotonic()))
    return remote.state


def kept_apart(folder: Path) -> dict[str, str]:
    """An environment in which rig finds nothing that a user has kept."""
    return {f"XDG_{kind}_HOME": os.fspath(folder / kind.lower()) for kind in ("CONFIG", "STATE", "DATA")}
