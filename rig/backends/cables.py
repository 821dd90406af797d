"""What is plugged into rig, so that it is plugged in again: a server that restarts forgets it, and a port may vanish.

A cable that somebody pulls stays out. One that went because its other end went is missing: it is put back as soon as
a port of that name is there again. A program that leaves in order first parts its cables and then takes its ports away:
whether a cable was pulled is known only a while later.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from ..errors import BackendError
from .base import Pluggable

INPUTS = ("in", "return")
PATIENCE_S = 1.0  # how long a port may be late before it is told
LEAVING_S = 0.4  # how long after its cables a program's ports may go
NEVER = (-1, -1)  # changes of ports and cables, before the first look
RETRY_S = 0.5  # a port may be there before its program listens

Cable = tuple[str, str]  # one of our ports, and the other end


class Cables:
    """The cables of a session. `poll` does nothing while nobody's ports change, so call it often.

    `to_card`: our ports that belong to the sound card's, for where it has none yet when the session begins.
    """

    def __init__(self, say: Callable[[str], None], to_card: tuple[str, ...] = ()) -> None:
        self._say, self._to_card = say, to_card
        self._plugged: set[Cable] = set()
        self._missing: dict[Cable, float | None] = {}  # since when, None: it has been told
        self._parted: dict[Cable, float] = {}  # since when, while its other end is there: pulled, or about to go
        self._seen, self._looked_at = NEVER, 0.0

    def is_plugged(self, own: str) -> bool:
        """Whether anything was connected to one of our ports at the last look."""
        return any(cable[0] == own for cable in self._plugged)

    def all_out(self) -> None:
        """The client was closed or stopped: everything is missing."""
        now = time.monotonic()
        self._missing.update({cable: now for cable in sorted(self._plugged | self._parted.keys())})
        self._plugged, self._parted, self._seen = set(), {}, NEVER

    def poll(self, backend: Pluggable) -> None:
        """Put back what can be put back, and notice what goes. Raises BackendError for a server that is stuck."""
        if not backend.host["timed"]:  # JACK takes the card's cables out to freewheel, and puts them back itself
            return
        if self._seen == NEVER and not self._missing:
            self._plugged = _plugged(backend)  # first, as the next question may find the server gone
        now, changed = time.monotonic(), (backend.ports_changed, backend.cables_changed)
        ports_came = changed[0] != self._seen[0]
        waits = self._missing or self._parted
        if changed == self._seen and (not waits or now - self._looked_at < RETRY_S):
            return
        self._seen, self._looked_at = changed, now
        there = backend.port_names()
        plugged = _plugged(backend)
        ready = [cable for cable in self._missing if cable[1] in there]
        for cable in sorted(self._plugged - plugged):  # not put back before the next look: freewheeling may begin
            if cable[1] not in there or ports_came:  # a port that came back at once is another one
                self._missing[cable] = now
            else:
                self._parted[cable] = now
        self._look_at_parted(now, there, plugged)
        for cable in (*ready, *self._wanted_of_card(backend, plugged)):
            with contextlib.suppress(BackendError):  # not yet
                if cable not in plugged:
                    self._say(f"Ports    {backend.reconnect({cable[0]: [cable[1]]})[0]}")
                self._missing.pop(cable, None)
        self._tell_late(now)
        self._plugged = _plugged(backend)

    def _look_at_parted(self, now: float, there: set[str], plugged: set[Cable]) -> None:
        """Those whose other end has gone by now were not pulled."""
        for cable, since in list(self._parted.items()):
            if cable[1] not in there and cable not in plugged:
                self._missing[cable] = now
            if cable[1] not in there or cable in plugged or now - since > LEAVING_S:
                del self._parted[cable]

    def _wanted_of_card(self, backend: Pluggable, plugged: set[Cable]) -> list[Cable]:
        """Begin with the sound card, once there is one."""
        known = {own for own, _ in (*plugged, *self._missing)}
        self._to_card = tuple(own for own in self._to_card if own not in known)
        wanted = []
        for own in self._to_card:
            card = [name for name, is_card in backend.ports_there(own in INPUTS).items() if is_card]
            if card:
                wanted.append((own, card[(own == "out_2") % len(card)]))
        return wanted

    def _tell_late(self, now: float) -> None:
        late = [cable for cable, since in self._missing.items() if since is not None and now - since > PATIENCE_S]
        if late:
            names = ", ".join(sorted({other for _, other in late}))
            self._say(f"Ports    {names}: not there; connected again when it comes back.")
        self._missing.update({cable: None for cable in late})


def _plugged(backend: Pluggable) -> set[Cable]:
    return {(own, other) for own, others in backend.connections().items() for other in others}
