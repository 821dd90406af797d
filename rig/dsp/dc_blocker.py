"""The DC blocker of the official NAM plugin, behind every model: models do answer silence with a constant."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .native.address import Address
from .native.compile import kernel
from .native.pointers import Record, floats

CORNER_HZ = 5.0  # as the plugin's
TIME_CONSTANTS = 13  # after which it has forgotten where it started: -113 dB

DC_BLOCKER = np.dtype(
    [
        ("pole", np.float64),
        ("before", np.float64),  # last input
        ("y", np.float64),  # last output
    ],
    align=True,
)


def prepare(blocker: Any, sample_rate: float, constant: float) -> None:
    """Fill in a DC_BLOCKER record: as after a long `constant`."""
    blocker["pole"] = 1.0 / (1.0 + 2.0 * math.pi * CORNER_HZ / sample_rate)
    blocker["before"], blocker["y"] = constant, 0.0


def settling_samples(sample_rate: float) -> int:
    """How long it remembers where it started."""
    return round(TIME_CONSTANTS * sample_rate / (2.0 * math.pi * CORNER_HZ))


@kernel
def settle_on(b: Record, constant: float) -> None:
    """As after a long constant."""
    b.before, b.y = constant, 0.0


@kernel
def block_dc(b: Record, x: Address, frames: int) -> None:
    """y[n] = a (y[n-1] + x[n] - x[n-1]) in place, float32[frames]."""
    signal, a = floats(x), b.pole
    before, y = b.before, b.y
    for i in range(frames):
        now = np.float64(signal[i])
        y = a * (y + now - before)
        before = now
        signal[i] = np.float32(y)
    b.before, b.y = before, y
