"""What a cabinet costs: our convolver, and `scipy.signal.oaconvolve` on the same float32 signal, in turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from ..dsp.convolver.convolver import Convolver
from ..dsp.convolver.filter import Filter
from ..dsp.convolver.kernels import convolve, convolve_all
from ..dsp.convolver.late import TICKS
from ..dsp.convolver.spectrum import P
from ..dsp.native.address import Address
from ..dsp.native.compile import entry
from ..dsp.native.memory import Layout
from ..dsp.native.pointers import foreign, record
from ..errors import RigError
from .networks import LIVE_BLOCK, PERIOD_US
from .timing import RATE_HZ, Callback, Stopwatch, noise

TAPS = (512, 2048, 8192, 192_000)
BLOCKS = (64, 128)
RUN_BLOCKS = 2 * TICKS * P // LIVE_BLOCK  # two turns of the late part's work, so that every kind of call is in a run
RUNS = 25  # per round; an interruption by the machine spoils one run, not all

CABINET = np.dtype([("convolve", np.int64), ("line", np.int64)], align=True)
_call_convolve = foreign("v", "l", "l", "l")


@entry("vllll")
def _play_cabinet(cabinet: Address, x: Address, y: Address, frames: int) -> None:
    """The convolver with the signature of a network; its output stays in the line."""
    state = record(cabinet, CABINET)
    _call_convolve(state.convolve, state.line, x, frames)


class CabinetBench:
    """The figures of one length of filter, round by round."""

    def __init__(self, taps: int, stopwatch: Stopwatch) -> None:
        rng = np.random.default_rng(2)
        self.taps, self._stopwatch = taps, stopwatch
        self._response = (rng.standard_normal(taps) * np.exp(-np.arange(taps) / (taps / 6)) * 0.1).astype(np.float32)
        self._x = noise(2 * RATE_HZ)
        self._y = np.empty_like(self._x)
        self._filter, self._line = Filter(self._response), Convolver()
        self._line.attach(0, self._filter)
        layout = Layout()
        cabinet = layout.reserve(CABINET)
        self._arena = layout.allocate()
        self._arena[cabinet][0] = (convolve.address, self._line.address)
        self._callback = Callback(_play_cabinet.address, self._arena.address_of(cabinet))
        self._ours: dict[int, list[float]] = {block: [] for block in BLOCKS}
        self._scipy: list[float] = []
        self._live_us: list[float] = []
        self._worst_us: list[float] = []
        convolve_all(
            self._line.address, convolve.address, self._x.ctypes.data, self._y.ctypes.data, LIVE_BLOCK, LIVE_BLOCK
        )  # compiled
        stopwatch.blocks_us(self._callback, LIVE_BLOCK, 1)

    def _ns_per_sample(self, call: Callable[[], Any]) -> float:
        started = time.thread_time()
        call()
        return (time.thread_time() - started) / self._x.size * 1e9

    def round(self) -> None:
        """Measure everything once."""
        from scipy.signal import oaconvolve

        for block, times in self._ours.items():
            ours = partial(
                convolve_all,
                self._line.address,
                convolve.address,
                self._x.ctypes.data,
                self._y.ctypes.data,
                block,
                self._x.size,
            )
            times.append(self._ns_per_sample(ours))
        self._scipy.append(self._ns_per_sample(partial(oaconvolve, self._x, self._response)))
        runs = [self._stopwatch.blocks_us(self._callback, LIVE_BLOCK, RUN_BLOCKS) for _ in range(RUNS)]
        self._live_us.append(float(np.median(runs)))
        self._worst_us += [float(run.max()) for run in runs]

    def report(self) -> dict[str, Any]:
        """Medians over the rounds; of the worst callbacks the least."""
        return {
            "taps": self.taps,
            "ns_per_sample": {str(block): median(times) for block, times in self._ours.items()},
            "scipy_ns_per_sample": median(self._scipy),
            "ratio_to_scipy": {
                str(block): median(a / b for a, b in zip(times, self._scipy, strict=True))
                for block, times in self._ours.items()
            },
            "us_per_block": {str(LIVE_BLOCK): median(self._live_us)},
            "worst_us_per_block": {str(LIVE_BLOCK): min(self._worst_us)},
            "share_of_period": median(self._live_us) / PERIOD_US,
            "worst_share_of_period": min(self._worst_us) / PERIOD_US,
        }


def cabinets(stopwatch: Stopwatch) -> list[CabinetBench]:
    """One per length that the convolver takes."""
    found = []
    for taps in TAPS:
        try:
            found.append(CabinetBench(taps, stopwatch))
        except RigError:  # longer than a line
            continue
    return found
