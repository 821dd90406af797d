"""A line: the memory of the convolver that Python owns, and whole signals through it.

What happens in it stands in `kernels.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RigError
from ..native.memory import Layout
from .fft import LONG_IMAG
from .filter import Filter, early_rows
from .kernels import LINE, MARGIN, MAX_CHUNK, SPARE, VOICES, clear, convolve, convolve_all
from .late import LATE, Q, fill_late_tables, late_rows
from .late import ROW_BYTES as LATE_ROW_BYTES
from .late import WORKSPACE as LATE_WORKSPACE
from .spectrum import GROUP, ROW, WORKSPACE, P, fill_tables


class Convolver:
    """The shared past of one input, with VOICES voices that filter it.

    `max_taps` bounds the length of a filter; its memory is that of as many float32 twice (4 MB for the default, 10 s
    at 48 kHz). `address` is its LINE, `state` the same as a numpy record.
    """

    def __init__(self, max_taps: int = 480_000) -> None:
        if max_taps < 1:
            raise RigError(f"A line needs room for at least one tap, not {max_taps}.")
        self.max_taps = max_taps
        rows = max(early_rows(max_taps), 1 + GROUP)
        long_rows = late_rows(max_taps)
        layout = Layout()
        state, workspace = layout.reserve(LINE), layout.reserve(np.float32, WORKSPACE)
        spectra = layout.reserve(np.float32, (rows + MARGIN) * ROW)
        tails = [layout.reserve(np.float32, P + SPARE) for _ in range(VOICES)]
        outs = [layout.reserve(np.float32, MAX_CHUNK + SPARE) for _ in range(VOICES)]
        self._arena = layout.allocate()
        fill_tables(self._arena[workspace])
        self.outs = [self._arena[out] for out in outs]
        self.address = self._arena.address_of(state)
        self.state = self._arena[state][0]
        self.state["workspace"] = self._arena.address_of(workspace)
        self.state["spectra"] = self._arena.address_of(spectra)
        self.state["rows"] = rows
        for voice, out, tail in zip(self.state["voices"], outs, tails, strict=True):
            voice["out"], voice["tail"] = self._arena.address_of(out), self._arena.address_of(tail)
        if long_rows:
            self._make_room_for_late(long_rows)
        self.attached: list[Filter | None] = [None] * VOICES  # kept, as the kernels read them

    def _make_room_for_late(self, filter_rows: int) -> None:
        rows = (filter_rows + 1) | 1  # odd: slices a power of two apart would share few places in the cache
        layout = Layout()
        part, workspace = layout.reserve(LATE), layout.reserve(np.float32, LATE_WORKSPACE)
        sums = [layout.reserve(np.float32, 2 * LONG_IMAG) for _ in range(VOICES)]
        results = [layout.reserve(np.float32, 2 * Q) for _ in range(VOICES)]
        spectra = layout.reserve(np.uint8, rows * LATE_ROW_BYTES)
        self._late_arena = arena = layout.allocate()
        fill_late_tables(arena[workspace])
        state = arena[part][0]
        state["workspace"], state["spectra"] = arena.address_of(workspace), arena.address_of(spectra)
        state["rows"], state["pushed"] = rows, -1
        for voice, total, result in zip(self.state["voices"], sums, results, strict=True):
            voice["late"]["sum"], voice["late"]["results"] = arena.address_of(total), arena.address_of(result)
        self.state["late"] = arena.address_of(part)

    def check(self, filter_: Filter) -> None:
        """Raise if a filter is too long: the kernels would read old input twice."""
        if filter_.taps > self.max_taps:
            raise RigError(f"A filter of {filter_.taps} taps is too long; the convolver takes {self.max_taps}.")

    def attach(self, voice: int, filter_: Filter | None) -> None:
        """Give a voice its filter, or None to turn it off; between calls only.

        Within the first 2Q samples of input, or with a filter of at most 2Q taps, it is exact from the next sample on.
        """
        if filter_ is not None:
            self.check(filter_)
        self.state["voices"][voice]["filter"] = filter_.address if filter_ is not None else 0
        self.attached[voice] = filter_

    def clear(self) -> None:
        """Forget all input; the filters stay."""
        clear(self.address)


def convolve_offline(filters: Sequence[Filter], x: NDArray[Any], block_size: int = 64) -> NDArray[np.float32]:
    """One signal through up to VOICES filters: x of shape (n,) gives (filters, n), float32, cut at the end of x.

    It is fed in calls of `block_size` samples, as an audio server would.
    """
    if not 1 <= len(filters) <= VOICES:
        raise RigError(f"The convolver takes 1 to {VOICES} filters at once, not {len(filters)}.")
    if block_size < 1:
        raise RigError(f"The block size must be at least 1, not {block_size}.")
    if x.ndim != 1:
        raise RigError(f"The convolver takes one channel, an array of shape (n,), not {x.shape}.")
    line = Convolver(max(f.taps for f in filters))
    for voice, filter_ in enumerate(filters):
        line.attach(voice, filter_)
    signal = np.ascontiguousarray(x, np.float32)
    y = np.empty((len(filters), signal.size), np.float32)
    convolve_all(line.address, convolve.address, signal.ctypes.data, y.ctypes.data, block_size, signal.size)
    return y
