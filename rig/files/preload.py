"""Files read and prepared by threads of their own, and the one of them that was asked for.

`NeighbourPreloader` (what lies around a position) and `Bank` (everything, up to a limit of memory) differ in what they
prepare next and in what they keep. Nobody waits: while a file is still being prepared, `take` answers None, and if the
position moves on meanwhile, only the newest is asked for.

The threads end when there is nothing to prepare. They compete with the control side for Python, never with audio.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from ..errors import RigError
from .folders import Stamp, stamp_of

THREADS = 4  # one reads ahead; the others are for what is asked for while a slow file holds up the first


class Prepared(Protocol):
    """Something that is ready to play."""

    @property
    def nbytes(self) -> int:
        """The memory it takes, roughly."""


Item = TypeVar("Item", bound=Prepared)


@dataclass(frozen=True, slots=True)
class Result(Generic[Item]):
    """What became of a file: an item, or what is wrong with it."""

    stamp: Stamp | None  # of the file before it was read; None: there was none
    item: Item | None
    error: RigError | None

    @property
    def nbytes(self) -> int:
        """The memory of the item."""
        return 0 if self.item is None else self.item.nbytes


class ReadAhead(ABC, Generic[Item]):
    """A list of files, a position in it, and results by position.

    `prepare` is called in other threads, one file at a time each, and raises RigError for a file that cannot be used.
    One thread only may call the methods.
    """

    def __init__(self, paths: Sequence[Path], prepare: Callable[[Path], Item], max_bytes: int) -> None:
        self.paths = list(paths)
        self.position = 0
        self.waiting = False  # the file at the position was asked for and has not been taken
        self._prepare, self._max_bytes, self._closed = prepare, max_bytes, False
        self._results: dict[int, Result[Item]] = {}  # by position; the oldest first
        self._preparing: set[int] = set()
        self._threads: set[threading.Thread] = set()
        self._changed = threading.Condition()

    @property
    def path(self) -> Path:
        """The file at the position."""
        return self.paths[self.position]

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
                self._forget(self.position)
                self._hire()
                return None
            self.waiting = False
            if result.error is not None:
                raise result.error.with_traceback(None)
            self._handed_out(self.position)
            return result.item

    def wait(self, timeout_s: float) -> Item | None:
        """`take`, but wait for it; None if it took longer."""
        deadline = time.monotonic() + timeout_s
        while (item := self.take()) is None and self.waiting and time.monotonic() < deadline:
            with self._changed:
                self._changed.wait_for(lambda: self.position in self._results, max(0.0, deadline - time.monotonic()))
        return item

    @property
    def ready(self) -> list[int]:
        """The positions of what is ready or known to be unusable. From any thread."""
        with self._changed:
            return sorted(self._results)

    def close(self, timeout_s: float = 1.0) -> None:
        """Prepare nothing more, and wait a moment for what is under way."""
        with self._changed:
            self._closed = True
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout_s)

    # ------------------------------------------------------------ all below runs with the lock held, or in the threads
    @abstractmethod
    def _next_job(self) -> int | None:
        """The position to prepare now; None: there is nothing to do."""

    @abstractmethod
    def _keep(self, position: int, result: Result[Item]) -> None:
        """Put a result where it belongs, and let go of what there is no room for."""

    def _forget(self, position: int) -> None:
        self._results.pop(position, None)

    def _handed_out(self, position: int) -> None:
        """An item was taken; it stays unless somebody says otherwise."""

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
                self._keep(position, result)
                self._changed.notify_all()
            del result  # or the item would live on here while the next one is prepared

    def _result(self, path: Path) -> Result[Item]:
        stamp = stamp_of(path)
        try:
            return Result(stamp, self._prepare(path), None)
        except RigError as error:
            return Result(stamp, None, error)
        except Exception as error:  # a mistake of ours must not stop the music either
            sentence = f"{path.name}: rig failed over this file ({type(error).__name__}: {error}); please report it."
            return Result(stamp, None, RigError(sentence))
