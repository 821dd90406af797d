"""A bank: all impulse responses of a folder, read in the background and kept, so that each is one key away.

A thread of its own reads and prepares file after file, in the order in which they may be asked for, and keeps all of
them up to a limit of memory. What does not fit is read when it is asked for, and what is farthest away makes room. A
file that cannot be used stays in the list with its reason and stops nothing.

    bank = Bank(paths, prepare)
    bank.go(12)               # a key: the position moves at once
    item = bank.take()        # again and again until it is there, or raises what is wrong with the file
    bank.read_ahead(order)    # prepare all others, the first of `order` first

One file takes about a millisecond, nearly all of it Python's, so more threads would not be faster; further ones are for
what is asked for while a slow file holds up the first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import RigError
from ..folders import Stamp, stamp_of
from .playable import PreparedIR

MAX_BYTES = 512 << 20
THREADS = 4


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of a file: an item, or what is wrong with it."""

    stamp: Stamp | None  # of the file before it was read; None: there was none
    item: PreparedIR | None
    error: RigError | None

    @property
    def nbytes(self) -> int:
        return 0 if self.item is None else self.item.nbytes


class Bank:
    """Prepared impulse responses by their position in a list of files, and the position that was asked for.

    `prepare` is called in other threads, one file at a time each, and raises RigError for a file that cannot be used.
    `max_bytes` bounds what is kept; the item that was asked for may exceed it. One thread only may call the methods,
    except `peek`.
    """

    def __init__(
        self, paths: Sequence[Path], prepare: Callable[[Path], PreparedIR], *, max_bytes: int = MAX_BYTES
    ) -> None:
        self.paths = list(paths)
        self.position = 0
        self.waiting = False  # the file at the position was asked for and has not been taken
        self.nbytes = 0
        self._prepare, self._max_bytes, self._closed = prepare, max_bytes, False
        self._read: dict[int, _Read] = {}
        self._reading: set[int] = set()
        self._order: list[int] = []  # all positions to read, the most urgent first
        self._urgency: dict[int, int] = {}  # position -> place in that order
        self._next = 0  # what stands before it in the order has been read, or found no room
        self._threads: set[threading.Thread] = set()
        self._changed = threading.Condition()

    # ------------------------------------------------------------ where we are
    @property
    def path(self) -> Path:
        """The file at the position."""
        return self.paths[self.position]

    def go(self, position: int) -> None:
        """Ask for the file at a position, whatever was asked for before."""
        with self._changed:
            self.position, self.waiting = position, True
            self._hire()

    def take(self) -> PreparedIR | None:
        """The item that was asked for; None if it is not ready yet, or nothing is asked for.

        Raises what `prepare` raised; the question is answered then, too. A file that has changed is read again.
        """
        if not self.waiting:
            return None
        stamp = stamp_of(self.path)
        with self._changed:
            read = self._read.get(self.position)
            if read is None or read.stamp != stamp:
                self._drop(self.position)
                self._hire()
                return None
            self.waiting = False
            if read.error is not None:
                raise read.error.with_traceback(None)
            return read.item

    def wait(self, timeout_s: float) -> PreparedIR | None:
        """`take`, but wait for it; None if it took longer."""
        deadline = time.monotonic() + timeout_s
        while (item := self.take()) is None and self.waiting and time.monotonic() < deadline:
            with self._changed:
                self._changed.wait_for(lambda: self.position in self._read, max(0.0, deadline - time.monotonic()))
        return item

    def peek(self, position: int) -> PreparedIR | None:
        """What lies ready at a position, without asking for it. From any thread."""
        with self._changed:
            read = self._read.get(position)
            return None if read is None else read.item

    # ------------------------------------------------------------ reading ahead
    def read_ahead(self, order: Sequence[int]) -> None:
        """Read everything else, the first of `order` (all positions) first. Nothing is read ahead before this."""
        with self._changed:
            self._order, self._next = list(order), 0
            self._urgency = {position: i for i, position in enumerate(self._order)}
            self._hire()

    @property
    def order(self) -> list[int]:
        """All positions, the most urgent first, as `read_ahead` was told. From any thread."""
        with self._changed:
            return self._order

    @property
    def ready(self) -> list[int]:
        """The positions of what is ready or known to be unusable. From any thread."""
        with self._changed:
            return list(self._read)

    @property
    def idle(self) -> bool:
        """Whether nothing more is going to be read until something is asked for."""
        with self._changed:
            return not self._threads

    @property
    def problems(self) -> dict[int, str]:
        """What is wrong with the files that cannot be used, by position, in their order."""
        with self._changed:
            read = sorted(self._read.items(), key=lambda item: item[0])
        return {position: str(result.error) for position, result in read if result.error is not None}

    def close(self, timeout_s: float = 1.0) -> None:
        """Read nothing more, and wait a moment for what is under way."""
        with self._changed:
            self._closed = True
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout_s)

    # ------------------------------------------------------------ all below runs with the lock held, or in the threads
    def _is_open(self, position: int) -> bool:
        return position not in self._read and position not in self._reading

    def _next_job(self) -> int | None:
        if self._closed or not self.paths:
            return None
        if self.waiting and self._is_open(self.position):
            return self.position
        while self._next < len(self._order):
            position = self._order[self._next]
            if self._is_open(position):
                has_room = self.nbytes < self._max_bytes or self._place(self._farthest()) > self._next
                return position if has_room else None
            self._next += 1
        return None

    def _hire(self) -> None:
        """Start a thread if there is work for one more."""
        job = self._next_job()
        urgent = self.waiting and job == self.position
        if job is not None and len(self._threads) < (THREADS if urgent else 1):
            thread = threading.Thread(target=self._work, name="rig reads cabinets", daemon=True)
            self._threads.add(thread)
            thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                position = self._next_job()
                if position is None:
                    self._threads.discard(threading.current_thread())
                    return
                self._reading.add(position)
            read = self._result(self.paths[position])
            with self._changed:
                self._reading.discard(position)
                self._drop(position)
                self._read[position] = read
                self.nbytes += read.nbytes
                self._make_room(position)
                self._changed.notify_all()
            del read  # or the item would live on here while the next one is prepared

    def _result(self, path: Path) -> _Read:
        stamp = stamp_of(path)
        try:
            return _Read(stamp, self._prepare(path), None)
        except RigError as error:
            return _Read(stamp, None, error)
        except Exception as error:  # a mistake of ours must not stop the music either
            sentence = f"{path.name}: rig failed over this file ({type(error).__name__}: {error}); please report it."
            return _Read(stamp, None, RigError(sentence))

    def _drop(self, position: int) -> None:
        dropped = self._read.pop(position, None)
        self.nbytes -= 0 if dropped is None else dropped.nbytes

    def _place(self, position: int) -> int:
        return self._urgency.get(position, len(self._order))

    def _farthest(self) -> int:
        kept = [position for position, read in self._read.items() if read.item is not None]
        return max((position for position in kept if position != self.position), key=self._place, default=self.position)

    def _make_room(self, new: int) -> None:
        """Let go of what is the least urgent; the file at the position stays."""
        while self.nbytes > self._max_bytes and (farthest := self._farthest()) != self.position:
            self._drop(farthest)
            if farthest == new:  # so no other one that is read ahead has room
                self._next = len(self._order)
