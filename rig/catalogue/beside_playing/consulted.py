"""The library as somebody consults it who does something else: read only, as a whole, and kept in memory.

The index is opened for reading alone and let go of at once, so a scan goes on beside it and nothing is written. All of
it may take long, on a slow disk: it belongs into a thread that nobody waits for. What was read is kept until the index
has changed.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import numpy as np

from ...errors import ConfigError, RigError
from ...nam import load_model
from ..entry import described
from ..fingerprint import VERSION
from ..found import Found
from ..index import PATIENCE_S, SCHEMA, Index, index_path
from ..library import Library

EMPTY = "The library holds no model yet; scan a folder first: rig library scan FOLDER."
FURTHEST = 1e9  # further than any two lie apart, and nearer than what stands for "itself"
Stamp = tuple[tuple[int, int], ...]


class ReadOnlyIndex(Index):
    """An index that is there, for reading alone. Raises ConfigError where it cannot be read, or is of another kind."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = self._open()

    def _open(self) -> sqlite3.Connection:
        with self._told():
            try:
                return self._opened("mode=ro")
            except sqlite3.OperationalError:  # in a folder where not even a lock may be written
                return self._opened("immutable=1")

    def _opened(self, how: str) -> sqlite3.Connection:
        address = f"{self.path.absolute().as_uri()}?{how}"
        database = sqlite3.connect(address, uri=True, timeout=PATIENCE_S, isolation_level=None)
        try:
            about = dict(database.execute("SELECT key, value FROM about"))
        except BaseException:
            database.close()
            raise
        if about.get("schema") != SCHEMA or about.get("fingerprint") != VERSION:
            database.close()
            raise ConfigError(
                f"{self.path} was written by another version of rig; scan again: rig library scan FOLDER."
            )
        return database


class Consulted:
    """A library that is read when it is asked for, and again when it has changed; for any thread."""

    def __init__(self, index: Path | None = None) -> None:
        self._path, self._lock = index, threading.Lock()
        self._library: Library | None = None
        self._stamp: Stamp = ()

    def library(self) -> Library:
        """All of it, as it stands. Raises RigError where it holds nothing, ConfigError where it cannot be read."""
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
