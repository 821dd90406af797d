"""Reading ahead: what the next keys will ask for is read, checked and prepared before they are pressed.

A `Shelf` stands for a list of files and a position in it. Threads of its own prepare the neighbours of the position, in
the direction of travel first, and whoever plays takes what is ready. Nobody waits: while a file is still being
prepared, `take` answers None, and if the position moves on meanwhile, only the newest is asked for.

    shelf = Shelf(paths, prepare)
    shelf.step(1)             # a key: the position moves at once
    item = shelf.take()       # again and again until it is there, or raises what is wrong with the file
    shelf.read_ahead()        # when the item sounds: prepare what may come next

The threads end when there is nothing to prepare. They compete with the control side for Python, never with audio.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from ..errors import RigError
from ..folders import Stamp, stamp_of

AHEAD, BEHIND = 4, 2  # neighbours that are prepared
LEFT_BEHIND = 4  # items that stay for a while when the position has moved away from them
MAX_BYTES = 64 << 20
THREADS = 4  # one reads ahead; the others are for what is asked for while a slow file holds up the first


class Prepared(Protocol):
    """Something that is ready to play."""

    @property
    def nbytes(self) -> int:
        """The memory it takes, roughly."""


Item = TypeVar("Item", bound=Prepared)


@dataclass(frozen=True, slots=True)
class _Result(Generic[Item]):
    """What became of a file: an item, or what is wrong with it."""

    stamp: Stamp | None  # of the file before it was read; None: there was none
    item: Item | None
    error: RigError | None

    @property
    def nbytes(self) -> int:
        return 0 if self.item is None else self.item.nbytes


class Shelf(Generic[Item]):
    """The prepared neighbours of a position in a list of files.

    `prepare` is called in other threads, one file at a time each, and raises RigError for a file that cannot be used.
    Each item is handed out once; to come back to a file is to prepare it again. What lies here is bounded by its
    number and by `max_bytes`, which the last item may exceed. One thread only may call the methods.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        prepare: Callable[[Path], Item],
        *,
        ahead: int = AHEAD,
        behind: int = BEHIND,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.paths = list(paths)
        self.position = 0
        self.waiting = False  # the file at the position was asked for and has not been taken
        self._prepare, self._ahead, self._behind, self._max_bytes = prepare, ahead, behind, max_bytes
        self._direction, self._closed = 1, False
        self._results: dict[int, _Result[Item]] = {}  # by position; the oldest first
        self._preparing: set[int] = set()
        self._threads: set[threading.Thread] = set()
        self._changed = threading.Condition()

    # ------------------------------------------------------------ where we are
    @property
    def path(self) -> Path:
        """The file at the position."""
        return self.paths[self.position]

    def step(self, direction: int) -> None:
        """Ask for the neighbour in a direction, 1 or -1; behind the last comes the first."""
        if self.paths:
            self.go((self.position + direction) % len(self.paths), direction)

    def go(self, position: int, direction: int = 1) -> None:
        """Ask for the file at a position, whatever was asked for before. `direction`: where the next steps may lead."""
        with self._changed:
            self.position, self._direction, self.waiting = position, direction, True
            self._hire()

    def take(self) -> Item | None:
        """The item that was asked for; None if it is not ready yet, or nothing is asked for.

        Raises what `prepare` raised; the question is answered then, too. A file that has changed is read again.
        """
        if not self.waiting:
            return None
        stamp = stamp_of(self.path)
        with self._changed:
            result = self._results.get(self.position)
            if result is None or result.stamp != stamp:
                self._results.pop(self.position, None)
                self._hire()
                return None
            self.waiting = False
            if result.error is not None:
                raise result.error.with_traceback(None)
            return self._results.pop(self.position).item

    def wait(self, timeout_s: float) -> Item | None:
        """`take`, but wait for it; None if it took longer."""
        deadline = time.monotonic() + timeout_s
        while (item := self.take()) is None and self.waiting and time.monotonic() < deadline:
            with self._changed:
                self._changed.wait_for(lambda: self.position in self._results, max(0.0, deadline - time.monotonic()))
        return item

    # ------------------------------------------------------------ reading ahead
    def read_ahead(self) -> None:
        """Go on preparing the neighbours; call it now and then. Nothing is read ahead before the first call."""
        with self._changed:
            self._hire()

    @property
    def nbytes(self) -> int:
        """The memory of all that is ready."""
        with self._changed:
            return sum(result.nbytes for result in self._results.values())

    @property
    def ready(self) -> list[int]:
        """The positions of what is ready or known to be unusable."""
        with self._changed:
            return sorted(self._results)

    def close(self, timeout_s: float = 1.0) -> None:
        """Prepare nothing more, and wait a moment for what is under way."""
        with self._changed:
            self._closed = True
            threads = list(self._threads)
            self._results.clear()
        for thread in threads:
            thread.join(timeout_s)

    # ------------------------------------------------------------ all below runs with the lock held, or in the threads
    def _order(self) -> list[int]:
        """The positions to have ready, the most urgent first."""
        ways = (*range(1, self._ahead + 1), *range(-1, -self._behind - 1, -1))
        around = [(self.position + self._direction * way) % len(self.paths) for way in ways] if self.paths else []
        return list(dict.fromkeys([self.position, *around] if self.waiting else around))

    def _next_job(self) -> int | None:
        room = 0 if self._closed else self._max_bytes
        for position in self._order():
            if room <= 0:
                return None
            if position in self._results:
                room -= self._results[position].nbytes
            elif position not in self._preparing:
                return position
        return None

    def _hire(self) -> None:
        """Start a thread if there is work for one more."""
        job = self._next_job()
        urgent = self.waiting and job == self.position
        if job is not None and len(self._threads) < (THREADS if urgent else 1):
            thread = threading.Thread(target=self._work, name="rig reads ahead", daemon=True)
            self._threads.add(thread)
            thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                position = self._next_job()
                if position is None:
                    self._threads.discard(threading.current_thread())
                    return
                self._preparing.add(position)
            result = self._result(self.paths[position])
            with self._changed:
                self._preparing.discard(position)
                if not self._closed:
                    self._results[position] = result
                self._trim()
                self._changed.notify_all()
            del result  # or the item would live on here while the next one is prepared

    def _result(self, path: Path) -> _Result[Item]:
        stamp = stamp_of(path)
        try:
            return _Result(stamp, self._prepare(path), None)
        except RigError as error:
            return _Result(stamp, None, error)
        except Exception as error:  # a mistake of ours must not stop the music either
            sentence = f"{path.name}: rig failed over this file ({type(error).__name__}: {error}); please report it."
            return _Result(stamp, None, RigError(sentence))

    def _trim(self) -> None:
        """Let go of what there is no room for: what was left behind first, then the least urgent."""
        room, places = self._max_bytes, 1 + self._ahead + self._behind + LEFT_BEHIND
        for position in dict.fromkeys([*self._order(), *reversed(self._results)]):
            if position not in self._results:
                continue
            if room <= 0 or places == 0:
                del self._results[position]
            else:
                room, places = room - self._results[position].nbytes, places - 1
