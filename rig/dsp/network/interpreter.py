"""A neural network as the audio thread sees it: one record, one memory, one interpreter for every model.

`Network` holds one instance: its own histories, prewarmed and ready. `run` plays it and `reset` brings it back to the
settled state; both are called by address. A new model is data: it compiles nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import types
from numpy.typing import ArrayLike, NDArray

from ...errors import RigError
from ..native.compile import entry, kernel
from ..native.pointers import floats, foreign, ints, record
from ..native.simd import W
from .lstm import LSTM, LSTM_BYTES, lstm
from .lstm_layers import lstm_layers
from .operations import OPERATION, OPERATION_BYTES, ROWS, activate, combine, dense, fill, move

if TYPE_CHECKING:
    from .program import Program

f32 = np.float32

DENSE, ACTIVATE, COMBINE, RECUR, RECUR_BY_LAYERS = range(5)

PLANE = np.dtype(
    [
        ("base", np.int64),  # offset of the first row in the memory
        ("stride", np.int64),  # floats from row to row
        ("channels", np.int64),
        ("lookback", np.int64),  # frames of past, whole vectors
        ("capacity", np.int64),  # frames a row holds before it has to slide
        ("settled", np.int64),  # offset of each row's past after the prewarm
        ("kept", np.int64),  # frames of it per row: one constant, or the lookback
    ],
    align=True,
)
PLANE_BYTES = PLANE.itemsize

NETWORK = np.dtype(
    [
        ("memory", np.int64),  # address of float32: weights, histories, signals
        ("operations", np.int64),  # address of OPERATION[operation_count], in order
        ("operation_count", np.int64),
        ("planes", np.int64),  # address of PLANE[plane_count]
        ("plane_count", np.int64),
        ("positions", np.int64),  # address of int64[plane_count]: where each plane's present begins
        ("lstms", np.int64),  # address of LSTM[lstm_count]
        ("lstm_count", np.int64),
        ("block", np.int64),  # frames at a time, whole vectors
        ("input", ROWS),
        ("output", ROWS),
    ],
    align=True,
)

RUN_SIGNATURE = types.void(types.int64, types.int64, types.int64, types.int64)
RESET_SIGNATURE = types.void(types.int64)
SETTLE_SIGNATURE = types.void(types.int64, types.int64, types.int64)
_call_run = foreign("v", "l", "l", "l", "l")


@kernel
def _place(rows: Any, positions: Any) -> None:
    """Find the rows in this block."""
    rows.at = rows.first + positions[rows.plane]


@kernel
def _operate(net: Any, m: Any, positions: Any, frames: int) -> None:
    """One block through the program."""
    padded = (frames + (W - 1)) & -W
    for i in range(net.operation_count):
        op = record(net.operations + i * OPERATION_BYTES, OPERATION)
        _place(op.out, positions)
        _place(op.a, positions)
        _place(op.total, positions)
        if op.code == DENSE:
            dense(m, positions, op, padded)
        elif op.code == ACTIVATE:
            activate(m, op, padded)
        elif op.code == COMBINE:
            _place(op.b, positions)
            _place(op.c, positions)
            combine(m, op, padded)
        elif op.code == RECUR:
            lstm(m, record(net.lstms + op.first * LSTM_BYTES, LSTM), op.a, op.out, frames)
        elif op.code == RECUR_BY_LAYERS:
            lstm_layers(m, record(net.lstms + op.first * LSTM_BYTES, LSTM), op.a, op.out, frames)


@kernel
def _advance(net: Any, m: Any, positions: Any, frames: int) -> None:
    """The present becomes the past; a full row slides back to its start."""
    for i in range(net.plane_count):
        plane = record(net.planes + i * PLANE_BYTES, PLANE)
        lookback = plane.lookback
        if lookback > 0:
            pos = positions[i] + frames
            if pos + net.block > plane.capacity:
                row = plane.base
                for _ in range(plane.channels):
                    move(m, row, row + pos - lookback, lookback)
                    row += plane.stride
                pos = lookback
            positions[i] = pos


@entry(RUN_SIGNATURE)
def run(network: int, x: int, y: int, frames: int) -> None:
    """Play any number of frames of float32 from address x to address y: the same or apart, aligned or not."""
    net = record(network, NETWORK)
    m, positions = floats(net.memory), ints(net.positions)
    source, target = floats(x), floats(y)
    done = 0
    while done < frames:
        n = min(net.block, frames - done)
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
def reset(network: int) -> None:
    """Back to the state after loading: the initial state and the prewarm. Costs about as much as copying the state.

    After a long silence every row of a convolution's history holds one constant, so one float per row is enough, unless
    an LSTM is there, which need not come to rest.
    """
    net = record(network, NETWORK)
    m, positions = floats(net.memory), ints(net.positions)
    for i in range(net.plane_count):
        plane = record(net.planes + i * PLANE_BYTES, PLANE)
        if plane.lookback > 0:
            row = plane.base
            for c in range(plane.channels):
                if plane.kept == 1:
                    fill(m, m[plane.settled + c], 1, row, 0, plane.lookback)
                else:
                    move(m, row, plane.settled + c * plane.lookback, plane.lookback)
                row += plane.stride
            positions[i] = plane.lookback
    for i in range(net.lstm_count):
        one = record(net.lstms + i * LSTM_BYTES, LSTM)
        move(m, one.state, one.settled, one.state_floats)
        one.phase = one.settled_phase


@kernel
def _extend(net: Any, m: Any, positions: Any, rows: Any, channels: int) -> None:
    """What the rows are now, they have been for as long as anything looks back."""
    plane = record(net.planes + rows.plane * PLANE_BYTES, PLANE)
    if plane.lookback > 0:
        at = rows.first + positions[rows.plane]
        for _ in range(channels):
            fill(m, m[at], 1, at - plane.lookback, 0, plane.lookback)
            at += rows.stride


@entry(SETTLE_SIGNATURE)
def settle(network: int, play: int, scratch: int) -> None:
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
        _extend(net, m, positions, op.out, op.channels)
        _extend(net, m, positions, op.total, op.channels)
    net.operations, net.operation_count, net.plane_count = operations, count, planes
    for i in range(planes):
        plane = record(net.planes + i * PLANE_BYTES, PLANE)
        if plane.lookback > 0:
            at = plane.base + positions[i] - 1
            for c in range(plane.channels):
                m[plane.settled + c] = m[at]
                at += plane.stride


class Network:
    """One playing instance of a program: its own memory, prewarmed with silence.

    `address` is that of its NETWORK record, the first argument of `run` and `reset`. Only one thread may run it at a
    time. `receptive_field_samples`: how much past input decides its state. `prewarm_samples`: so much silence it plays
    first if it is recurrent; None: as much as that. Any other network settles at once. `rests`: whether its answer to
    silence is a number.
    """

    def __init__(self, program: Program, receptive_field_samples: int, prewarm_samples: int | None = None) -> None:
        self._state = program.allocate()
        self.address = self._state.address
        self.receptive_field_samples = receptive_field_samples
        if program.recurrent:
            prewarm = receptive_field_samples if prewarm_samples is None else prewarm_samples
            self.process(np.zeros(prewarm, np.float32))
            self._state.settle()
        else:
            scratch = np.zeros(W, np.float32)
            settle(self.address, run.address, scratch.ctypes.data)
        self.reset()
        self.rests = bool(np.isfinite(self.process(np.zeros(1, np.float32))).all())
        self.reset()

    latency_samples = 0  # it answers at once

    @property
    def run_address(self) -> int:
        """Where the function starts that plays it."""
        return run.address

    @property
    def reset_address(self) -> int:
        """Where the function starts that resets it."""
        return reset.address

    @property
    def nbytes(self) -> int:
        """Size of its memory."""
        return self._state.arena.nbytes

    def process(self, x: ArrayLike) -> NDArray[np.float32]:
        """The next output for the input x, 1-D; state carries over from call to call."""
        signal = np.ascontiguousarray(x, np.float32)
        if np.ndim(x) != 1:
            raise RigError(f"A network plays one channel: expected an array of shape (n,), got {np.shape(x)}.")
        y = np.empty_like(signal)
        run(self.address, signal.ctypes.data, y.ctypes.data, signal.size)
        return y

    def reset(self) -> None:
        """Back to the state after loading."""
        reset(self.address)
