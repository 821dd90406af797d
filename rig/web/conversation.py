"""One client: its token first, then what it asks for; and what is sent to it, which never waits for it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Protocol

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from .. import __version__
from .access import Access, Device, Refused
from .board import Board
from .merge_patch import Json
from .messages import VERSION, Ask, Do, List, Malformed, Watch, id_of, read_greeting, read_said
from .origins import is_loopback


class Host(Protocol):
    """Whoever serves it."""

    access: Access
    board: Board
    welcome: Json

    def admit(self, one: Conversation) -> bool:
        """Whether one more fits in."""

    def watch(self) -> None:
        """Somebody looks at something else."""

    def pair(self, one: Conversation, device: Device | None) -> tuple[Device | None, str | None]:
        """The device of a client, and its token if it is new."""

    def is_managing(self, said: Do | List) -> bool:
        """Whether a message is about devices."""

    def manage(self, one: Conversation, said: Do | List) -> Json:
        """List or revoke devices."""


GREETING_S = 10.0  # within which the first message comes
PER_S, AT_ONCE = 100.0, 200.0  # messages
MOST_REFUSED = 1000  # messages that are malformed or too many, then it is closed
FULL_BYTES = 64 << 10  # that wait to be sent: no meters now
SLOW_BYTES = 256 << 10  # no patches and events: the whole state later
LOST_BYTES = 4 << 20  # closed
WRONG_TOKEN, REVOKED, TOO_MANY, TOO_OFTEN = 4401, 4403, 4409, 4429  # codes of closing


def binary_message(content: bytes) -> bytes:
    """What goes over the wire, the same for all who watch: a server masks nothing, and nothing is compressed."""
    return Frame(Opcode.BINARY, content).serialize(mask=False)


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


class Conversation:
    """From the first message to the end. `route`: its number among all of this run."""

    def __init__(self, server: Host, ws: ServerConnection, route: int) -> None:
        self._server, self._ws, self.route = server, ws, route
        self.client = ""
        self.device: Device | None = None
        self.name, self.address = "", str((ws.remote_address or ("",))[0])
        self.is_here = is_loopback(self.address)
        self.is_known = False
        self.has_state = self._awaits_state = False  # who has it gets patches
        self.meters = self.spectra = False
        self._budget, self._refused = Budget(), 0

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
            message = await asyncio.wait_for(self._ws.recv(), GREETING_S)
            greeting = read_greeting(message)
            device = self._server.access.check(greeting.token, self.address)
        except TimeoutError:
            await self._end(WRONG_TOKEN, "The first message is the token; none came.", "token")
            return False
        except Refused as error:
            await self._end(REVOKED if error.is_locked else WRONG_TOKEN, str(error), "token")
            return False
        except Malformed as error:
            await self._end(WRONG_TOKEN, str(error), "token")
            return False
        if not self._server.admit(self):
            await self._end(TOO_MANY, "Eight pages and programs steer this rig already; close one of them.", "full")
            return False
        self.client, self.name, self.is_known = greeting.client, greeting.name, True
        self.device, token = self._server.pair(self, device)
        hello: dict[str, Any] = {
            "version": VERSION,
            "rig": __version__,
            **self._server.welcome,
            "events": [json.loads(text) for text in self._server.board.events],
            "may_manage": self.is_here,
        }
        if token is not None and self.device is not None:
            hello["device"] = {"id": self.device.id, "token": token}
        self.send(json.dumps({"hello": hello}))
        self.wants_state()
        return True

    def _hear(self, message: str | bytes) -> bool:
        """One message; False: that is enough."""
        if not self._budget.spend():
            return self._refuse(message, "Too many messages: at most 100 a second.")
        try:
            said = read_said(message)
        except Malformed as error:
            return self._refuse(message, str(error))
        if isinstance(said, Watch):
            self.meters, self.spectra = said.meters, said.spectra
            self._server.watch()
        elif isinstance(said, Ask):
            self.wants_state()
        elif self._server.is_managing(said):
            self.send(json.dumps(self._server.manage(self, said)))
        else:
            self._ask(said)
        return True

    def _ask(self, said: Do | List) -> None:
        if isinstance(said, List) and self._waiting > SLOW_BYTES:
            self.send(json.dumps({"error": "You read too slowly for a list; try again.", "id": said.id}))
            return
        known = self._server.board.ask(self.client, self.route, said)
        if known is not None:
            self.send(known)

    def _refuse(self, message: str | bytes, sentence: str) -> bool:
        self._refused += 1
        content = {"error": sentence, "id": id_of(message)}
        self.send(json.dumps({key: value for key, value in content.items() if value is not None}))
        return self._refused < MOST_REFUSED

    async def _end(self, code: int, sentence: str, what: str = "") -> None:
        content = {"error": sentence, "code": what} if what else {"error": sentence}
        self.send(json.dumps(content))
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

    def send_frame(self, message: bytes) -> None:
        """Send a message of `binary_message`, if what was sent before has been read."""
        ws = self._ws
        if ws.state is State.OPEN and self._waiting < FULL_BYTES:
            ws.transport.write(message)

    def send_change(self, text: str, *, is_patch: bool) -> None:
        """Send a patch or an event; who reads slowly gets the whole state later."""
        if self._waiting > SLOW_BYTES:
            self.has_state &= not is_patch
        elif self.has_state or not is_patch:
            self.send(text)

    def send_state(self, text: str) -> None:
        """Send the whole state; patches follow."""
        self.has_state, self._awaits_state = True, False
        self.send(text)

    def wants_state(self) -> None:
        """It is to have the whole state, as it is now."""
        self.has_state = False
        if not self._awaits_state:
            self._awaits_state = self._server.board.ask(self.client, self.route, None) is None

    def catch_up(self) -> None:
        """Whoever was too slow for patches, and has read what was sent, gets the state."""
        if self.is_known and not self.has_state and self._waiting < FULL_BYTES:
            self.wants_state()

    async def close(self, code: int, sentence: str) -> None:
        """End it, with a sentence."""
        self.send(json.dumps({"bye": sentence}))
        await self._ws.close(code, sentence[:120])
