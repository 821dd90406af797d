"""The thread that serves a listening test: the files of its page, and a websocket for each listener."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.server import ServerConnection

from ... import __version__
from ...compare.listening import scale
from ...compare.listening.chain import digest
from ...compare.listening.prepared import Prepared
from ...compare.listening.sitting import HEARD_S
from ..access import Access
from ..files import Files
from ..merge_patch import Json
from ..messages import VERSION
from ..origins import Origins
from ..serving import Serving, Talking
from .revealing import Revealing
from .seat import Seat
from .seats import Seats
from .talk import Talk

MOST_TALKS = 32
LEFT_S = 10.0  # without a page, and a seat is free again: for a terminal, say
LOOK_S = 1.0
SWITCH_S = 0.01  # one way, as in rig's own A/B and in the terminal
FOLDER = Path(__file__).parent / "static"
SHARED = (  # of the page of a rig
    "charts.js",
    "client.js",
    "dom.js",
    "format.js",
    "icon.svg",
    "merge.js",
    "store.js",
    "strings.js",
    "theme.js",
    "token.js",
    "views/loop_range.js",
    "styles/controls.css",
    "styles/loop_range.css",
    "styles/theme.css",
)


@dataclass(frozen=True, slots=True)
class ListeningSite:
    """All that a server needs, and that outlives it."""

    test: Prepared
    access: Access
    files: Files
    origins: Origins
    revealing: Revealing | None
    tls: ssl.SSLContext | None = None


class Host(Serving):
    """See the module."""

    def __init__(self, site: ListeningSite, listening: socket.socket) -> None:
        super().__init__(site, listening)
        self.access = site.access
        self._revealing = site.revealing
        self.seats = Seats(site.test, site.access, site.revealing)
        self._talks: dict[int, Talk] = {}
        self._left_at: dict[Seat, float] = {}
        self._finished: set[str] = set()  # names of those who have finished, as far as it was told
        self.events: deque[str] = deque(maxlen=100)  # for the terminal
        self.welcome: Json = {
            "version": VERSION,
            "rig": __version__,
            "page": site.files.version,
            "session": digest(["page", site.test.hash])[:16],  # the same when rig has started anew: nothing is lost
            "view": "listen",
            "question": scale.QUESTION,
            "instructions": scale.INSTRUCTIONS,
            "switch_s": SWITCH_S,
            "fade_s": scale.FADE_S,
            "shortest_s": scale.SHORTEST_S,
            "heard_s": HEARD_S,
        }

    async def _converse(self, ws: ServerConnection) -> None:
        one, route = Talk(self, ws), next(self._routes)
        self._talks[route] = one
        try:
            await one.run()
        finally:
            self._talks.pop(route, None)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            taken, now = {id(each.seat) for each in self._talks.values()}, time.monotonic()
            for seat in self.seats.all():
                if id(seat) in taken:
                    self._left_at.pop(seat, None)
                elif now - self._left_at.setdefault(seat, now) > LEFT_S:
                    self._left_at.pop(seat)
                    self.seats.leave(seat)

    def _talking(self) -> list[Talking]:
        return list(self._talks.values())

    def _ends(self) -> None:
        self.seats.close()

    # ------------------------------------------------------------ for a talk
    @property
    def client_count(self) -> int:
        """How many pages are open."""
        return sum(each.is_known for each in list(self._talks.values()))

    def admit(self, one: Talk) -> bool:
        """Whether one more fits in."""
        return sum(each.is_known for each in self._talks.values()) < MOST_TALKS

    def sit(self, one: Talk, name: str) -> str:
        """Take a seat; its key. Raises RigError."""
        one.seat, key = self.seats.take(name, one.client, one.address, one.is_here)
        self.events.append(f"{one.seat.sitting.listener} listens")
        self.tell(one.seat)
        return key

    def seat_of(self, one: Talk) -> Seat | None:
        """The seat of the key that it came with; None: it came with the token. Raises RigError."""
        if one.name is None:
            return None
        seat = self.seats.named(one.name)
        self._is_over(seat)
        return seat

    def tell(self, seat: Seat) -> None:
        """To all pages of that listener."""
        self._is_over(seat)
        for each in self._talks.values():
            if each.seat is seat:
                each.send_state()

    def _is_over(self, seat: Seat) -> None:
        """Whoever has finished, or comes back to see, sees what all have come to."""
        name = seat.sitting.listener
        if not seat.sitting.is_over or name in self._finished:
            return
        self._finished.add(name)
        self.events.append(f"{name} has finished")
        if self._revealing is not None:
            self._revealing.renew(lambda: self._call(self._tell_results))

    def _tell_results(self) -> None:
        for each in self._talks.values():
            if each.seat is not None and each.seat.sitting.is_over:
                each.send_state()
