"""Which fingerprints lie nearest: all are looked at, as 10,000 of them take a millisecond or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .fingerprint import Vector, weighted


@dataclass(frozen=True, slots=True)
class Near:
    """A content and how far its fingerprint lies: 0 the same, about 0.9 any two."""

    sha256: str
    distance: float


class Fingerprints:
    """All fingerprints of an index: hashes, and (n, 220) in dB."""

    def __init__(self, hashes: Sequence[str], vectors: Vector) -> None:
        self.hashes = list(hashes)
        self.points = weighted(vectors)
        self._squares = np.einsum("ij,ij->i", self.points, self.points)
        self._places = {sha256: i for i, sha256 in enumerate(self.hashes)}

    def __len__(self) -> int:
        return len(self.hashes)

    def place(self, sha256: str) -> int | None:
        """Where a content stands; None: it is not there."""
        return self._places.get(sha256)

    def distances(self, vector: Vector) -> NDArray[np.float32]:
        """Of every fingerprint to this one, (n,)."""
        return self._distances(weighted(vector))

    def _distances(self, point: NDArray[np.float32]) -> NDArray[np.float32]:
        squares = self._squares - 2 * (self.points @ point) + float(point @ point)
        return np.sqrt(np.maximum(squares, 0.0))

    def nearest(self, vector: Vector, count: int, without: Sequence[str] = ()) -> list[Near]:
        """The `count` nearest, the nearest first; those of equal distance by hash."""
        distances = self.distances(vector)
        for sha256 in without:
            if (place := self.place(sha256)) is not None:
                distances[place] = np.inf
        order = np.lexsort((np.arange(len(distances)), distances))[:count]
        return [Near(self.hashes[i], float(distances[i])) for i in order if np.isfinite(distances[i])]

    def neighbours(self, place: int, within: float, count: int) -> list[int]:
        """The places of up to `count` others that lie within a distance of one, the nearest first."""
        distances = self._distances(self.points[place])
        distances[place] = np.inf
        close = np.flatnonzero((distances <= within) & np.isfinite(distances))
        return [int(i) for i in close[np.argsort(distances[close], kind="stable")][:count]]
