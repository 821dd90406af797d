"""Convolution with long filters, in blocks of any length, without added latency.

A cabinet is a filter of thousands of taps, so the work is done on spectra. The filter is cut into partitions of
P = 128 taps, and so is the input; the spectrum of each input block is made once and kept in a LINE, newest first, and
the output of a block is the inverse transform of

    sum over k of  (spectrum of the input, k blocks ago) * (spectrum of taps kP ... kP + P - 1)

* A call that brings a whole block, aligned to P, is answered by that sum alone.
* In a shorter call, taps 0 ... P-1 meet the newest samples directly, tap by tap, and the sum over the other
  partitions (the "tail"), which needs past blocks only, has been made once for the block.

The line belongs to the input, not to a filter: up to VOICES filters read the same one, and a filter that is switched
in is exact from its first sample on, as if it had been there all the time.

What a spectrum is here stands in `spectrum.py`. Filters of more than 2Q = 8192 taps have a late part, which has longer
partitions and is made in small steps: `late.py`. Switched in, it is exact as soon as the voice is `ready`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..native.address import Address
from ..native.compile import entry, inline, kernel
from ..native.pointers import FLUSH_BITS, Record, floats, foreign, get_float_control, record, set_float_control
from ..native.simd import W, load, splat, store
from .filter import FILTER
from .late import LATE, LATE_VOICE, late_add, late_clear, late_ready, late_step, late_take, late_work
from .spectrum import FRAME, GROUP, ROW, ROW_BYTES, P, add_group, begin_sum, clear_sum, end_sum, transform

MAX_CHUNK = 256  # samples in one call
VOICES = 4  # filters on one line: two outputs, and two more to fade to
SPARE = W  # floats behind a buffer that is read or written in whole vectors
MARGIN = GROUP - 1  # rows behind the line that repeat its first ones, so that no group has to wrap

VOICE = np.dtype(
    [
        ("filter", np.int64),  # address of a FILTER, or 0 for off; written between calls
        ("out", np.int64),  # address of float32[MAX_CHUNK + SPARE]: the result of the last call
        ("tail_of", np.int64),  # serial of the filter whose tail this is; 0: not made for this block yet
        ("tail", np.int64),  # address of float32[P + SPARE]
        ("late", LATE_VOICE),
    ],
    align=True,
)

LINE = np.dtype(
    [
        ("workspace", np.int64),  # address of float32[WORKSPACE]
        ("spectra", np.int64),  # address of float32[(rows + MARGIN) * ROW]
        ("rows", np.int64),  # length of the ring of spectra
        ("newest", np.int64),  # row of the last full block; older ones follow, around the ring's end
        ("fill_samples", np.int64),  # of the running block, that have arrived
        ("late", np.int64),  # address of a LATE, 0: this line takes no long filters
        ("voices", VOICE, (VOICES,)),
    ],
    align=True,
)


# ---------------------------------------------------------------- kernels
@inline
def _copy(source: Any, to: Any, count: int) -> None:
    for i in range(count):
        to[i] = source[i]


@inline
def _zero(to: Any, count: int) -> None:
    for i in range(count):
        to[i] = np.float32(0)


@inline
def _add_past(line: Record, filter_: Record, w: Any, row: int) -> None:
    """Add partitions 1 ... of the filter, against the line from `row` on."""
    for partition in range(1, filter_.rows, GROUP):
        if row >= line.rows:
            row -= line.rows
        add_group(w, floats(line.spectra + row * ROW_BYTES), floats(filter_.spectra + partition * ROW_BYTES))
        row += GROUP


@inline
def _direct(x: Any, h: Any, tail: Any, y: Any, count: int) -> None:
    """y[i] = tail[i] + sum over j of h[j] * x[i + j], for the P taps of `h`, which are reversed.

    In whole vectors: reads and writes up to W - 1 floats more than `count`, for which all buffers have room. Four sums
    are under way at a time, because each multiply-add waits for the one before it in the same sum.
    """
    i = 0
    while i + 4 * W <= count:
        a = b = c = d = splat(np.float32(0))
        for j in range(P):
            a = a + h[j] * load(x, i + j)
            b = b + h[j] * load(x, i + j + W)
            c = c + h[j] * load(x, i + j + 2 * W)
            d = d + h[j] * load(x, i + j + 3 * W)
        store(y, i, a + load(tail, i))
        store(y, i + W, b + load(tail, i + W))
        store(y, i + 2 * W, c + load(tail, i + 2 * W))
        store(y, i + 3 * W, d + load(tail, i + 3 * W))
        i += 4 * W
    while i < count:
        a = b = c = d = splat(np.float32(0))
        for j in range(0, P, 4):
            a = a + h[j] * load(x, i + j)
            b = b + h[j + 1] * load(x, i + j + 1)
            c = c + h[j + 2] * load(x, i + j + 2)
            d = d + h[j + 3] * load(x, i + j + 3)
        store(y, i, (a + b) + (c + d) + load(tail, i))
        i += W


@inline
def _push(line: Record, w: Any) -> None:
    """A block is complete: its spectrum becomes the newest of the line."""
    row = line.newest - 1
    if row < 0:
        row = line.rows - 1
    line.newest = row
    here = floats(line.spectra + row * ROW_BYTES)
    transform(w, here)
    if row < MARGIN:
        _copy(here, floats(line.spectra + (line.rows + row) * ROW_BYTES), ROW)


@kernel
def _whole_block(line: Record, filter_: Record, w: Any, y: Any) -> None:
    """P samples of a filter's output, after `_push`."""
    begin_sum(w, floats(line.spectra + line.newest * ROW_BYTES), floats(filter_.spectra))
    _add_past(line, filter_, w, line.newest + 1)
    end_sum(w, y)


@kernel
def _make_tail(line: Record, filter_: Record, w: Any, y: Any) -> None:
    """What the past blocks contribute to the running one."""
    clear_sum(w)
    _add_past(line, filter_, w, line.newest)
    end_sum(w, y)


@kernel
def _part_of_block(line: Record, voice: Record, w: Any, start: int, count: int) -> None:
    """`count` samples of a filter's output while the block is not complete."""
    filter_ = record(voice.filter, FILTER)
    if voice.tail_of != filter_.serial:
        _make_tail(line, filter_, w, floats(voice.tail))
        voice.tail_of = filter_.serial
    frame = floats(line.workspace + 4 * (FRAME + 1 + line.fill_samples))
    _direct(
        frame, floats(filter_.first), floats(voice.tail + 4 * line.fill_samples), floats(voice.out + 4 * start), count
    )


@kernel
def _tick(line: Record, late: Record) -> None:
    """A block is complete: everything late does a little of its work."""
    late_take(late, floats(line.workspace + 4 * (FRAME + P)))
    for v in range(VOICES):
        voice = line.voices[v]
        voice_filter = voice.filter
        if voice_filter != 0 and record(voice_filter, FILTER).late_rows != 0:
            filter_ = record(voice_filter, FILTER)
            late_work(late, voice.late, v, filter_.serial, filter_.late_spectra, filter_.late_rows)
        else:
            voice.late.of = 0
    late_step(late)


@kernel
def voice_ready(line: Record, v: int, address: Address) -> bool:
    """Whether voice `v` would play all of the FILTER at this address from the next sample on.

    A long one has to be the voice's filter for a while before (some 10 to 50 ms).
    """
    filter_ = record(address, FILTER)
    if filter_.late_rows == 0:
        return True
    return late_ready(record(line.late, LATE), line.voices[v].late, v, filter_.serial)


# ---------------------------------------------------------------- entries
@entry("vlll")
def convolve(line: Address, x: Address, frames: int) -> None:
    """Take `frames` (0 to MAX_CHUNK) samples at `x` into a LINE; every voice with a filter writes as many to its `out`.

    The caller has switched the CPU to flush denormals: they cost a hundredfold here.
    """
    state = record(line, LINE)
    w = floats(state.workspace)
    done = 0
    while done < frames:
        count = min(frames - done, P - state.fill_samples)
        _copy(floats(x + 4 * done), floats(state.workspace + 4 * (FRAME + P + state.fill_samples)), count)
        whole = count == P
        if whole:
            _push(state, w)
        for v in range(VOICES):
            voice = state.voices[v]
            if voice.filter == 0:
                voice.tail_of = 0
                continue
            if whole:
                _whole_block(state, record(voice.filter, FILTER), w, floats(voice.out + 4 * done))
            else:
                _part_of_block(state, voice, w, done, count)
            filter_ = record(voice.filter, FILTER)
            if filter_.late_rows != 0:
                y = floats(voice.out + 4 * done)
                late_add(record(state.late, LATE), voice.late, filter_.serial, state.fill_samples, y, count)
        state.fill_samples += count
        done += count
        if state.fill_samples == P:
            if not whole:
                _push(state, w)
            if state.late != 0:
                _tick(state, record(state.late, LATE))
            _copy(floats(state.workspace + 4 * (FRAME + P)), floats(state.workspace + 4 * FRAME), P)
            state.fill_samples = 0
            for v in range(VOICES):
                state.voices[v].tail_of = 0


@entry("vl")
def clear(line: Address) -> None:
    """Forget all input, as freshly made. The filters stay."""
    state = record(line, LINE)
    _zero(floats(state.spectra), (state.rows + MARGIN) * ROW)
    _zero(floats(state.workspace + 4 * FRAME), 2 * P)
    state.newest = 0
    state.fill_samples = 0
    for v in range(VOICES):
        state.voices[v].tail_of = 0
        state.voices[v].late.of = 0
    if state.late != 0:
        late_clear(record(state.late, LATE))


_call_convolve = foreign("v", "l", "l", "l")


@entry("vllllll")
def convolve_all(line: Address, by: Address, x: Address, y: Address, block_size: int, frames: int) -> None:
    """A whole signal through a line, in calls of `block_size` samples, without Python in between.

    The outputs of the voices go to `y`, float32[VOICES used][frames]: those with a filter have to be the first ones.
    `by`: the address of `convolve`, which is compiled once only.
    """
    before = get_float_control()
    set_float_control(before | FLUSH_BITS)
    state = record(line, LINE)
    block_start = 0
    while block_start < frames:
        block_end = min(block_start + block_size, frames)
        start = block_start
        while start < block_end:
            count = min(block_end - start, MAX_CHUNK)
            _call_convolve(by, line, x + 4 * start, count)
            for v in range(VOICES):
                if state.voices[v].filter != 0:
                    _copy(floats(state.voices[v].out), floats(y + 4 * (v * frames + start)), count)
            start += count
        block_start = block_end
    set_float_control(before)
