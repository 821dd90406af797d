"""Which peaks of a spectrum are the hum of the mains: 50 or 60 Hz with its overtones, all in one line.

Single coils bring dozens of them, and together they look more like a note than a string does. What tells them apart:
they are multiples of one frequency near 50 or 60 Hz, to a part of a hertz, from the first or second on, where a stiff
string is sharp in its overtones; and they do not die away.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]

MAINS_HZ = (50.0, 60.0)
WANDERS = 0.003  # of its frequency: power grids keep within 0.15 Hz
OFF_HZ, OFF = 0.25, 0.0004  # how far an overtone may be from its place: what is measured, and a part of it
LOW = 6  # overtones up to here are as loud as any
LOUDER_DB = 3.0  # one further up that is louder is a string's
LEAST_SHARP, LEAST_STIFFNESS = 3, 1e-5  # partials that have to tell it, and B
FITS, MOST = 0.0015, 0.75  # how near each has to be, as a part of its frequency, and how many of them
DIES_S = 0.7  # what has fallen for so long
DIES_DB = 0.7  # by as much at least, and at no look risen, is a string
LOUD_DBFS = -45.0  # RMS: hum that is turned down by moving the guitar is quieter than a string


def hum_among(hz: Signal, level_db: Signal) -> NDArray[np.bool_]:
    """Of each peak, in Hz and in dB, (n,) each, whether it belongs to hum."""
    best = np.zeros(hz.size, bool)
    weight = 0.0
    for mains_hz in MAINS_HZ:
        found = _comb(hz, level_db, mains_hz)
        here = float((level_db[found] - level_db.min() + 1.0).sum()) if found.any() else 0.0
        if here > weight:
            best, weight = found, here
    return best


def _comb(hz: Signal, level_db: Signal, mains_hz: float) -> NDArray[np.bool_]:
    number = np.maximum(np.round(hz / mains_hz), 1.0)
    near = np.abs(hz - number * mains_hz) < WANDERS * number * mains_hz
    low = near & (number <= LOW)
    none = np.zeros(hz.size, bool)
    if not low.any():
        return none
    strongest = int(np.flatnonzero(low)[np.argmax(level_db[low])])
    exact_hz = hz[strongest] / number[strongest]
    found = near & (np.abs(hz - number * exact_hz) < OFF_HZ + OFF * hz)
    found &= (number <= LOW) | (level_db < level_db[low].max() + LOUDER_DB)
    numbers = [int(n) for n in number[found]]
    if not {1, 2} & set(numbers) and (len(numbers) < 3 or math.gcd(*numbers) > 2):
        return none  # multiples of 150 Hz are a string
    return found


def is_stiff(hz: Signal, level_db: Signal, is_hum: NDArray[np.bool_]) -> bool:
    """Whether what looks like hum are the first partials of a string whose others are sharp: n f_0 (1 + B n^2 / 2).

    Peaks in Hz and in dB, (n,) each.
    """
    rest = ~is_hum
    if rest.sum() < LEAST_SHARP:
        return False
    strongest = int(np.flatnonzero(is_hum)[np.argmax(level_db[is_hum])])
    mains_hz = min(MAINS_HZ, key=lambda mains: abs(hz[strongest] / mains - round(hz[strongest] / mains)))
    base_hz = hz[strongest] / max(round(hz[strongest] / mains_hz), 1)
    number = np.maximum(np.round(hz / base_hz), 1.0)
    sharp = hz / (number * base_hz) - 1.0
    stiffness = float(np.median(2.0 * sharp[rest] / number[rest] ** 2))
    fits = np.abs(sharp - 0.5 * stiffness * number**2) < FITS
    return stiffness > LEAST_STIFFNESS and bool(fits[rest].mean() > MOST and fits[is_hum].mean() > MOST)


class HumWatch:
    """How the level of what has the pitch of the mains went on: hum stays, a string dies away."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._levels: deque[tuple[float, float]] = deque(maxlen=64)  # when, dB

    def go_on(self, seconds: float) -> None:
        """So much time has passed."""
        self._now_s += seconds

    def is_string(self, level_db: float, level_dbfs: float) -> bool:
        """Whether it is one, by the level of its strongest peak, in dB as before, and its RMS."""
        if self._levels and self._now_s - self._levels[-1][0] > DIES_S:
            self._levels.clear()
        self._levels.append((self._now_s, level_db))
        past = [level for when, level in self._levels if when >= self._now_s - DIES_S]
        is_long = self._levels[0][0] <= self._now_s - DIES_S
        falls = all(after <= before for before, after in pairwise(past))
        return is_long and falls and past[0] - past[-1] >= DIES_DB and level_dbfs >= LOUD_DBFS
