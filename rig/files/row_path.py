"""How two files that play in a row are named in one word: `pedal.nam+amp.nam`."""

from __future__ import annotations

import os
from pathlib import Path

JOINT = "+"


def row_parts(path: str | os.PathLike[str]) -> tuple[Path, Path] | None:
    """The two files or folders of a row like `pedal.nam+amp.nam`; None for a path that names one.

    A file whose own name holds a plus is that file.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
    if JOINT not in text or os.path.exists(text):
        return None
    cuts = [at for at, letter in enumerate(text) if letter == JOINT]
    ways = [(Path(text[:at]), Path(text[at + 1 :])) for at in cuts if text[:at] and text[at + 1 :]]
    for first, second in ways:
        if first.exists() and second.exists():
            return first, second
    return next((way for way in ways if way[0].exists() or way[0].suffix.lower() == ".nam"), None)


def whole_path(path: Path) -> Path:
    """A path, or both paths of a row, from the root of the file system."""
    parts = row_parts(path)
    return path.absolute() if parts is None else Path(JOINT.join(str(part.absolute()) for part in parts))


def shown_path(path: Path) -> Path:
    """A path as it is told from others: of a row the names of both files, in the folder of the first."""
    parts = row_parts(path)
    return path if parts is None else parts[0].with_name(f"{parts[0].name}{JOINT}{parts[1].name}")
