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

from collections.abc import Callable, Sequence
from pathlib import Path

from ..files.preload import ReadAhead, Result
from .prepared import PreparedIR

MAX_BYTES = 512 << 20


class Bank(ReadAhead[PreparedIR]):
    """Prepared impulse responses by their position in a list of files, and the position that was asked for.

    `max_bytes` bounds what is kept; the item that was asked for may exceed it.
    """

    def __init__(
        self, paths: Sequence[Path], prepare: Callable[[Path], PreparedIR], *, max_bytes: int = MAX_BYTES
    ) -> None:
        super().__init__(paths, prepare, max_bytes)
        self._nbytes = 0
        self._order: list[int] = []  # all positions to read, the most urgent first
        self._urgency: dict[int, int] = {}  # position -> place in that order
        self._next = 0  # what stands before it in the order has been read, or found no room

    def go(self, position: int) -> None:
        """Ask for the file at a position, whatever was asked for before."""
        with self._changed:
            self.position, self.waiting = position, True
            self._hire()

    def peek(self, position: int) -> PreparedIR | None:
        """What lies ready at a position, without asking for it. From any thread."""
        with self._changed:
            read = self._results.get(position)
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
    def idle(self) -> bool:
        """Whether nothing more is going to be read until something is asked for."""
        with self._changed:
            return not self._threads

    @property
    def nbytes(self) -> int:
        """The memory of all that is kept. From any thread."""
        with self._changed:
            return self._nbytes

    @property
    def problems(self) -> dict[int, str]:
        """What is wrong with the files that cannot be used, by position, in their order."""
        with self._changed:
            read = sorted(self._results.items(), key=lambda item: item[0])
        return {position: str(result.error) for position, result in read if result.error is not None}

    # ------------------------------------------------------------ all below runs with the lock held, or in the threads
    def _is_open(self, position: int) -> bool:
        return position not in self._results and position not in self._preparing

    def _next_job(self) -> int | None:
        if self._closed or not self.paths:
            return None
        if self.waiting and self._is_open(self.position):
            return self.position
        while self._next < len(self._order):
            position = self._order[self._next]
            if self._is_open(position):
                has_room = self._nbytes < self._max_bytes or self._place(self._farthest()) > self._next
                return position if has_room else None
            self._next += 1
        return None

    def _keep(self, position: int, result: Result[PreparedIR]) -> None:
        self._forget(position)
        self._results[position] = result
        self._nbytes += result.nbytes
        self._make_room(position)

    def _forget(self, position: int) -> None:
        dropped = self._results.pop(position, None)
        self._nbytes -= 0 if dropped is None else dropped.nbytes

    def _place(self, position: int) -> int:
        return self._urgency.get(position, len(self._order))

    def _farthest(self) -> int:
        kept = [position for position, read in self._results.items() if read.item is not None]
        return max((position for position in kept if position != self.position), key=self._place, default=self.position)

    def _make_room(self, new: int) -> None:
        """Let go of what is the least urgent; the file at the position stays."""
        while self._nbytes > self._max_bytes and (farthest := self._farthest()) != self.position:
            self._forget(farthest)
            if farthest == new:  # so no other one that is read ahead has room
                self._next = len(self._order)
