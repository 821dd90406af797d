"""What a worker of a cluster does with a model file: one that it sees under the same path, or bytes that were sent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import RigError
from ..nam.format.file import content_of
from .entry import Read, read_content

Job = tuple[Path, bytes | None]  # a file, and its content where the worker does not see it


def hash_seen(paths: Sequence[Path]) -> list[tuple[Path, str | None]]:
    """The hash of the content of each file; None: it is not to be had here."""
    found: list[tuple[Path, str | None]] = []
    for path in paths:
        try:
            found.append((path, hashlib.sha256(content_of(path)).hexdigest()))
        except (RigError, MemoryError):
            found.append((path, None))
    return found


def read_sent(job: Job) -> Read:
    """What comes of a file."""
    path, content = job
    try:
        data = content_of(path) if content is None else content
    except RigError as error:
        return Read(path, problem=str(error))
    return replace(read_content(path, data), sha256=hashlib.sha256(data).hexdigest())
