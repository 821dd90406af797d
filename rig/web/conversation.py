"""One client: its token first, then what it asks for; and what is sent to it, which never waits for it."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Protocol

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from .. import __version__
from .access import Access, Device
from .board import Board
from .entrance.visitor import Visitor
from .merge_patch import Json
from .messages import VERSION, Ask, Do, Greeting, List, Search, Watch, read_said


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

    def search(self, one: Conversation, said: Search) -> Json | None:
        """Look for something in the library, in its own time; what there is to say at once, else None."""


FULL_BYTES = 64 << 10  # that wait to be sent: no meters now
SLOW_BYTES = 256 << 10  # no patches and events: the whole state later


def binary_message(content: bytes) -> bytes:
    """What goes over the wire, the same for all who watch: a server masks nothing, and nothing is compressed."""
    return Frame(Opcode.BINARY, content).serialize(mask=False)


class Conversation(Visitor):
    """From the first message to the end. `route`: its number among all of this run."""

    FULL: ClassVar[str] = "Eight pages and programs steer this rig already; close one of them."

    def __init__(self, server: Host, ws: ServerConnection, route: int) -> None:
        super().__init__(ws, server.access)
        self._server, self.route, self.name = server, route, ""
        self.device: Device | None = None
        self.has_state = self._awaits_state = False  # who has it gets patches
        self.meters = self.spectra = False

    # ------------------------------------------------------------ what it says
    def _is_admitted(self) -> bool:
        return self._server.admit(self)

    async def _welcome(self, greeting: Greeting, device: Device | None) -> bool:
        self.name = greeting.name
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
        self.say({"hello": hello})
        self.wants_state()
        return True

    def _understand(self, message: str | bytes) -> None:
        said = read_said(message)
        if isinstance(said, Watch):
            self.meters, self.spectra = said.meters, said.spectra
            self._server.watch()
        elif isinstance(said, Ask):
            self.wants_state()
        elif isinstance(said, Search):
            self._search(said)
        elif self._server.is_managing(said):
            self.say(self._server.manage(self, said))
        else:
            self._ask(said)

    def _ask(self, said: Do | List) -> None:
        if isinstance(said, List) and self._waiting > SLOW_BYTES:
            self.say({"error": "You read too slowly for a list; try again.", "id": said.id})
            return
        known = self._server.board.ask(self.client, self.route, said)
        if known is not None:
            self.send(known)

    def _search(self, said: Search) -> None:
        too_slow = {"error": "You read too slowly for a search; try again.", "id": said.id}
        answer = too_slow if self._waiting > SLOW_BYTES else self._server.search(self, said)
        if answer is not None:
            self.say(answer)

    # ------------------------------------------------------------ what it is sent
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
