"""The trainer as a child: of the lowest priority, with a home of its own, talking in lines of JSON (`in_trainer.py`).

The trainer runs whatever lies in its extensions folder below the home folder; a private home keeps that out.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..errors import TrainingError

NICE = 19
MARK = "RIG "  # begins a line that is for rig
PATIENCE_S = 5.0  # from asking to the end
LOG = "trainer.log"
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TEMP", "SYSTEMROOT", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH")
SCRIPT = Path(__file__).with_name("in_trainer.py")

Event = dict[str, Any]


def environment(home: Path) -> dict[str, str]:
    """What the child may know of the user's environment."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    # Threads that wait for each other burn a core that the sound may need.
    waits = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0", "GOMP_SPINCOUNT": "0"}
    return {**kept, **waits, "HOME": str(home), "USERPROFILE": str(home), "HOMEPATH": str(home), "MPLBACKEND": "Agg"}


class TrainerProcess:
    """A training that runs in `folder`, where job.json lies; its events come from `next_event`."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        """`command`: the interpreter of the trainer and what it takes before the script."""
        folder = folder.absolute()
        self._home = tempfile.TemporaryDirectory(prefix="rig-trainer-")
        self._log = (folder / LOG).open("w", encoding="utf-8")
        try:
            self._process = subprocess.Popen(
                [*command, str(SCRIPT), str(folder)],
                cwd=folder,
                env=environment(Path(self._home.name)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
                errors="replace",
                start_new_session=True,  # Ctrl-C is rig's: it ends the training between two epochs
            )
        except OSError as error:
            self._tidy()
            raise TrainingError(f"{command[0]}: the trainer cannot be started ({error.strerror}).") from error
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, NICE)
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name="rig trainer", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Of the child."""
        return self._process.pid

    def next_event(self, timeout_s: float) -> Event | None:
        """The next event; None: none came in that time. Raises EOFError when the child has ended and said all."""
        try:
            event = self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if event is None:
            self._events.put(None)
            raise EOFError
        return event

    def end(self) -> int:
        """Have it end, and its exit status; negative: the signal that killed it."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        status = self._process.wait()
        self._reader.join(PATIENCE_S)
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()
        self._tidy()
        return status

    def status(self) -> int:
        """The exit status of one that has nothing more to say: it ends by itself, or is ended after PATIENCE_S."""
        try:
            return self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            return self.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, number)  # with what it started itself
            else:
                self._process.send_signal(number)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(MARK):
                with contextlib.suppress(ValueError):
                    event = json.loads(line[len(MARK) :])
                    if isinstance(event, dict) and isinstance(event.get("event"), str):
                        self._events.put(event)
        self._events.put(None)

    def _tidy(self) -> None:
        self._log.close()
        self._home.cleanup()


def last_words(folder: Path, most: int = 300) -> str:
    """The last line of what the trainer wrote beside its events, for the sentence about its end."""
    try:
        lines = (folder / LOG).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    said = [line.strip() for line in lines if line.strip()]
    return said[-1][:most] if said else ""
