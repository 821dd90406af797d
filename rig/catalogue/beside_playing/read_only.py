"""The index for reading alone: a scan goes on beside it, and nothing is written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ...errors import ConfigError
from ..fingerprint import VERSION
from ..index import PATIENCE_S, SCHEMA, Index


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
