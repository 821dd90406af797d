"""Offline change of sample rate, the one way rig does it.

A polyphase filter: Kaiser window with beta 14, 64 samples of the lower rate to each side, cutoff at 0.98 of the lower
Nyquist frequency. Between 44.1 and 48 kHz, or doubling and halving those, it is flat to 20 kHz within 0.1 dB, and
what could alias below 20 kHz is down by more than 100 dB. (scipy's default filter: -0.84 dB at 20 kHz, aliases at
-12 dB.) The delay is compensated: sample n of the result stands at the time n / to_hz.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import RigError

BETA = 14.0
HALF_LENGTH = 64  # samples of the lower rate
CUTOFF = 0.98  # of the lower Nyquist frequency
LOWEST_HZ, HIGHEST_HZ = 1000, 1_536_000
# Rates with no common factor (95999 to 96000) would need filters of many millions of taps; the ratio is then taken to
# the nearest fraction of numbers up to this, at most 10 ppm off: less than the clocks of two interfaces differ.
LARGEST_FACTOR = 50_000


def resampled_length(samples: int, from_hz: int, to_hz: int) -> int:
    """How long the result is: ceil(samples * to / from)."""
    return -(-samples * int(to_hz) // int(from_hz))


def resample(x: NDArray[Any], from_hz: int, to_hz: int) -> NDArray[Any]:
    """Change the rate along axis 0, keeping the values of the samples (a sine keeps its amplitude).

    Returns float64 (float32 for float32 input) of `resampled_length` samples; x itself, copied, if the rates are the
    same. An impulse response keeps its gain as a filter only if the result is multiplied by from_hz / to_hz as well.
    """
    ratio = common_ratio(from_hz, to_hz)
    kind = np.float32 if x.dtype == np.float32 else np.float64
    if from_hz == to_hz or not len(x):
        return x.astype(kind)
    from scipy.signal import resample_poly  # half a second of importing that most sessions do without

    y = resample_poly(x.astype(np.float64), ratio.numerator, ratio.denominator, axis=0, window=_filter(ratio))
    length = resampled_length(len(x), from_hz, to_hz)
    if len(y) < length:  # only where the ratio was rounded
        y = np.concatenate([y, np.zeros((length - len(y), *y.shape[1:]))])
    return np.ascontiguousarray(y[:length], kind)


def common_ratio(from_hz: int, to_hz: int) -> Fraction:
    """By what the number of samples grows. Raises RigError for rates that cannot be converted."""
    for rate in (from_hz, to_hz):
        if not LOWEST_HZ <= rate <= HIGHEST_HZ or int(rate) != rate:
            raise RigError(f"A sample rate of {rate} Hz cannot be converted; {LOWEST_HZ} to {HIGHEST_HZ} Hz can.")
    return _ratio(int(from_hz), int(to_hz))


def _ratio(from_hz: int, to_hz: int) -> Fraction:
    """New rate / old rate, with factors of at most LARGEST_FACTOR."""
    if to_hz > from_hz:
        return 1 / _ratio(to_hz, from_hz)
    return Fraction(to_hz, from_hz).limit_denominator(LARGEST_FACTOR)


@lru_cache(maxsize=4)
def _filter(ratio: Fraction) -> NDArray[np.float64]:
    from scipy.signal import firwin

    steps = max(ratio.numerator, ratio.denominator)
    taps: NDArray[np.float64] = firwin(2 * HALF_LENGTH * steps + 1, CUTOFF / steps, window=("kaiser", BETA))
    return taps
