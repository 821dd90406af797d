"""The constant part (DC) of a signal, followed: a converter without a high-pass adds one to every sample.

A high-pass would not do in front of a gate: behind a loud note that stops it rings on for some tenths of a second. So a
constant is estimated and taken away. The mean of a window of 0.1 s, in which hum has whole periods, is off by no more
than a tenth of what sounds in it; so a quiet window tells a hundred times as much as one 20 dB louder, and playing
moves nothing. That is the filter of R. E. Kalman (1960) for a constant which drifts. Where two windows in a row say
otherwise, far beyond doubt, something else was plugged in, and the estimate begins anew.

What lies below -100 dBFS, or below its own doubt, is taken for none: then nothing is changed, bit for bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .native.address import Address
from .native.compile import kernel
from .native.pointers import Record, floats

WINDOW_S = 0.1  # five periods of 50 Hz, six of 60 Hz
LEAST = 1e-5  # -100 dBFS
PART_OF_SIGNAL = 0.02  # variance of a window's mean, as a part of the variance in it: a tenth of a sine
FLOOR = 1e-15  # variance of a window's mean in digital silence
DRIFT = 1e-14  # variance by which it may have moved from window to window
UNKNOWN = 1e3  # variance before anything has been heard
SURE, SURPRISE = 3.0, 5.0  # standard deviations: to be believed, and to be something else

DC = np.dtype(
    [
        ("value", np.float64),  # what is taken away; 0: nothing
        ("mean", np.float64),  # the estimate
        ("variance", np.float64),  # its doubt
        ("sum", np.float64),  # of this window
        ("squares", np.float64),
        ("heard_samples", np.int64),  # of this window
        ("window_samples", np.int64),
        ("surprise", np.int64),  # the last window lay far above (1) or below (-1) the estimate
        ("windows", np.int64),  # since the estimate began
    ],
    align=True,
)


def prepare(dc: Any, sample_rate: float) -> None:
    """Fill in what the audio thread needs, before it hears anything."""
    dc["window_samples"], dc["variance"] = max(1, round(WINDOW_S * sample_rate)), UNKNOWN


@kernel
def take_dc_away(d: Record, x: Address, y: Address, frames: int) -> None:
    """y = x less the constant that was known when each sample came; both float32[frames]."""
    source, out = floats(x), floats(y)
    value, total, squares, heard = d.value, d.sum, d.squares, d.heard_samples
    for i in range(frames):
        v = np.float64(source[i])
        out[i] = np.float32(v - value)
        total += v
        squares += v * v
        heard += 1
        if heard == d.window_samples:
            learn(d, total, squares)
            value, total, squares, heard = d.value, 0.0, 0.0, 0
    d.sum, d.squares, d.heard_samples = total, squares, heard


@kernel
def learn(d: Record, total: float, squares: float) -> None:
    """One window more, by the sum of its samples and that of their squares."""
    # Squares are compared, as a square root would be a call into the C library.
    mean = total / d.window_samples
    doubt = PART_OF_SIGNAL * max(squares / d.window_samples - mean * mean, 0.0) + FLOOR
    d.variance += DRIFT
    off = mean - d.mean
    surprise = 0
    if d.windows > 0 and off * off > SURPRISE * SURPRISE * (d.variance + doubt):
        surprise = 1 if off > 0.0 else -1
    if surprise != 0 and surprise != d.surprise:
        d.surprise = surprise  # once may be a step on the stage
    else:
        if surprise != 0:
            d.variance, d.windows, surprise = UNKNOWN, 0, 0
        part = d.variance / (d.variance + doubt)
        d.mean += part * off
        d.variance *= 1.0 - part
        d.surprise = surprise
        d.windows += 1
    is_there = abs(d.mean) > LEAST and d.mean * d.mean > SURE * SURE * d.variance
    d.value = d.mean if is_there else 0.0
