"""Reading ahead: what the next keys will ask for is read, checked and prepared before they are pressed.

A `NeighbourPreloader` keeps the neighbours of a position ready, those in the direction of travel first.

    neighbours = NeighbourPreloader(paths, prepare)
    neighbours.step(1)        # a key: the position moves at once
    item = neighbours.take()  # again and again until it is there, or raises what is wrong with the file
    neighbours.read_ahead()   # when the item sounds: prepare what may come next
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ..files.preload import Item, ReadAhead, Result

AHEAD, BEHIND = 4, 2  # neighbours that are prepared
LEFT_BEHIND = 4  # items that stay for a while when the position has moved away from them
MAX_BYTES = 64 << 20


class NeighbourPreloader(ReadAhead[Item]):
    """The prepared neighbours of a position in a list of files.

    Each item is handed out once; to come back to a file is to prepare it again. What lies here is bounded by its
    number and by `max_bytes`, which the last item may exceed.
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
        super().__init__(paths, prepare, max_bytes)
        self._ahead, self._behind, self._direction = ahead, behind, 1

    def step(self, direction: int) -> None:
        """Ask for the neighbour in a direction, 1 or -1; behind the last comes the first."""
        if self.paths:
            self.go((self.position + direction) % len(self.paths), direction)

    def go(self, position: int, direction: int = 1) -> None:
        """Ask for the file at a position, whatever was asked for before. `direction`: where the next steps may lead."""
        with self._changed:
            self.position, self._direction, self.waiting = position, direction, True
            self._hire()

    def read_ahead(self) -> None:
        """Go on preparing the neighbours; call it now and then. Nothing is read ahead before the first call."""
        with self._changed:
            self._hire()

    @property
    def nbytes(self) -> int:
        """The memory of all that is ready."""
        with self._changed:
            return sum(result.nbytes for result in self._results.values())

    def close(self, timeout_s: float = 1.0) -> None:
        """Prepare nothing more, let go of everything, and wait a moment for what is under way."""
        with self._changed:
            self._closed = True
            self._results.clear()
        super().close(timeout_s)

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

    def _handed_out(self, position: int) -> None:
        self._forget(position)

    def _keep(self, position: int, result: Result[Item]) -> None:
        """What was left behind goes first, then the least urgent."""
        if not self._closed:
            self._results[position] = result
        room, places = self._max_bytes, 1 + self._ahead + self._behind + LEFT_BEHIND
        for kept in dict.fromkeys([*self._order(), *reversed(self._results)]):
            if kept not in self._results:
                continue
            if room <= 0 or places == 0:
                del self._results[kept]
            else:
                room, places = room - self._results[kept].nbytes, places - 1
