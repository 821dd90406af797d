"""Models that are offered to a rig that plays while they are trained: by name and hash, in one folder of rig's own.

A message never holds a path. Only the user can write into the folder, and what is played is what the hash says.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..errors import TrainingError
from ..files.hashing import sha256_of
from ..files.paths import data_folder

_NAME = re.compile(r"[^\x00-\x1f/\\:.][^\x00-\x1f/\\:]{0,119}")
_HASH = re.compile(r"[0-9a-f]{64}")


def offers_folder() -> Path:
    """Where they lie; made if need be. Raises TrainingError where anybody else could write into it."""
    folder = data_folder() / "offered"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink():
            raise TrainingError(f"{folder}: is a link; remove it, rig makes the folder itself.")
        about = folder.stat()
    except OSError as error:
        raise TrainingError(f"{folder}: cannot be made ({error.strerror}).") from error
    if hasattr(os, "getuid") and (about.st_uid != os.getuid() or about.st_mode & 0o022):
        raise TrainingError(f"{folder}: others can write into it, so nothing in it is played; remove it.")
    return folder


def offered(text: str) -> Path:
    """The file of an offer, `NAME SHA256`. Raises TrainingError: no such words, no such file, another content."""
    name, _, digest = text.strip().rpartition(" ")
    if not _NAME.fullmatch(name) or not _HASH.fullmatch(digest):
        raise TrainingError("An offer is the name of a model and its SHA-256, and never a path.")
    path = offers_folder() / f"{name}.nam"
    try:
        if path.is_symlink() or sha256_of(path) != digest:
            raise TrainingError(f"{name}: the file is not the one that was offered; it is not played.")
    except OSError as error:
        raise TrainingError(f"{name}: was offered, but is not there ({error.strerror}).") from error
    return path
