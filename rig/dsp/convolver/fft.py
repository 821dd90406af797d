"""The transforms the convolver stands on: complex FFTs of 128 and of 4096 points, in float32.

Stockham's form needs no bit reversal: 128 = 8 * 4 * 4 and 4096 = 8 * 8 * 8 * 8, and each pass reads one buffer and
writes the other in the order the next pass wants. Real and imaginary parts are kept apart (split format), so that a
vector register holds eight or sixteen real parts and the same lines of code serve every CPU.

Everything lies in ONE float32 workspace, the twiddle factors (powers of exp(-2 pi i / size)) too: with one base
pointer and constant distances LLVM knows that nothing overlaps. Two other details that were measured: a pass loads all
it needs before its first store, and the two buffers keep a distance, or their loads and stores get in each other's way.

Source of the algorithm: P. N. Swarztrauber, "FFT algorithms for vector computers", Parallel Computing 1 (1984).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..native.compile import fused, kernel


class Plan(NamedTuple):
    """One size of transform: where things lie in its workspace, in floats. The input lies at PING, which is 0."""

    size: int
    radices: tuple[int, ...]
    imag: int  # from a real part to its imaginary part
    pong: int  # the second buffer
    tables: tuple[int, ...]  # twiddles of each pass: radix - 1 powers for each of its butterflies
    workspace: int  # floats in all, whole cache lines


def _plan(size: int, *radices: int) -> Plan:
    imag = size + 16
    at = pong = 2 * imag + 1024
    at += 2 * imag
    tables, length = [], size
    for radix in radices:
        tables.append(at)
        at += 2 * (radix - 1) * (length // radix)
        length //= radix
    return Plan(size, radices, imag, pong, tuple(tables), -(-at // 16) * 16)


SHORT, LONG = _plan(128, 8, 4, 4), _plan(4096, 8, 8, 8, 8)

PING = 0
SIZE, IMAG, PONG, WORKSPACE = SHORT.size, SHORT.imag, SHORT.pong, SHORT.workspace
_TABLE_1, _TABLE_2, _ = SHORT.tables
LONG_SIZE, LONG_IMAG, LONG_PONG, LONG_WORKSPACE = LONG.size, LONG.imag, LONG.pong, LONG.workspace
_LONG_TABLE_1, _LONG_TABLE_2, _LONG_TABLE_3, _ = LONG.tables

_HALF = np.float32(math.sqrt(0.5))


def fill_twiddles(workspace: NDArray[np.float32], plan: Plan = SHORT) -> None:
    """Write the tables into a workspace, shape (n,), of at least `plan.workspace` floats."""
    length = plan.size
    for start, radix in zip(plan.tables, plan.radices, strict=True):
        butterflies = length // radix
        angle = -2 * np.pi * np.outer(np.arange(1, radix), np.arange(butterflies)) / length
        table = np.stack([np.cos(angle), np.sin(angle)], axis=1)  # power, (re, im), butterfly
        workspace[start : start + table.size] = table.ravel()
        length = butterflies


@fused
def _get(w: Any, i: int, imag: int) -> Any:
    return w[i], w[i + imag]


@fused
def _put(w: Any, i: int, imag: int, z: Any) -> None:
    w[i] = z[0]
    w[i + imag] = z[1]


@fused
def _twiddle(w: Any, twiddles: int, butterflies: int, power: int, p: int) -> Any:
    at = twiddles + 2 * butterflies * (power - 1) + p
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
def _dft8(a0: Any, a1: Any, a2: Any, a3: Any, a4: Any, a5: Any, a6: Any, a7: Any) -> Any:
    """The eight-point transform: the even results, then the odd ones."""
    b0, b2, b4, b6 = _dft4(_plus(a0, a4), _plus(a1, a5), _plus(a2, a6), _plus(a3, a7))
    # The odd results: turn difference k by exp(-2 pi i k / 8), then the same transform.
    d1, d3 = _minus(a1, a5), _minus(a3, a7)
    e1 = (d1[0] + d1[1]) * _HALF, (d1[1] - d1[0]) * _HALF
    e3 = (d3[1] - d3[0]) * _HALF, -(d3[0] + d3[1]) * _HALF
    b1, b3, b5, b7 = _dft4(_minus(a0, a4), e1, _turned(_minus(a2, a6)), e3)
    return b0, b1, b2, b3, b4, b5, b6, b7


@fused
def _pass8(w: Any, imag: int, twiddles: int, x: int, y: int, butterflies: int, columns: int) -> None:
    """From x to y: different butterflies of 8 points, each for some columns; the points lie one eighth apart."""
    step = butterflies * columns
    for p in range(butterflies):
        t1, t2 = _twiddle(w, twiddles, butterflies, 1, p), _twiddle(w, twiddles, butterflies, 2, p)
        t3, t4 = _twiddle(w, twiddles, butterflies, 3, p), _twiddle(w, twiddles, butterflies, 4, p)
        t5, t6 = _twiddle(w, twiddles, butterflies, 5, p), _twiddle(w, twiddles, butterflies, 6, p)
        t7 = _twiddle(w, twiddles, butterflies, 7, p)
        for q in range(columns):
            i, j = x + columns * p + q, y + 8 * columns * p + q
            a0, a1 = _get(w, i, imag), _get(w, i + step, imag)
            a2, a3 = _get(w, i + 2 * step, imag), _get(w, i + 3 * step, imag)
            a4, a5 = _get(w, i + 4 * step, imag), _get(w, i + 5 * step, imag)
            a6, a7 = _get(w, i + 6 * step, imag), _get(w, i + 7 * step, imag)
            b0, b1, b2, b3, b4, b5, b6, b7 = _dft8(a0, a1, a2, a3, a4, a5, a6, a7)
            _put(w, j, imag, b0)
            _put(w, j + columns, imag, _times(b1, t1))
            _put(w, j + 2 * columns, imag, _times(b2, t2))
            _put(w, j + 3 * columns, imag, _times(b3, t3))
            _put(w, j + 4 * columns, imag, _times(b4, t4))
            _put(w, j + 5 * columns, imag, _times(b5, t5))
            _put(w, j + 6 * columns, imag, _times(b6, t6))
            _put(w, j + 7 * columns, imag, _times(b7, t7))


@fused
def _last8(w: Any, imag: int, x: int, y: int, columns: int) -> None:
    """The last pass: the same butterfly of 8 points for all columns, without twiddles."""
    for q in range(columns):
        i, j = x + q, y + q
        a0, a1 = _get(w, i, imag), _get(w, i + columns, imag)
        a2, a3 = _get(w, i + 2 * columns, imag), _get(w, i + 3 * columns, imag)
        a4, a5 = _get(w, i + 4 * columns, imag), _get(w, i + 5 * columns, imag)
        a6, a7 = _get(w, i + 6 * columns, imag), _get(w, i + 7 * columns, imag)
        b0, b1, b2, b3, b4, b5, b6, b7 = _dft8(a0, a1, a2, a3, a4, a5, a6, a7)
        _put(w, j, imag, b0)
        _put(w, j + columns, imag, b1)
        _put(w, j + 2 * columns, imag, b2)
        _put(w, j + 3 * columns, imag, b3)
        _put(w, j + 4 * columns, imag, b4)
        _put(w, j + 5 * columns, imag, b5)
        _put(w, j + 6 * columns, imag, b6)
        _put(w, j + 7 * columns, imag, b7)


@fused
def _pass4(w: Any, imag: int, twiddles: int, x: int, y: int, butterflies: int, columns: int) -> None:
    """As `_pass8`, with butterflies of 4 points, a quarter apart."""
    step = butterflies * columns
    for p in range(butterflies):
        t1, t2 = _twiddle(w, twiddles, butterflies, 1, p), _twiddle(w, twiddles, butterflies, 2, p)
        t3 = _twiddle(w, twiddles, butterflies, 3, p)
        for q in range(columns):
            i, j = x + columns * p + q, y + 4 * columns * p + q
            a, b = _get(w, i, imag), _get(w, i + step, imag)
            c, d = _get(w, i + 2 * step, imag), _get(w, i + 3 * step, imag)
            b0, b1, b2, b3 = _dft4(a, b, c, d)
            _put(w, j, imag, b0)
            _put(w, j + columns, imag, _times(b1, t1))
            _put(w, j + 2 * columns, imag, _times(b2, t2))
            _put(w, j + 3 * columns, imag, _times(b3, t3))


@fused
def _last4(w: Any, imag: int, x: int, y: int, columns: int) -> None:
    """The last pass, with butterflies of 4 points."""
    for q in range(columns):
        i, j = x + q, y + q
        a, b = _get(w, i, imag), _get(w, i + columns, imag)
        c, d = _get(w, i + 2 * columns, imag), _get(w, i + 3 * columns, imag)
        b0, b1, b2, b3 = _dft4(a, b, c, d)
        _put(w, j, imag, b0)
        _put(w, j + columns, imag, b1)
        _put(w, j + 2 * columns, imag, b2)
        _put(w, j + 3 * columns, imag, b3)


@fused
def fft(w: Any) -> None:
    """Forward transform, X[k] = sum x[n] exp(-2 pi i n k / 128), from PING to PONG; PING is destroyed.

    `w` points to the workspace. The inverse (times 128) is the same with real and imaginary parts exchanged, on the
    way in and on the way out.
    """
    _pass8(w, IMAG, _TABLE_1, PING, PONG, 16, 1)
    _pass4(w, IMAG, _TABLE_2, PONG, PING, 4, 8)
    _last4(w, IMAG, PING, PONG, 32)


# The long transform in four steps, from PING to PING, so that a caller can spread it over time.
@kernel
def long_fft_1(w: Any) -> None:
    """First quarter of the transform of 4096 points."""
    _pass8(w, LONG_IMAG, _LONG_TABLE_1, PING, LONG_PONG, 512, 1)


@kernel
def long_fft_2(w: Any) -> None:
    """Second quarter."""
    _pass8(w, LONG_IMAG, _LONG_TABLE_2, LONG_PONG, PING, 64, 8)


@kernel
def long_fft_3(w: Any) -> None:
    """Third quarter."""
    _pass8(w, LONG_IMAG, _LONG_TABLE_3, PING, LONG_PONG, 8, 64)


@kernel
def long_fft_4(w: Any) -> None:
    """Last quarter."""
    _last8(w, LONG_IMAG, LONG_PONG, PING, 512)
