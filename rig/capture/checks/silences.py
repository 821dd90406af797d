"""The quiet passages of a take: where nothing is played, and what was played before has died away.

Every one of them is used: the pre-roll, both silences of the layout, the pauses around the single samples and between
phrases. What is wrong from some moment on shows in those behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...audio.measures import FLOOR_DBFS, ac_rms_dbfs
from ...decibels import db_from_powers, gain_from_db
from ...trainer.layout import RATE
from .measures import runs_of_equal

NOTHING_DBFS = -96.0  # of dry, peak: a signal may be dithered where it is silent
SHORTEST = RATE // 8  # samples of dry silence that are looked at
DIES_AWAY = RATE * 3 // 50  # samples that any gear takes at least to fall silent
KEPT = RATE // 25  # samples that have to remain
BLOCK = RATE // 50  # samples: levels while it dies away
STILL_FALLS_DB = 3.0
FOR_HUM = RATE * 7 // 20  # samples: in less the mains cannot be told from what lies beside it


@dataclass(frozen=True, slots=True, eq=False)
class Silence:
    """A quiet passage: its samples, (n,), and where they begin in the wet signal; before it: negative."""

    start: int
    samples: NDArray[np.float64]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE

    @property
    def level_dbfs(self) -> float:
        """RMS level without its mean."""
        return ac_rms_dbfs(self.samples, FLOOR_DBFS)

    def __str__(self) -> str:
        return "before the signal" if self.start < 0 else f"at {self.start / RATE:.1f} s"


def dry_silences(dry: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Where nothing is played in dry, (n,): (start, length), each at least SHORTEST."""
    plays = np.abs(dry) > gain_from_db(NOTHING_DBFS)
    return [(start, length) for start, length in runs_of_equal(plays, SHORTEST) if not plays[start]]


def quiet_passages(
    dry: NDArray[np.float64], wet: NDArray[np.float64], pre_roll: NDArray[np.float64], late: int = 0
) -> tuple[Silence, ...]:
    """All of them, in order; `late`: samples by which wet, (n,), lies behind dry, (n,)."""
    found = [Silence(-len(pre_roll), pre_roll)] if len(pre_roll) >= FOR_HUM else []
    for start, length in dry_silences(dry):
        first, last = start + max(0, late), min(start + length + min(0, late), len(wet))
        part = wet[first:last]
        settled = _settled(part)
        if len(part) - settled >= KEPT:
            found.append(Silence(first + settled, part[settled:]))
    return tuple(found)


def _settled(part: NDArray[np.float64]) -> int:
    """After how many samples a silence no longer gets quieter; all of them where it does to its end."""
    blocks = part[DIES_AWAY : len(part) // BLOCK * BLOCK]
    blocks = blocks[: len(blocks) // BLOCK * BLOCK].reshape(-1, BLOCK)
    if len(blocks) < KEPT // BLOCK:
        return len(part)
    power = np.mean(np.square(blocks - blocks.mean(axis=1, keepdims=True)), axis=1)
    level_db = db_from_powers(np.maximum(power, 1e-20))
    rest_db = float(np.median(level_db[-max(KEPT // BLOCK, len(level_db) // 3) :]))
    # Only what is loud at once belongs to the tail: a crackle or a hum that comes later is what is looked for.
    first = int(np.argmax(level_db <= rest_db + STILL_FALLS_DB))
    falls_to_the_end = len(level_db) >= 4 and bool(np.all(np.diff(level_db[-4:]) < -0.5))
    return len(part) if falls_to_the_end else DIES_AWAY + first * BLOCK


def looked_at(silences: tuple[Silence, ...]) -> str:
    """What a check of them says it has seen."""
    count = len(silences)
    return f"{count} silence{'s' if count != 1 else ''}, {sum(s.seconds for s in silences):.1f} s in all"
