"""A room, or an echo: what is heard beside the gear is what the gear played some tenths of a second before.

A room stands behind the gear and does not bend. So in every band a short-time spectrum is what the gear plays now, plus
some of what it played in the frames before (multi-frame linear prediction, each frame counted by how loud the rest of
it is: Nakatani et al. 2010, "Speech dereverberation based on variance-normalized delayed linear prediction", IEEE
Trans. Audio Speech Lang. Process. 18). Another drive, tone or level, hum and noise leave nothing that the past tells.

So many coefficients explain a part of anything. Told apart are therefore not what is left with and without a room, but
how likely wet is either way whatever the coefficients are (MacKay 1992, "Bayesian interpolation", Neural Comput. 4):
where the past explains nothing, a room is the less likely the more frames it may be of. Without a room wet may still be
what the gear plays now, just before and just after, at any gain in each band, and what other drives make of dry now.
Where this gear driven otherwise explains most of what its model leaves, no room is looked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ....decibels import power_from_db, powers_from_db
from ....trainer.layout import RATE
from .gear_model import HOP, Explained, Power, Spectra

HERE = np.arange(-1, 2)  # frames back that are no room: frames overlap, and the take may jump
LAGS = np.arange(2, 25)  # those that are one: up to a second
T60_S, EARLY_DB = (0.5, 2.0, 8.0), (-25.0, -15.0, -5.0)  # rooms that are tried: their energy a frame back
BESIDE = 5  # bands over which what gear bends spreads
LEAST_LEFT = 1e-4  # of the power of a band that the model leaves of any gear
OTHERWISE = (0, 2, 4, 7, 14)  # of what dry is bent to, what wet may hold more of: gear may be driven otherwise
ADDED = (0.0, 0.1)  # of the mean power of what is not the gear: as loud in every frame
SOFTEST = power_from_db(-50.0)  # of a frame, re the mean of all, that level is told to
LEAST_FACTOR = 0.1  # of what may be left: where dry itself comes back, say, less is left, and anything explains that
FEWEST, MOST = 12, 300  # frames that are looked at
# By how much likelier a room makes a band of a frame, as a logarithm: of eight rooms 0.51 to 2, of
# other drives and jumps at most 0.2.
LIKELIER = 0.45
BLURRED = 0.5  # times that: what else is odd beside a room may be taken for a part of the piece
PART, STEP, IN_A_ROW = 70, 23, 2  # frames: three seconds, every one of them; that many parts are a room then


class Room:
    """Whether something rings on in pieces of a take that does not ring on in the playing of its ends."""

    def __init__(self, take: Explained, parts: Spectra, is_driven: Callable[[slice], bool] | None = None) -> None:
        """`parts`: what dry is bent to, see `gear_model.dry_parts`; `is_driven`: whether frames are another drive."""
        self.take, self.parts, self.is_driven = take, parts[:, OTHERWISE], is_driven

    def rings(self, frames: slice) -> bool:
        """Whether a room is heard in these frames of the take; not what belongs to the gear."""
        return self._is_heard(frames) and not (self.is_driven is not None and self.is_driven(frames))

    def _is_heard(self, frames: slice) -> bool:
        least = LIKELIER + max(self.usual, 0.0)
        likelier = self.likelier(np.arange(frames.start, frames.stop))
        if not BLURRED * least < likelier <= least:
            return likelier > least
        parts = [np.arange(start, start + PART) for start in range(frames.start, frames.stop - PART + 1, STEP)]
        heard = np.convolve([self.likelier(part) > least for part in parts] or [False], np.ones(IN_A_ROW))
        return bool(np.max(heard) >= IN_A_ROW)

    @cached_property
    def usual(self) -> float:
        """`likelier` of the playing of both ends, where the gear is known."""
        return self.likelier(np.flatnonzero(self.take.trusted))

    def likelier(self, at: NDArray[np.int64]) -> float:
        """The mean logarithm of how much likelier a room makes the frames `at`, of every band of each."""
        plays = self.take.played[at]
        at = at[plays] if plays.sum() >= FEWEST else at  # where most of it rests, a room is heard alone
        if len(at) < FEWEST:
            return -np.inf
        at = at[np.linspace(0, len(at) - 1, min(len(at), MOST)).astype(int)]
        here = [self._back(at, int(lag)) for lag in HERE]
        now = here[1]
        level = (self.take.power(now) / (np.mean(self.take.power(now)) + 1e-30) + SOFTEST) ** -0.25
        loud = np.mean(np.square(np.abs(now)), axis=1, keepdims=True)
        for other in (now, *np.moveaxis(self.parts[:, :, at], 1, 0)):
            alike = other * np.sqrt(loud / (np.mean(np.square(np.abs(other)), axis=1, keepdims=True) + 1e-30))
            here += [alike * level, alike * level**2] if other is now else [alike]
        parts = np.stack([*here, *(self._back(at, int(lag)) for lag in LAGS)], axis=2)
        wet, left = self.take.wet[:, at], self._left(at)
        # What is added may be as loud throughout, as noise and another programme are, and is no room.
        added = np.mean(np.square(np.abs(wet - now)), axis=1, keepdims=True)
        either = [_likely(wet, parts, left + share * added, len(here)) for share in ADDED]
        return max(room for _, room in either) - max(none for none, _ in either)

    def _back(self, at: NDArray[np.int64], lag: int) -> Spectra:
        """What the gear would play so many frames before each of the frames `at`."""
        model, there = self.take.model, at - lag
        inside = (there >= 0) & (there < model.shape[1])
        return np.asarray(np.where(inside, model[:, np.clip(there, 0, model.shape[1] - 1)], 0))

    def _left(self, at: NDArray[np.int64]) -> Power:
        """The power that the model may leave of each band of the frames `at`, (bands, frames)."""
        near = self._near(self.take.model[:, at])
        return self._share[:, None] * near + self.take.band_noise[:, None] + 1e-30

    @cached_property
    def _share(self) -> Power:
        """What the model leaves of the gear in each band, of what plays there, (bands,)."""
        take = self.take
        known = take.trusted & (take.power(take.model) > take.least)
        if not known.any():
            return np.full(len(take.weights), power_from_db(-20.0))
        error = np.median(np.square(np.abs((take.wet - take.model)[:, known])), axis=1) / np.log(2)
        share = np.maximum(error - take.band_noise, 0) / (np.mean(self._near(take.model[:, known]), axis=1) + 1e-30)
        return np.asarray(np.maximum(share, LEAST_LEFT))

    @staticmethod
    def _near(model: Spectra) -> Power:
        """The power of the model in and around each band."""
        power = np.square(np.abs(model), dtype=np.float64)
        return np.asarray((power + uniform_filter1d(power, BESIDE, axis=0)) / 2)


def _likely(wet: Spectra, parts: Spectra, left: Power, here: int) -> tuple[float, float]:
    """How likely wet, (bands, frames), is without a room and with one, as the mean logarithm.

    `parts`: (bands, frames, parts), of which the first `here` are no room; `left`: the power beside them, but for one
    factor.
    """
    root = 1 / np.sqrt(left)
    wet, parts = wet * root, (parts * root[:, :, None]).astype(np.complex64)
    squares = np.einsum("bti,btj->bij", parts.conj(), parts).astype(complex)
    shared = np.einsum("bti,bt->bi", parts.conj(), wet).astype(complex)
    power, scale = float(np.sum(np.square(np.abs(wet), dtype=np.float64))), float(np.mean(np.log(left)))

    def likely(spread: Power) -> float:
        """By the variance of each coefficient of as many parts as are taken, re what is left."""
        spreads, taken = np.sqrt(spread), slice(len(spread))
        normal = spreads[:, None] * squares[:, taken, taken] * spreads + np.eye(len(spread))
        explained = spreads * shared[:, taken]
        solved = np.linalg.solve(normal, explained[:, :, None])[:, :, 0]
        rest = power - float(np.sum((np.conj(explained) * solved).real))
        volume = float(np.sum(np.linalg.slogdet(normal)[1]))
        return float(-np.log(max(rest, LEAST_FACTOR * wet.size) / wet.size) - volume / wet.size) - scale

    gains = np.ones(here)
    fades = [powers_from_db(early_db - 60.0 * LAGS * HOP / RATE / t60) for early_db in EARLY_DB for t60 in T60_S]
    return likely(gains), max(likely(np.concatenate([gains, fade])) for fade in fades)
