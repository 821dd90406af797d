"""How much of each period we use, and the decision that it is too much.

xruns start near 95 % of a period, and at 130 % on one core the control thread can starve for almost a second. So the
callback watches its own wall time: above `OVERLOAD_SHARE` in `OVERLOAD_CYCLES` of the last 32 cycles it gives up by
itself. A cycle that is late because something else had the CPU does not count: silence would not help there, and the
burst passes. So a late cycle is held against our thread's own CPU time, as a missed cycle of ours always is: more than
half the period. All times come from the system's clocks, read through the C library; on Windows, whose C library has
no such clock, from the counter that its kernel offers.
"""

from __future__ import annotations

import ctypes
import sys
import time
from typing import Any

import numpy as np

from .native.address import Address
from .native.compile import kernel
from .native.pointers import Record, foreign

OVERLOAD_SHARE = 0.95
OVERLOAD_CYCLES = 8
WATCHED_CYCLES = 32
OWN_SHARE = 0.5  # of the period; a late cycle in which our thread computed less was held up by others
SMOOTHING = 1 / 16  # of the average the hand-over looks at
BINS_PER_PERIOD, BINS = 400, 1200  # histogram of the share: 0.25 % steps up to three periods

LOAD = np.dtype(
    [
        ("sample_rate", np.float64),  # Hz
        ("clock_gettime", np.int64),  # address of the C function; on Windows of QueryPerformanceCounter
        ("ticks_per_s", np.int64),  # of that counter; 0: it is clock_gettime
        ("wall_clock", np.int64),  # which clock
        ("timespec", np.int64),  # address of the two fields that follow: a struct timespec, filled by the call
        ("seconds", np.int64),  # the ticks of a counter, where it is one
        ("nanoseconds", np.int64),
        ("started_ns", np.int64),
        ("smoothed_share", np.float64),  # of the period, averaged over some cycles
        ("worst_share", np.float64),  # the largest since the control side wrote 0 here
        ("histogram", np.int64, (BINS,)),  # cycles per share, ever growing
        ("recent", np.int64),  # one bit per cycle: was it over?
        ("overloads", np.int64),  # how often we gave up
        ("cycles", np.int64),
        ("frames", np.int64),  # of the last cycle
        ("thread_clock", np.int64),  # the thread's CPU clock, read in late cycles only; -1: there is none
        ("late_cycle", np.int64),  # in which it was read last
        ("late_cpu_ns", np.int64),  # what it said
    ],
    align=True,
)
_call_clock = foreign("i", "i", "l")
_call_counter = foreign("i", "l")
NS_PER_S = 1_000_000_000


def prepare(load: Any, address: Address, sample_rate: float) -> None:
    """Fill in what the audio thread needs; `address` is where the record lies."""
    load["sample_rate"] = sample_rate
    if sys.platform == "win32":
        function, load["ticks_per_s"] = _counter()
        load["thread_clock"] = -1  # its clock of a thread goes by 16 ms: no period is that long
    else:
        function = ctypes.CDLL(None).clock_gettime
        load["wall_clock"] = time.CLOCK_MONOTONIC
        load["thread_clock"] = getattr(time, "CLOCK_THREAD_CPUTIME_ID", -1)
    load["clock_gettime"] = ctypes.cast(function, ctypes.c_void_p).value
    load["timespec"] = address + int(LOAD.fields["seconds"][1])  # type: ignore[index]


if sys.platform == "win32":

    def _counter() -> tuple[Any, int]:
        """The function that reads the counter, and its ticks per second."""
        library = ctypes.WinDLL("kernel32")
        ticks_per_s = ctypes.c_int64()
        library.QueryPerformanceFrequency(ctypes.byref(ticks_per_s))
        return library.QueryPerformanceCounter, ticks_per_s.value


@kernel
def clock_ns(load: Record, clock: int) -> int:
    """Read a clock in nanoseconds."""
    if load.ticks_per_s > 0:
        _call_counter(load.clock_gettime, load.timespec)
        ticks, per_s = load.seconds, load.ticks_per_s
        return ticks // per_s * NS_PER_S + ticks % per_s * NS_PER_S // per_s
    _call_clock(load.clock_gettime, np.int32(clock), load.timespec)
    return load.seconds * NS_PER_S + load.nanoseconds


@kernel
def begin_cycle(load: Record) -> None:
    """First thing in a cycle."""
    load.started_ns = clock_ns(load, load.wall_clock)


@kernel
def is_ours(load: Record, period_ns: float) -> bool:
    """Whether a late cycle is late by our own work: what our thread computed per cycle since the last late one."""
    if load.thread_clock < 0:
        return True
    cpu_ns = clock_ns(load, load.thread_clock)
    cycles, spent_ns = load.cycles - load.late_cycle, cpu_ns - load.late_cpu_ns
    load.late_cycle, load.late_cpu_ns = load.cycles, cpu_ns
    return cycles <= WATCHED_CYCLES and spent_ns > OWN_SHARE * period_ns * cycles


@kernel
def end_cycle(load: Record, timed: bool, judged: bool, frames: int) -> bool:
    """Last thing in a cycle; True when this is too much and the lanes have to be put to sleep.

    Untimed cycles (offline, freewheel) are not judged, nor are those in which old and new run together.
    """
    period_ns = frames * 1e9 / load.sample_rate
    share = (clock_ns(load, load.wall_clock) - load.started_ns) / period_ns
    load.histogram[min(np.int64(share * BINS_PER_PERIOD), BINS - 1)] += 1
    load.worst_share = max(load.worst_share, share)
    load.cycles += 1
    load.frames = frames
    if not timed:
        return False
    load.smoothed_share += SMOOTHING * (share - load.smoothed_share)
    late = judged and share > OVERLOAD_SHARE and is_ours(load, period_ns)
    load.recent = (load.recent << 1 | late) & 0xFFFFFFFF
    over, bits = 0, load.recent
    while bits != 0:
        over, bits = over + (bits & 1), bits >> 1
    if over < OVERLOAD_CYCLES:
        return False
    load.recent = 0
    load.overloads += 1
    return True
