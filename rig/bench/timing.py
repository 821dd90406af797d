"""CPU time spent in compiled code, with no Python between two blocks.

The clock is that of the thread: what other programs take meanwhile does not count, though it does empty the caches.
A loop flatters everybody, as the caches stay warm; a real audio server runs other programs between two blocks. So
there is also a cold figure, of single blocks with the caches emptied in front of each.

A function to be timed has the signature of a network's `run`: (state, input, output, frames), all addresses int64.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..dsp.cpu_load import LOAD, clock_ns, prepare
from ..dsp.native.address import Address
from ..dsp.native.compile import entry
from ..dsp.native.memory import Layout
from ..dsp.native.pointers import FLUSH_BITS, floats, foreign, get_float_control, ints, record, set_float_control

RATE_HZ = 48000
SECONDS = 1.0  # of audio per measurement; a small network needs some milliseconds for it
SAMPLES = int(SECONDS * RATE_HZ)
COLD_BYTES = 16 << 20  # written between two blocks: more than any second-level cache

_call = foreign("v", "l", "l", "l", "l")


class Callback(NamedTuple):
    """A compiled function and its state, as addresses."""

    function: Address
    state: Address


def noise(samples: int) -> NDArray[np.float32]:
    """The input of everything, (samples,): white, RMS 0.1, always the same."""
    return (np.random.default_rng(1).standard_normal(samples) * 0.1).astype(np.float32)


@entry("vllllll")
def _play(function: Address, state: Address, x: Address, y: Address, block: int, frames: int) -> None:
    """Run over `frames` samples, block by block."""
    control = get_float_control()
    set_float_control(control | FLUSH_BITS)
    at = 0
    while at < frames:
        _call(function, state, x + 4 * at, y + 4 * at, min(block, frames - at))
        at += block
    set_float_control(control)


@entry("vlllllllll")
def _play_timed(
    function: Address,
    state: Address,
    clock: Address,
    x: Address,
    y: Address,
    rubbish: Address,
    times: Address,
    blocks: int,
    block: int,
) -> None:
    """Run over `blocks` blocks; the time of each goes to int64 times[]. With `rubbish`, caches are filled with it."""
    control = get_float_control()
    set_float_control(control | FLUSH_BITS)
    load = record(clock, LOAD)
    for i in range(blocks):
        if rubbish != 0:
            filler = floats(rubbish)
            for k in range(0, COLD_BYTES // 4, 16):
                filler[k] += np.float32(1)
        before = clock_ns(load, load.thread_clock)
        _call(function, state, x + 4 * i * block, y + 4 * i * block, block)
        ints(times)[i] = clock_ns(load, load.thread_clock) - before
    set_float_control(control)


def ns_per_sample(
    callback: Callback, block: int, samples: int = SAMPLES, clock: Callable[[], float] = time.thread_time
) -> float:
    """One run of so many samples at most, after a shorter one: what ran before may have taken the caches with it.

    `clock`: CPU time of the thread in seconds, or `time.perf_counter` to compare with what another program says.
    """
    frames = samples // block * block
    x = noise(frames)
    y = np.empty_like(x)
    _play(*callback, x.ctypes.data, y.ctypes.data, block, frames // 4 // block * block)
    started = clock()
    _play(*callback, x.ctypes.data, y.ctypes.data, block, frames)
    return (clock() - started) / frames * 1e9


class Stopwatch:
    """Times single blocks."""

    def __init__(self) -> None:
        layout = Layout()
        clock, rubbish = layout.reserve(LOAD), layout.reserve(np.float32, COLD_BYTES // 4)
        self._arena = layout.allocate()
        self._clock, self._rubbish = self._arena.address_of(clock), self._arena.address_of(rubbish)
        prepare(self._arena[clock][0], self._clock, RATE_HZ)

    def blocks_us(self, callback: Callback, block: int, blocks: int, cold: bool = False) -> NDArray[Any]:
        """Microseconds of each of so many blocks in a row, (blocks,)."""
        x = noise(block * blocks)
        y, times = np.empty_like(x), np.zeros(blocks, np.int64)
        rubbish = self._rubbish if cold else 0
        _play_timed(*callback, self._clock, x.ctypes.data, y.ctypes.data, rubbish, times.ctypes.data, blocks, block)
        return times / 1000
