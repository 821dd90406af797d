"""A delay that is not a whole number of samples: a windowed sinc, as flat as any converter.

The filter delays by `CENTRE` samples and the fraction; whatever runs beside it is delayed by as much as is missing. At
48 kHz it is flat within 0.001 dB to 20 kHz.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .native.address import Address
from .native.compile import kernel
from .native.pointers import floats

TAPS = 96
CENTRE = TAPS // 2 - 1  # the least it delays by
KAISER = 9.0  # stopband below -90 dB; the transition takes 2.8 kHz of 48


def fraction_taps(fraction: float) -> NDArray[np.float32]:
    """The filter for a delay of CENTRE + `fraction` samples, 0 <= fraction < 1, shape (TAPS,); gain 1 at 0 Hz."""
    t = np.arange(TAPS) - CENTRE - fraction
    window = np.i0(KAISER * np.sqrt(np.maximum(0.0, 1.0 - (t / (TAPS / 2)) ** 2)))
    taps = np.sinc(t) * window
    return (taps / taps.sum()).astype(np.float32)


def whole_and_fraction(samples: float) -> tuple[int, float]:
    """A delay in samples, cut where it costs nothing to hear: less than 1/1000 of a sample is none."""
    whole = math.floor(samples + 0.001)
    fraction = samples - whole
    return whole, fraction if fraction > 0.001 else 0.0


@kernel
def delay_fraction(taps: Address, past: Address, x: Address, frames: int) -> None:
    """Filter `frames` samples at `x` in place. `past`: float32[TAPS - 1 + frames] that keeps what came before.

    Samples in the inner loop: the compiler makes vectors of it without having to change the order of any sum.
    """
    h, line, signal = floats(taps), floats(past), floats(x)
    for i in range(frames):
        line[TAPS - 1 + i] = signal[i]
        signal[i] = np.float32(0)
    for k in range(TAPS):
        gain, back = h[k], TAPS - 1 - k
        for i in range(frames):
            signal[i] += gain * line[back + i]
    for i in range(TAPS - 1):
        line[i] = line[frames + i]
