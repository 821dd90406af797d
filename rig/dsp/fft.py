"""The transform the convolver stands on: one complex FFT of 128 points, in float32.

Stockham's form needs no bit reversal: 128 = 8 * 4 * 4, and each pass reads one buffer and writes the other in the
order the next pass wants. Real and imaginary parts are kept apart (split format), so that a vector register holds
eight or sixteen real parts and the same lines of code serve every CPU.

Everything lies in ONE float32 workspace, the twiddle factors (powers of exp(-2 pi i / 128)) too: with one base pointer
and constant distances LLVM knows that nothing overlaps. Two other details that were measured: the pass loads all it
needs before its first store, and the two buffers keep a distance, or their loads and stores get in each other's way.

Source of the algorithm: P. N. Swarztrauber, "FFT algorithms for vector computers", Parallel Computing 1 (1984).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import fused

SIZE = 128

# Where things lie in the workspace, in floats.
IMAG = SIZE + 16  # from a real part to its imaginary part
PING = 0  # the input: SIZE real parts, a gap, SIZE imaginary parts
PONG = 2 * IMAG + 1024  # the result
_TWIDDLES_8 = PONG + 2 * IMAG  # 7 powers x 16 butterflies
_TWIDDLES_4 = _TWIDDLES_8 + 2 * 7 * 16  # 3 powers x 4 butterflies
WORKSPACE = -(-(_TWIDDLES_4 + 2 * 3 * 4) // 16) * 16  # floats in all, whole cache lines

_HALF = np.float32(math.sqrt(0.5))


def fill_twiddles(workspace: NDArray[np.float32]) -> None:
    """Write the tables into a workspace of at least `WORKSPACE` floats."""
    for start, radix, length in ((_TWIDDLES_8, 8, SIZE), (_TWIDDLES_4, 4, SIZE // 8)):
        butterflies = length // radix
        angle = -2 * np.pi * np.outer(np.arange(1, radix), np.arange(butterflies)) / length
        table = np.stack([np.cos(angle), np.sin(angle)], axis=1)  # power, (re, im), butterfly
        workspace[start : start + table.size] = table.ravel()


@fused
def _get(w: Any, i: int) -> Any:
    return w[i], w[i + IMAG]


@fused
def _put(w: Any, i: int, z: Any) -> None:
    w[i] = z[0]
    w[i + IMAG] = z[1]


@fused
def _twiddle(w: Any, table: int, butterflies: int, power: int, p: int) -> Any:
    at = table + 2 * butterflies * (power - 1) + p
    return w[at], w[at + butterflies]


@fused
def _plus(a: Any, b: Any) -> Any:
    return a[0] + b[0], a[1] + b[1]


@fused
def _minus(a: Any, b: Any) -> Any:
    return a[0] - b[0], a[1] - b[1]


@fused
def _times(a: Any, b: Any) -> Any:
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


@fused
def _turned(a: Any) -> Any:
    """A quarter turn back: -i * a."""
    return a[1], -a[0]


@fused
def _dft4(a: Any, b: Any, c: Any, d: Any) -> Any:
    """The four-point transform."""
    even, odd = _plus(a, c), _plus(b, d)
    even_difference, odd_difference = _minus(a, c), _turned(_minus(b, d))
    return (
        _plus(even, odd),
        _plus(even_difference, odd_difference),
        _minus(even, odd),
        _minus(even_difference, odd_difference),
    )


@fused
def _pass8(w: Any, x: int, y: int) -> None:
    """First pass: 16 butterflies of 8 points, the points 16 apart; the result of each is contiguous."""
    for p in range(SIZE // 8):
        i, j = x + p, y + 8 * p
        a0, a1, a2, a3 = _get(w, i), _get(w, i + 16), _get(w, i + 32), _get(w, i + 48)
        a4, a5, a6, a7 = _get(w, i + 64), _get(w, i + 80), _get(w, i + 96), _get(w, i + 112)
        t1, t2 = _twiddle(w, _TWIDDLES_8, 16, 1, p), _twiddle(w, _TWIDDLES_8, 16, 2, p)
        t3, t4 = _twiddle(w, _TWIDDLES_8, 16, 3, p), _twiddle(w, _TWIDDLES_8, 16, 4, p)
        t5, t6 = _twiddle(w, _TWIDDLES_8, 16, 5, p), _twiddle(w, _TWIDDLES_8, 16, 6, p)
        t7 = _twiddle(w, _TWIDDLES_8, 16, 7, p)
        b0, b2, b4, b6 = _dft4(_plus(a0, a4), _plus(a1, a5), _plus(a2, a6), _plus(a3, a7))
        # The odd results: turn difference k by exp(-2 pi i k / 8), then the same transform.
        d1, d3 = _minus(a1, a5), _minus(a3, a7)
        e1 = (d1[0] + d1[1]) * _HALF, (d1[1] - d1[0]) * _HALF
        e3 = (d3[1] - d3[0]) * _HALF, -(d3[0] + d3[1]) * _HALF
        b1, b3, b5, b7 = _dft4(_minus(a0, a4), e1, _turned(_minus(a2, a6)), e3)
        _put(w, j, b0)
        _put(w, j + 1, _times(b1, t1))
        _put(w, j + 2, _times(b2, t2))
        _put(w, j + 3, _times(b3, t3))
        _put(w, j + 4, _times(b4, t4))
        _put(w, j + 5, _times(b5, t5))
        _put(w, j + 6, _times(b6, t6))
        _put(w, j + 7, _times(b7, t7))


@fused
def _pass4(w: Any, x: int, y: int) -> None:
    """Second pass: 4 different butterflies of 4 points, each for 8 columns."""
    for p in range(4):
        t1, t2 = _twiddle(w, _TWIDDLES_4, 4, 1, p), _twiddle(w, _TWIDDLES_4, 4, 2, p)
        t3 = _twiddle(w, _TWIDDLES_4, 4, 3, p)
        for q in range(8):
            i, j = x + 8 * p + q, y + 32 * p + q
            b0, b1, b2, b3 = _dft4(_get(w, i), _get(w, i + 32), _get(w, i + 64), _get(w, i + 96))
            _put(w, j, b0)
            _put(w, j + 8, _times(b1, t1))
            _put(w, j + 16, _times(b2, t2))
            _put(w, j + 24, _times(b3, t3))


@fused
def _last4(w: Any, x: int, y: int) -> None:
    """Last pass: the same butterfly of 4 points for 32 columns, without twiddles."""
    for q in range(32):
        i, j = x + q, y + q
        b0, b1, b2, b3 = _dft4(_get(w, i), _get(w, i + 32), _get(w, i + 64), _get(w, i + 96))
        _put(w, j, b0)
        _put(w, j + 32, b1)
        _put(w, j + 64, b2)
        _put(w, j + 96, b3)


@fused
def fft(w: Any) -> None:
    """Forward transform, X[k] = sum x[n] exp(-2 pi i n k / 128), from PING to PONG; PING is destroyed.

    `w` points to the workspace. The inverse (times 128) is the same with real and imaginary parts exchanged, on the
    way in and on the way out.
    """
    _pass8(w, PING, PONG)
    _pass4(w, PONG, PING)
    _last4(w, PING, PONG)
