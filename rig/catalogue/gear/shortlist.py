"""Which models may be the gear's, by fingerprints: each is held against the probe at the level nearest to its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..entry import Facts
from ..nearest import Fingerprints, Near
from .probed import Probed


def shortlist(fingerprints: Fingerprints, facts: Sequence[Facts], probed: Sequence[Probed], count: int) -> list[Near]:
    """The `count` nearest, the nearest first; `facts` stand in the order of the fingerprints.

    A model that states no level is played at the player's own, the first of the probe.
    """
    distances = np.stack([fingerprints.distances(one.vector) for one in probed])
    levels = np.array([one.level.dbu if one.level.dbu is not None else np.nan for one in probed])
    own = np.array([one.input_level_dbu if one.input_level_dbu is not None else np.nan for one in facts])
    apart = np.abs(own[:, None] - levels)
    which = np.where(np.isnan(apart).any(axis=1), 0, np.argmin(np.nan_to_num(apart, nan=np.inf), axis=1))
    each = distances[which, np.arange(len(own))]
    return [Near(fingerprints.hashes[i], float(each[i])) for i in np.argsort(each, kind="stable")[:count]]
