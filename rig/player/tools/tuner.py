"""The tuner: the note of one string, and how far it is off, while the engine goes on playing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...dsp.pitch import PitchFinder
from ...engine import Engine
from ...errors import LevelError
from ..carried import Carried, Snapshot
from ..events import Event, Tell

NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
A4_HZ, LOWEST_A4_HZ, HIGHEST_A4_HZ = 440.0, 400.0, 480.0
A4 = 69  # as MIDI counts
EVERY_S = 0.07  # between two looks
NEAR_CENTS = 45.0
HELD = 4  # looks without a note until the last one is forgotten


def note(hz: float, a4_hz: float = A4_HZ) -> tuple[str, float]:
    """The nearest note, and how many cents the pitch is above it, -50 to 50.

    >>> note(82.4069)[0], round(note(110.0 * 2 ** (7 / 1200))[1], 3)
    ('E2', 7.0)
    """
    place = A4 + 12 * math.log2(hz / a4_hz)
    number = round(place)
    return f"{NAMES[number % 12]}{number // 12 - 1}", 100 * (place - number)


def is_near(hz: float, other_hz: float) -> bool:
    """Whether two looks have seen the same note, less than half a semitone apart: strings are bent and shaken."""
    return abs(1200 * math.log2(hz / other_hz)) < NEAR_CENTS


def checked_a4_hz(a4_hz: float) -> float:
    """The reference pitch, or a LevelError where it cannot be right."""
    if not LOWEST_A4_HZ <= a4_hz <= HIGHEST_A4_HZ:
        raise LevelError(
            f"A reference pitch of {a4_hz:g} Hz cannot be right: the A above middle C lies between "
            f"{LOWEST_A4_HZ:g} and {HIGHEST_A4_HZ:g} Hz."
        )
    return float(a4_hz)


@dataclass(frozen=True, slots=True)
class TunerReading:
    """The tuner while it is on. `hz` None: no string sounds; else the nearest note and how far it is above it."""

    a4_hz: float
    hz: float | None = None
    note: str = ""
    cents: float = 0.0


class Tuner(Carried):
    """On or off. `source()`: what is tuned. `mute(True)` silences, if `mutes`; `mute(False)` ends that."""

    CARRIED = ("mutes", "a4_hz")
    REMADE = (
        "engine",
        "tell",
        "_source",
        "_mute",
        "_finder",
        "_from",
        "_until",
        "_looked",
        "_missed",
        "_heard_hz",
        "hz",
    )

    def __init__(self, engine: Engine, tell: Tell, source: Callable[[], int], mute: Callable[[bool], None]) -> None:
        self.engine, self.tell, self._source, self._mute = engine, tell, source, mute
        self.mutes, self.a4_hz = True, A4_HZ
        self._finder: PitchFinder | None = None
        self._from, self._until, self._looked, self._missed = -1, 0, 0.0, 0
        self._heard_hz: float | None = None  # at the last look
        self.hz: float | None = None  # what is shown; None: nothing

    @property
    def is_on(self) -> bool:
        """Whether it listens."""
        return self._finder is not None

    @property
    def reading(self) -> TunerReading | None:
        """What it shows; None: it is off."""
        if not self.is_on or self.hz is None:
            return TunerReading(self.a4_hz) if self.is_on else None
        return TunerReading(self.a4_hz, self.hz, *note(self.hz, self.a4_hz))

    def switch(self, is_on: bool) -> None:
        """On or off."""
        if not is_on:
            self._finder, self.hz = None, None
            if self.mutes:
                self._mute(False)
            self.tell(Event("tuner", "off"))
            return
        self._begin()
        if self.mutes:
            self._mute(True)
        self.tell(
            Event(
                "tuner",
                f"on, A4 = {self.a4_hz:g} Hz{', muted ({mute}: hear it)' if self.mutes else ''}; {{tuner}} ends it",
            )
        )

    def snapshot(self) -> Snapshot:
        """How it is set, and whether it listens."""
        return super().snapshot() | {"is_on": self.is_on}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Listen again if it did."""
        super().restore(state)
        if state["is_on"]:
            self._begin()

    def _begin(self) -> None:
        self._finder = PitchFinder(self.engine.sample_rate)
        self._from, self.hz = self._source(), None
        _, self._until = self.engine.heard(self._from)

    def poll(self) -> None:
        """Look at what was played since the last time."""
        now = time.monotonic()
        if self._finder is None or now - self._looked < EVERY_S:
            return
        self._looked = now
        self.look()

    def look(self) -> None:
        """The pitch of the last moments, if there is one."""
        if self._finder is None:
            return
        if self._from != self._source():
            self._begin()
        samples, self._until = self.engine.heard(self._from, self._until)
        self._finder.hear(samples)
        pitch = self._finder.pitch()
        if pitch is None:
            self._missed, self._heard_hz = self._missed + 1, None
            self.hz = None if self._missed > HELD else self.hz
            return
        if self.hz is not None and self._missed == 0 and is_near(pitch.hz, self.hz):
            self.hz = math.sqrt(pitch.hz * self.hz)  # the needle stands still
        elif self._heard_hz is not None and is_near(pitch.hz, self._heard_hz):  # two looks agree: it is no slip
            self.hz = pitch.hz
        self._heard_hz, self._missed = pitch.hz, 0
