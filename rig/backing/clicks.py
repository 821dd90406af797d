"""The count-in: a click for each beat, the first of all higher, as many samples apart as the tempo says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CLICK_S = 0.04
FIRST_HZ, OTHER_HZ = 1760.0, 1320.0
PEAK = 0.5  # of full scale, before the level of the track
DECAY_S = 0.008


def count_in(beats: int, beats_per_minute: float, sample_rate: float) -> NDArray[np.float32]:
    """The clicks, (n,): beat k begins at sample round(k * 60 / beats_per_minute * sample_rate).

    >>> count_in(2, 120.0, 48000).shape
    (48000,)
    """
    beat = 60.0 / beats_per_minute * sample_rate
    y = np.zeros(round(beats * beat), np.float32)
    t = np.arange(round(CLICK_S * sample_rate)) / sample_rate
    fall = np.exp(-t / DECAY_S) * (0.5 + 0.5 * np.cos(np.pi * t / CLICK_S))
    for k in range(beats):
        at = round(k * beat)
        hz = FIRST_HZ if k == 0 else OTHER_HZ
        y[at : at + len(t)] += (PEAK * fall * np.sin(2 * np.pi * hz * t)).astype(np.float32)[: len(y) - at]
    return y
