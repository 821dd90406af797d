"""The cables of a comparison, to be plugged otherwise while it plays: what there is to choose, and what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from ...backends.jack.client import Jack
from ...backends.jack.ports import chosen
from ...errors import BackendError
from ...player.command import Command, line

Way = Literal["input", "send", "return", "output"]
OWN: Mapping[Way, tuple[str, ...]] = {
    "input": ("in",),
    "send": ("send",),
    "return": ("return",),
    "output": ("out_1", "out_2"),
}
COMES: tuple[Way, ...] = ("input", "return")  # ways that sound comes in by
WORDS: Mapping[Way, str] = {
    "input": "the guitar comes in by",
    "send": "leads to the gear",
    "return": "the gear comes back on",
    "output": "takes the sound; two of them with a comma between",
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Port:
    """A port of somebody else that one of our ways may be plugged into."""

    way: Way
    name: str
    connected: bool


class Wires:
    """The cables of a JACK client. `hears`: whether anything is to come in by its input."""

    def __init__(self, backend: Jack, *, hears: bool = True) -> None:
        self._backend, self._hears = backend, hears
        self._seen: tuple[int, int] | None = None
        self._ports: list[Port] = []

    @property
    def ways(self) -> list[Way]:
        """Those that there are."""
        return [way for way, own in OWN.items() if own[0] in self._backend.ports and (self._hears or way != "input")]

    def ports(self) -> list[Port]:
        """All that each way may be plugged into; the server is only asked after something has changed."""
        backend = self._backend
        now = backend.ports_changed, backend.cables_changed
        if now != self._seen and not backend.gone:
            try:
                self._ports, self._seen = self._look(), now
            except BackendError:
                return self._ports
        return self._ports

    def _look(self) -> list[Port]:
        connected = self._backend.connections()
        there = {comes: list(self._backend.ports_there(comes)) for comes in (True, False)}
        return [
            Port(way, name, any(name in connected[own] for own in OWN[way]))
            for way in self.ways
            for name in there[way in COMES]
        ]

    def plug(self, way: Way, text: str) -> list[str]:
        """Plug a way into the port of that name (or part of it) and no other; sentences. Raises BackendError."""
        return [said for own, names in self.meant(way, text).items() for said in self._backend.plug(own, names)]

    def meant(self, way: Way, text: str) -> dict[str, list[str]]:
        """What each of our ports of a way is plugged into then, by name."""
        own = OWN[way]
        if own[0] not in self._backend.ports:
            raise BackendError(f"There is no {way} here: no gear hangs on rig.")
        there, found = self._backend.ports_there(way in COMES), []  # type: dict[str, bool], list[str]
        for part in [text] if text in there else text.split(",")[: len(own)]:
            if not part.strip():
                raise BackendError(f"Name the port that {WORDS[way].partition(';')[0]}.")
            found += chosen(
                f"{way}_port", part.strip(), list(there), [], "capture" if way in COMES else "playback", len(own)
            )
        return {port: [found[at % len(found)]] for at, port in enumerate(own)}


def wire_commands(plug: Callable[[T, Way, str], None]) -> tuple[Command[T], ...]:
    """The commands that plug a way into another port."""
    return tuple(_wire_command(plug, way) for way in OWN)


def _wire_command(plug: Callable[[T, Way, str], None], way: Way) -> Command[T]:
    return line(
        *(f"{way}_port", f"the JACK port that {WORDS[way].partition(';')[0]}", f"Port that {WORDS[way]}"),
        lambda target, text: plug(target, way, text),
    )
