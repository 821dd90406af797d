"""The models nearest to a recording pair: any dry file, and what some gear made of it.

The probe was not played through that gear, so there is no fingerprint of it. Every model can be held against the pair
itself, at some 10 ms per second of sound; but not all need be: models whose fingerprints lie close answer alike. So a
few that lie far apart are tried first, then the neighbours of the best, until none of them is better.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .nearest import Fingerprints

TRY_ALL = 200  # models: so few are tried one and all
LANDMARKS = 64  # of a larger library, at first
BEST, NEIGHBOURS = 8, 12  # of so many of the best, so many neighbours each
QUIET_ROUNDS = 2  # without a change among the best before it ends
MOST_TRIED = 600


def landmarks(fingerprints: Fingerprints, count: int) -> list[int]:
    """Places as far from each other as can be, found one by one; the first is the one nearest to the middle."""
    points = fingerprints.points.astype(np.float64)
    middle = np.median(points, axis=0)
    chosen = [int(np.argmin(np.square(points - middle).sum(1)))]
    nearest = np.square(points - points[chosen[0]]).sum(1)
    while len(chosen) < min(count, len(points)):
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, np.square(points - points[chosen[-1]]).sum(1))
    return chosen


def search_pair(
    fingerprints: Fingerprints,
    try_all: Callable[[list[int]], dict[int, float]],
    count: int,
    progress: Callable[[int], None] | None = None,
) -> list[tuple[int, float]]:
    """Places and errors of the `count` best, the best first.

    `try_all` holds models, by place, against the pair, and gives the error of each that can be judged. `progress` hears
    how many were tried.
    """
    errors: dict[int, float] = {}
    tried: set[int] = set()

    def attempt(places: list[int]) -> None:
        fresh = [place for place in dict.fromkeys(places) if place not in tried]
        tried.update(fresh)
        errors.update(try_all(fresh) if fresh else {})
        if progress is not None:
            progress(len(tried))

    if len(fingerprints) <= TRY_ALL:
        attempt(list(range(len(fingerprints))))
        return _best(errors, count)
    attempt(landmarks(fingerprints, LANDMARKS))
    quiet, best = 0, _best(errors, max(BEST, count))
    while quiet < QUIET_ROUNDS and len(tried) < MOST_TRIED:
        reach = NEIGHBOURS * (1 + quiet)
        around = [n for place, _ in best[:BEST] for n in fingerprints.neighbours(place, np.inf, reach)]
        attempt(around)
        now = _best(errors, max(BEST, count))
        quiet = quiet + 1 if now[:BEST] == best[:BEST] else 0
        best = now
    return best[:count]


def _best(errors: dict[int, float], count: int) -> list[tuple[int, float]]:
    return sorted(errors.items(), key=lambda item: (item[1], item[0]))[:count]
