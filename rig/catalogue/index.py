"""The index of models on disk: one SQLite file, in its documented form, safe with several rigs at once.

Tables (schema 2):

- `about(key, value)`: `schema`; `fingerprint`, the version of probe and features that the fingerprints of models are
  of; `cabinet_fingerprint`, that of cabinets, and of what is taken for one.
- `files(path, size, mtime_ns, inode, sha256, problem)`: what lies where, by whole path. `sha256`: its content, NULL
  where it could not be read; `problem`: why it is of no use, NULL where it is.
- `models(sha256, facts, fingerprint, added)`: what a content is, once, wherever and how often it lies about. `facts`:
  JSON of `entry.Facts`; `fingerprint`: 220 little-endian float32, NULL where it answers nothing.
- `cabinets(sha256, facts, fingerprint, added)`: the same of impulse responses. `facts`: JSON of `CabinetFacts`;
  `fingerprint`: 54 little-endian float32. Which of the two a file may hold follows from the ending of its name.
- `claims(path, scan)`: files that a scan which is under way is reading. `scan` names a lock file beside the index that
  the scan holds; a claim whose lock nobody holds is void, so that a killed scan leaves nothing to clear up.

The journal is written ahead (WAL): readers and one writer never wait for each other, and a process that is killed at
any moment loses what it had not committed, nothing else. An index that is damaged, or of a later version, is refused
with a sentence and never overwritten. One that may only be read is searched all the same. One of schema 1, which knew
no cabinets, is made one of this schema where it lies: its models stay.

A path that is no text in UTF-8 is kept as its bytes (BLOB). Of an inode number 63 bits are kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
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
from .cabinets.cabinet_facts import CabinetFacts
from .cabinets.fingerprint import VERSION as CABINET_VERSION
from .entry import Facts
from .fingerprint import SIZE, VERSION, Vector

SCHEMA = 2
READABLE = (1, SCHEMA)  # 1 had no table of cabinets, and is otherwise the same
FILE_NAME = "models.sqlite"
PATIENCE_S = 20.0  # another rig writes for milliseconds
KEPT_BITS = (1 << 63) - 1  # of a number, by SQLite; some file systems number their files with 64
MOST_DB = 1000.0  # of a number of a fingerprint: the softest there is lies at some hundreds below the rest
NOTHING_LOST = "delete it and scan again: nothing but time is lost"
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
CREATE TABLE IF NOT EXISTS cabinets (
    sha256 TEXT PRIMARY KEY, facts TEXT NOT NULL, fingerprint BLOB NOT NULL, added INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (path TEXT PRIMARY KEY, scan TEXT NOT NULL) WITHOUT ROWID;
"""
NAMES = frozenset(re.findall(r"TABLE IF NOT EXISTS (\w+)", TABLES))
ABOUT = {"schema": SCHEMA, "fingerprint": VERSION, "cabinet_fingerprint": CABINET_VERSION}


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the index, by its whole path."""

    path: str
    stamp: Stamp
    sha256: str | None
    problem: str | None


def kept_path(path: str) -> str | bytes:
    """A path as it stands in a row: the bytes of one that is no text in UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def kept_stamp(stamp: Stamp) -> Stamp:
    """A stamp as it stands in a row."""
    mtime_ns, size, inode = stamp
    return mtime_ns & KEPT_BITS, size, inode & KEPT_BITS


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
            raise ConfigError(
                f"{self.path}: the index cannot be kept there ({error.strerror}); name another file with --index."
            ) from error

    def _open(self) -> sqlite3.Connection:
        with self._told():
            may_write = self._may_write()
            # In a folder that cannot be written nobody keeps a journal: as it is, it stays.
            there = self.path if may_write else f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
            database = sqlite3.connect(there, timeout=PATIENCE_S, isolation_level=None, uri=not may_write)
            try:
                self._check(database, may_write)
            except BaseException:
                database.close()
                raise
        return database

    def _may_write(self) -> bool:
        """Whether the index can be written; one that is not there can."""
        by_whom = {"effective_ids": os.access in os.supports_effective_ids}
        return not self.path.exists() or all(os.access(it, os.W_OK, **by_whom) for it in (self.path, self.path.parent))

    def _check(self, database: sqlite3.Connection, may_write: bool) -> None:
        """Raise ConfigError for what is no index of this rig; make what is missing. Nothing else is written."""
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and "about" not in tables:
            raise ConfigError(f"{self.path} is a database of another program; name another file with --index.")
        is_current = tables >= NAMES and self._about(database) == ABOUT
        if not may_write:
            return
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")  # with WAL a crash of the machine costs the last scan's end
        if not is_current:
            database.execute("BEGIN IMMEDIATE")
            for statement in TABLES.split(";"):
                database.execute(statement)
            if self._about(database).get("fingerprint", VERSION) != VERSION:
                database.execute("DELETE FROM models")  # what was taken by an earlier probe says nothing here
                database.execute("DELETE FROM files")
            if self._about(database).get("cabinet_fingerprint", CABINET_VERSION) != CABINET_VERSION:
                database.execute("DELETE FROM cabinets")
                database.execute("DELETE FROM files WHERE lower(path) NOT LIKE '%.nam'")
            for key, value in ABOUT.items():
                database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (key, value))
            database.execute("COMMIT")

    def _about(self, database: sqlite3.Connection) -> dict[str, int]:
        """The versions that an index states. Raises ConfigError where another rig wrote it, which it will do again."""
        about = dict(database.execute("SELECT key, value FROM about"))
        is_later = any(about.get(key, 0) > version for key, version in ABOUT.items())
        if is_later or about.get("schema", SCHEMA) not in READABLE:
            raise ConfigError(
                f"{self.path} was written by another version of rig (schema {about.get('schema')}, fingerprint "
                f"{about.get('fingerprint')}; this one reads {SCHEMA} and {VERSION}); name another file with --index, "
                "or delete it and scan again."
            )
        return about

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
            if "readonly" in said:
                raise ConfigError(
                    f"{self.path} may only be read; name another file with --index, or have it made writable."
                ) from error
            raise ConfigError(
                f"{self.path}: the index cannot be read or written ({said}); name another file with --index, "
                "in a folder that you may write in."
            ) from error
        except sqlite3.DatabaseError as error:
            raise ConfigError(f"{self.path} is damaged ({error}); {NOTHING_LOST}.") from error
        except (TypeError, ValueError) as error:  # a row that holds what no rig wrote
            raise ConfigError(f"{self.path} is damaged ({error}); {NOTHING_LOST}.") from error

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All of it, or nothing."""
        with self._told():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:  # of some errors SQLite takes all back itself
                    self._database.execute("ROLLBACK")
                raise

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._told():
            return self._database.execute(statement, values).fetchall()

    # What is there

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """What a statement finds that only reads."""
        return self._rows(statement, values)

    def files(self) -> dict[str, Listed]:
        """All files, by whole path."""
        rows = self._rows("SELECT path, size, mtime_ns, inode, sha256, problem FROM files")
        with self._told():
            return {
                (name := os.fsdecode(path)): Listed(name, (mtime_ns, size, inode), sha256, problem)
                for path, size, mtime_ns, inode, sha256, problem in rows
            }

    def answers(self, sha256: str) -> bool:
        """Whether a content was read before, and is a cabinet or a model that answered."""
        model = "SELECT 1 FROM models WHERE sha256 = ? AND fingerprint IS NOT NULL"
        return bool(self._rows(f"{model} UNION ALL SELECT 1 FROM cabinets WHERE sha256 = ?", (sha256, sha256)))

    def facts(self) -> dict[str, Facts]:
        """What each content is, by hash."""
        rows = self._rows("SELECT sha256, facts FROM models")
        with self._told():
            all_facts = json.loads(f"[{','.join(facts for _, facts in rows)}]")  # one call instead of thousands
            return {sha256: Facts(**facts) for (sha256, _), facts in zip(rows, all_facts, strict=True)}

    def model(self, sha256: str) -> tuple[Facts, list[str]] | None:
        """What one content is, and the paths of its files that are of use; None: it lies nowhere."""
        paths = self._rows("SELECT path FROM files WHERE sha256 = ? AND problem IS NULL", (sha256,))
        rows = self._rows("SELECT facts FROM models WHERE sha256 = ?", (sha256,))
        with self._told():
            there = sorted(os.fsdecode(path) for (path,) in paths)
            return (Facts(**json.loads(rows[0][0])), there) if rows and there else None

    def vectors(self) -> tuple[list[str], Vector]:
        """Hashes, and their fingerprints, (n, 220): of those that answer and lie somewhere."""
        rows = self._rows(
            "SELECT sha256, fingerprint FROM models WHERE length(fingerprint) = ? AND sha256 IN "
            "(SELECT sha256 FROM files WHERE problem IS NULL) ORDER BY sha256",
            (4 * SIZE,),
        )
        return [sha256 for sha256, _ in rows], self.numbers(b"".join(blob for _, blob in rows), SIZE)

    def vector(self, sha256: str) -> Vector | None:
        """The fingerprint of one content, (220,); None: there is none."""
        rows = self._rows("SELECT fingerprint FROM models WHERE sha256 = ?", (sha256,))
        blob = rows[0][0] if rows else None
        return self.numbers(blob, SIZE)[0] if blob is not None and len(blob) == 4 * SIZE else None

    def numbers(self, blob: bytes, size: int) -> Vector:
        """Fingerprints as they were written, (n, size). Raises ConfigError for what is none: a damaged index."""
        vectors = np.frombuffer(blob, "<f4").reshape(-1, size)
        if not (np.abs(vectors) <= MOST_DB).all():  # nor is NaN
            raise ConfigError(f"{self.path} is damaged (fingerprints that are none); {NOTHING_LOST}.")
        return vectors

    # What is written

    def put(self, listed: Listed, facts: Facts | CabinetFacts | None = None, vector: Vector | None = None) -> None:
        """A file, with what its content is where that was not known, and its claim given up."""
        mtime_ns, size, inode = listed.stamp
        path = kept_path(listed.path)
        with self.writing() as database:
            if facts is not None and listed.sha256 is not None:
                blob = None if vector is None else np.asarray(vector, "<f4").tobytes()
                table = "cabinets" if isinstance(facts, CabinetFacts) else "models"
                database.execute(
                    f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, strftime('%s', 'now'))",
                    (listed.sha256, json.dumps(facts.to_json()), blob),
                )
            database.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)",
                (path, size, mtime_ns, inode, listed.sha256, listed.problem),
            )
            database.execute("DELETE FROM claims WHERE path = ?", (path,))

    def forget(self, paths: Iterable[str]) -> None:
        """Files that are no more; what their content was stays, so that it is known where it turns up again."""
        with self.writing() as database:
            database.executemany("DELETE FROM files WHERE path = ?", ((kept_path(path),) for path in paths))

    def finished(self, paths: Sequence[str], stamps: Mapping[str, Stamp]) -> set[str]:
        """Those of the paths that the index holds as they are now, by these stamps."""
        done = set()
        for path in paths:
            found = self._rows("SELECT mtime_ns, size, inode FROM files WHERE path = ?", (kept_path(path),))
            if found and found[0] == stamps[path]:
                done.add(path)
        return done

    def release(self, path: str) -> None:
        """A claim given up without a result."""
        with self.writing() as database:
            database.execute("DELETE FROM claims WHERE path = ?", (kept_path(path),))

    def claim(self, paths: Sequence[str], scan: str, is_void: Callable[[str], bool]) -> list[str]:
        """Those of the paths that no other scan is reading, now claimed by this one."""
        mine = []
        void: dict[str, bool] = {scan: True}
        with self.writing() as database:
            for path in paths:
                key = kept_path(path)
                held = database.execute("SELECT scan FROM claims WHERE path = ?", (key,)).fetchone()
                if held is not None and held[0] not in void:
                    void[held[0]] = is_void(held[0])
                if held is None or void[held[0]]:
                    database.execute("INSERT OR REPLACE INTO claims VALUES (?, ?)", (key, scan))
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
