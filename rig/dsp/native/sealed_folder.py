"""Compiled code on disk, sealed: whatever is loaded from there is what was written there, by this user.

numba's files are pickles and machine code, and both are executed as they are read. So each folder of them has a seal
beside it, a list of its files with a hash of each, and nothing in it is read before every hash was compared. What does
not match, by a flipped bit or a stranger's hand, is never executed. The folder that holds all of it belongs to its user
and can be written by nobody else; one that does not is not used at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
from enum import Enum
from pathlib import Path

from ...files.atomic_write import write_text
from ...files.json_file import Damaged, read_record

WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
HASH_BYTES = 32


class State(Enum):
    """What is known of a folder: it is as it was sealed, it was never sealed, or it is not as it was sealed."""

    INTACT, MISSING, DAMAGED = range(3)


def private_folder(path: Path) -> None:
    """Make a folder that its user alone can write, or see to it that this one is. Raises OSError where it is not.

    What lies in a folder that others could write into is thrown away. On systems without owners nothing is checked.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not hasattr(os, "geteuid"):
        return
    found = path.stat()
    if found.st_uid != os.geteuid():
        raise PermissionError(f"{path} belongs to another user")
    if found.st_mode & WRITABLE_BY_OTHERS:
        for entry in list(path.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
        path.chmod(stat.S_IMODE(found.st_mode) & ~WRITABLE_BY_OTHERS)


def seal(folder: Path) -> None:
    """Note what lies in a folder now. OSError where that cannot be written: then it is made anew next time."""
    write_text(_seal_of(folder), json.dumps({"files": _hashes(folder)}, sort_keys=True) + "\n", make_folder=False)


def state_of(folder: Path) -> State:
    """Compare what lies in a folder with its seal."""
    try:
        record = read_record(_seal_of(folder))
        if record is None:
            return State.MISSING
        hashes = _hashes(folder)
        return State.INTACT if hashes and hashes == record.needed("files").values else State.DAMAGED
    except (OSError, Damaged):
        return State.DAMAGED


def break_seal(folder: Path) -> None:
    """Throw away a folder and its seal, the seal first."""
    with contextlib.suppress(OSError):
        _seal_of(folder).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _seal_of(folder: Path) -> Path:
    return folder.parent / f"{folder.name}.seal"


def _hashes(folder: Path) -> dict[str, str]:
    """By name within the folder; what is no file is in none of them, and what numba never finished does not count."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            return {}
        if path.is_file() and ".tmp." not in path.name:
            digest = hashlib.blake2b(path.read_bytes(), digest_size=HASH_BYTES)
            found[path.relative_to(folder).as_posix()] = digest.hexdigest()
    return found
