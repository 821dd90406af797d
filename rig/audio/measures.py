"""The figures of a signal: level, peak, crest, and how far one signal is from another. Each is defined here once.

Signals have shape (n,), full scale is 1, sums are of float64. Levels are in dBFS, and none is referenced to a sine: a
sine with a peak of full scale has a peak of 0 dBFS and an RMS of -3.01 dBFS, a square wave has 0 dBFS in both (as AES17
would not have it, which adds 3.01 dB to every RMS). All ratios are of sums over the whole of what is given: a short
silent piece would otherwise explode, and figures of pieces are never averaged.

Source: the error-to-signal ratio is that of Wright, Damskagg and Valimaki, "Real-time black-box modelling with
recurrent neural networks" (2019), equation 8, without their pre-emphasis.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..decibels import db_from_gain, db_from_power
from ..dsp.meter import FULL_SCALE

Signal = NDArray[Any]

FLOOR_DBFS = -200.0  # stands for silence where a level has to be a finite number, as in JSON

__all__ = [
    "FLOOR_DBFS",
    "FULL_SCALE",
    "ac_rms_dbfs",
    "best_gain",
    "count_full_scale",
    "crest_db",
    "energy",
    "esr",
    "mean_square",
    "peak",
    "peak_dbfs",
    "product",
    "rms_dbfs",
]


def product(x: Signal, y: Signal) -> float:
    """Sum of x y. Not by BLAS, whose threads would wait busily for each other where models are judged side by side."""
    return float(np.einsum("i,i->", np.asarray(x, np.float64), np.asarray(y, np.float64)))


def energy(x: Signal) -> float:
    """Sum of squares."""
    return product(x, x)


def mean_square(x: Signal) -> float:
    """Mean of the squares, the square of the RMS; 0 for no samples."""
    return energy(x) / len(x) if len(x) else 0.0


def rms_dbfs(x: Signal, floor_dbfs: float = -math.inf) -> float:
    """RMS level, 10 log10 of the mean square: -3.01 dBFS for a full-scale sine. Silence, and less, is `floor_dbfs`."""
    return _at_least(floor_dbfs, db_from_power(mean_square(x)))


def ac_rms_dbfs(x: Signal, floor_dbfs: float = -math.inf) -> float:
    """RMS level without the DC offset, which nobody hears: `rms_dbfs` of x less its mean."""
    x = np.asarray(x, np.float64)
    return rms_dbfs(x - x.mean() if len(x) else x, floor_dbfs)


def peak(x: Signal) -> float:
    """Largest magnitude, linear; 0 for no samples."""
    return float(np.abs(x).max(initial=0.0))


def peak_dbfs(x: Signal, floor_dbfs: float = -math.inf) -> float:
    """Largest magnitude, 20 log10: 0 dBFS for a full-scale sine. Silence, and less, is `floor_dbfs`."""
    return _at_least(floor_dbfs, db_from_gain(peak(x)))


def crest_db(x: Signal) -> float:
    """Peak over RMS in dB: how much a signal is squashed. 3.01 for a sine, 0 for a square wave and for silence."""
    power = mean_square(x)
    return db_from_gain(peak(np.asarray(x, np.float64)) / math.sqrt(power)) if power > 0 else 0.0


def count_full_scale(x: Signal) -> int:
    """How many samples stand at `FULL_SCALE` or above: there a converter has clipped."""
    return int(np.count_nonzero(np.abs(x) >= FULL_SCALE))


def esr(predicted: Signal, target: Signal) -> float:
    """Error-to-signal ratio, sum (target - predicted)^2 / sum target^2: 0 is perfect, 1 is silence instead of `target`.

    Infinite for a silent target, whatever is predicted: no ratio tells anything about it.
    """
    power = energy(target)
    return energy(np.asarray(target, np.float64) - predicted) / power if power > 0 else math.inf


def best_gain(predicted: Signal, target: Signal) -> float:
    """The gain for `predicted` that leaves the least error, <p, t> / <p, p> (least squares); 1 for silence."""
    own = energy(predicted)
    return product(predicted, target) / own if own > 0 else 1.0


def _at_least(floor_dbfs: float, level_dbfs: float) -> float:
    return level_dbfs if math.isnan(level_dbfs) else max(floor_dbfs, level_dbfs)
