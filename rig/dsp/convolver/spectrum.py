"""Spectra of real blocks for overlap-save: the way there, their products, the way back.

A frame holds the previous block and the new one, 2P reals. It becomes P complex numbers `previous + i * new`, each
turned by exp(i pi n / 2P), and one complex FFT of length P gives the P bins of a transform under which a product is a
negacyclic convolution of length 2P (what falls off the end comes back with its sign turned). The new half of the
result is not reached by what comes back, and that half is all that overlap-save uses. Compared with a real FFT of 2P
points there is no split of the result and no special bin for DC.

Source: J. Arndt, "Algorithms for Programmers", chapter on fast convolution, on the right-angle convolution (after
H. J. Nussbaumer): the product of polynomials modulo z^n - i.

All functions take a pointer `w` to a workspace of WORKSPACE floats, with tables by `fill_tables`, and pointers to
spectra: ROW floats each, P real parts, then P imaginary parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..native.compile import fused
from ..native.simd import W
from .fft import IMAG, PING, PONG, SIZE, fft, fill_twiddles
from .fft import WORKSPACE as _COS

P = SIZE  # taps in a partition, samples in a block
ROW = 2 * P  # floats of a spectrum
ROW_BYTES = 4 * ROW
GROUP = 4  # rows that are multiplied in one sweep: their sum stays in registers

# Where things lie in a workspace, in floats: the FFT's part, the turn exp(i pi n / 2P), the frame, and room to read on.
_SIN = _COS + P
FRAME = _SIN + P  # previous block, then the running one
WORKSPACE = FRAME + 2 * P + W


def fill_tables(workspace: NDArray[np.float32]) -> None:
    """Write all tables into a workspace, shape (WORKSPACE,)."""
    fill_twiddles(workspace)
    angle = np.pi * np.arange(P) / (2 * P)
    workspace[_COS : _COS + P] = np.cos(angle)
    workspace[_SIN : _SIN + P] = np.sin(angle)


@fused
def transform(w: Any, row: Any) -> None:
    """The spectrum of the workspace's frame."""
    for n in range(P):
        previous, new, c, s = w[FRAME + n], w[FRAME + P + n], w[_COS + n], w[_SIN + n]
        w[PING + n] = previous * c - new * s
        w[PING + IMAG + n] = previous * s + new * c
    fft(w)
    for k in range(P):
        row[k] = w[PONG + k]
        row[P + k] = w[PONG + IMAG + k]


# The inverse transform is the forward one with real and imaginary parts exchanged, so the sum is kept exchanged:
# imaginary parts at PING, real parts at PING + IMAG.
@fused
def clear_sum(w: Any) -> None:
    """An empty sum."""
    for k in range(P):
        w[PING + k] = np.float32(0)
        w[PING + IMAG + k] = np.float32(0)


@fused
def begin_sum(w: Any, x: Any, h: Any) -> None:
    """The product of two rows."""
    for k in range(P):
        w[PING + IMAG + k] = x[k] * h[k] - x[P + k] * h[P + k]
        w[PING + k] = x[k] * h[P + k] + x[P + k] * h[k]


@fused
def add_group(w: Any, x: Any, h: Any) -> None:
    """Add the products of GROUP rows."""
    for k in range(P):
        re, im = w[PING + IMAG + k], w[PING + k]
        for row in range(GROUP):
            xr, xi, hr, hi = x[row * ROW + k], x[row * ROW + P + k], h[row * ROW + k], h[row * ROW + P + k]
            re += xr * hr - xi * hi
            im += xr * hi + xi * hr
        w[PING + IMAG + k] = re
        w[PING + k] = im


@fused
def end_sum(w: Any, y: Any) -> None:
    """From the sum to P samples."""
    fft(w)
    for n in range(P):
        y[n] = w[PONG + n] * w[_COS + n] - w[PONG + IMAG + n] * w[_SIN + n]
