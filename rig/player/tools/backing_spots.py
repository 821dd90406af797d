"""Places in a backing track, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Spot(NamedTuple):
    """A place in a track whose length is not known yet."""

    amount: float
    is_share: bool = False  # of the track; else seconds

    def seconds(self, of: float) -> float:
        """Where that is in a track of so many seconds."""
        return self.amount * of if self.is_share else self.amount


@dataclass(frozen=True, slots=True)
class BackingReading:
    """The track as it is shown."""

    name: str
    seconds: float
    at_s: float
    is_playing: bool


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two names are those of one file, also where it is gone."""
    try:
        return one.samefile(other)
    except OSError:
        return one.absolute() == other.absolute()
