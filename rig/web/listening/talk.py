"""One connection of a listener's page: the token or his key first, then a name, then what he hears and rates."""

from __future__ import annotations

import asyncio
import json
from typing import Protocol

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConnectionClosed

from ...errors import CompareError, RigError
from ..access import Access, Refused
from ..conversation import GREETING_S, LOST_BYTES, MOST_REFUSED, REVOKED, TOO_MANY, TOO_OFTEN, WRONG_TOKEN, Budget
from ..merge_patch import Json
from ..messages import Ask, Do, Malformed, id_of, read_greeting
from ..origins import is_loopback
from .said import Sounds, read_listener
from .seat import Seat

FULL_BYTES = 2 << 20  # that wait to be sent: no sounds now


class Place(Protocol):
    """Whoever serves it."""

    access: Access
    welcome: Json

    def admit(self, one: Talk) -> bool:
        """Whether one more fits in."""

    def sit(self, one: Talk, name: str) -> str:
        """Take a seat; its key. Raises RigError."""

    def seat_of(self, one: Talk) -> Seat | None:
        """The seat of the key that it came with; None: it came with the token. Raises RigError."""

    def tell(self, seat: Seat) -> None:
        """Something has changed there."""


class Talk:
    """From the first message to the end."""

    def __init__(self, place: Place, ws: ServerConnection) -> None:
        self._place, self._ws = place, ws
        self.address = str((ws.remote_address or ("",))[0])
        self.is_here = is_loopback(self.address)
        self.is_known, self.client = False, ""
        self.name: str | None = None  # of whoever has the key that it came with
        self.seat: Seat | None = None
        self._budget, self._refused, self._rev = Budget(), 0, 0

    # ------------------------------------------------------------ what it says
    async def run(self) -> None:
        """Until it goes."""
        try:
            if not await self._greet():
                return
            async for message in self._ws:
                if not self._hear(message):
                    await self._end(TOO_OFTEN, "Too many messages that are malformed, or that come too fast.")
                    return
        except ConnectionClosed:
            return

    async def _greet(self) -> bool:
        try:
            greeting = read_greeting(await asyncio.wait_for(self._ws.recv(), GREETING_S))
            device = self._place.access.check(greeting.token, self.address)
        except TimeoutError:
            await self._end(WRONG_TOKEN, "The first message is the token; none came.", "token")
            return False
        except Refused as error:
            await self._end(REVOKED if error.is_locked else WRONG_TOKEN, str(error), "token")
            return False
        except Malformed as error:
            await self._end(WRONG_TOKEN, str(error), "token")
            return False
        if not self._place.admit(self):
            await self._end(TOO_MANY, "As many pages as this test serves are open already; close one.", "full")
            return False
        self.is_known, self.client = True, greeting.client
        self.name = None if device is None else device.name
        try:
            self.seat = self._place.seat_of(self)
        except RigError as error:
            await self._end(REVOKED, str(error), "seat")
            return False
        self.send({"hello": self._place.welcome})
        self.send_state()
        return True

    def _hear(self, message: str | bytes) -> bool:
        """One message; False: that is enough."""
        if not self._budget.spend():
            return self._refuse(message, "Too many messages: at most 100 a second.")
        try:
            said = read_listener(message)
        except Malformed as error:
            return self._refuse(message, str(error))
        if isinstance(said, Ask):
            self.send_state()
        elif isinstance(said, Do | Sounds):
            try:
                self._answer(said)
            except RigError as error:
                self.send({"error": str(error), "id": said.id})
        return True

    def _answer(self, said: Do | Sounds) -> None:
        answer: Json = {"ok": said.id}
        if isinstance(said, Do) and said.name == "sit":
            if self.seat is not None or not isinstance(said.value, str):
                raise CompareError("A listener sits down once, with a name.")
            answer["key"] = self._place.sit(self, said.value)
        elif self.seat is None:
            raise CompareError("Say your name first.")
        elif isinstance(said, Sounds):
            if self._waiting > FULL_BYTES:
                raise CompareError("You read too slowly; try again.")
            self.send(self.seat.piece(said))
        else:
            self.seat.carry_out(said)
            self._place.tell(self.seat)
        self.send(answer)

    def _refuse(self, message: str | bytes, sentence: str) -> bool:
        self._refused += 1
        number = id_of(message)
        self.send({"error": sentence} | ({} if number is None else {"id": number}))
        return self._refused < MOST_REFUSED

    async def _end(self, code: int, sentence: str, what: str = "") -> None:
        self.send({"error": sentence} | ({"code": what} if what else {}))
        await self._ws.close(code, sentence[:120])

    # ------------------------------------------------------------ what it is sent
    @property
    def _waiting(self) -> int:
        return int(self._ws.transport.get_write_buffer_size())

    def send(self, content: Json | bytes) -> None:
        """Send it, and wait for nobody; who reads nothing at all is let go."""
        if self._waiting > LOST_BYTES:
            self._ws.transport.abort()
        else:
            text = content if isinstance(content, bytes) else json.dumps(content, separators=(",", ":"))
            broadcast({self._ws}, text)

    def send_state(self) -> None:
        """How all stands."""
        self._rev += 1
        state: Json = {"phase": "name"} if self.seat is None else self.seat.state()
        self.send({"state": state, "rev": self._rev})

    async def close(self, code: int, sentence: str) -> None:
        """End it, with a sentence."""
        self.send({"bye": sentence})
        await self._ws.close(code, sentence[:120])
