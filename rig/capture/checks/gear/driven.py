"""Whether a take is better explained by its own gear driven harder, frame by frame.

Of very driven gear the model leaves as much unexplained as another drive changes. But it leaves much the same of it
whatever is played into it: so what the model makes of dry as it is, and of dry that is louder, are held against each
other. Where the gear is right, the first lies nearer to wet, by 2 dB or more; where it was driven harder, the second.
"""

from __future__ import annotations

import numpy as np

from ..measures import Samples
from .gear_model import HOP, Explained, Power, bent, spectra

LOUDER = 2.8  # times: 9 dB, which tells 6 dB and 12 dB as well
EVERY = 2  # frames: each sample is still looked at
HARD_TO_EXPLAIN = 0.0025  # of the power of wet: gear that leaves less of itself shows another drive anyway


def driven_error(dry: Samples, take: Explained) -> Power | None:
    """What power would be left of wet if dry, (n,), had been louder, (frames,); None: the gear is well known."""
    known = take.trusted & (take.power(take.model) > take.least)
    error = take.power(take.wet - take.model)
    if not known.any():
        return None
    left = np.maximum(error[known] - take.noise, 0) / (take.power(take.wet)[known] + take.noise)
    if np.median(left) < HARD_TO_EXPLAIN:
        return None
    louder = np.float32(LOUDER) * np.asarray(dry, np.float32)
    model = np.zeros_like(take.wet[:, ::EVERY])
    for part, filters in zip(bent(louder), take.filters.T, strict=True):
        model += filters[:, None] * spectra(part, EVERY * HOP)
    return np.repeat(take.power(take.wet[:, ::EVERY] - model), EVERY)[: take.wet.shape[1]]
