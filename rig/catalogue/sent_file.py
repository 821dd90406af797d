"""A model file on another machine: one that it sees under the same path, or the bytes of one that were sent to it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from .entry import Read, read_entry


def read_sent(job: tuple[Path, bytes | None]) -> Read:
    """What comes of a file; `sha256` is None where it is not to be had here."""
    path, content = job
    if content is None:
        return read_entry(path)
    with tempfile.TemporaryDirectory(prefix="rig-") as folder:
        there = Path(folder) / path.name
        there.write_bytes(content)
        return replace(read_entry(there), path=path)
