"""Meters as bars: the level, the zone where the loudest playing belongs, and a peak that is held for a while."""

from __future__ import annotations

import math

from .colour import Marks
from .rows import Row, Span

TOP_DBFS, LOWEST_DBFS, LOWEST_WIDE_DBFS = 0.0, -36.0, -60.0
WIDE = 40  # cells from which on a bar reaches further down
HELD_S = 2.0


def bar(
    dbfs: float, width: int, marks: Marks, *, held_dbfs: float = -math.inf, zone_dbfs: tuple[float, float] | None = None
) -> Row:
    """A bar of so many cells up to 0 dBFS. What lies in or above the zone is drawn with another character."""
    lowest = LOWEST_WIDE_DBFS if width >= WIDE else LOWEST_DBFS

    def place(level: float) -> float:
        return min(1.0, max(0.0, (level - lowest) / (TOP_DBFS - lowest))) * width

    low, high = (place(zone_dbfs[0]), place(zone_dbfs[1])) if zone_dbfs is not None else (math.inf, math.inf)
    end, peak = place(dbfs), math.ceil(place(held_dbfs)) - 1
    drawn: list[str] = []
    for cell in range(width):
        in_zone = low <= cell + 0.5 < high
        if end >= cell + 0.75 or (end >= cell + 0.25 and not marks.half):
            drawn.append(marks.in_zone if in_zone else marks.full)
        elif cell == peak:
            drawn.append(marks.held)
        elif end >= cell + 0.25:
            drawn.append(marks.half)
        else:
            drawn.append(marks.zone if in_zone else marks.empty)
    return (Span("".join(drawn)),)


class Peak:
    """What was highest is held for a while, and so is that it clipped."""

    def __init__(self) -> None:
        self.dbfs, self._until = -math.inf, 0.0
        self._clipped_until = -math.inf
        self.clips = False

    def hear(self, dbfs: float, clips: int, now: float) -> None:
        """The level since the last time."""
        if dbfs >= self.dbfs or now >= self._until:
            self.dbfs, self._until = dbfs, now + HELD_S
        if clips:
            self._clipped_until = now + HELD_S
        self.clips = now < self._clipped_until
