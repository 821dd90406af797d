"""The index of models on disk: one SQLite file, in its documented form, safe with several rigs at once.

Tables (schema 1):

- `about(key, value)`: `schema`, and `fingerprint`, the version of probe and features that the fingerprints are of.
- `files(path, size, mtime_ns, inode, sha256, problem)`: what lies where, by whole path. `sha256`: its content, NULL
  where it could not be read; `problem`: why it is of no use, NULL where it is.
- `models(sha256, facts, fingerprint, added)`: what a content is, once, wherever and how often it lies about. `facts`:
  JSON of `entry.Facts`; `fingerprint`: 220 little-endian float32, NULL where it answers nothing.
- `claims(path, scan)`: files that a scan which is under way is reading. `scan` names a lock file beside the index that
  the scan holds; a claim whose lock nobody holds is void, so that a killed scan leaves nothing to clear up.

The journal is written ahead (WAL): readers and one writer never wait for each other, and a process that is killed at
any moment loses what it had not committed, nothing else. An index that is damaged, or of a later version, is never
overwritten: it is set aside with its name in a sentence, or refused.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from ..errors import ConfigError
from ..files.folders import Stamp
from ..files.paths import cache_folder
from .entry import Facts
from .fingerprint import SIZE, VERSION, Vector

SCHEMA = 1
FILE_NAME = "models.sqlite"
PATIENCE_S = 20.0  # another rig writes for milliseconds
TABLES = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
    sha256 TEXT, problem TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_by_content ON files (sha256);
CREATE TABLE IF NOT EXISTS models (
    sha256 TEXT PRIMARY KEY, facts TEXT NOT NULL, fingerprint BLOB, added INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (path TEXT PRIMARY KEY, scan TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the index."""

    path: Path
    stamp: Stamp
    sha256: str | None
    problem: str | None


def index_path() -> Path:
    """Where the index lies that rig uses by itself: it can be made again, so it is a cache."""
    return cache_folder() / "library" / FILE_NAME


class Index:
    """One open index. Raises ConfigError where it cannot be opened, read or written: a sentence with the way out."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path if path is not None else index_path()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._database = self._open()
        except OSError as error:
            raise ConfigError(f"{self.path}: the index cannot be kept there ({error.strerror}).") from error

    def _open(self) -> sqlite3.Connection:
        with self._told():
            database = sqlite3.connect(self.path, timeout=PATIENCE_S, isolation_level=None)
            try:
                self._check(database)
            except BaseException:
                database.close()
                raise
        return database

    def _check(self, database: sqlite3.Connection) -> None:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")  # with WAL a crash of the machine costs the last scan's end
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and "about" not in tables:
            raise ConfigError(f"{self.path} is a database of another program; name another file with --index.")
        database.executescript(f"BEGIN IMMEDIATE; {TABLES} COMMIT;")
        about = dict(database.execute("SELECT key, value FROM about"))
        if about.get("schema", SCHEMA) != SCHEMA:
            raise ConfigError(
                f"{self.path} was written by another version of rig (schema {about['schema']}, this one reads "
                f"{SCHEMA}); name another file with --index, or delete it and scan again."
            )
        if about.get("fingerprint", VERSION) != VERSION:  # what was taken by another probe says nothing here
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.execute("DELETE FROM models")
                database.execute("DELETE FROM files")
        for key, value in (("schema", SCHEMA), ("fingerprint", VERSION)):
            database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (key, value))

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What SQLite raises, as a sentence."""
        try:
            yield
        except sqlite3.OperationalError as error:
            said = str(error)
            if "locked" in said:
                raise ConfigError(
                    f"{self.path} is locked by another program for {PATIENCE_S:g} s; try again when it is done."
                ) from error
            if "full" in said:
                raise ConfigError(f"{self.path}: the disk is full; make room, then scan again: it goes on.") from error
            raise ConfigError(f"{self.path}: the index cannot be read or written ({said}).") from error
        except sqlite3.DatabaseError as error:
            raise ConfigError(
                f"{self.path} is damaged ({error}); delete it and scan again: nothing but time is lost."
            ) from error

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All of it, or nothing."""
        with self._told():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._told():
            return self._database.execute(statement, values).fetchall()

    # What is there

    def files(self) -> dict[str, Listed]:
        """All files, by whole path."""
        rows = self._rows("SELECT path, size, mtime_ns, inode, sha256, problem FROM files")
        return {
            path: Listed(Path(path), (mtime_ns, size, inode), sha256, problem)
            for path, size, mtime_ns, inode, sha256, problem in rows
        }

    def contents(self) -> set[str]:
        """The hashes of all contents that were read."""
        return {sha256 for (sha256,) in self._rows("SELECT sha256 FROM models")}

    def facts(self) -> dict[str, Facts]:
        """What each content is, by hash."""
        rows = self._rows("SELECT sha256, facts FROM models")
        try:
            return {sha256: Facts(**json.loads(facts)) for sha256, facts in rows}
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"{self.path} is damaged (facts that are none); delete it and scan again: nothing but time is lost."
            ) from error

    def vectors(self) -> tuple[list[str], Vector]:
        """Hashes, and their fingerprints, (n, 220): of those that answer."""
        rows = self._rows("SELECT sha256, fingerprint FROM models WHERE fingerprint IS NOT NULL ORDER BY sha256")
        sound = [(sha256, blob) for sha256, blob in rows if len(blob) == 4 * SIZE]
        joined = b"".join(blob for _, blob in sound)
        return [sha256 for sha256, _ in sound], np.frombuffer(joined, "<f4").reshape(-1, SIZE)

    def vector(self, sha256: str) -> Vector | None:
        """The fingerprint of one content, (220,); None: there is none."""
        rows = self._rows("SELECT fingerprint FROM models WHERE sha256 = ?", (sha256,))
        blob = rows[0][0] if rows else None
        return np.frombuffer(blob, "<f4") if blob is not None and len(blob) == 4 * SIZE else None

    # What is written

    def put(self, listed: Listed, facts: Facts | None = None, vector: Vector | None = None) -> None:
        """A file, with what its content is where that was not known, and its claim given up."""
        mtime_ns, size, inode = listed.stamp
        with self.writing() as database:
            if facts is not None and listed.sha256 is not None:
                blob = None if vector is None else np.asarray(vector, "<f4").tobytes()
                database.execute(
                    "INSERT OR REPLACE INTO models VALUES (?, ?, ?, strftime('%s', 'now'))",
                    (listed.sha256, json.dumps(facts.to_json()), blob),
                )
            database.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
                (str(listed.path), size, mtime_ns, inode, listed.sha256, listed.problem),
            )
            database.execute("DELETE FROM claims WHERE path = ?", (str(listed.path),))

    def forget(self, paths: Iterable[str]) -> None:
        """Files that are no more; what their content was stays, so that it is known where it turns up again."""
        with self.writing() as database:
            database.executemany("DELETE FROM files WHERE path = ?", ((path,) for path in paths))

    def finished(self, paths: Sequence[Path], stamps: Mapping[str, Stamp]) -> set[Path]:
        """Those of the paths that the index holds as they are now, by these stamps."""
        done = set()
        for path in paths:
            found = self._rows("SELECT mtime_ns, size, inode FROM files WHERE path = ?", (str(path),))
            if found and found[0] == stamps[str(path)]:
                done.add(path)
        return done

    def release(self, path: Path) -> None:
        """A claim given up without a result."""
        with self.writing() as database:
            database.execute("DELETE FROM claims WHERE path = ?", (str(path),))

    def claim(self, paths: Sequence[Path], scan: str, is_void: Callable[[str], bool]) -> list[Path]:
        """Those of the paths that no other scan is reading, now claimed by this one."""
        mine = []
        with self.writing() as database:
            for path in paths:
                held = database.execute("SELECT scan FROM claims WHERE path = ?", (str(path),)).fetchone()
                if held is None or held[0] == scan or is_void(held[0]):
                    database.execute("INSERT OR REPLACE INTO claims VALUES (?, ?)", (str(path), scan))
                    mine.append(path)
        return mine

    def give_up(self, scan: str) -> None:
        """All claims of a scan."""
        with self.writing() as database:
            database.execute("DELETE FROM claims WHERE scan = ?", (scan,))

    def close(self) -> None:
        """Let go of it."""
        with contextlib.suppress(sqlite3.Error):
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def size_on_disk(path: Path) -> int:
    """Bytes of an index with its journal."""
    return sum(os.path.getsize(name) for name in (path, f"{path}-wal") if os.path.exists(name))
