"""Where the level falls less than this gear's does when the playing falls: it rings on, or it is driven harder.

The model of the gear may explain a passage badly, noise through distortion for one, and still tell how loud it is.
What it is off by is much the same then while the playing rises and while it falls. A room fills the falls alone: its
energy is that of what was played before, and adds to what is played now (after Lebart, Boucher and Denbigh 2001, "A new
method based on spectral subtraction for speech dereverberation", Acta Acustica 87). Drive lifts all that is soft.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from ....decibels import db_from_powers, power_from_db
from ....trainer.layout import PROGRAMME, RATE, VALIDATION
from .gear_model import FRAME, HOP, STANDS_OUT, Explained, Power
from .strange import Strange

WINDOW, STEP = 70, 6  # frames: three seconds, every quarter of one
BACK = 2  # frames over which the playing rises or falls
FALLS_DB, HOLDS_DB = -1.5, -0.3  # of the level over these: below the first it falls, above the second it does not
FEWEST = 6  # frames of either in a window
LESS_DB = 2.0  # by which wet falls less than it should; clean takes of all kinds of gear stay below 1.6 dB
SPREADS = 2.5  # times what it is at the ends, if that is more
FAILS = 2.0  # times that
LASTS = 3  # windows
T60_S, ROOMS_DB = (0.4, 0.8, 1.6), np.arange(-20.0, 7.0, 2.0)  # rooms that are tried, energy re the playing
DRIVES = np.linspace(-0.6, 0.6, 25)  # of how many dB of the playing a dB is left
LESS = "where the playing falls, it falls by {:.1f} dB less than this gear does elsewhere"
BETTER = 0.85  # times what another drive leaves unexplained: it is a room


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    """Of every frame, (frames,) each: powers, what of it tells something, and by how much the level changes, in dB."""

    wet: Power
    expected: Power
    tells: NDArray[np.bool_]
    change_db: Power
    noise: float


def falling_less(take: Explained, samples: int, found: list[Strange]) -> list[Strange]:
    """Where in the programme of a take of so many samples wet falls less than it should, beside what is `found`."""
    levels = _levels(take)
    starts = np.arange(0, len(levels.wet) - WINDOW + 1, STEP)
    less_db = np.array([_less_db(levels, slice(start, start + WINDOW)) for start in starts])
    first, last = starts * HOP, (starts + WINDOW) * HOP
    known = np.isfinite(less_db)
    at_ends = known & ((last < VALIDATION + FRAME) | (first >= samples - VALIDATION - FRAME))
    inside = known & (first >= PROGRAMME - RATE // 2) & (last < samples - VALIDATION)
    limit_db = max(LESS_DB, SPREADS * float(np.percentile(np.abs(less_db[at_ends]), 90)) if at_ends.any() else LESS_DB)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside & (less_db > limit_db), [0]])))
    pieces = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        strongest = int(begin + np.argmax(less_db[begin:end]))
        start, stop = int(first[strongest]), int(last[strongest])
        beside = [strange.kind for strange in found if strange.start < stop and start < strange.stop]
        kind, text = _kind(levels, slice(int(starts[strongest]), int(starts[strongest]) + WINDOW))
        # A room is more than another sound, which may be all that is known of a piece so far.
        more = kind == "rings on" and all(said == "another sound" for said in beside)
        if end - begin < LASTS or (beside and not more):
            continue
        sure = less_db[strongest] >= FAILS * limit_db
        where = int(first[begin]) + FRAME // 4, int(last[end - 1])
        pieces.append(Strange(kind, *where, text.format(less_db[strongest]), "fail" if sure else "warn"))
    return pieces


def _levels(take: Explained) -> _Levels:
    wet, expected = take.power(take.wet), take.power(take.model)
    tells = take.played & ((expected > take.least) | (wet > STANDS_OUT * take.least))
    level_db = db_from_powers(expected + take.noise)
    change_db = np.zeros(len(level_db))
    change_db[BACK:] = level_db[BACK:] - level_db[:-BACK]
    return _Levels(wet, expected, tells, change_db, take.noise)


def _less_db(levels: _Levels, frames: slice) -> float:
    """By how much less wet falls than it should, against where it does not fall, in dB; NaN: that cannot be told."""
    tells, change_db = levels.tells[frames], levels.change_db[frames]
    falls, holds = tells & (change_db < FALLS_DB), tells & (change_db > HOLDS_DB)
    if min(falls.sum(), holds.sum()) < FEWEST:
        return float("nan")
    wet, expected = levels.wet[frames], levels.expected[frames]
    # What is softer as a whole falls into the noise earlier, and that is no fall that is missing.
    gain = float(np.median(np.maximum(wet[holds] - levels.noise, 0) / (expected[holds] + 1e-30)))
    off_db = db_from_powers((wet + levels.noise) / (min(gain, 1.0) * expected + levels.noise))
    return float(np.median(off_db[falls]) - np.median(off_db[holds]))


def _kind(levels: _Levels, frames: slice) -> tuple[str, str]:
    """Whether a room or another drive makes the levels of these frames, and what to say; `{}` stands for dB."""
    tells = levels.tells[frames]
    wet_db = db_from_powers(levels.wet[frames][tells] + levels.noise)
    expected_db = db_from_powers(levels.expected[frames][tells] + levels.noise)
    driven = min(_apart_db(wet_db, (1 + drive) * expected_db) for drive in DRIVES)
    room = np.inf
    for t60_s in T60_S:
        stays = power_from_db(-60 * HOP / RATE / t60_s)  # from one frame to the next
        past = np.asarray(lfilter([0.0, stays * (1 - stays)], [1.0, -stays], levels.expected))[frames][tells]
        for energy_db in ROOMS_DB:
            both = levels.expected[frames][tells] + power_from_db(float(energy_db)) * past + levels.noise
            room = min(room, _apart_db(wet_db, db_from_powers(both)))
    if room < BETTER * driven:
        return "rings on", f"it rings on: {LESS}"
    return "another sound", f"it is another sound: {LESS}"


def _apart_db(a_db: Power, b_db: Power) -> float:
    """How far apart two tracks of levels are, but for a gain: mean of what they differ by, in dB."""
    apart_db = a_db - b_db
    return float(np.mean(np.abs(apart_db - np.median(apart_db))))
