"""Whether a take is better explained by its own gear driven harder, or less hard.

Of very driven gear the model leaves as much unexplained as another drive changes, and another drive changes no level.
But what the model leaves of the gear points nowhere, and what another drive changes points to where the model goes when
dry is louder, or softer: how far wet has gone there is told from all bands and frames of three seconds at once. Where
the gear is right it has not moved; where it was driven 9 dB harder or less hard, it has gone all the way.

What the gear makes of softer playing is in the take; of louder playing than the loudest, nothing is, and the model's
guess may be three times the change that there is, in noise above all. Away from less hard is the way to harder, too. So
the mean of both tells harder drive: where the gear is right, the two hardly ever agree. Less hard drive is told from
half of the way on where it explains much of what the model leaves, and else from most of the way on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....decibels import db_from_gain, power_from_db
from ....trainer.layout import PROGRAMME, RATE, VALIDATION
from ..measures import Samples, runs_of_true
from .gear_model import HOP, ONE_TONE, Explained, Power, answer_to
from .strange import Strange

DRIVES = (1 / 2.8, 2.8)  # times: 9 dB, which tells 6 dB and 12 dB as well
EVERY = 2  # frames: each sample is still looked at
HARD_TO_EXPLAIN = 0.0025  # of the power of wet: gear that leaves less of itself shows another drive anyway
BEFORE = 2 * RATE // (HOP * EVERY)  # frames, of these: what gear remembers has come to rest
WINDOW, STEP, FEWEST = 35, 3, 9  # frames, of these: three seconds, every quarter of one; that tell something
CHANGES = power_from_db(-20.0)  # of the power of wet: where another drive changes less, it is not looked for
# Of the way to each of them: for as long, clean takes of the most driven gear stay below 0.39 and 0.12; one of another
# signal came to 0.76 of the first.
GONE = (0.8, 0.18)
LASTS = 6  # windows
FAILS = 1.75  # times that
# Half of the way is enough where less hard drive explains so much of what the model leaves, in so many windows in a row
# that tell something: clean takes of the most driven gear have two of them.
HALF_GONE, EXPLAINED, LASTS_EXPLAINED = 0.5, 0.3, 4
# Of what the model leaves: another drive explains 70 % and more, but for noise; of rooms it explains at most 20 %.
MOST = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Driven:
    """How far wet has gone to where another drive would have it, every `STEP` frames of a track.

    `gone`: of the way to each of DRIVES, (drives, windows), NaN where it cannot be told; to harder drive it is the mean
    of the way to it and of the way away from the other. `explains`: how much each drive explains of what the model
    leaves, of 1. `start` and `stop`: samples.
    """

    gone: NDArray[np.float64]
    explains: NDArray[np.float64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]

    def score(self, start: NDArray[np.int64]) -> NDArray[np.float64]:
        """How far wet has gone where windows of half a second begin, in samples; 1 is too far."""
        gone = np.max(np.where(np.isfinite(self.gone), self.gone, 0.0) / np.array(GONE)[:, None], axis=0)
        middle = (self.start + self.stop) / 2
        return np.asarray(np.interp(start + RATE / 4, middle, gone, 0.0, 0.0))

    def is_clear(self, frames: slice) -> bool:
        """Whether another drive explains these frames of the take, and no room does."""
        middle = (self.start + self.stop) / 2
        inside = (middle >= frames.start * HOP) & (middle <= frames.stop * HOP)
        return bool(np.any(inside & (self.gone > np.array(GONE)[:, None]) & (self.explains > MOST)))


def driven(dry: Samples, take: Explained, least_unknown: float = HARD_TO_EXPLAIN) -> Driven | None:
    """How far wet goes, in the programme, to another drive; dry (n,).

    None: the gear is known but for less than `least_unknown` of its power, or nothing is.
    """
    known = take.trusted & (take.power(take.model) > take.least)
    error = take.wet - take.model
    if not known.any():
        return None
    error_power = take.power(error)[known]
    unknown = np.maximum(error_power - take.noise, 0) / (take.power(take.wet)[known] + take.noise)
    if np.median(unknown) < least_unknown:
        return None
    first = max(PROGRAMME // (HOP * EVERY) - BEFORE, 0) * EVERY
    frames = slice(first, take.wet.shape[1] - VALIDATION // HOP, EVERY)
    error, model = error[:, frames], take.model[:, frames]
    power = take.power(model)
    tells = take.played[frames] & (power > take.least) & (take.fills[frames] >= ONE_TONE)
    counted = np.where(tells, 1 / (power + take.noise), 0.0)
    starts = np.arange(BEFORE, error.shape[1] - WINDOW + 1, STEP)
    told = _sums(tells.astype(float), starts)
    left = _sums(counted * take.power(error), starts)
    gone, explains = np.full((len(DRIVES), len(starts)), np.nan), np.zeros((len(DRIVES), len(starts)))
    for row, drive in enumerate(DRIVES):
        driven_dry = np.float32(drive) * np.asarray(dry[first * HOP :], np.float32)
        change = answer_to(take, driven_dry, EVERY * HOP)[:, : error.shape[1]] - model
        along, changes = (
            _sums(counted * take.common(error, change), starts),
            _sums(counted * take.power(change), starts),
        )
        enough = (told >= FEWEST) & (changes > CHANGES * told)
        gone[row, enough] = along[enough] / changes[enough]
        explains[row, enough] = np.square(np.maximum(along, 0))[enough] / (changes * left)[enough]
    gone[1] = (gone[1] - gone[0]) / 2
    start = (first + starts * EVERY) * HOP
    return Driven(gone, explains, start, start + WINDOW * EVERY * HOP)


def driven_pieces(track: Driven | None, found: list[Strange]) -> list[Strange]:
    """Where in the programme the gear is driven otherwise, beside what is `found`."""
    pieces: list[Strange] = []
    if track is None:
        return pieces
    far = [runs_of_true(gone > limit, LASTS) for gone, limit in zip(track.gone, GONE, strict=True)]
    tells = np.flatnonzero(np.isfinite(track.gone[0]))
    explained = (track.gone[0] > HALF_GONE) & (track.explains[0] > EXPLAINED)
    far[0] += [(tells[begin], tells[end - 1] + 1) for begin, end in runs_of_true(explained[tells], LASTS_EXPLAINED)]
    for drive, limit, gone, runs in zip(DRIVES, GONE, track.gone, far, strict=True):
        for begin, end in runs:
            start, stop = int(track.start[begin]), int(track.stop[end - 1])
            known = any(strange.start < stop and start < strange.stop for strange in [*found, *pieces])
            if known:
                continue
            strongest = float(np.nanmax(gone[begin:end]))
            word = "harder" if drive > 1 else "less hard"
            text = (
                f"it is another sound: {100 * min(strongest, 1.0):.0f} % of the way to this gear driven "
                f"{abs(db_from_gain(drive)):.0f} dB {word}"
            )
            pieces.append(Strange("another sound", start, stop, text, "fail" if strongest > FAILS * limit else "warn"))
    return pieces


def _sums(x: Power, starts: NDArray[np.int64]) -> Power:
    """Sums over windows that begin at `starts`."""
    added = np.concatenate([[0.0], np.cumsum(x)])
    return np.asarray(added[starts + WINDOW] - added[starts])
