"""Takes that a killed rig has left: whole files already, made equally long, and a note that says so.

What was announced last is valid at every moment; but one file may hold a block more than the other, and the note still
says that the take is being written, by a process that is no more.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import soundfile as sf

from ..files.json_file import write_json
from ..files.processes import is_alive
from ..scripting.clock import minutes
from .take import ENDINGS
from .wavfile import GrowingWav

LARGEST_NOTE_BYTES = 1 << 20


def rescue(folder: Path) -> list[str]:
    """Finish what was left in a folder, and say so, a sentence for each take. What cannot be read or written stays."""
    said: list[str] = []
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(OSError, ValueError, RecursionError, sf.LibsndfileError):
            if path.is_file() and path.stat().st_size <= LARGEST_NOTE_BYTES:
                note = json.loads(path.read_text(encoding="utf-8"))
                if _is_left(note):
                    said += _finish(path, note)
    return said


def _is_left(note: Any) -> bool:
    """Whether a note says that the take is being written, by a process that is no more."""
    if not isinstance(note, dict) or note.get("complete") is not False:
        return False
    process = note.get("process")
    return type(process) is int and process > 0 and not is_alive(process)


def _finish(path: Path, note: dict[str, Any]) -> list[str]:
    files = [path.with_name(path.stem + ending) for ending in ENDINGS]
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(sf.SoundFile(file)) for file in files]
        frames, rate = min(each.frames for each in found), int(found[0].samplerate)
        channels = [int(each.channels) for each in found]
    if frames == 0:
        for left in (*files, path):
            left.unlink(missing_ok=True)
        return []
    for file, each in zip(files, channels, strict=True):
        GrowingWav.reopened(file, rate, each).finish(frames)
    told = {key: value for key, value in note.items() if key != "process"}
    write_json(path, {**told, "frames": frames, "seconds": frames / rate, "ended": "rig was killed"})
    return [f"{path.stem}: rig was killed while it recorded; the first {minutes(frames / rate)} are in {path.parent}."]
