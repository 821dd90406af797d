"""Who sits where: one seat for each listener, taken by name, kept by a key that his browser alone has.

A name that has a sitting is open to whoever has its key, and to whoever sits at the machine itself; so nobody in the
network rates in another one's name. What is kept of a key is its hash, in a file that only the user can read.
"""

from __future__ import annotations

import time
from pathlib import Path

from ...compare.listening.prepared import Prepared
from ...compare.listening.sealing import keys_directory
from ...compare.listening.sitting import Sitting
from ...errors import CompareError
from ..access import Access
from .revealing import Revealing
from .seat import Seat

MOST_SEATS = 64  # listeners of one test, in the page
MOST_KEYS = 4 * MOST_SEATS  # some have several browsers


def keys_file(test: Prepared) -> Path:
    """Where the hashes of the keys lie."""
    return keys_directory() / f"{test.hash[:32]}.seats.json"


class Seats:
    """The seats of a test. Of the thread that serves alone, but for `names`."""

    def __init__(self, test: Prepared, access: Access, revealing: Revealing | None) -> None:
        self.test, self._access, self._revealing = test, access, revealing
        self._all: dict[str, Seat] = {}
        self._taken_by: dict[str, str] = {}  # names, by the page that took them: it may have missed the answer

    def take(self, name: str, client: str, address: str, is_here: bool) -> tuple[Seat, str]:
        """A seat by name, and its key; `client`: the page that asks. Raises CompareError."""
        path = self.test.listener_path(" ".join(name.split()))
        if path.exists() and not is_here and self._taken_by.get(client) != path.stem:
            raise CompareError(
                f"{path.stem} has begun already: go on in the browser where that was, or take another name."
            )
        if not path.exists() and len(self.test.listeners()) >= MOST_SEATS:
            raise CompareError(f"{MOST_SEATS} have listened already, more than this page takes.")
        seat = self.named(path.stem)
        self._taken_by[client] = path.stem
        _, key = self._access.pair(seat.sitting.listener, address, time.strftime("%Y-%m-%d"))
        return seat, key

    def named(self, name: str) -> Seat:
        """The seat of a listener. Raises CompareError."""
        known = name.casefold()
        if known not in self._all:
            self._all[known] = Seat(Sitting.open(self.test, name), self._revealing)
        return self._all[known]

    def leave(self, seat: Seat) -> None:
        """Nobody looks at it any more; it can be gone on with anywhere."""
        self._all.pop(seat.sitting.listener.casefold(), None)
        seat.sitting.close_file()

    def all(self) -> list[Seat]:
        """Those that are open."""
        return list(self._all.values())

    def close(self) -> None:
        """All of them."""
        for seat in self.all():
            self.leave(seat)
