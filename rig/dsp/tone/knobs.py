"""What the tone controls are called, where they stand, and how far they go."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from ...decibels import gain_from_db
from ...errors import LevelError

PEAK, LOW_SHELF, HIGH_SHELF = range(3)
MOST_DB = 12.0  # either way
HIGHEST_SHARE = 0.45  # of the sample rate: no filter lies higher


class Shape(Protocol):
    """What a filter does, but for its gain."""

    @property
    def kind(self) -> int:
        """PEAK, LOW_SHELF or HIGH_SHELF."""

    @property
    def hz(self) -> float:
        """The middle of a peak, or where a shelf has half of its decibels."""

    @property
    def q(self) -> float:
        """How narrow it is."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One tone control. `hz`: where a shelf has half of its decibels, or the middle of a peak."""

    name: str
    kind: int
    hz: float
    q: float
    text: str


# Where guitars have something to turn. Bass: the fundamentals of the two low strings and the thump of a cabinet, with
# little of the mud at 200 Hz (1.7 of 12 dB). Middle: body and vowel, as wide as an amp's (1.9 octaves). Treble: the
# overtones of the highest frets and up. Presence: the pick, where a guitar speaker has its last peak before it falls.
KNOBS = (
    Knob("bass", LOW_SHELF, 120.0, math.sqrt(0.5), "below 120 Hz"),
    Knob("middle", PEAK, 600.0, 0.7, "around 600 Hz"),
    Knob("treble", HIGH_SHELF, 2500.0, math.sqrt(0.5), "above 2.5 kHz"),
    Knob("presence", PEAK, 4500.0, 0.7, "around 4.5 kHz"),
)
NAMES = tuple(f"{knob.name}_db" for knob in KNOBS)
FLAT = (0.0,) * len(KNOBS)


def checked_tone_db(name: str, gain_db: float) -> float:
    """Where a tone control stands, or a LevelError where it cannot be; `name`: of `NAMES`."""
    if not -MOST_DB <= gain_db <= MOST_DB:  # NaN is in no range
        what = name.removesuffix("_db").capitalize()
        raise LevelError(f"{what} of {gain_db:g} dB cannot be right: it goes from {-MOST_DB:g} to {MOST_DB:g} dB.")
    return float(gain_db)


def root_from_db(gain_db: float) -> float:
    """What a band takes as its target.

    >>> root_from_db(0.0)
    1.0
    """
    return gain_from_db(gain_db / 4)
