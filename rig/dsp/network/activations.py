"""The nonlinear functions of the `.nam` format, on vectors of W floats.

A network's program names them by number. Parameters, where one has any, are read from the network's memory.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..native.compile import inline
from ..native.simd import ROUNDING, fma, nearest, quotient, splat, times_power, vabs, vmax, vmin, where_positive

f32 = np.float32

NONE, TANH, LEAKY_RELU, RELU, SIGMOID, SILU, HARDTANH, HARDSWISH, LEAKY_HARDTANH, SOFTSIGN, FAST_TANH = range(11)


# 2**f = (f*(f + SLOPE) + CONSTANT) / (f*(f - SLOPE) + CONSTANT) for f within 1/2: exact to first order at 0, so that a
# quiet signal has the right gain, and with the least largest error that then remains.
_SLOPE = 8.6712215
_CONSTANT = _SLOPE * 2.0 / math.log(2.0)
_LARGEST_POWER = 30.0  # of 2, and of 1/2


@inline
def exp2_fraction(x: Any) -> Any:
    """p and q, where p / q = 2**x, off by less than 1e-6 of it; x counts as 30 above, as -30 below.

    The logistic of z is p / (p + q) for x = z / log(2), tanh(z) is (p - q) / (p + q) for x = 2 z / log(2), and where
    several are multiplied, one division serves for all. x must be finite: f does not wait until it is clamped, as every
    cycle counts in an LSTM.
    """
    # In this order: LLVM keeps to it, and with the power last an LSTM of 16 units takes 203 cycles instead of 180.
    power = vmax(x + f32(ROUNDING), splat(f32(ROUNDING - _LARGEST_POWER)))
    power = vmin(power, splat(f32(ROUNDING + _LARGEST_POWER)))
    f = x - nearest(x)
    p = fma(f + f32(_SLOPE), f, splat(f32(_CONSTANT)))
    q = fma(f - f32(_SLOPE), f, splat(f32(_CONSTANT)))
    return times_power(p, power), q


@inline
def tanh(x: Any) -> Any:
    """Off by less than 5e-7 everywhere.

    x P(x^2) / Q(x^2), with the smallest largest error on [-8, 8], clamped there.
    """
    s = vmin(x * x, splat(f32(64.0)))  # does not wait for the clamp: in a short block every cycle of latency counts
    x = vmin(vmax(x, splat(f32(-8.0))), splat(f32(8.0)))
    p = fma(s, splat(f32(-6.02000904e-09)), splat(f32(7.08346064e-06)))
    p = fma(s, p, splat(f32(2.68449693e-03)))
    p = fma(s, p, splat(f32(1.26997835e-01)))
    p = fma(s, p, splat(f32(9.99999065e-01)))
    q = fma(s, splat(f32(1.95299282e-04)), splat(f32(2.27973980e-02)))
    q = fma(s, q, splat(f32(4.60327763e-01)))
    q = fma(s, q, splat(f32(1.0)))
    return quotient(x * p, q)


@inline
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return fma(tanh(x * f32(0.5)), splat(f32(0.5)), splat(f32(0.5)))


@inline
def leaky(x: Any, slope: Any) -> Any:
    """x where it is positive, else slope * x."""
    return where_positive(x, x, x * slope)


@inline
def fast_tanh(x: Any) -> Any:
    """NeuralAmpModelerCore's approximation (largest error 4.4e-4), which files may ask for by name."""
    a, b, c = f32(2.45550750702956), f32(0.893229853513558), f32(0.821226666969744)
    d, e = f32(2.44506634652299), f32(0.814642734961073)
    size = vabs(x)
    square = x * x
    above = x * (size * a + a + (size * c + b) * square)
    return above / ((square + d) * vabs(x + x * size * e) + d)


@inline
def activation(kind: Any, x: Any, m: Any, p: Any) -> Any:
    """Function `kind` of x; its parameters are m[p], m[p + 1], ..."""
    if kind == TANH:
        x = tanh(x)
    elif kind == LEAKY_RELU:
        x = leaky(x, m[p])
    elif kind == RELU:
        x = vmax(x, splat(f32(0.0)))
    elif kind == SIGMOID:
        x = sigmoid(x)
    elif kind == SILU:
        x = x * sigmoid(x)
    elif kind == HARDTANH:
        x = vmax(vmin(x, splat(f32(1.0))), splat(f32(-1.0)))
    elif kind == HARDSWISH:
        x = x * (vmax(vmin(x + f32(3.0), splat(f32(6.0))), splat(f32(0.0))) * f32(1.0 / 6.0))
    elif kind == LEAKY_HARDTANH:
        low, high = splat(m[p]), splat(m[p + 1])
        below, above = vmin(x - low, splat(f32(0.0))), vmax(x - high, splat(f32(0.0)))
        x = vmax(vmin(x, high), low) + below * m[p + 2] + above * m[p + 3]
    elif kind == SOFTSIGN:
        x = x / (vabs(x) + f32(1.0))
    elif kind == FAST_TANH:
        x = fast_tanh(x)
    return x
