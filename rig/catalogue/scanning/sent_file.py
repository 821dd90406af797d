"""What a worker of a cluster does with a file: one that it sees under the same path, or bytes that were sent."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...errors import FileError, RigError
from ...files.hashing import sha256_of
from ...nam.format.file import content_of
from ..cabinets.response_file import is_audio, not_worth_reading
from ..entry import Read, read_content, read_entry

Job = tuple[Path, bytes | None]  # a file, and its content where the worker does not see it


def hash_seen(paths: Sequence[Path]) -> list[tuple[Path, str | None]]:
    """The hash of the content of each file; None: it is not to be had here, or not worth reading."""
    found: list[tuple[Path, str | None]] = []
    for path in paths:
        try:
            found.append((path, _hash(path)))
        except (RigError, OSError, MemoryError):
            found.append((path, None))
    return found


def _hash(path: Path) -> str | None:
    if not is_audio(path):
        return hashlib.sha256(content_of(path)).hexdigest()
    return sha256_of(path) if path.is_file() and not_worth_reading(path) is None else None


def content_to_send(path: Path) -> bytes:
    """The bytes of a file for a worker. Raises RigError for one that is of no use: nothing is sent."""
    if not is_audio(path):
        return content_of(path)
    if not path.is_file():  # a pipe would keep us waiting for its other end
        raise FileError(f"{path.name} is no file that can be read.")
    if (reason := not_worth_reading(path)) is not None:  # known by its header: gigabytes stay where they are
        raise FileError(reason)
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{path.name} cannot be read ({error.strerror}).") from error


def read_all_sent(jobs: Sequence[Job]) -> list[Read]:
    """What comes of files, one after the other."""
    return [_read_sent(job) for job in jobs]


def _read_sent(job: Job) -> Read:
    path, content = job
    if is_audio(path):
        return _read_audio(path, content)
    try:
        data = content_of(path) if content is None else content
    except RigError as error:
        return Read(path, problem=str(error))
    return read_content(path, data, hashlib.sha256(data).hexdigest())


def _read_audio(path: Path, content: bytes | None) -> Read:
    if content is None:
        return replace(read_entry(path, _never), stamp=None)  # another machine may see other stamps
    with tempfile.TemporaryDirectory(prefix="rig-") as folder:
        there = Path(folder) / path.name
        there.write_bytes(content)
        return replace(read_entry(there, _never), path=path, stamp=None)


def _never(sha256: str) -> bool:
    """Nothing is known here: who sends the work has asked."""
    return False
