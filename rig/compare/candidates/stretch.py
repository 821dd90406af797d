"""A recording played a few millionths faster or slower: what brings two clocks together again.

`audio/resample.py` changes rates by fractions of whole numbers. A clock that is 12.3 ppm fast is no such fraction, so
each sample is interpolated at its own place, by a sinc under a Kaiser window: flat to 0.44 of the rate (21 kHz of
48 kHz), and what it adds lies more than 110 dB below.

The fraction of a sample between two places changes slowly. So the filter is not made anew for each sample: within a
quarter of a sample it is a polynomial of the fraction, whose coefficients are filters themselves (C. W. Farrow, ISCAS
1988; here fitted at Chebyshev nodes), and a run of samples with the same quarter is six convolutions.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

HALF_TAPS = 48
BETA = 12.0
QUARTERS = 4
NODES = 6  # of the polynomial: its error is below (pi / 8)^6 / (6! 2^5) = -136 dB
PIECE = 1 << 16

Signal = NDArray[np.float64]


def stretched(x: Signal, begin: float, step: float, length: int) -> Signal:
    """x, shape (n,), at the places `begin + step * i` for i from 0, (length,); `step` is near 1. Outside is silence."""
    y = np.zeros(length)
    for start in range(0, length, PIECE):
        index = np.arange(start, min(start + PIECE, length))
        places: Signal = begin + step * index.astype(np.float64)
        quarters = np.floor(QUARTERS * places).astype(np.int64) - QUARTERS * index
        ends = [*(np.flatnonzero(np.diff(quarters)) + 1).tolist(), len(index)]
        for first, last in zip([0, *ends[:-1]], ends, strict=True):
            y[start + first : start + last] = _run(x, places[first:last])
    return y


def _run(x: Signal, places: Signal) -> Signal:
    """x at places that are nearly a sample apart and all lie in the same quarter of one: (n,)."""
    whole, quarter = divmod(math.floor(QUARTERS * places[0]), QUARTERS)
    first, last = whole - HALF_TAPS, whole + len(places) + HALF_TAPS + 1
    there = slice(max(0, first), max(0, min(len(x), last)))
    if there.stop <= there.start:
        return np.zeros(len(places))
    around = np.zeros(last - first)
    around[there.start - first : there.stop - first] = x[there]
    # From -1 to 1 within the quarter.
    at = 2 * (QUARTERS * (places - whole - np.arange(len(places))) - quarter) - 1
    y = np.zeros(len(places))
    for taps in _filters(quarter)[::-1]:
        y = y * at + np.convolve(around, taps, "valid")
    return y


@cache
def _filters(quarter: int) -> Signal:
    """By power of the place within the quarter the taps to convolve with, (NODES, 2 HALF_TAPS + 2)."""
    nodes = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
    fractions = (quarter + (nodes + 1) / 2) / QUARTERS
    at = np.arange(-HALF_TAPS, HALF_TAPS + 2) - fractions[:, np.newaxis]
    inside = np.maximum(0.0, 1 - (at / (HALF_TAPS + 1)) ** 2)
    taps = np.sinc(at) * np.i0(BETA * np.sqrt(inside)) / np.i0(BETA)
    powers = np.vander(nodes, increasing=True)
    return np.ascontiguousarray(np.linalg.solve(powers, taps)[:, ::-1])
