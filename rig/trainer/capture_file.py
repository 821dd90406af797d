"""`capture.json`: what is known about a pair for the trainer, beside its two files; read and written here alone.

Schema 1; fields may be added to it, and none changes its meaning.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

from ..errors import CaptureError
from ..files.atomic_write import write_text

SCHEMA = 1
FILE_NAME = "capture.json"
DRY, WET = "dry.wav", "wet.wav"


def write_content(folder: Path, content: dict[str, Any]) -> None:
    """Write the file; `content` with its schema. OSError where that is not possible."""
    write_text(folder / FILE_NAME, json.dumps(content, indent=1) + "\n", make_folder=False)


def read_content(folder: Path) -> dict[str, Any]:
    """The whole content. CaptureError: there is none, it cannot be read, is damaged, or of a schema rig does not know.

    What stands in it is for the caller to check: whoever finds a fault raises `damaged`.
    """
    try:
        content = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        schema = content["schema"]
    except FileNotFoundError as error:
        raise missing(folder, FILE_NAME) from error
    except OSError as error:
        raise CaptureError(f"{folder}: cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(folder) from error
    if schema != SCHEMA:
        raise CaptureError(
            f"{folder.name}: {FILE_NAME} has schema {schema}, expected {SCHEMA}; another version of rig may know it."
        )
    return content


def input_level(content: dict[str, Any]) -> tuple[float, str] | None:
    """What 0 dBFS of the dry file was worth at the gear's jack, in dBu, and how that is known; None: it is not."""
    levels = content.get("levels")
    found = levels.get("input_level_dbu") if isinstance(levels, dict) else None
    if not isinstance(levels, dict) or isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return (float(found), str(levels.get("input_method") or "method unknown")) if math.isfinite(found) else None


def check_files(folder: Path, content: dict[str, Any]) -> None:
    """Raise a CaptureError where a file is not as it was when it was taken, by the SHA-256 in the content."""
    try:
        for name, expected in content["files"].items():
            if sha256_of(folder / name) != expected:
                raise CaptureError(f"{folder.name}: {name} was changed after the capture; take it again.")
    except FileNotFoundError as error:
        raise missing(folder, Path(error.filename).name) from error
    except OSError as error:
        raise CaptureError(f"{folder}: cannot be read ({error.strerror}).") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise damaged(folder) from error


def sha256_of(path: Path) -> str:
    """Of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def missing(folder: Path, name: str) -> CaptureError:
    """The sentence for a file that is not there."""
    return CaptureError(f"{folder}: not a capture (there is no {name} in it).")


def damaged(folder: Path) -> CaptureError:
    """The sentence for content that cannot be understood."""
    return CaptureError(f"{folder}: {FILE_NAME} is damaged; the pair itself may still be good.")
