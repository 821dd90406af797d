"""What one core of this machine can do: the yardstick for the networks' speed.

Multiply-adds on registers alone, in the tile shapes that fit the register file. A whole model reaches half of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .address import Address
from .compile import entry, inline
from .pointers import floats
from .simd import REGISTERS, W
from .tile import tile_bias, tile_madd, tile_store

STEPS = 20_000  # well under a millisecond: some runs escape whatever else the machine is doing
RUNS = 60
UNROLLED = 2
SHAPES = ((4, 2), (4, 3)) if REGISTERS == 32 else ((4, 2), (3, 3))  # outputs x vectors


def _make_spin(R: int, V: int) -> Callable[..., Any]:
    @inline
    def spin(m: Any, steps: Any) -> None:
        acc = tile_bias(m, 0, R, V)
        for _ in range(steps):
            # The same weights and inputs every time: they stay in registers.
            acc = tile_madd(acc, m, 0, 64)
            acc = tile_madd(acc, m, 0, 64)
        tile_store(acc, m, 256, 64)

    return spin


_spin_first, _spin_second = _make_spin(*SHAPES[0]), _make_spin(*SHAPES[1])


@entry("vlll")
def _spin(memory: Address, shape: int, steps: int) -> None:
    """Do nothing but multiply-adds, in one of the two shapes."""
    if shape == 0:
        _spin_first(floats(memory), steps)
    else:
        _spin_second(floats(memory), steps)


def fma_peak_gmacs() -> float:
    """Billions of float32 multiply-adds per second on one core: the best of the shapes, of many short runs."""
    memory = np.full(1024, 1e-3, np.float32)
    best = 0.0
    for shape, (R, V) in enumerate(SHAPES):
        _spin(memory.ctypes.data, shape, 1)
        for _ in range(RUNS):
            start = time.perf_counter_ns()
            _spin(memory.ctypes.data, shape, STEPS)
            elapsed = time.perf_counter_ns() - start
            best = max(best, STEPS * UNROLLED * R * V * W / elapsed)
    return best
