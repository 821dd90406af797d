"""What lies in a folder: the files of a kind, in the order in which people number them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import FileError
from ..scripting.braced_names import note

AUDIO_ENDINGS = (".wav", ".flac", ".aif", ".aiff", ".caf", ".w64", ".rf64", ".ogg")
Stamp = tuple[int, int, int]  # time of change in ns, size, inode: if one differs, the file has changed
_DIGITS = re.compile(r"(\d+)")


class Found(NamedTuple):
    """Files, and a sentence for each folder below that could not be read."""

    files: list[Path]
    problems: list[str]


def natural(path: Path) -> tuple[tuple[tuple[int, str], ...], ...]:
    """What to sort by so that `cab2` comes before `cab10`, whatever the case.

    >>> [str(path) for path in sorted([Path("b"), Path("a10.wav"), Path("A2.wav")], key=natural)]
    ['A2.wav', 'a10.wav', 'b']
    """
    return tuple(
        tuple((int(piece), "") if piece.isdecimal() else (-1, piece) for piece in _DIGITS.split(part.casefold()))
        for part in (*path.parent.parts, path.stem, path.suffix)
    )


def files_in(folder: Path, endings: Iterable[str], below: bool = False) -> Found:
    """The files of these endings in a folder, with all folders `below` it if wanted; hidden ones are left out.

    Links are followed, each folder is read once. Raises FileError if the folder itself cannot be read.
    """
    wanted, files, problems = tuple(endings), [], []  # type: tuple[str, ...], list[Path], list[str]
    seen: set[tuple[int, int]] = set()

    def refused(error: OSError) -> None:
        sentence = f"{error.filename}: this folder cannot be read ({error.strerror})."
        if Path(error.filename) == folder:
            raise FileError(sentence) from error
        problems.append(sentence)

    for top, folders, names in os.walk(folder, onerror=refused, followlinks=True):
        folders[:] = [name for name in folders if below and not name.startswith(".")]
        try:
            found = os.stat(top)
        except OSError as error:  # it has just gone
            refused(error)
            continue
        if (found.st_dev, found.st_ino) in seen:  # a link to a folder above would lead round and round
            folders.clear()
            continue
        seen.add((found.st_dev, found.st_ino))
        files += [Path(top, name) for name in names if name.lower().endswith(wanted) and not name.startswith(".")]
    for path in files:
        note(path)
    return Found(sorted(files, key=natural), problems)


def beside(path: Path, endings: Iterable[str]) -> list[Path]:
    """The files of these endings in the folder of one, that one included, in order."""
    try:
        found = files_in(path.parent, endings).files
    except FileError:
        found = []
    return found if path in found else [path, *found]


def stamp_of(path: Path) -> Stamp | None:
    """What tells whether a file has changed; None if there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def telling_names(paths: Sequence[Path]) -> list[str]:
    """What to call each of these files: its name, with as many folders before it as tell it from all others.

    >>> telling_names([Path("a/57.wav"), Path("b/57.wav"), Path("b/121.wav")])
    ['a/57.wav', 'b/57.wav', '121.wav']
    """
    names = [path.name or str(path) for path in paths]
    alike: dict[str, set[Path]] = {}
    for name, path in zip(names, paths, strict=True):
        alike.setdefault(name, set()).add(path)
    called: dict[Path, str] = {}
    for group in alike.values():
        called |= _told_apart(group) if len(group) > 1 else {}
    return [called.get(path, name) for path, name in zip(paths, names, strict=True)]


def _told_apart(paths: set[Path]) -> dict[Path, str]:
    """The shortest ends that no two of these paths share; the whole path where one is the end of another."""
    ends: dict[Path, str] = {}
    left, depth = set(paths), 1
    while left:
        depth += 1
        found = {path: "/".join(path.parts[-depth:]) for path in left}
        counts = Counter(found.values())
        for path, end in found.items():
            if counts[end] == 1 or depth >= len(path.parts):
                ends[path] = end if depth < len(path.parts) or not path.is_absolute() else str(path)
        left -= ends.keys()
    return ends
