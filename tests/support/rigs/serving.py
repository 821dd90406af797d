"""`rig serve` as a service manager starts it: no terminal, no standard input, and a socket that hears what it says.

with Served(folder, "--no-page", **server.environment()) as box:
    box.told("READY=1")
    box.send(signal.SIGHUP)
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self

from commandline import RIG

CLOSED = "import os, sys; [os.close(n) for n in (0, 1, 2)]; os.execv(sys.argv[1], sys.argv[1:])"


class Served:
    """A process of `rig serve`, with folders of its own; a context manager that ends it. `closed`: all its streams."""

    def __init__(self, folder: Path, *arguments: Any, closed: bool = False, **environment: str) -> None:
        self.folder, self.log = folder, folder / "serve.log"
        self._runtime = tempfile.TemporaryDirectory(prefix="rig-")  # the path of a socket is short
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"{self._runtime.name}/notify")
        self.heard: list[str] = []
        self._over = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        command = [*RIG, "serve", *map(str, arguments)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", CLOSED, *command] if closed else command,
                cwd=folder,
                env={
                    **os.environ,
                    **{f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "STATE", "DATA")},
                    "NOTIFY_SOCKET": f"{self._runtime.name}/notify",
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # without a terminal
            )

    def _listen(self) -> None:
        self._socket.settimeout(0.05)
        while not self._over.is_set():
            try:
                self.heard += self._socket.recv(4096).decode().splitlines()
            except TimeoutError:
                continue

    def told(self, pattern: str, after: int = 0, timeout_s: float = 120.0) -> str:
        """The first line for the service manager (behind number `after`) that matches."""
        return self._wait(lambda: self.heard[after:], pattern, timeout_s)

    def said(self, pattern: str, timeout_s: float = 120.0) -> str:
        """The first line of the log that matches."""
        return self._wait(lambda: self.log.read_text().splitlines(), pattern, timeout_s)

    def _wait(self, lines: Any, pattern: str, timeout_s: float) -> str:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            is_over = self.process.poll() is not None
            for line in lines():
                if re.search(pattern, line):
                    return str(line)
            if is_over:
                break
            time.sleep(0.02)
        raise AssertionError(f"nothing matches {pattern!r}:\n{self.heard}\n{self.log.read_text()}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def end(self) -> int:
        """SIGTERM, as a service manager ends it; the exit code."""
        self.send(signal.SIGTERM)
        return self.process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._over.set()
        self._listener.join(5)
        self._socket.close()
        self._runtime.cleanup()
