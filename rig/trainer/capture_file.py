"""`capture.json`: what is known about a pair for the trainer, beside its two files; read and written here alone.

Schema 1; fields may be added to it, and none changes its meaning.
"""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from ..errors import CaptureError
from ..files.atomic_write import write_text
from ..files.hashing import sha256_of
from .capture_fields import content_fault, files_fault, finite, level_fault, shown

SCHEMA = 1
FILE_NAME = "capture.json"
REJECTED = "rejected.json"  # lies in its place where a take was not accepted
DRY, WET = "dry.wav", "wet.wav"
MOST_BYTES = 4_000_000  # of capture.json; those that rig writes have some kilobytes
MOST_FILE_BYTES = 1_000_000_000  # of one of its files; 24 bit of the longest signal are 55 MB


def write_content(folder: Path, content: dict[str, Any]) -> None:
    """Write the file; `content` with its schema. OSError where that is not possible."""
    write_text(folder / FILE_NAME, json.dumps(finite(content), indent=1, allow_nan=False) + "\n", make_folder=False)


def read_content(folder: Path) -> dict[str, Any]:
    """The content as it stands. CaptureError: there is none, it cannot be read, is no JSON, or of an unknown schema.

    No field is checked but the schema: `checked_content` does that, and `input_level` for the one it takes.
    """
    path = folder / FILE_NAME
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise damaged(folder, "it is no ordinary file")
        if path.stat().st_size > MOST_BYTES:
            raise damaged(folder, f"it has more than {MOST_BYTES // 1_000_000} MB")
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise missing(folder, FILE_NAME) from error
    except OSError as error:
        raise CaptureError(f"{folder}: cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise damaged(folder, "it is no JSON text in UTF-8") from error
    if not isinstance(content, dict) or "schema" not in content:
        raise damaged(folder, "schema is missing")
    if content["schema"] != SCHEMA or isinstance(content["schema"], bool):
        raise CaptureError(
            f"{folder.absolute().name}: {FILE_NAME} has schema {shown(content['schema'])}, expected {SCHEMA}; another "
            "version of rig may know it."
        )
    return content


def checked_content(folder: Path) -> dict[str, Any]:
    """The same with every number finite, every text writable, and every field that this version knows of its kind.

    CaptureError as `read_content`, and for the first field that is missing or of another kind, by its name.
    """
    content = read_content(folder)
    fault = content_fault(content)
    if fault is not None:
        raise damaged(folder, fault)
    return content


def input_level(content: dict[str, Any]) -> tuple[float, str] | None:
    """What 0 dBFS of the dry file was worth at the gear's jack, in dBu, and how that is known; None: it is not."""
    levels = content.get("levels")
    found = levels.get("input_level_dbu") if isinstance(levels, dict) else None
    if not isinstance(levels, dict) or level_fault(found) is not None or found is None:
        return None
    return float(found), shown(levels.get("input_method") or "method unknown")


def send_trim_db(content: dict[str, Any]) -> float:
    """The digital gain in dB that the dry file was played with; 0 where that is not known."""
    levels = content.get("levels")
    found = levels.get("send_trim_db") if isinstance(levels, dict) else None
    return 0.0 if found is None or level_fault(found) is not None else float(found)


def check_files(folder: Path, content: dict[str, Any]) -> None:
    """Raise a CaptureError where a file is not as it was when it was taken, by the SHA-256 in the content.

    Only ordinary files that lie in the folder itself are opened, whatever names stand in the content.
    """
    files, where = content.get("files"), folder.absolute().name
    if not isinstance(files, dict):
        raise damaged(folder, "files is no object with fields")
    fault = files_fault(files)
    if fault is not None:
        raise damaged(folder, fault)
    for name in (DRY, WET):
        if name not in files:
            raise damaged(folder, f"files: {name} is missing")
    try:
        for name, expected in files.items():
            path = folder / name
            if not stat.S_ISREG(path.stat().st_mode):
                raise CaptureError(f"{where}: {shown(name)} is no ordinary file; copy the capture again.")
            if path.stat().st_size > MOST_FILE_BYTES:
                raise CaptureError(f"{where}: {shown(name)} is larger than any file of a capture; take it again.")
            if sha256_of(path) != expected:
                raise CaptureError(f"{where}: {shown(name)} was changed after the capture; take it again.")
    except FileNotFoundError as error:
        raise missing(folder, Path(error.filename).name) from error
    except OSError as error:
        raise CaptureError(f"{folder}: cannot be read ({error.strerror}).") from error


def missing(folder: Path, name: str) -> CaptureError:
    """The sentence for a file that is not there."""
    if name == FILE_NAME and (folder / REJECTED).is_file():
        return CaptureError(f"{folder}: a take that was not accepted, and so no capture; {REJECTED} says why.")
    return CaptureError(f"{folder}: not a capture (there is no {shown(name)} in it).")


def damaged(folder: Path, fault: str) -> CaptureError:
    """The sentence for content that cannot be understood; `fault` names the field."""
    return CaptureError(
        f"{folder.absolute().name}: {FILE_NAME} is damaged: {fault}; the pair itself may still be good."
    )
