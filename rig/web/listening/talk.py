"""One connection of a listener's page: the token or his key first, then a name, then what he hears and rates."""

from __future__ import annotations

from typing import ClassVar, Protocol

from websockets.asyncio.server import ServerConnection

from ...errors import CompareError, RigError
from ..access import Access, Device
from ..entrance.visitor import REVOKED, Visitor
from ..merge_patch import Json
from ..messages import Ask, Do, Greeting
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


class Talk(Visitor):
    """From the first message to the end."""

    FULL: ClassVar[str] = "As many pages as this test serves are open already; close one."

    def __init__(self, place: Place, ws: ServerConnection) -> None:
        super().__init__(ws, place.access)
        self._place = place
        self.name: str | None = None  # of whoever has the key that it came with
        self.seat: Seat | None = None
        self._rev = 0

    # ------------------------------------------------------------ what it says
    def _is_admitted(self) -> bool:
        return self._place.admit(self)

    async def _welcome(self, greeting: Greeting, device: Device | None) -> bool:
        self.name = None if device is None else device.name
        try:
            self.seat = self._place.seat_of(self)
        except RigError as error:
            await self._end(REVOKED, str(error), "seat")
            return False
        self.say({"hello": self._place.welcome})
        self.send_state()
        return True

    def _understand(self, message: str | bytes) -> None:
        said = read_listener(message)
        if isinstance(said, Ask):
            self.send_state()
        elif isinstance(said, Do | Sounds):
            try:
                self._answer(said)
            except RigError as error:
                self.say({"error": str(error), "id": said.id})

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
        self.say(answer)

    # ------------------------------------------------------------ what it is sent
    def send_state(self) -> None:
        """How all stands."""
        self._rev += 1
        state: Json = {"phase": "name"} if self.seat is None else self.seat.state()
        self.say({"state": state, "rev": self._rev})
