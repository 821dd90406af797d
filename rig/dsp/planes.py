"""The few operations every network is composed of, on planes.

A plane is `channels` rows of time with some past in front of the present:

    row c at time t (t = 0: first frame of this block, t < 0: the past)  =  m[base + c*stride + pos + t]

`m` is the network's one float32 memory: weights, histories, signals. After a block the present becomes the past: `pos`
moves on, and when a row is full its last `lookback` frames slide back to its start. So every read and write is
contiguous; nothing wraps.

Blocks are padded to whole vectors. The input behind the last frame is zero, and whatever that makes is overwritten by
the next block: the output is the same, bit for bit, however the signal is cut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .activations import LEAKY_RELU, TANH, activation, leaky, tanh
from .jit import inline, kernel
from .pointers import record
from .simd import REGISTERS, W, load, splat, store, tile_add, tile_bias, tile_madd, tile_store

f32 = np.float32

CHUNK = 64  # frames that pass through all rows before the next ones do: what one tile loads the next finds in L1

# A source of `dense`: some rows of a plane, delayed.
SEGMENT = np.dtype(
    [
        ("first", np.int64),  # offset in m of the first row at time -delay while pos is 0
        ("plane", np.int64),  # whose pos moves it
        ("stride", np.int64),  # floats from row to row
        ("channels", np.int64),  # rows
        ("at", np.int64),  # where it is in this block: first + pos
    ],
    align=True,
)
SEGMENT_BYTES = SEGMENT.itemsize

# Registers hold R*V accumulators, V inputs and one weight: 8x2 and 4x4 with 32 of them, 4x2 with 16.
MANY = REGISTERS == 32
HEIGHTS = (8, 4, 3, 2, 1) if MANY else (4, 3, 2, 1)


def tile_heights(rows: int) -> list[int]:
    """Heights of the tiles that cover `rows` outputs, in the order in which `dense` takes them."""
    heights: list[int] = []
    while rows:
        heights.append(next(h for h in HEIGHTS if h <= rows))
        rows -= heights[-1]
    return heights


def _make_tile(R: int, V: int) -> Callable[..., Any]:
    """R outputs x V vectors of frames, kept in registers over all segments. Gives the offset behind the weights."""

    @inline
    def tile(
        m: Any, w: Any, out: Any, out_stride: Any, add: Any, add_stride: Any, segments: Any, n: Any, t: Any
    ) -> Any:
        acc = tile_bias(m, w, R, V)
        w += R
        if add >= 0:
            acc = tile_add(acc, m, add + t, add_stride)
        for s in range(n):
            segment = record(segments + s * SEGMENT_BYTES, SEGMENT)
            x, stride = segment.at + t, segment.stride
            for _ in range(segment.channels):
                acc = tile_madd(acc, m, w, x)
                w += R
                x += stride
        tile_store(acc, m, out + t, out_stride)
        return w

    return tile


def _make_strip(R: int, V: int) -> Callable[..., Any]:
    """R outputs over the frames t .. end: tiles of V vectors, then half as many, then single vectors."""
    full, half, single = _make_tile(R, V), _make_tile(R, V // 2), _make_tile(R, 1)

    @inline
    def strip(
        m: Any, w: Any, out: Any, out_stride: Any, add: Any, add_stride: Any, segments: Any, n: Any, t: Any, end: Any
    ) -> Any:
        behind = w
        while end - t >= V * W:
            behind = full(m, w, out, out_stride, add, add_stride, segments, n, t)
            t += V * W
        if V > 2 and end - t >= V // 2 * W:
            behind = half(m, w, out, out_stride, add, add_stride, segments, n, t)
            t += V // 2 * W
        if t < end:
            behind = single(m, w, out, out_stride, add, add_stride, segments, n, t)
        return behind

    return strip


_strip8, _strip4, _strip3 = _make_strip(8, 2), _make_strip(4, 4 if MANY else 2), _make_strip(3, 4 if MANY else 2)
_strip2, _strip1 = _make_strip(2, 4), _make_strip(1, 4)


@kernel
def dense(
    m: Any,
    weights: Any,
    rows: Any,
    out: Any,
    out_stride: Any,
    add: Any,
    add_stride: Any,
    segments: Any,
    n: Any,
    frames: Any,
) -> None:
    """out = bias + add + sum of W_s x_s over n segments: every convolution, 1x1, mixin and head is this.

    The weights lie in the order of reading: for each tile of R rows [bias R], then for each segment and channel [R].
    `add` is -1, with stride 0, where there is nothing to add.
    """
    for t in range(0, frames, CHUNK):
        end = min(t + CHUNK, frames)
        w, o, a, left = weights, out, add, rows
        while left > 0:
            if MANY and left >= 8:
                w = _strip8(m, w, o, out_stride, a, add_stride, segments, n, t, end)
                height = 8
            elif left >= 4:
                w = _strip4(m, w, o, out_stride, a, add_stride, segments, n, t, end)
                height = 4
            elif left == 3:
                w = _strip3(m, w, o, out_stride, a, add_stride, segments, n, t, end)
                height = 3
            elif left == 2:
                w = _strip2(m, w, o, out_stride, a, add_stride, segments, n, t, end)
                height = 2
            else:
                w = _strip1(m, w, o, out_stride, a, add_stride, segments, n, t, end)
                height = 1
            o += height * out_stride
            a += height * add_stride
            left -= height


@kernel
def activate(
    m: Any, kind: Any, parameters: Any, rows: Any, out: Any, out_stride: Any, a: Any, a_stride: Any, frames: Any
) -> None:
    """out = function(a), in place where they are the same."""
    for _ in range(rows):
        for t in range(0, frames, W):
            store(m, out + t, activation(kind, load(m, a + t), m, parameters))
        out += out_stride
        a += a_stride


@kernel
def activate_and_sum(
    m: Any, kind: Any, parameters: Any, rows: Any, out: Any, out_stride: Any, total: Any, total_stride: Any, frames: Any
) -> None:
    """out = function(out); total += out. The common functions have a loop of their own."""
    if kind == TANH:
        for _ in range(rows):
            for t in range(0, frames, W):
                y = tanh(load(m, out + t))
                store(m, out + t, y)
                store(m, total + t, load(m, total + t) + y)
            out += out_stride
            total += total_stride
    elif kind == LEAKY_RELU:
        slope = m[parameters]
        for _ in range(rows):
            for t in range(0, frames, W):
                y = leaky(load(m, out + t), slope)
                store(m, out + t, y)
                store(m, total + t, load(m, total + t) + y)
            out += out_stride
            total += total_stride
    else:
        for _ in range(rows):
            for t in range(0, frames, W):
                y = activation(kind, load(m, out + t), m, parameters)
                store(m, out + t, y)
                store(m, total + t, load(m, total + t) + y)
            out += out_stride
            total += total_stride


@kernel
def fill(m: Any, value: Any, rows: Any, out: Any, out_stride: Any, frames: Any) -> None:
    """The same number everywhere."""
    for _ in range(rows):
        for t in range(0, frames, W):
            store(m, out + t, splat(value))
        out += out_stride


@kernel
def move(m: Any, to: Any, source: Any, frames: Any) -> None:
    """Copy whole vectors; where the two overlap, `to` must lie before `source`."""
    for t in range(0, frames, W):
        store(m, to + t, load(m, source + t))
