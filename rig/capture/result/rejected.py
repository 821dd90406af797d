"""A take that becomes no capture is kept beside it as NAME.rejected-1, with the reason: nobody has to play it again."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio import wav
from ...errors import RigError
from ...files.atomic_write import free_name
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
        (new.path / "rejected.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return aside


def keep_broken_take(into: Path, name: str, recorded: NDArray[Any], reason: str, audio: dict[str, Any]) -> Path:
    """Keep what was recorded, (n,), of a take that is not whole; the folder."""
    return keep_rejected(Path(into) / checked_name(name), recorded, {"reason": reason, "audio": audio})


def keep_somewhere(into: Path, name: str, recorded: NDArray[Any], reason: str, audio: dict[str, Any]) -> str:
    """The same, in the folder for temporary files where `into` cannot be written; a sentence says where it is."""
    if not len(recorded):
        return "Nothing had been recorded yet."
    for folder in (into, Path(tempfile.gettempdir())):
        try:
            kept = keep_broken_take(folder, name, recorded, reason, audio)
            return f"What was recorded is kept in {kept}."
        except RigError:
            continue
    return "What was recorded could not be kept anywhere."
