"""The few operations every network is composed of, on planes.

A plane is `channels` rows of time with some past in front of the present:

    row c at time t (t = 0: first frame of this block, t < 0: the past)  =  m[base + c*stride + pos + t]

`m` is the network's one float32 memory: weights, histories, signals. After a block the present becomes the past: `pos`
moves on. Where the past is short, the last `lookback` frames of a full row slide back to its start. A long past is a
ring: frame c*ring + i of time lies where i does, and the frames around the seam lie at both ends of the row
(`interpreter.py`). So every read and write of a block is contiguous; only where it begins may be one ring further.

Blocks are padded to whole vectors. The input behind the last frame is zero, and whatever that makes is overwritten by
the next block: the output is the same, bit for bit, however the signal is cut.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ..native.compile import inline, kernel
from ..native.pointers import Record, record
from ..native.simd import REGISTERS, W, fma, load, prefetch, splat, store
from ..native.tile import tile_add, tile_bias, tile_madd, tile_map, tile_mix, tile_store, tile_sum, tile_zero
from .activations import LEAKY_RELU, NONE, TANH, activation, leaky, tanh
from .records import ADD, MULTIPLY, MULTIPLY_ADD, SEGMENT, SEGMENT_BYTES

f32 = np.float32

# A tile of R outputs over V vectors keeps R*V accumulators in registers, beside V inputs and one weight. Low tiles have
# two sets of them, which take the inputs in turn: else, in a short block, each multiply-add waits for the one before.
MANY = REGISTERS == 32
# Where vectors are short and registers many (NEON), the shapes are those with the fewest instructions.
TILES: dict[int, tuple[int, int]]  # R: (V, sets), from high to low
if MANY and W == 4:
    TILES = {8: (3, 1), 6: (4, 1), 4: (4, 1), 3: (4, 2), 2: (4, 2), 1: (4, 2)}
elif MANY:
    TILES = {8: (2, 1), 4: (4, 1), 3: (4, 2), 2: (4, 2), 1: (4, 2)}
else:
    TILES = {4: (2, 1), 3: (2, 2), 2: (2, 2), 1: (4, 2)}
FUSED = (NONE, TANH, LEAKY_RELU)  # functions that `dense` applies itself


def tile_heights(rows: int) -> list[int]:
    """Heights of the tiles that cover `rows` outputs."""
    heights: list[int] = []
    while rows:
        heights.append(next(height for height in TILES if height <= rows))
        rows -= heights[-1]
    return heights


@inline
def _leaky(x: Any, slope: Any) -> Any:
    return leaky(x, splat(slope))


@inline
def _tanh(x: Any, unused: Any) -> Any:
    return tanh(x)


@inline
def _in_ring(segment: Record, x: Any, row: Any) -> Any:
    """Where the frame at x is, which may lie before the first of its row."""
    return x + segment.ring_frames if x < row else x


@cache
def _make_products(R: int, V: int, sets: int) -> Callable[..., Any]:
    """All products of one segment, added to two tiles: to the first alone, or in turn to both.

    Gives the tiles and the offset behind the weights it read.
    """

    @inline
    def products(segment: Record, m: Any, w: Any, x: Any, row: Any, acc: Any, other: Any) -> Any:
        stride = segment.rows.stride
        for _ in range(segment.taps):
            at = _in_ring(segment, x, row)
            for _ in range(segment.channels):
                prefetch(m, at + V * W)  # of the next tile: so many rows are more than a processor foresees
                acc = tile_madd(acc, m, w, at)
                w += R
                at += stride
            x += segment.step_frames
        return acc, other, w

    @inline
    def products_in_turn(segment: Record, m: Any, w: Any, x: Any, row: Any, acc: Any, other: Any) -> Any:
        stride, step = segment.rows.stride, segment.step_frames
        if segment.channels == R:  # most convolutions of narrow networks: nothing to count inside of a tap
            for _ in range(segment.taps >> 1):
                at, next_at = _in_ring(segment, x, row), _in_ring(segment, x + step, row)
                for c in range(R):
                    acc = tile_madd(acc, m, w + c * R, at)
                    other = tile_madd(other, m, w + (R + c) * R, next_at)
                    at += stride
                    next_at += stride
                w += 2 * R * R
                x += 2 * step
            if segment.taps & 1:
                at = _in_ring(segment, x, row)
                for c in range(R):
                    if c & 1:
                        other = tile_madd(other, m, w + c * R, at)
                    else:
                        acc = tile_madd(acc, m, w + c * R, at)
                    at += stride
                w += R * R
            return acc, other, w
        for _ in range(segment.taps):
            at = _in_ring(segment, x, row)
            for _ in range(segment.channels >> 1):
                acc = tile_madd(acc, m, w, at)
                other = tile_madd(other, m, w + R, at + stride)
                w += 2 * R
                at += 2 * stride
            if segment.channels & 1:
                acc = tile_madd(acc, m, w, at)
                w += R
            x += segment.step_frames
        return acc, other, w

    return products if sets == 1 else products_in_turn


@cache
def _make_mix(R: int, V: int) -> Callable[..., Any]:
    """A second matrix, R x R: out = bias + a + matrix @ z, while z is still in registers.

    In a short block every operation waits for the one before, and its way through the memory is as long as its work.
    """

    @inline
    def mix(op: Record, m: Any, z: Any, t: Any) -> None:
        w, a, out = op.mix, op.a.at + t, op.out.at + t
        for _ in range(R):
            row = tile_add(tile_bias(m, w, 1, V), m, a, 0)
            tile_store(tile_mix(row, m, w + 1, z), m, out, 0)
            w += R + 1
            a += op.a.stride
            out += op.out.stride

    return mix


@cache
def _make_tile(R: int, V: int, sets: int) -> Callable[..., Any]:
    """R outputs over V vectors of frames, kept in registers from the bias to the activation."""
    products, mix = _make_products(R, V, sets), _make_mix(R, V)

    @inline
    def tile(op: Record, m: Any, positions: Any, t: Any) -> None:
        w = op.weights
        acc, other = tile_bias(m, w, R, V), tile_zero(R, V)
        w += R
        if op.mix < 0 and op.a.at >= 0:
            acc = tile_add(acc, m, op.a.at + t, op.a.stride)
        for s in range(op.segments):
            segment = record(op.sources + s * SEGMENT_BYTES, SEGMENT)
            x = segment.rows.first + positions[segment.rows.plane] + t
            acc, other, w = products(segment, m, w, x, segment.row + t, acc, other)
        if sets == 2:
            acc = tile_sum(acc, other)
        if op.kind == TANH:
            acc = tile_map(acc, _tanh, f32(0.0))
        elif op.kind == LEAKY_RELU:
            acc = tile_map(acc, _leaky, m[op.parameters])
        if op.mix < 0:
            tile_store(acc, m, op.out.at + t, op.out.stride)
        else:
            mix(op, m, acc, t)
        if op.total.at >= 0:
            at = op.total.at + t
            tile_store(tile_add(acc, m, at, op.total.stride), m, at, op.total.stride)

    return tile


def _make_strip(R: int, V: int, sets: int) -> Callable[..., Any]:
    """R outputs over all frames: tiles of V vectors, then one of half as many, then a single vector."""
    full, half, single = _make_tile(R, V, sets), _make_tile(R, (V + 1) // 2, sets), _make_tile(R, 1, sets)

    @inline
    def strip(op: Record, m: Any, positions: Any, frames: Any) -> None:
        t = 0
        while frames - t >= V * W:
            full(op, m, positions, t)
            t += V * W
        if V > 2 and frames - t >= (V + 1) // 2 * W:
            half(op, m, positions, t)
            t += (V + 1) // 2 * W
        if t < frames:
            single(op, m, positions, t)

    return strip


SIX = 6 in TILES
_strips = {height: _make_strip(height, *TILES[height]) for height in TILES}
_strip8, _strip6 = _strips[8 if MANY else 4], _strips[6 if SIX else 4]
_strip4, _strip3, _strip2, _strip1 = _strips[4], _strips[3], _strips[2], _strips[1]


@inline
def dense(op: Record, m: Any, positions: Any, frames: Any) -> None:
    """out = z = function(bias + a + sum of W_s x_s over the segments), and total += z; one tile high.

    Every convolution, 1x1, mixin and head is this. The weights lie in the order of reading: [bias R], then for each
    segment, tap and channel [R]. The function is none, or one of `FUSED`. With a second matrix, out = bias' + a + M z:
    then its weights are, for each row, the bias and R factors.
    """
    rows = op.channels
    if MANY and rows == 8:
        _strip8(op, m, positions, frames)
    elif SIX and rows == 6:
        _strip6(op, m, positions, frames)
    elif rows == 4:
        _strip4(op, m, positions, frames)
    elif rows == 3:
        _strip3(op, m, positions, frames)
    elif rows == 2:
        _strip2(op, m, positions, frames)
    else:
        _strip1(op, m, positions, frames)


@kernel
def activate(op: Record, m: Any, frames: Any) -> None:
    """out = function(a), in place where they are the same; total += out."""
    out, a, total = op.out.at, op.a.at, op.total.at
    for _ in range(op.channels):
        for t in range(0, frames, W):
            y = activation(op.kind, load(m, a + t), m, op.parameters)
            store(m, out + t, y)
            if total >= 0:
                store(m, total + t, load(m, total + t) + y)
        out += op.out.stride
        a += op.a.stride
        total += op.total.stride


@inline
def _combined(kind: Any, a: Any, b: Any, m: Any, c: Any) -> Any:
    if kind == ADD:
        return a + b
    if kind == MULTIPLY:
        return a * b
    if kind == MULTIPLY_ADD:
        return fma(a, b, load(m, c))
    third = load(m, c)
    return fma(a - third, b, third)


@kernel
def combine(op: Record, m: Any, frames: Any) -> None:
    """out = a + b, a * b, a * b + c, or b * a + (1 - b) * c; total += out. Out may be any of them."""
    out, a, b, c, total = op.out.at, op.a.at, op.b.at, op.c.at, op.total.at
    for _ in range(op.channels):
        for t in range(0, frames, W):
            y = _combined(op.kind, load(m, a + t), load(m, b + t), m, c + t)
            store(m, out + t, y)
            if total >= 0:
                store(m, total + t, load(m, total + t) + y)
        out += op.out.stride
        a += op.a.stride
        b += op.b.stride
        c += op.c.stride
        total += op.total.stride


@kernel
def fill(m: Any, value: Any, rows: Any, out: Any, out_stride: Any, frames: Any) -> None:
    """The same number everywhere."""
    for _ in range(rows):
        for t in range(0, frames, W):
            store(m, out + t, splat(value))
        out += out_stride


@kernel
def move(m: Any, source: Any, to: Any, frames: Any) -> None:
    """Copy whole vectors; where the two overlap, `to` must lie before `source`."""
    for t in range(0, frames, W):
        store(m, to + t, load(m, source + t))
