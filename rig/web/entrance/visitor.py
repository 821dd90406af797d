"""One client of a websocket: its token first, then what it says; what is sent to it never waits for it."""

from __future__ import annotations

import asyncio
import json
import time
from abc import ABC, abstractmethod
from typing import ClassVar

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConnectionClosed

from ..access import Access, Device, Refused
from ..merge_patch import Json
from ..messages import Greeting, Malformed, id_of, read_greeting
from ..origins import is_loopback

GREETING_S = 10.0  # within which the first message comes
PER_S, AT_ONCE = 100.0, 200.0  # messages
MOST_REFUSED = 1000  # messages that are malformed or too many, then it is closed
LOST_BYTES = 4 << 20  # that wait to be sent: closed
WRONG_TOKEN, REVOKED, TOO_MANY, TOO_OFTEN = 4401, 4403, 4409, 4429  # codes of closing


class Budget:
    """So many messages a second, some more at once."""

    def __init__(self, per_s: float = PER_S, at_once: float = AT_ONCE) -> None:
        self._per_s, self._at_once = per_s, at_once
        self._left, self._at = at_once, time.monotonic()

    def spend(self) -> bool:
        """Whether one more may be said now."""
        now = time.monotonic()
        self._left, self._at = min(self._at_once, self._left + (now - self._at) * self._per_s), now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Visitor(ABC):
    """From the first message to the end. `FULL`: what is said to one for whom there is no room."""

    FULL: ClassVar[str]

    def __init__(self, ws: ServerConnection, access: Access) -> None:
        self._ws, self._access = ws, access
        self.client, self.address = "", str((ws.remote_address or ("",))[0])
        self.is_here = is_loopback(self.address)
        self.is_known = False
        self._budget, self._refused = Budget(), 0

    # ------------------------------------------------------------ of each kind
    @abstractmethod
    def _is_admitted(self) -> bool:
        """Whether one more fits in."""

    @abstractmethod
    async def _welcome(self, greeting: Greeting, device: Device | None) -> bool:
        """It is known now: say hello, and how all stands; False: it was sent away again."""

    @abstractmethod
    def _understand(self, message: str | bytes) -> None:
        """Carry out what it says. Raises Malformed."""

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
            device = self._access.check(greeting.token, self.address)
        except TimeoutError:
            await self._end(WRONG_TOKEN, "The first message is the token; none came.", "token")
            return False
        except Refused as error:
            await self._end(REVOKED if error.is_locked else WRONG_TOKEN, str(error), "token")
            return False
        except Malformed as error:
            await self._end(WRONG_TOKEN, str(error), "token")
            return False
        if not self._is_admitted():
            await self._end(TOO_MANY, self.FULL, "full")
            return False
        self.client, self.is_known = greeting.client, True
        return await self._welcome(greeting, device)

    def _hear(self, message: str | bytes) -> bool:
        """One message; False: that is enough."""
        if not self._budget.spend():
            return self._refuse(message, "Too many messages: at most 100 a second.")
        try:
            self._understand(message)
        except Malformed as error:
            return self._refuse(message, str(error))
        return True

    def _refuse(self, message: str | bytes, sentence: str) -> bool:
        self._refused += 1
        number = id_of(message)
        self.say({"error": sentence} | ({} if number is None else {"id": number}))
        return self._refused < MOST_REFUSED

    async def _end(self, code: int, sentence: str, what: str = "") -> None:
        self.say({"error": sentence} | ({"code": what} if what else {}))
        await self._ws.close(code, sentence[:120])

    # ------------------------------------------------------------ what it is sent
    @property
    def _waiting(self) -> int:
        """Bytes that it has not read yet, beside those that the system keeps."""
        return int(self._ws.transport.get_write_buffer_size())

    def send(self, content: str | bytes) -> None:
        """Send it, however slowly it is read; who reads nothing at all is let go."""
        if self._waiting > LOST_BYTES:
            self._ws.transport.abort()
        else:
            broadcast({self._ws}, content)

    def say(self, content: Json) -> None:
        """The same as JSON."""
        self.send(json.dumps(content, separators=(",", ":"), allow_nan=False))

    async def close(self, code: int, sentence: str) -> None:
        """End it, with a sentence."""
        self.say({"bye": sentence})
        await self._ws.close(code, sentence[:120])
