"""The library as somebody consults it who does something else: read only, as a whole, and kept in memory.

The index is opened for reading alone and let go of at once, so a scan goes on beside it and nothing is written. All of
it may take long, on a slow disk: it belongs into a thread that nobody waits for. What was read is kept until the index
has changed. What reading stands on (SciPy, and all that compares) is imported there, too: nobody waits for it to hear
the first sound.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import RigError
from ..found import Found

if TYPE_CHECKING:
    from ..library import Library

EMPTY = "The library holds no model yet; scan a folder first: rig library scan FOLDER."
FURTHEST = 1e9  # further than any two lie apart, and nearer than what stands for "itself"
Stamp = tuple[tuple[int, int], ...]


class Consulted:
    """A library that is read when it is asked for, and again when it has changed; for any thread."""

    def __init__(self, index: Path | None = None) -> None:
        self._path, self._lock = index, threading.Lock()
        self._library: Library | None = None
        self._stamp: Stamp = ()

    def library(self) -> Library:
        """All of it, as it stands. Raises RigError where it holds nothing, ConfigError where it cannot be read."""
        from ..index import index_path
        from ..library import Library
        from .read_only import ReadOnlyIndex

        with self._lock:
            path = self._path if self._path is not None else index_path()
            stamp = _stamp(path)
            if not stamp:
                raise RigError(EMPTY)
            if stamp != self._stamp or self._library is None:
                with ReadOnlyIndex(path) as index:
                    library = Library(index)
                    library.models, library.fingerprints  # noqa: B018 (read now, while the index is open)
                self._library, self._stamp = library, stamp
            if not self._library.models:
                raise RigError(EMPTY)
            return self._library

    def like(self, path: Path, sha256: str, count: int) -> list[Found]:
        """The models nearest to one, the nearest first, each with its distance; itself left out."""
        import numpy as np

        from ...nam import load_model
        from ..entry import described

        library = self.library()
        prints = library.fingerprints
        place = prints.place(sha256)
        if place is None:  # in no folder that was scanned
            _, vector = described(load_model(path))
            if vector is None:
                raise RigError(f"{path.name} answers the probe with silence: nothing is like it.")
            return library.near(vector, count, without=(sha256,))
        around = prints.neighbours(place, FURTHEST, count)
        distances = np.linalg.norm(prints.points[around] - prints.points[place], axis=1)
        return [
            library.models[prints.hashes[other]].with_figures(distance=float(apart))
            for other, apart in zip(around, distances, strict=True)
        ]


def there(found: list[Found]) -> list[tuple[Path, Found]]:
    """Those that still lie somewhere, each with the first of its files that does."""
    places = ((next((path for path in model.paths if path.is_file()), None), model) for model in found)
    return [(path, model) for path, model in places if path is not None]


def _stamp(path: Path) -> Stamp:
    """What tells whether an index has changed; empty: there is none."""
    found = []
    for name in (path, Path(f"{path}-wal")):
        try:
            state = os.stat(name)
        except OSError:
            continue
        if state.st_size:  # who reads leaves an empty journal behind
            found.append((state.st_mtime_ns, state.st_size))
    return tuple(found) if path.is_file() else ()
