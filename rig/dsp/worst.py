"""The slowest single call of the convolver: what a period has to have room for, where a mean says nothing."""

from __future__ import annotations

import numpy as np
from numba import types

from .convolve import MAX_CHUNK, Line, convolve
from .jit import entry
from .late import TICKS
from .load import LOAD, clock_ns, prepare
from .memory import Layout
from .pointers import FLUSH_BITS, foreign, get_float_control, ints, record, set_float_control
from .spectrum import P

_call_convolve = foreign("v", "l", "l", "l")


@entry(types.void(types.int64, types.int64, types.int64, types.int64, types.int64, types.int64, types.int64))
def _time_calls(function: int, line: int, x: int, frames: int, calls: int, clock: int, times: int) -> None:
    """Convolve `calls` blocks of `frames` samples; the nanoseconds of each go to int64 `times`."""
    control = get_float_control()
    set_float_control(control | FLUSH_BITS)
    load, out = record(clock, LOAD), ints(times)
    for i in range(calls):
        before = clock_ns(load, load.wall_clock)
        _call_convolve(function, line, x + 4 * frames * i, frames)
        out[i] = clock_ns(load, load.wall_clock) - before
    set_float_control(control)


def call_times_us(line: Line, frames: int, runs: int = 50) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Microseconds of each call, shape (runs, calls), of a line with its filters attached.

    A run is two turns of the late part's work, so every kind of call is in each. The machine's own interruptions are
    in it too: the least of the runs' maxima, `call_times_us(...).max(axis=1).min()`, is the convolver's worst call.
    `frames` is at most MAX_CHUNK.
    """
    frames = min(frames, MAX_CHUNK)
    calls = 2 * TICKS * P // frames
    layout = Layout()
    clock, times, x = layout.reserve(LOAD), layout.reserve(np.int64, calls), layout.reserve(np.float32, calls * frames)
    arena = layout.allocate()
    arena[x][:] = np.random.default_rng(1).standard_normal(calls * frames) * 0.1
    prepare(arena[clock][0], arena.address_of(clock), 48000)
    addresses = arena.address_of(clock), arena.address_of(times)
    measured = []
    # Until all of the past is there that the longest filter can look at, a call has less to do.
    warm_up = 2 + max((f.taps for f in line.attached if f is not None), default=0) // (calls * frames)
    for _ in range(runs + warm_up):
        _time_calls(convolve.address, line.address, arena.address_of(x), frames, calls, *addresses)
        measured.append(arena[times] / 1000)
    return np.array(measured[warm_up:])
