"""Blocks of float32 by address: copy, subtract, clear, cross over, limit."""

from __future__ import annotations

import numpy as np

from .native.address import Address
from .native.compile import kernel
from .native.pointers import floats


@kernel
def copy(x: Address, y: Address, frames: int) -> None:
    """y = x."""
    source, out = floats(x), floats(y)
    for k in range(frames):
        out[k] = source[k]


@kernel
def subtract(x: Address, y: Address, frames: int) -> None:
    """y -= x."""
    source, out = floats(x), floats(y)
    for k in range(frames):
        out[k] -= source[k]


@kernel
def clear(y: Address, frames: int) -> None:
    """y = 0."""
    out = floats(y)
    for k in range(frames):
        out[k] = np.float32(0)


@kernel
def cross(x: Address, rise: Address, y: Address, frames: int) -> None:
    """Crossfade in place: y += rise * (x - y)."""
    source, weight, out = floats(x), floats(rise), floats(y)
    for k in range(frames):
        out[k] += weight[k] * (source[k] - out[k])


@kernel
def limit(y: Address, frames: int) -> None:
    """The clip guard: what the converter would do anyway, and nothing that is not a number. A meter counts."""
    out, one = floats(y), np.float32(1)
    for k in range(frames):
        v = out[k]
        if not (abs(v) <= one):
            out[k] = one if v > one else -one if v < -one else np.float32(0)
