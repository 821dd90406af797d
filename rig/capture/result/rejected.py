"""A take that becomes no capture is kept beside it as NAME.rejected-1, with the reason: nobody has to play it again."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio import wav
from ...files.atomic_write import free_name, write_text
from ...trainer.capture_fields import finite
from ...trainer.capture_file import REJECTED as REASON
from ...trainer.layout import RATE
from .folder import checked_name, new_capture

REJECTED = "rejected"


def keep_rejected(target: Path, recorded: NDArray[Any], content: dict[str, Any]) -> Path:
    """Write take.wav, from `recorded` (n,), and rejected.json beside `target`; their folder.

    Raises CaptureError or AudioError where nothing can be written.
    """
    aside = free_name(target.parent, f"{target.name}.{REJECTED}-")
    with new_capture(aside) as new:
        wav.write(new.path / "take.wav", np.asarray(recorded, np.float32), RATE, "FLOAT")
        (new.path / REASON).write_text(json_text(content), encoding="utf-8")
    return aside


def keep_broken_take(into: Path, name: str, recorded: NDArray[Any], reason: str, audio: dict[str, Any]) -> Path:
    """Keep what was recorded, (n,), of a take that is not whole; the folder."""
    return keep_rejected(Path(into) / checked_name(name), recorded, {"reason": reason, "audio": audio})


class TakeOnDisk:
    """A take that is on disk before anything else is tried with it, and goes when the capture is complete.

    It lies where a rejected take lies: in the folder for captures, or in that for temporary files where the first
    cannot be written. So whatever fails afterwards, nobody has to play it again.
    """

    def __init__(self, into: Path, name: str) -> None:
        self._into, self._name = Path(into), name
        self.folder: Path | None = None
        self._empty = True
        self._audio: dict[str, Any] = {}

    def store(self, recorded: NDArray[Any], reason: str, audio: dict[str, Any]) -> None:
        """Write it, (n,), with what is to be read of it if nothing follows. Ctrl-C ends this only when it is done."""
        self._empty, self._audio = not len(recorded), audio
        if self._empty:
            return
        try:
            self.folder = self._written(recorded, reason, audio)
        except KeyboardInterrupt:
            self.folder = self._written(recorded, reason, audio)
            raise

    def _written(self, recorded: NDArray[Any], reason: str, audio: dict[str, Any]) -> Path | None:
        for folder in (self._into, Path(tempfile.gettempdir())):
            try:
                return keep_broken_take(folder, self._name, recorded, reason, audio)
            except Exception:  # whatever it is: there is another folder, and the take itself is still in memory
                continue
        return None

    def explain(self, content: dict[str, Any]) -> None:
        """Say why it was not accepted; what was written stays where that cannot be."""
        if self.folder is not None:
            with contextlib.suppress(OSError):
                write_text(
                    self.folder / REASON, json_text({"reason": "", "audio": self._audio, **content}), make_folder=False
                )

    def discard(self) -> None:
        """The capture is complete: forget it."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    @property
    def sentence(self) -> str:
        """Where what was recorded is."""
        if self._empty:
            return "Nothing had been recorded yet."
        if self.folder is None:
            return "What was recorded could not be kept anywhere."
        return f"What was recorded is kept in {self.folder}."


def json_text(content: dict[str, Any]) -> str:
    """As it is written beside the take."""
    return json.dumps(finite(content), indent=1, allow_nan=False) + "\n"
