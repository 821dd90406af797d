"""Plays a network: one record, one memory, one interpreter for every model. A new model is data and compiles nothing.

`run` plays any number of samples, `reset` brings the settled state back, `settle` finds it. All are called by address.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..native.address import Address
from ..native.compile import entry, kernel
from ..native.pointers import Record, floats, foreign, ints, record
from ..native.simd import W
from .lstm import lstm
from .lstm_layers import lstm_layers
from .operations import activate, combine, dense, fill, move
from .records import (
    ACTIVATE,
    COMBINE,
    DENSE,
    LSTM,
    LSTM_BYTES,
    NETWORK,
    OPERATION,
    OPERATION_BYTES,
    PLANE,
    PLANE_BYTES,
    RECUR,
    RECUR_BY_LAYERS,
)

f32 = np.float32

RUN_SIGNATURE = "vllll"
RESET_SIGNATURE = "vl"
SETTLE_SIGNATURE = "vlll"
_call_run = foreign("v", "l", "l", "l", "l")


@kernel
def _place(rows: Record, positions: Any) -> None:
    """Set `rows.at` to the first row's current frame."""
    rows.at = rows.first + positions[rows.plane]


@kernel
def _operate(net: Record, m: Any, positions: Any, frames: int) -> None:
    """One block through the program."""
    padded = (frames + (W - 1)) & -W
    for i in range(net.operation_count):
        op = record(net.operations + i * OPERATION_BYTES, OPERATION)
        _place(op.out, positions)
        _place(op.a, positions)
        _place(op.total, positions)
        if op.code == DENSE:
            dense(op, m, positions, padded)
        elif op.code == ACTIVATE:
            activate(op, m, padded)
        elif op.code == COMBINE:
            _place(op.b, positions)
            _place(op.c, positions)
            combine(op, m, padded)
        elif op.code == RECUR:
            lstm(record(net.lstms + op.first * LSTM_BYTES, LSTM), op.a, op.out, m, frames)
        elif op.code == RECUR_BY_LAYERS:
            lstm_layers(record(net.lstms + op.first * LSTM_BYTES, LSTM), op.a, op.out, m, frames)


@kernel
def _advance(net: Record, m: Any, positions: Any, frames: int) -> None:
    """The present becomes the past; a full row slides back to its start, a ring goes round.

    The present of a ring begins from frame `block` to frame ring + block - 1 of its row. What lies behind frame `ring`
    lies at the start of the row as well, so that the past of a block is contiguous before and behind the seam: up to a
    block back it is read where it was written, and what is farther back ends before the present begins.
    """
    for i in range(net.plane_count):
        plane = record(net.planes + i * PLANE_BYTES, PLANE)
        lookback, ring = plane.lookback_frames, plane.ring_frames
        if ring > 0:
            pos = positions[i] + frames
            if pos > ring:
                first = max(positions[i], ring)
                row = plane.base + first
                for _ in range(plane.channels):
                    move(m, row, row - ring, pos - first)
                    row += plane.stride
            positions[i] = pos - ring if pos >= ring + net.block_frames else pos
        elif lookback > 0:
            pos = positions[i] + frames
            if pos + net.block_frames > plane.capacity_frames:
                row = plane.base
                for _ in range(plane.channels):
                    move(m, row + pos - lookback, row, lookback)
                    row += plane.stride
                pos = lookback
            positions[i] = pos


@entry(RUN_SIGNATURE)
def run(network: Address, x: Address, y: Address, frames: int) -> None:
    """Play any number of frames of float32 from address x to address y: the same or apart, aligned or not."""
    net = record(network, NETWORK)
    m, positions = floats(net.memory), ints(net.positions)
    source, target = floats(x), floats(y)
    done = 0
    while done < frames:
        n = min(net.block_frames, frames - done)
        _place(net.input, positions)
        at = net.input.at
        for t in range(n):
            m[at + t] = source[done + t]
        for t in range(n, (n + (W - 1)) & -W):
            m[at + t] = f32(0.0)
        _operate(net, m, positions, n)
        _place(net.output, positions)
        at = net.output.at
        for t in range(n):
            target[done + t] = m[at + t]
        _advance(net, m, positions, n)
        done += n


@entry(RESET_SIGNATURE)
def reset(network: Address) -> None:
    """Back to the state after loading: the initial state and the prewarm. Costs about as much as copying the state.

    After a long silence every row of a convolution's history holds one constant, so one float per row is enough, unless
    an LSTM is there, which need not come to rest.
    """
    net = record(network, NETWORK)
    m, positions = floats(net.memory), ints(net.positions)
    for i in range(net.plane_count):
        plane = record(net.planes + i * PLANE_BYTES, PLANE)
        if plane.lookback_frames > 0:
            row = plane.base
            for c in range(plane.channels):
                if plane.ring_frames > 0:
                    fill(m, m[plane.settled + c], 1, row, 0, plane.capacity_frames)
                elif plane.kept_frames == 1:
                    fill(m, m[plane.settled + c], 1, row, 0, plane.lookback_frames)
                else:
                    move(m, plane.settled + c * plane.lookback_frames, row, plane.lookback_frames)
                row += plane.stride
            positions[i] = net.block_frames if plane.ring_frames > 0 else plane.lookback_frames
    for i in range(net.lstm_count):
        one = record(net.lstms + i * LSTM_BYTES, LSTM)
        move(m, one.settled, one.state, one.state_floats)
        one.phase = one.settled_phase


@kernel
def _extend(net: Record, rows: Record, m: Any, positions: Any, channels: int) -> None:
    """What the rows are now, they have been for as long as anything looks back."""
    plane = record(net.planes + rows.plane * PLANE_BYTES, PLANE)
    if plane.lookback_frames > 0:
        at = rows.first + positions[rows.plane]
        for _ in range(channels):
            if plane.ring_frames > 0:
                fill(m, m[at], 1, at - positions[rows.plane], 0, plane.capacity_frames)
            else:
                fill(m, m[at], 1, at - plane.lookback_frames, 0, plane.lookback_frames)
            at += rows.stride


@entry(SETTLE_SIGNATURE)
def settle(network: Address, play: Address, scratch: Address) -> None:
    """The state that endless silence ends in becomes the one that `reset` restores; not for recurrent networks.

    On silence each signal comes to rest at one value, and that depends on the resting values before it only. So each
    operation plays W frames, in order, and its output is extended into the past: bit for bit where a prewarm of any
    length ends, at a cost that does not grow with the receptive field. `play`: address of `run`; `scratch`: of W
    float32.
    """
    net = record(network, NETWORK)
    m, positions, silence = floats(net.memory), ints(net.positions), floats(scratch)
    operations, count, planes = net.operations, net.operation_count, net.plane_count
    net.operation_count, net.plane_count = 1, 0  # so `run` plays one operation, and time stands still
    for i in range(count):
        net.operations = operations + i * OPERATION_BYTES
        for t in range(W):
            silence[t] = f32(0.0)
        _call_run(play, network, scratch, scratch, W)
        op = record(net.operations, OPERATION)
        _extend(net, op.out, m, positions, op.channels)
        _extend(net, op.total, m, positions, op.channels)
    net.operations, net.operation_count, net.plane_count = operations, count, planes
    for i in range(planes):
        plane = record(net.planes + i * PLANE_BYTES, PLANE)
        if plane.lookback_frames > 0:
            at = plane.base + positions[i] - 1
            for c in range(plane.channels):
                m[plane.settled + c] = m[at]
                at += plane.stride
