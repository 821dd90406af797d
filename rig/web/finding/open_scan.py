"""The folder that is open is scanned while somebody plays: a process below everything else, watched by a thread."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from ...errors import RigError
from ..merge_patch import Json

END_S = 2.0  # for a process that was asked to end


class OpenScan:
    """At most one at a time. `index`: another one than rig's own; `on_change` is called from its thread."""

    def __init__(self, index: Path | None, on_change: Callable[[], None]) -> None:
        self._index, self._on_change = index, on_change
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False
        self.state: Json | None = None  # how far it is; None: none is under way
        self.said: Json | None = None  # how the last one ended

    def start(self, folders: Sequence[Path]) -> None:
        """Begin. Raises RigError where one is under way, or there is nothing to scan."""
        if self.state is not None:
            raise RigError("A scan is under way already.")
        if not folders:
            raise RigError("No folder of models is open.")
        self._is_stopped, self.said = False, None
        self.state = {"done": 0, "of": 0}
        threading.Thread(target=self._run, args=(list(folders),), name="rig scan", daemon=True).start()

    def stop(self) -> None:
        """End it; what was read is kept, and the next one goes on there."""
        self._is_stopped = True
        process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.terminate()

    def _run(self, folders: list[Path]) -> None:
        ended: Json = {}
        command = [sys.executable, "-m", "rig.web.finding.scan_process", str(self._index or ""), *map(str, folders)]
        try:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
                self._process = process
                if self._is_stopped:
                    process.terminate()
                for line in process.stdout:
                    said = json.loads(line)
                    if "done" in said:
                        self.state = said
                    else:
                        ended = said
                    self._on_change()
        except (OSError, ValueError) as error:
            ended = {"error": f"The scan could not run ({error})."}
        if not ended and not self._is_stopped:
            ended = {"error": "The scan ended too early; begin it again, and it goes on where it was."}
        self._process = None
        self.said, self.state = ended or {"stopped": True}, None
        self._on_change()


def open_folders(files: Sequence[Path]) -> list[Path]:
    """The folders that hold these files, without those that lie in another one of them.

    >>> [folder.as_posix() for folder in open_folders([Path("/m/a/1.nam"), Path("/m/2.nam"), Path("/n/3.nam")])]
    ['/m', '/n']
    """
    folders = sorted({file.absolute().parent for file in files})
    kept: list[Path] = []
    for folder in folders:
        if not any(folder.is_relative_to(above) for above in kept):
            kept.append(folder)
    return kept
