"""Does the gear ring on when the playing stops? A reverb that repeats exactly is in both ends of a take alike.

In every silence the level is followed from the end of the sound down to the noise. A straight fall in decibels is the
tail of a room: where it would begin says how much of it there is, its slope how long it lasts (after Schroeder 1965,
with the noise taken away instead of an integration).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from ...audio.measures import mean_square
from ...decibels import db_from_power, db_from_powers, power_from_db
from ...trainer.layout import RATE
from .limits import LIMITS
from .silences import dry_silences
from .verdict import Check

LOWEST_HZ = 200.0  # what recovers slowly in the gear itself (bias, coupling capacitors) lies below
BLOCK = RATE // 50  # samples: levels of the fall
BEFORE = 3 * RATE // 10  # samples of sound before the silence it is compared with
PLAYS = 1e-4  # magnitude of dry before it
FROM = RATE * 3 // 50  # samples after its end: no cabinet and no filter rings for longer
LONG_ENOUGH = RATE * 2 // 5  # samples of silence
CLEAR_DB = 6.0  # over the noise
BLOCKS = 4  # that have to be clear
SHORTEST_T60_S = 0.25  # what falls faster is no room
QUIETEST_DB = -45.0  # below the playing: less is not looked for


@dataclass(frozen=True, slots=True)
class Tail:
    """The loudest tail: how loud it begins, re the playing before it, how fast it falls by 60 dB, and where it is."""

    level_db: float
    t60_s: float
    at: int


def find_tail(x: NDArray[np.float64], y: NDArray[np.float64], late: int = 0) -> tuple[Tail | None, int]:
    """The loudest tail of wet y behind dry x, (n,) each, if there is one, and how many silences were looked at."""
    high = np.asarray(sosfilt(butter(2, LOWEST_HZ, "high", fs=RATE, output="sos"), y))
    looked_at, tails = 0, []
    for start, length in dry_silences(x):
        first, last = start + late, min(start + length + min(late, 0), len(y))
        if length < LONG_ENOUGH or first < BEFORE:
            continue
        playing = mean_square(high[first - BEFORE : first])
        # The median: a single sample is no playing.
        if np.median(np.abs(x[start - BEFORE : start])) < PLAYS or playing <= 0:
            continue
        looked_at += 1
        tail = _fall(high[first + FROM : last], playing)
        if tail is not None:
            tails.append(Tail(*tail, first))
    return max(tails, key=lambda tail: tail.level_db, default=None), looked_at


def _fall(rest: NDArray[np.float64], playing: float) -> tuple[float, float] | None:
    """Level re the playing at the end of the sound, in dB, and T60 in seconds; None: it does not fall like a room."""
    blocks = rest[: len(rest) // BLOCK * BLOCK].reshape(-1, BLOCK)
    power = np.mean(blocks**2, axis=1)
    noise = max(float(np.median(power[-max(2, len(power) // 4) :])), playing * power_from_db(QUIETEST_DB - 10))
    clear = power > noise * power_from_db(CLEAR_DB)
    count = int(np.argmin(clear)) if not clear.all() else len(clear)
    if count < BLOCKS:
        return None
    level_db = db_from_powers(power[:count] - noise)
    seconds = (np.arange(count) + 0.5) * BLOCK / RATE + FROM / RATE
    slope, begins = np.polyfit(seconds, level_db, 1)
    if slope >= -1.0 or -60 / slope < SHORTEST_T60_S:
        return None
    return float(begins) - db_from_power(playing), float(-60 / slope)


def tail_check(x: NDArray[np.float64], y: NDArray[np.float64], late: int = 0) -> Check:
    """The tail of wet y behind dry x, (n,) each, as a line of the table."""
    limit = LIMITS["tail"]
    tail, count = find_tail(x, y, late)
    if not count:
        return limit.check("tail", None, "no silence of 0.4 s behind playing", "Use a signal that has one.", "unknown")
    seen = f"in {count} silence{'s' if count != 1 else ''} behind playing"
    if tail is None:
        return limit.check("tail", QUIETEST_DB, f"nothing rings on {seen}", "")
    text = (
        f"it rings on: {tail.level_db:.1f} dB re the playing, {tail.t60_s:.1f} s until it has fallen by 60 dB, loudest "
        f"at {tail.at / RATE:.1f} s, {seen}"
    )
    return limit.check(
        "tail", tail.level_db, text, "Switch off reverb and delay: a model learns a fraction of a second."
    )
