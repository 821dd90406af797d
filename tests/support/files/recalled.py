"""How well a library finds what sounds nearest: the search by fingerprints against all pairs on a guitar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from all_pairs import all_pairs
from numpy.typing import NDArray

from rig.catalogue.library import Library
from rig.catalogue.likeness import heard
from rig.nam import load_model

TWINS, NO_TWINS = 0.001, 0.01  # ESR: below, all must be found; above, none may be claimed


@dataclass(frozen=True)
class Recalled:
    """`ranks`: where each model's truly nearest one stands in its search, from 0; `errors`: ESR, (n, n)."""

    ranks: NDArray[np.int_]
    errors: NDArray[np.float64]
    missed_twins: int
    twins: int
    false_twins: int
    claimed: int

    def share_within(self, count: int) -> float:
        """The share of searches that name the truly nearest among the first so many."""
        return float((self.ranks < count).mean())

    @property
    def nearest(self) -> NDArray[np.float64]:
        """The ESR of each model to its nearest, (n,)."""
        return np.asarray(self.errors.min(1))

    def __str__(self) -> str:
        within = ", ".join(f"{k}: {self.share_within(k):.1%}" for k in (1, 5, 10, 25, 50))
        apart = " / ".join(f"{esr:.4f}" for esr in np.percentile(self.nearest, (10, 50, 90)))
        return (
            f"{len(self.ranks)} models; the nearest is among the first {within}\n"
            f"ESR to the nearest: {apart} (10th, 50th, 90th percentile)\n"
            f"twins: {self.twins} pairs below {TWINS}, {self.missed_twins} of them missed; {self.claimed} claimed, "
            f"{self.false_twins} of them above {NO_TWINS}"
        )


def recalled(library: Library) -> Recalled:
    """All models of a library, each searched for its nearest. A thousand models take 2 GB."""
    prints = library.fingerprints
    answers = [heard(load_model(library.models[sha256].path)) for sha256 in prints.hashes]
    errors = all_pairs(answers)
    nearest = errors.argmin(1)
    ranks = []
    for place in range(len(prints)):
        order = [other for other in prints.neighbours(place, np.inf, len(prints)) if other != place]
        ranks.append(order.index(nearest[place]))
    below = {frozenset(map(int, pair)) for pair in np.argwhere(errors < TWINS)}
    claimed = {frozenset((prints.place(a.sha256), prints.place(b.sha256))) for a, b, _ in library.twins()}
    false = sum(errors[tuple(pair)] > NO_TWINS for pair in claimed)
    return Recalled(np.array(ranks), errors, len(below - claimed), len(below), int(false), len(claimed))
