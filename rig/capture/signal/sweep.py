"""The synchronised exponential sweep (Novak, Lotton, Simon 2015; after Farina 2000).

x(t) = sin(2 pi f1 L exp(t/L)). L f1 is a whole number, so that every harmonic of the sweep is the same sweep, earlier
by L ln(n) seconds: after deconvolution distortion of order n is an impulse response of its own, that much too early.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def sweep_rate_s(low_hz: float, high_hz: float, seconds: float) -> float:
    """L: the time in which the frequency grows by a factor of e, for a sweep of about `seconds`."""
    return round(low_hz * seconds / math.log(high_hz / low_hz)) / low_hz


def synchronised_sweep(low_hz: float, high_hz: float, seconds: float, sample_rate: int) -> NDArray[np.float64]:
    """The sweep with amplitude 1, (n,); its length differs a little from `seconds`."""
    rate_s = sweep_rate_s(low_hz, high_hz, seconds)
    t = np.arange(math.floor(rate_s * math.log(high_hz / low_hz) * sample_rate)) / sample_rate
    return np.sin(2 * np.pi * low_hz * rate_s * np.exp(t / rate_s))


def faded(x: NDArray[np.float64], fade_in: int, fade_out: int | None = None) -> NDArray[np.float64]:
    """x with raised-cosine edges of so many samples (`fade_out` None: as long as `fade_in`)."""
    y = x.copy()
    out = fade_in if fade_out is None else fade_out
    for edge, n in ((y, min(fade_in, len(y))), (y[::-1], min(out, len(y)))):
        edge[:n] *= 0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / n)
    return y
