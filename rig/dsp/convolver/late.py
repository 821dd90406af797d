"""The late part of long responses (rooms, up to 10 s): partitions of Q taps, from tap 2Q on.

A long response in partitions of P = 128 alone would read megabytes for every block. Behind tap 2Q there is time: a
block of Q samples that is complete is needed one more block later, so everything about it is spread over the TICKS
blocks of P samples in between, a little after each.

    ticks 0 ... 3       one pass each of the transform of the last block: a new row of the line of spectra
    ticks 4 ... 27      the sum of products with the filter, an equal number of SLICES each
    ticks 28 ... 31     the inverse transform, one voice each: the result for the next block

A slice is SLICE bins of all rows, which lie side by side in memory, in the line as in the filter: the sums stay in
registers, and memory is read once, in one stream.

The transform of the input is always made, whatever plays (3 us in Q samples): a voice that gets a long filter works on
the past that is already there. It first needs the results for the running block and a share of the next one; until
then it is not `late_ready`, works ahead with a bounded number of slices per tick, and adds nothing. That takes 10 to
50 ms, on the audio thread but without any burst, and nobody hears it: the hand-over begins its fade afterwards.

The frame, its turn and the negacyclic product are those of `spectrum.py`, with Q in place of P.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..native.address import Address
from ..native.compile import fused, kernel
from ..native.pointers import Record, floats
from ..native.simd import W, load, splat, store
from .fft import LONG, LONG_IMAG, LONG_SIZE, PING, fill_twiddles, long_fft_1, long_fft_2, long_fft_3, long_fft_4
from .fft import LONG_WORKSPACE as _COS
from .spectrum import P

Q = LONG_SIZE  # taps in a late partition, samples in a late block
FIRST_TAP = 2 * Q  # the late part begins here
TICKS = Q // P
SLICE = 32  # bins
SLICES = Q // SLICE
SLICE_FLOATS = 2 * SLICE  # of one row: SLICE real parts, then SLICE imaginary parts
SLICE_BYTES = 4 * SLICE_FLOATS
ROW_BYTES = SLICES * SLICE_BYTES

_SUMS_FROM, _SUMS_TO = 4, 28  # ticks
# Slices of one row that a voice which is not ready yet may do in a tick: 1 MB is read for them, some 50 us.
_WORK_AHEAD = 2048
_WORK_AHEAD_SLICES = 3 * SLICES // (_SUMS_TO - _SUMS_FROM)  # at least; so the longest filter gets ready too

# Where things lie in a workspace, in floats.
_SIN = _COS + Q
_FRAME = _SIN + Q
WORKSPACE = _FRAME + 2 * Q

LATE_VOICE = np.dtype(
    [
        ("of", np.int64),  # serial of the filter all this belongs to; 0: none
        ("made", np.int64),  # the newest block of which the result is there
        ("slices", np.int64),  # sums that are there for the block behind it
        ("sum", np.int64),  # address of float32[2 * LONG_IMAG]: imaginary parts, then real parts
        ("results", np.int64),  # address of float32[2 * Q]: of even and of odd blocks
    ],
    align=True,
)
LATE = np.dtype(
    [
        ("workspace", np.int64),  # address of float32[WORKSPACE]
        ("spectra", np.int64),  # address of float32[SLICES][rows][SLICE_FLOATS], a ring of rows
        ("rows", np.int64),  # one more than the longest filter has
        ("newest", np.int64),  # row of the newest spectrum; older ones follow, around the ring's end
        ("pushed", np.int64),  # the block it belongs to; -1: none yet
        ("block", np.int64),  # the running block of Q samples, counted from the start
        ("tick", np.int64),  # blocks of P samples of it that are complete
    ],
    align=True,
)


def fill_late_tables(workspace: NDArray[np.float32]) -> None:
    """Write all tables into a workspace, shape (WORKSPACE,)."""
    fill_twiddles(workspace, LONG)
    angle = np.pi * np.arange(Q) / (2 * Q)
    workspace[_COS : _COS + Q] = np.cos(angle)
    workspace[_SIN : _SIN + Q] = np.sin(angle)


def late_rows(taps: int) -> int:
    """Late partitions of a filter; 0 for all cabinets and most others."""
    return max(0, -(-(taps - FIRST_TAP) // Q))


@fused
def _turn_frame(w: Any) -> None:
    for n in range(Q):
        previous, new, c, s = w[_FRAME + n], w[_FRAME + Q + n], w[_COS + n], w[_SIN + n]
        w[PING + n] = previous * c - new * s
        w[PING + LONG_IMAG + n] = previous * s + new * c


@fused
def _keep_spectrum(w: Any, spectra: Address, rows: int, row: int) -> None:
    for part in range(SLICES):
        to, at = floats(spectra + (part * rows + row) * SLICE_BYTES), PING + part * SLICE
        for k in range(0, SLICE, W):
            re, im = load(w, at + k), load(w, at + LONG_IMAG + k)
            store(to, k, re)
            store(to, SLICE + k, im)


@kernel
def late_filter_row(w: Any, taps: Any, spectra: Address, rows: int, row: int) -> None:
    """One partition of a filter: the spectrum of Q taps, scaled for the inverse transform."""
    for n in range(Q):
        w[_FRAME + n] = taps[n] * np.float32(1 / Q)
        w[_FRAME + Q + n] = np.float32(0)
    _turn_frame(w)
    long_fft_1(w)
    long_fft_2(w)
    long_fft_3(w)
    long_fft_4(w)
    _keep_spectrum(w, spectra, rows, row)


@kernel
def late_take(late: Record, x: Any) -> None:
    """A block of P samples is complete: transform a little of the last block of Q, and keep these."""
    w, tick = floats(late.workspace), late.tick
    if late.block > 0:
        if tick == 0:
            _turn_frame(w)
            long_fft_1(w)
        elif tick == 1:
            long_fft_2(w)
        elif tick == 2:
            long_fft_3(w)
        elif tick == 3:
            long_fft_4(w)
            row = late.newest - 1
            if row < 0:
                row = late.rows - 1
            _keep_spectrum(w, late.spectra, late.rows, row)
            late.newest = row
            late.pushed = late.block - 1
    if tick == 0:
        for n in range(Q):
            w[_FRAME + n] = w[_FRAME + Q + n]
    at = _FRAME + Q + tick * P
    for n in range(P):
        w[at + n] = x[n]


@kernel
def _due(tick: int) -> int:
    """Slices that are there before this tick if all goes as planned."""
    span = _SUMS_TO - _SUMS_FROM
    return min(max(tick - _SUMS_FROM, 0) * SLICES + span - 1, span * SLICES) // span


@kernel
def late_ready(late: Record, voice: Record, index: int, serial: int) -> bool:
    """Whether a voice plays all of its filter from here on."""
    if voice.of != serial or voice.made < late.block:
        return False
    return voice.made > late.block or (voice.slices >= _due(late.tick) and late.tick <= _SUMS_TO + index)


@kernel
def late_work(late: Record, voice: Record, index: int, serial: int, spectra: Address, rows: int) -> None:
    """Do a voice's share of this tick, after `late_take`."""
    if voice.of != serial:
        voice.of, voice.made, voice.slices = serial, max(late.block - 1, 1), 0  # blocks 0 and 1 have no late past
    if voice.made < late.block - 1:  # it could not keep up: what it was making is over
        voice.made, voice.slices = late.block - 1, 0
    wanted = voice.made + 1
    if late.pushed < wanted - 2:
        return
    if voice.slices == SLICES:
        # The transform's buffers belong to the input in the first ticks.
        if late.tick >= _SUMS_FROM and (wanted == late.block or late.tick >= _SUMS_TO + index):
            _make_result(floats(late.workspace), floats(voice.sum), floats(voice.results + 4 * Q * (wanted & 1)))
            voice.made, voice.slices = wanted, 0
        return
    count = min(rows, wanted - 1)  # there is no past before block 0
    if wanted == late.block or voice.slices < _due(late.tick):
        goal = min(SLICES, voice.slices + max(_WORK_AHEAD_SLICES, _WORK_AHEAD // count))
    else:
        goal = _due(late.tick + 1)
    start = late.newest + late.pushed - (wanted - 2)
    if start >= late.rows:
        start -= late.rows
    for part in range(voice.slices, goal):
        x = floats(late.spectra + part * late.rows * SLICE_BYTES)
        _sum_slice(x, start, late.rows, floats(spectra + part * rows * SLICE_BYTES), count, voice.sum, part)
    voice.slices = max(voice.slices, goal)


@kernel
def _sum_slice(x: Any, start: int, ring: int, h: Any, count: int, total: Address, part: int) -> None:
    """One slice of the sum over `count` rows of the line, from row `start` on, times as many of the filter.

    Two vectors of bins at a time, with the four partial products apart: eight sums under way hide the time each
    multiply-add takes.
    """
    imaginary, real = floats(total + 4 * SLICE * part), floats(total + 4 * (LONG_IMAG + SLICE * part))
    for k in range(0, SLICE, 2 * W):
        rr = ii = ri = ir = splat(np.float32(0))
        rr2 = ii2 = ri2 = ir2 = splat(np.float32(0))
        row = start
        for j in range(count):
            if row == ring:
                row = 0
            a, b = row * SLICE_FLOATS + k, j * SLICE_FLOATS + k
            xr, xi, hr, hi = load(x, a), load(x, a + SLICE), load(h, b), load(h, b + SLICE)
            rr, ii, ri, ir = rr + xr * hr, ii + xi * hi, ri + xr * hi, ir + xi * hr
            xr, xi = load(x, a + W), load(x, a + SLICE + W)
            hr, hi = load(h, b + W), load(h, b + SLICE + W)
            rr2, ii2, ri2, ir2 = rr2 + xr * hr, ii2 + xi * hi, ri2 + xr * hi, ir2 + xi * hr
            row += 1
        store(real, k, rr - ii)
        store(imaginary, k, ri + ir)
        store(real, k + W, rr2 - ii2)
        store(imaginary, k + W, ri2 + ir2)


@kernel
def _make_result(w: Any, total: Any, y: Any) -> None:
    """From the sum to Q samples: the forward transform, with real and imaginary parts exchanged."""
    for k in range(LONG_IMAG + Q):
        w[PING + k] = total[k]
    long_fft_1(w)
    long_fft_2(w)
    long_fft_3(w)
    long_fft_4(w)
    for n in range(Q):
        y[n] = w[PING + n] * w[_COS + n] - w[PING + LONG_IMAG + n] * w[_SIN + n]


@kernel
def late_add(late: Record, voice: Record, serial: int, fill: int, y: Any, count: int) -> None:
    """Add the late part of the next `count` samples, `fill` samples into the running block of P."""
    if voice.of == serial and voice.made >= late.block and late.block > 1:
        result = floats(voice.results + 4 * (Q * (late.block & 1) + late.tick * P + fill))
        for i in range(count):
            y[i] += result[i]


@kernel
def late_step(late: Record) -> None:
    """The tick is over."""
    late.tick += 1
    if late.tick == TICKS:
        late.tick = 0
        late.block += 1


@kernel
def late_clear(late: Record) -> None:
    """Forget all input. The spectra may stay: nothing older than block 0 is ever read."""
    late.newest, late.pushed, late.block, late.tick = 0, -1, 0, 0
    w = floats(late.workspace)
    for n in range(2 * Q):
        w[_FRAME + n] = np.float32(0)
