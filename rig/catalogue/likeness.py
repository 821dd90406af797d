"""How far two answers to one signal are apart: the ESR with lag, polarity and gain taken out."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audio.align import find_lag, shifted
from ..audio.measures import best_gain, esr
from ..audio.resample import resample
from ..audio.wav import read
from ..files import bundled
from ..nam import Model
from ..nam.batch import play_in_pieces
from .entry import at_probe_rate
from .probe import RATE_HZ

EXCERPT_S = (0.0, 3.0)  # of the guitar that comes with rig
LATE_SAMPLES = 512
EDGE_SAMPLES = 1024  # left out at either end: what a shift moves in is no sound


@cache
def guitar() -> NDArray[np.float32]:
    """Three seconds of a guitar at 48 kHz, (n,), read-only: nothing that the probe holds."""
    audio = read(bundled.di())
    x = resample(audio.samples[:, 0], audio.sample_rate, RATE_HZ)
    begin, end = (round(at * RATE_HZ) for at in EXCERPT_S)
    excerpt = np.asarray(x[begin:end], np.float32)
    excerpt.setflags(write=False)
    return excerpt


def heard(model: Model, x: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """A model's answer to a signal at 48 kHz, (n,); to the guitar where none is given. Raises ModelError."""
    return play_in_pieces(at_probe_rate(model), guitar() if x is None else x)


def esr_between(answer: NDArray[Any], wanted: NDArray[Any]) -> float | None:
    """The ESR of one answer against another, (n,) each; None where they have nothing in common, or one is silent."""
    a, b = np.asarray(answer, np.float64), np.asarray(wanted, np.float64)
    if not (np.isfinite(a).all() and np.isfinite(b).all() and np.ptp(a) > 0 and np.ptp(b) > 0):
        return None
    lag = find_lag(a, b, max_lag_samples=LATE_SAMPLES, sample_rate=RATE_HZ)
    if not lag.is_certain:
        return None
    judged = slice(EDGE_SAMPLES, len(b) - EDGE_SAMPLES)
    aligned, target = (lag.polarity * shifted(a, lag.samples))[judged], b[judged]
    aligned, target = aligned - aligned.mean(), target - target.mean()
    return esr(best_gain(aligned, target) * aligned, target)
