"""How much of each period we use, and the decision that it is too much.

xruns start near 95 % of a period, and at 130 % on one core the control thread can starve for almost a second. So the
callback watches its own wall time: above `OVERLOAD_SHARE` in `OVERLOAD_CYCLES` of the last 32 cycles it gives up by
itself. All times come from the system's monotonic clock, read through the C library.
"""

from __future__ import annotations

import ctypes
import time
from typing import Any

import numpy as np

from .jit import kernel
from .pointers import foreign

OVERLOAD_SHARE = 0.95
OVERLOAD_CYCLES = 8
SMOOTHING = 1 / 16  # of the average the hand-over looks at
BINS_PER_PERIOD, BINS = 400, 1200  # histogram of the share: 0.25 % steps up to three periods

LOAD = np.dtype(
    [
        ("sample_rate", np.float64),  # Hz
        ("clock_gettime", np.int64),  # address of the C function
        ("wall_clock", np.int64),  # which clock
        ("cpu_clock", np.int64),  # the thread's CPU clock, -1: not measured (a system call per cycle)
        ("timespec", np.int64),  # address of the two fields that follow: a struct timespec, filled by the call
        ("seconds", np.int64),
        ("nanoseconds", np.int64),
        ("started_ns", np.int64),
        ("started_cpu_ns", np.int64),
        ("smoothed", np.float64),  # share of the period, averaged over some cycles
        ("worst", np.float64),  # largest share since the control side wrote 0 here
        ("histogram", np.int64, (BINS,)),  # cycles per share, ever growing
        ("recent", np.int64),  # one bit per cycle: was it over?
        ("overloads", np.int64),  # how often we gave up
        ("cpu_misses", np.int64),  # cycles whose own CPU time was over half the period
        ("cpu_worst", np.float64),  # largest share of CPU time
    ],
    align=True,
)
_call_clock = foreign("i", "i", "l")


def prepare(load: Any, address: int, sample_rate: float) -> None:
    """Fill in what the audio thread needs; `address` is where the record lies."""
    load["sample_rate"] = sample_rate
    load["clock_gettime"] = ctypes.cast(ctypes.CDLL(None).clock_gettime, ctypes.c_void_p).value
    load["wall_clock"] = time.CLOCK_MONOTONIC
    load["cpu_clock"] = -1
    load["timespec"] = address + int(LOAD.fields["seconds"][1])  # type: ignore[index]


@kernel
def clock_ns(load: Any, clock: int) -> int:
    """Read a clock in nanoseconds."""
    _call_clock(load.clock_gettime, np.int32(clock), load.timespec)
    return load.seconds * 1_000_000_000 + load.nanoseconds


@kernel
def begin_cycle(load: Any) -> None:
    """First thing in a cycle."""
    load.started_ns = clock_ns(load, load.wall_clock)
    if load.cpu_clock >= 0:
        load.started_cpu_ns = clock_ns(load, load.cpu_clock)


@kernel
def end_cycle(load: Any, frames: int, timed: bool, judged: bool) -> bool:
    """Last thing in a cycle; True when this is too much and the lanes have to be put to sleep.

    Untimed cycles (offline, freewheel) are not judged, nor are those in which old and new run together.
    """
    period_ns = frames * 1e9 / load.sample_rate
    share = (clock_ns(load, load.wall_clock) - load.started_ns) / period_ns
    load.histogram[min(np.int64(share * BINS_PER_PERIOD), BINS - 1)] += 1
    load.worst = max(load.worst, share)
    if timed and load.cpu_clock >= 0:
        cpu = (clock_ns(load, load.cpu_clock) - load.started_cpu_ns) / period_ns
        load.cpu_worst = max(load.cpu_worst, cpu)
        load.cpu_misses += cpu > 0.5
    if not timed:
        return False
    load.smoothed += SMOOTHING * (share - load.smoothed)
    load.recent = (load.recent << 1 | (judged and share > OVERLOAD_SHARE)) & 0xFFFFFFFF
    over, bits = 0, load.recent
    while bits != 0:
        over, bits = over + (bits & 1), bits >> 1
    if over < OVERLOAD_CYCLES:
        return False
    load.recent = 0
    load.overloads += 1
    return True
