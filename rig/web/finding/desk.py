"""Whoever answers what is asked of the library: a slow disk or a locked index holds up nothing but the answers.

It is a thread of its own, started by the first question; it loads what searching needs and opens the index then, and
looks now and then whether another rig has scanned.
"""

from __future__ import annotations

import contextlib
import math
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import RigError
from ...library.entered_levels import input_levels
from ..merge_patch import Json
from ..messages import Search

if TYPE_CHECKING:
    from ...catalogue.library import Library
    from ...nam import Model
    from .shelf import Shelf

MOST_QUESTIONS = 64  # that wait
MOST_LIKE = 100  # neighbours
PATIENCE_S, TIMES = 2.0, 10.0  # between two readings of an index that changes: at least, and in times of one reading

NOTHING: Json = {  # the answer to any question of a library that holds nothing
    "rev": 0,
    "all": 0,
    "total": 0,
    "of": 0,
    "from": 0,
    "items": [],
    "share": 0.0,
    "x": [],
    "y": [],
    "places": [],
}

Answer = Callable[[Json], None]
Stamp = tuple[int, ...]


class SearchDesk:
    """`index`: another one than rig's own. `playing()`: the model that plays, asked from this thread."""

    def __init__(self, index: Path | None, playing: Callable[[], Model | None]) -> None:
        self._index, self._playing = index, playing
        self._questions: queue.SimpleQueue[tuple[Search, Answer] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._library: Library | None = None
        self._shelf: Shelf | None = None
        self._opened: Stamp = ()  # of the index as it was opened: its inode
        self._seen: Stamp = ()  # as it was read
        self._read_at, self._read_s = 0.0, 0.0
        self._revs = 0

    # ------------------------------------------------------------ from any thread
    @property
    def rev(self) -> int:
        """A number that changes with what was read; 0: nothing was."""
        shelf = self._shelf
        return 0 if shelf is None else shelf.rev

    def ask(self, search: Search, answer: Answer) -> None:
        """Have `answer` called with what there is to say, from the desk's thread; at once, if it is too busy."""
        if self._questions.qsize() >= MOST_QUESTIONS:
            answer({"error": "The library is busy; try again.", "id": search.id})
            return
        with self._lock:
            self._questions.put((search, answer))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="rig library", daemon=True)
                self._thread.start()

    def hurry(self) -> None:
        """A scan has ended: the next answer is of what it found."""
        self._read_at = -math.inf

    def where(self, sha256: str) -> list[Path]:
        """The files that hold a content, as the index says; waits for it. Not for a thread that must not wait."""
        shelf = self._shelf
        if shelf is None:  # rig has started anew since somebody looked
            done = threading.Event()
            self.ask(Search("model", 0, of=sha256), lambda _: done.set())
            done.wait()
            shelf = self._shelf
        found = None if shelf is None else shelf.models.get(sha256)
        if found is None:
            raise RigError("The library does not hold that model any more; search again.")
        return list(found.paths)

    def close(self) -> None:
        """Let go of the index, without waiting."""
        self._questions.put(None)

    # ------------------------------------------------------------ its thread
    def _work(self) -> None:
        while (question := self._questions.get()) is not None:
            search, answer = question
            try:
                said: Json = {"library": search.what, "id": search.id, **self._found(search)}
            except RigError as error:
                said = {"error": str(error), "id": search.id}
            except Exception as error:  # a mistake of ours must not leave others without an answer
                said = {"error": f"rig failed ({type(error).__name__}: {error}); please report it.", "id": search.id}
            with contextlib.suppress(RuntimeError):  # the server has ended; another one is asked again
                answer(said)
        self._let_go()

    def _found(self, search: Search) -> Json:
        shelf = self._current()
        if shelf is None or self._library is None:
            return dict(NOTHING)
        if search.what == "find":
            return shelf.page(search)
        if search.what == "map":
            return shelf.dots()
        if search.what == "places":
            return shelf.found_places(search.query)
        if search.what == "model":
            return shelf.one(search)
        return self._like(shelf, self._library, search)

    def _like(self, shelf: Shelf, library: Library, search: Search) -> Json:
        """The nearest of a model of the library, or of the one that plays."""
        count = min(search.count, MOST_LIKE)
        if search.of is not None:
            return shelf.nearest(search.of, count)
        playing = self._playing()
        if playing is None:
            raise RigError("No model plays.")
        if shelf.places(playing.content_hash):
            return shelf.nearest(playing.content_hash, count)
        return shelf.like(playing.path.name, None, library.like(playing, count))

    def _current(self) -> Shelf | None:
        """The library as it is now, or was a moment ago; None: there is none yet."""
        from ...catalogue.index import index_path
        from ...catalogue.library import Library
        from .shelf import Shelf

        path = self._index if self._index is not None else index_path()
        stamp = _stamp(path)
        if self._library is not None and stamp[:1] != self._opened:
            self._let_go()
        if not stamp:
            return None
        if self._library is None:
            self._library = Library(path)
            stamp = _stamp(path)
            self._opened = stamp[:1]
        now = time.monotonic()
        is_due = now - self._read_at > max(PATIENCE_S, TIMES * self._read_s)
        if self._shelf is None or (stamp != self._seen and is_due):
            self._library.refresh()
            self._revs += 1
            self._shelf = Shelf(self._library, self._revs, input_levels(tell=lambda sentence: None))
            self._seen, self._read_at = stamp, time.monotonic()
            self._read_s = self._read_at - now
        return self._shelf

    def _let_go(self) -> None:
        if self._library is not None:
            self._library.close()
        self._library = self._shelf = None


def _stamp(path: Path) -> Stamp:
    """Inode, size and time of an index, and those of its journal; empty: there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise RigError(f"{path.name} cannot be read ({error.strerror}).") from error
    stamp: Stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
    with contextlib.suppress(OSError):
        journal = os.stat(f"{path}-wal")
        stamp += (journal.st_size, journal.st_mtime_ns)
    return stamp
