"""A gate in front of the gear's own hiss: silence never changes, but notes end before they have died away.

While dry decays slowly, wet falls at once into the noise, again and again from the same level of the playing. A gate
does that, and so does a fuzz whose transistors are starved: both are part of what a model learns, and both are named.

One without a hold also opens and closes within a note, which looks like a loose contact: pieces are missing. But a gate
knows a level, above which it opens and below which it closes; a contact knows none. Or it fades what it closes, in some
milliseconds, which a contact does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from ...decibels import db_from_powers
from ...trainer.layout import RATE

LOWEST_HZ = 150.0
FRAME = RATE // 100  # samples: levels
WITHIN = 10  # frames in which it closes
FALLS_DB = 14.0  # by so much more than dry does
DECAYS_DB = 8.0  # dry falls by no more
INTO_NOISE_DB = 5.0  # over the noise, at the end
OUT_OF_NOISE_DB = 16.0  # over the noise, at the beginning
PLAYS_DBFS = -75.0  # dry, RMS, when it has closed
SOFTER_TOO = 8.0  # dB: a gate closes at the same level, give or take
TIMES = 3  # before it is one
BESIDE = 32  # samples on both sides of a piece
FEWEST = 10  # pieces: from fewer nothing follows
FADE = RATE // 50  # samples before a piece, of which the last BESIDE have faded
FADED, MOSTLY = 0.25, 0.8  # of their peak: so little of a note is near a zero for so long 3 times of 100; of the pieces
BY_CHANCE, FAR_OFF, SPREADS = 0.5, 0.18, 3.0  # share of pairs; how far from it a gate is, and in standard deviations


@dataclass(frozen=True, slots=True)
class Closing:
    """How often wet fell silent under decaying notes, at which RMS level of dry in dBFS, and the first sample of it."""

    times: int
    dry_dbfs: float
    at: int


def find_closing(x: NDArray[np.float64], y: NDArray[np.float64], noise_dbfs: float, late: int = 0) -> Closing | None:
    """Where wet y, (n,), falls into the noise while dry x, (n,), still plays; `noise_dbfs`: RMS of wet in silence."""
    high = butter(2, LOWEST_HZ, "high", fs=RATE, output="sos")
    dry_db = _levels_db(x)
    heard = np.asarray(sosfilt(high, np.roll(y, -late)))
    wet_db = _levels_db(heard)
    n = min(len(dry_db), len(wet_db)) - WITHIN
    loud, soft = wet_db[:n], wet_db[WITHIN : WITHIN + n]
    # What a detector holds: the loudest of the last frames.
    dry_before, dry_after = dry_db[:n], np.minimum(dry_db[WITHIN : WITHIN + n], dry_db[WITHIN - 3 : WITHIN - 3 + n])
    fell = (loud - soft) - np.maximum(dry_before - dry_after, 0.0)
    closes = (
        (fell > FALLS_DB)
        & (dry_before - dry_after < DECAYS_DB)
        & (dry_after > PLAYS_DBFS)
        & (soft < noise_dbfs + INTO_NOISE_DB)
        & (loud > noise_dbfs + OUT_OF_NOISE_DB)
    )
    starts = np.flatnonzero(closes & ~np.concatenate([[False], closes[:-1]]))
    if not len(starts):
        return None
    levels = dry_after[starts]
    middle = float(np.median(levels))
    same = starts[np.abs(levels - middle) < SOFTER_TOO]
    return Closing(len(same), middle, int(same[0]) * FRAME) if len(same) >= TIMES else None


def knows_a_level(y: NDArray[np.float64], pieces: list[tuple[int, int]]) -> bool:
    """Whether the missing pieces (start, length) of y, (n,), begin softer than they end, any of them against any other.

    The share of pairs is that of Mann and Whitney's test, whose standard deviation by chance it is held against. So
    they do, however few they are, where they have faded before they begin.
    """
    count = len(pieces)
    if _have_faded(y, pieces):
        return True
    if count < FEWEST:
        return False
    before = np.sort([np.abs(y[max(0, start - BESIDE) : start]).max(initial=0.0) for start, _ in pieces])
    after = [np.abs(y[start + length :][:BESIDE]).max(initial=0.0) for start, length in pieces]
    share = float(np.mean(np.searchsorted(before, after))) / count
    deviation = float(np.sqrt((2 * count + 1) / 12)) / count
    return share > BY_CHANCE + max(FAR_OFF, SPREADS * deviation)


def _have_faded(y: NDArray[np.float64], pieces: list[tuple[int, int]]) -> bool:
    """Whether y, (n,), goes softly into most of the pieces (start, length)."""
    faded = [
        np.abs(y[start - BESIDE : start]).max() < FADED * np.abs(y[start - FADE : start]).max()
        for start, _ in pieces
        if start >= FADE
    ]
    return len(faded) >= TIMES and float(np.mean(faded)) >= MOSTLY


def _levels_db(x: NDArray[np.float64]) -> NDArray[np.float64]:
    frames = x[: len(x) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.mean(frames**2, axis=1)
    # Three frames: a note of 82 Hz is steady over them.
    return db_from_powers(np.maximum(np.convolve(power, np.full(3, 1 / 3), "same"), 1e-20))
