"""What of the error is linear and too fine for an EQ: the comb of a room, another cabinet, a notch.

A gain for every 20 Hz, which is a filter of 50 ms, is found in one half of the programme and tried on the other, and
the other way round. What it takes off the error there is linear. Tried on the notes that it was found with it would
follow their harmonics, and call distortion a filter. As of an EQ, only what both regressions agree upon counts
(`equaliser.agreed_gains`). Where both halves repeat one and the same note the two cannot be told apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from ...decibels import power_from_db
from ..measures import HEARD_DB
from .equaliser import agreed_gains, error_less

BLOCK_HZ = 20.0
LONGEST_S, SHORTEST_S = 1.4, 0.17  # of a piece
MOST_PIECES = 4  # the loudest
HIGHEST_HZ = 20000.0
TOWARDS_ONE = 1e-4  # of the mean power of a block: where there is less than that, no gain is known

Array = NDArray[np.float64]


class GearPieces:
    """The loudest pieces of the gear's recording, (n,), in two halves that take turns; none where it is too short."""

    def __init__(self, wet: NDArray[Any], sample_rate: int) -> None:
        longest, shortest = (1 << int(np.log2(seconds * sample_rate)) for seconds in (LONGEST_S, SHORTEST_S))
        self.length = min(longest, 1 << max(0, int(np.log2(max(1, len(wet) // 4)))))
        self.starts: list[int] = []
        if self.length < shortest:
            return
        count = len(wet) // self.length
        grid = np.asarray(wet[: count * self.length], np.float64).reshape(count, self.length)
        of_pieces = np.einsum("ij,ij->i", grid, grid)
        chosen = np.sort(np.argsort(-of_pieces, kind="stable")[: min(MOST_PIECES, count) // 2 * 2])
        self.starts = [int(each) * self.length for each in chosen]
        self.block = max(1, round(BLOCK_HZ * self.length / sample_rate))
        self.count = int(min(HIGHEST_HZ, sample_rate / 2) * self.length / sample_rate) // self.block
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.length) / self.length)
        self.window = hann.astype(np.float32)
        self.spectra = [self.spectrum(wet, start) for start in self.starts]
        self.powers = [powers(values) for values in self.spectra]

    def spectrum(self, x: NDArray[Any], start: int) -> NDArray[np.complex64]:
        """Of the piece that begins there, (blocks, bins of a block), from 0 Hz on."""
        values = rfft(self.window * x[start : start + self.length].astype(np.float32))
        return np.asarray(values[: self.count * self.block].reshape(self.count, self.block))


def powers(values: NDArray[np.complex64]) -> Array:
    """Sums of squares per block."""
    parts: NDArray[np.float32] = values.view(np.float32)
    return np.einsum("ij,ij->i", parts, parts).astype(np.float64)


def fine_share(aligned: NDArray[Any], gain: float, gear: GearPieces) -> float | None:
    """The share of the error, behind `gain`, that a fine filter takes away; None: too short to say."""
    if not gear.starts:
        return None
    halves: list[tuple[Array, NDArray[np.complex128], Array]] = []
    for half in (0, 1):
        sums: list[Any] = [0.0, 0.0, 0.0]
        for start, of_gear, power in list(zip(gear.starts, gear.spectra, gear.powers, strict=True))[half::2]:
            own = gear.spectrum(aligned, start)
            sums[0] += gain**2 * powers(own)
            sums[1] += gain * np.einsum("ij,ij->i", np.conj(own), of_gear).astype(np.complex128)
            sums[2] += power
        halves.append((sums[0], sums[1], sums[2]))
    before = less = 0.0
    for (power, cross, target), (tried, tried_cross, tried_target) in (halves, halves[::-1]):
        little, little_target = TOWARDS_ONE * power.mean(), TOWARDS_ONE * target.mean()
        if not (little > 0 and little_target > 0):
            return None
        is_heard = target > target.max() * power_from_db(-HEARD_DB)
        gains = agreed_gains(
            (cross + little) / (power + little),
            (np.conj(cross) + little_target) / (target + little_target),
            np.asarray(is_heard),
        )
        before += float((tried_target - 2 * tried_cross.real + tried).sum())
        less += error_less(tried, tried_cross, gains)
    return min(1.0, max(0.0, less / before)) if before > 0 else 0.0
