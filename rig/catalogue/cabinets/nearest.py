"""Which cabinets lie nearest, and which would if they were as dark: all are looked at, as for models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .fingerprint import TILT, Vector, weighted, without_tilt

Tilt = Literal["darker", "brighter"]
TILTS: tuple[Tilt, ...] = get_args(Tilt)
LEAST_TILT_DB = 0.3  # per octave: 2 dB between 80 Hz and 8 kHz
MOST_TILT_DB = 3.0  # more is another cabinet, whatever is left when it is taken out


class CabinetFingerprints:
    """All fingerprints of cabinets: hashes, and (n, 54)."""

    def __init__(self, hashes: Sequence[str], vectors: Vector) -> None:
        self.hashes = list(hashes)
        self.points, self._characters = weighted(vectors), without_tilt(vectors)
        self._tilts = vectors[:, TILT].astype(np.float64)
        self._places = {sha256: i for i, sha256 in enumerate(self.hashes)}

    def __len__(self) -> int:
        return len(self.hashes)

    def nearest(
        self, vector: Vector, count: int, tilt: Tilt | None = None, without: Sequence[str] = ()
    ) -> list[tuple[str, float]]:
        """The `count` nearest hashes with their distance in dB, the nearest first; those of equal distance by hash.

        With `tilt`, only those whose slope is lower ("darker") or higher by `LEAST_TILT_DB` to `MOST_TILT_DB` per
        octave, by their distance once the slopes are taken out.
        """
        if tilt is None:
            distances = _distances(self.points, weighted(vector))
        else:
            distances = _distances(self._characters, without_tilt(vector))
            steeper = self._tilts - float(vector[TILT])
            more = -steeper if tilt == "darker" else steeper
            distances[(more < LEAST_TILT_DB) | (more > MOST_TILT_DB)] = np.inf
        for sha256 in without:
            if (place := self._places.get(sha256)) is not None:
                distances[place] = np.inf
        order = np.lexsort((np.arange(len(distances)), distances))[:count]
        return [(self.hashes[i], float(distances[i])) for i in order if np.isfinite(distances[i])]

    def neighbours(self, place: int, within: float) -> list[int]:
        """The places of all others that lie within a distance of one, the nearest first."""
        distances = _distances(self.points, self.points[place])
        distances[place] = np.inf
        close = np.flatnonzero(distances <= within)
        return [int(i) for i in close[np.argsort(distances[close], kind="stable")]]


def _distances(points: NDArray[np.float32], point: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of points, (n, k), to one: (n,). By differences, as of twins the squares would cancel to their last digits."""
    return np.sqrt(np.einsum("ij,ij->i", points - point, points - point, dtype=np.float64))
