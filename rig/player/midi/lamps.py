"""Lamps of foot switches: what is on shows at the foot, whoever switched it."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Protocol

from .mapping import Binding, Mapping

LIT, DARK = 127, 0
NOTE_ON, CONTROL_CHANGE = 0x90, 0xB0
SETTLED_S = 3.0  # after a cable was plugged: PipeWire 0.3.65 loses what is sent in its first second and a half


class MidiOut(Protocol):
    """The way back to whatever MIDI comes from, and what is known about the way here."""

    @property
    def plugged(self) -> Hashable:
        """Another value whenever somebody plugged a cable: whoever is there now knows nothing of the lamps."""

    def send(self, message: bytes) -> bool:
        """Send a message of three bytes; False: it could not be sent now."""

    def connect_lamps(self) -> None:
        """Connect it to what plays into rig, as far as that takes MIDI."""

    def why_silent(self) -> str:
        """Why no message can come in, in a sentence; empty: some may."""


class Lamps:
    """The lamps of a mapping. `value(command)`: whether it is on. `clock`: of seconds."""

    def __init__(
        self, out: MidiOut | None, value: Callable[[str], float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._out, self._value, self._clock = out, value, clock
        self._bindings: tuple[Binding, ...] = ()
        self._lit: dict[bytes, int] = {}  # what each lamp was told last
        self._plugged: Hashable = None
        self._again_s: float | None = None  # when all are told once more, as the first time may have been lost

    def use(self, mapping: Mapping) -> None:
        """Have the lamps of these bindings."""
        self._bindings = tuple(binding for binding in mapping.bindings if binding.lamp)
        self._lit.clear()
        if self._bindings and self._out is not None:
            self._out.connect_lamps()

    def poll(self) -> None:
        """Tell each lamp that has changed."""
        if self._out is None or not self._bindings:
            return
        plugged = self._out.plugged
        if plugged != self._plugged:
            self._plugged, self._again_s = plugged, self._clock() + SETTLED_S
            self._lit.clear()
        elif self._again_s is not None and self._clock() >= self._again_s:
            self._again_s = None
            self._lit.clear()
        for binding in self._bindings:
            status = NOTE_ON if binding.kind == "note" else CONTROL_CHANGE
            lamp = bytes((status | ((binding.channel or 1) - 1), binding.number))
            light = LIT if self._value(binding.command) else DARK
            if self._lit.get(lamp) != light and self._out.send(lamp + bytes((light,))):
                self._lit[lamp] = light
