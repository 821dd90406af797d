"""All models in two dimensions: near each other where they sound alike.

The two axes are the first principal components of the fingerprints, the directions in which the library spreads most.
They have no meaning of their own; their signs are fixed, so that the same library gives the same picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .nearest import Fingerprints


def positions(fingerprints: Fingerprints) -> tuple[NDArray[np.float64], float]:
    """(n, 2), each axis from -1 to 1, and the share of the spread that the two axes show, 0 to 1."""
    return spread(fingerprints.points)


def spread(points: NDArray[np.floating]) -> tuple[NDArray[np.float64], float]:
    """The same of points, (n, k), whose distances are those of what they stand for."""
    points = points.astype(np.float64)
    if len(points) == 0:
        return np.zeros((0, 2)), 0.0
    centred = points - points.mean(axis=0)
    values, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, np.argsort(values)[::-1][:2]]
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    placed = centred @ axes
    total = float(np.maximum(values, 0.0).sum())
    share = float(np.sort(np.maximum(values, 0.0))[::-1][:2].sum()) / total if total > 0 else 1.0
    return placed / max(float(np.abs(placed).max()), 1e-12), share
