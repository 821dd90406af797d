"""One impulse response, prepared for the convolver: spectra of partitions of P taps and, from tap 2Q on, of Q taps."""

from __future__ import annotations

import itertools
import threading
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import RigError
from ..native.address import Address
from ..native.compile import entry
from ..native.memory import Arena, Layout, lock_pages, unlock_pages
from ..native.pointers import floats, record
from . import late
from .late import FIRST_TAP, Q, fill_late_tables, late_filter_row, late_rows
from .spectrum import FRAME, GROUP, ROW, ROW_BYTES, WORKSPACE, P, fill_tables, transform

FILTER = np.dtype(
    [
        ("serial", np.int64),  # tells one filter from another, even if memory is used again; never 0
        ("rows", np.int64),  # partitions of P: 1, or 1 + a multiple of GROUP
        ("first", np.int64),  # address of float32[P]: taps P-1 ... 0
        ("spectra", np.int64),  # address of float32[rows * ROW], scaled by 1 / P for the inverse transform
        ("late_rows", np.int64),  # partitions of Q, from tap 2Q on
        ("late_spectra", np.int64),  # address of float32[SLICES][late_rows][SLICE_FLOATS], scaled by 1 / Q
    ],
    align=True,
)


@entry("vlllll")
def prepare_filter(
    workspace: Address, early_taps: Address, late_workspace: Address, late_taps: Address, filter_: Address
) -> None:
    """The spectra of a FILTER whose other fields are filled in; the taps are float32, padded to whole partitions."""
    w, f = floats(workspace), record(filter_, FILTER)
    for row in range(f.rows):
        source = floats(early_taps + 4 * row * P)
        for n in range(P):
            w[FRAME + n] = source[n] * np.float32(1 / P)
            w[FRAME + P + n] = np.float32(0)
        transform(w, floats(f.spectra + row * ROW_BYTES))
    for row in range(f.late_rows):
        source = floats(late_taps + 4 * row * Q)
        late_filter_row(floats(late_workspace), source, f.late_spectra, f.late_rows, row)


class _Workspaces(threading.local):
    """What preparing needs besides the filter: each thread has its own."""

    def __init__(self) -> None:
        self.early = np.zeros(WORKSPACE, np.float32)
        fill_tables(self.early)
        self._late: NDArray[np.float32] | None = None

    @property
    def late(self) -> NDArray[np.float32]:
        """For long responses only, shape (late.WORKSPACE,)."""
        if self._late is None:
            self._late = np.zeros(late.WORKSPACE, np.float32)
            fill_late_tables(self._late)
        return self._late


_workspaces = _Workspaces()
_serials = itertools.count(1)


def early_rows(taps: int) -> int:
    """Partitions of P: one for the first P taps, the others in whole groups."""
    others = -(-min(taps, FIRST_TAP) // P) - 1
    return 1 + -(-others // GROUP) * GROUP


class FilterPlace(NamedTuple):
    """The parts of a Layout that one filter takes."""

    state: int
    first: int
    spectra: int
    late_spectra: int


class Filter:
    """One mono impulse response, prepared for the convolver; never written again.

    `taps` has shape (n,), n >= 1, finite. `address` is its FILTER; whoever hands that to a voice keeps this object.

    Many filters can share one arena, which saves time and memory where they are short: `reserve` each in a Layout,
    allocate it, then make them with `place`. The arena lives as long as any of them.
    """

    def __init__(self, taps: NDArray[Any], place: tuple[Arena, FilterPlace] | None = None) -> None:
        if place is None:
            layout = Layout()
            reserved = self.reserve(layout, taps)
            place = layout.allocate(lock=False), reserved
        self._arena, parts = place
        self.taps = int(taps.size)
        self.rows, self.late_rows = early_rows(self.taps), late_rows(self.taps)
        self.nbytes = 4 * (P + self.rows * ROW) + self.late_rows * late.ROW_BYTES
        self.address = self._arena.address_of(parts.state)

        early = np.zeros(self.rows * P, np.float32)
        early[: min(self.taps, FIRST_TAP)] = taps[:FIRST_TAP]
        rest = np.zeros(self.late_rows * Q, np.float32)
        rest[: max(0, self.taps - FIRST_TAP)] = taps[FIRST_TAP:]
        self._arena[parts.first][:] = early[P - 1 :: -1]
        self._arena[parts.state][0] = (
            next(_serials),
            self.rows,
            self._arena.address_of(parts.first),
            self._arena.address_of(parts.spectra),
            self.late_rows,
            self._arena.address_of(parts.late_spectra) if self.late_rows else 0,
        )
        late_workspace = _workspaces.late.ctypes.data if self.late_rows else 0
        prepare_filter(_workspaces.early.ctypes.data, early.ctypes.data, late_workspace, rest.ctypes.data, self.address)

    def lock(self) -> None:
        """Keep it in RAM while it plays, where the user's limit allows; hundreds that only wait need no such care."""
        lock_pages(self.address, self.nbytes)

    def unlock(self) -> None:
        """It has stopped playing."""
        unlock_pages(self.address, self.nbytes)

    @staticmethod
    def reserve(layout: Layout, taps: NDArray[Any]) -> FilterPlace:
        """Ask for the memory of a filter of these taps, (n,).

        They are checked here: raises RigError where they are no row of finite numbers.
        """
        if taps.ndim != 1 or not taps.size or not np.isfinite(taps).all():
            raise RigError(f"A filter needs a row of finite taps; these have shape {taps.shape}.")
        return FilterPlace(
            state=layout.reserve(FILTER),
            first=layout.reserve(np.float32, P),
            spectra=layout.reserve(np.float32, early_rows(taps.size) * ROW),
            late_spectra=layout.reserve(np.uint8, late_rows(taps.size) * late.ROW_BYTES),
        )
