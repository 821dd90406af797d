"""A stack of wide LSTM layers, one layer after the other over some samples.

Sample by sample, the weights of all layers come from the second-level cache for every sample. Here a layer keeps its
half of the weights, those of its own h, in the first level for STEPS samples; the other half meets its inputs, which
are all known, as a matrix product that uses every weight for several samples.

    h[layer][1 + STEPS][padded]     row 0 is the sample before
    gates[STEPS][group][4][W]       what the inputs and the bias make of the four gates

Everything else is as in `lstm.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..native.compile import inline, kernel
from ..native.pointers import Record
from ..native.simd import W, load, splat, store, vsum
from ..native.tile import tile_get, tile_madd, tile_madd_far, tile_repeat, tile_store, tile_sum, tile_zero
from .activations import tanh_fraction
from .lstm import LSTMLayer, next_cell
from .operations import MANY, move

f32 = np.float32

WIDE_UNITS = 24  # of two layers or more, from here on. Below, it is faster to let the layers overlap.
STEPS = 16  # samples per layer at a time
TOGETHER = 4 if MANY else 2  # samples for which a weight is read once: so many tiles of four vectors fit the registers


def packed_layers(layers: Sequence[LSTMLayer]) -> NDArray[np.float32]:
    """For each layer, for each vector of units [4 gates of bias], then [4 gates] per input; then all [4 gates] per h.

    Halved where a logistic follows. The columns of h are an even number. Shape (n,), float32.
    """
    packed = []
    for layer in layers:
        hidden = layer.bias.shape[1]
        inputs, padded = layer.gates.shape[2] - hidden, padded_units(hidden)
        half = np.array([0.5, 0.5, 1.0, 0.5], np.float32)[:, None]
        columns = np.zeros((1 + inputs + hidden + hidden % 2, 4, padded), np.float32)
        columns[0, :, :hidden] = layer.bias * half
        columns[1 : 1 + inputs + hidden, :, :hidden] = (layer.gates * half[:, :, None]).transpose(2, 0, 1)
        for part in (columns[: 1 + inputs], columns[1 + inputs :]):
            packed += [part[:, :, unit : unit + W].ravel() for unit in range(0, padded, W)]
    return np.concatenate(packed)


def padded_units(hidden: int) -> int:
    """In whole vectors."""
    return -(-hidden // W) * W


def initial_state(layers: Sequence[LSTMLayer]) -> NDArray[np.float32]:
    """All h, then all cells, before the first sample: shape (n,), float32."""
    hidden = layers[0].h.size
    h = np.zeros((len(layers), 1 + STEPS, padded_units(hidden)), np.float32)
    cells = np.zeros((len(layers), padded_units(hidden)), np.float32)
    for i, layer in enumerate(layers):
        h[i, 0, :hidden], cells[i, :hidden] = layer.h, layer.c
    return np.concatenate([h.ravel(), cells.ravel()])


@inline
def _meet_inputs(
    m: Any, w: Any, gates: Any, groups: Any, inputs: Any, x: Any, column: Any, row: Any, count: Any
) -> Any:
    """gates[t] = bias + matrix @ inputs, where input j of sample t is m[x + j*column + t*row]; the weights behind."""
    stride = groups * 4 * W
    for g in range(groups):
        behind = w
        for t in range(0, count, TOGETHER):
            behind = w + 4 * W
            acc = tile_repeat(m, w, TOGETHER, 4)
            at = x + t * row
            for _ in range(inputs):
                acc = tile_madd_far(acc, m, at, row, behind)
                at += column
                behind += 4 * W
            tile_store(acc, m, gates + t * stride + g * 4 * W, stride)
        w = behind
    return w


@inline
def _step(m: Any, w: Any, gates: Any, groups: Any, hidden: Any, h: Any, cells: Any) -> None:
    """One sample: h[1] and the cells from the gates, h[0] and the cells before."""
    padded = groups * W
    for g in range(groups):
        even, odd = tile_repeat(m, gates + g * 4 * W, 1, 4), tile_zero(1, 4)
        for j in range(0, hidden, 2):
            even = tile_madd(even, m, h + j, w)
            odd = tile_madd(odd, m, h + j + 1, w + 4 * W)
            w += 8 * W
        total = tile_sum(even, odd)
        ip, iq = tanh_fraction(tile_get(total, 0))
        fp, fq = tanh_fraction(tile_get(total, 1))
        gp, gq = tanh_fraction(tile_get(total, 2))
        op, oq = tanh_fraction(tile_get(total, 3))
        cell = next_cell(ip, iq, fp, fq, gp, gq, load(m, cells + g * W))
        store(m, cells + g * W, cell)
        cp, cq = tanh_fraction(cell)
        store(m, h + padded + g * W, (op + oq) * cp / ((oq + oq) * cq))


@inline
def _answer(net: Record, y: Record, m: Any, h: Any, t: Any) -> None:
    """The head of one sample."""
    padded = net.groups * W
    for o in range(net.outputs):
        row, total = net.head + o * (padded + 1), splat(f32(0.0))
        for g in range(net.groups):
            total = total + load(m, h + g * W) * load(m, row + g * W)
        m[y.at + o * y.stride + t] = vsum(total) + m[row + padded]


@kernel
def lstm_layers(net: Record, x: Record, y: Record, m: Any, frames: Any) -> None:
    """y = head of the last layer. `net` is an LSTM record; x and y are ROWS."""
    groups, hidden = net.groups, net.hidden
    padded = groups * W
    sequence, even = (1 + STEPS) * padded, hidden + (hidden & 1)
    for start in range(0, frames, STEPS):
        count = min(STEPS, frames - start)
        w, h, cells = net.weights, net.state, net.state + net.layers * sequence
        inputs, at, column, row = net.inputs, x.at + start, x.stride, 1
        for _ in range(net.layers):
            w = _meet_inputs(m, w, net.gates, groups, inputs, at, column, row, count)
            for t in range(count):
                _step(m, w, net.gates + t * groups * 4 * W, groups, hidden, h + t * padded, cells)
            w += groups * even * 4 * W
            inputs, at, column, row = hidden, h + padded, 1, padded
            h += sequence
            cells += padded
        for t in range(count):
            _answer(net, y, m, h - sequence + (1 + t) * padded, start + t)
        for layer in range(net.layers):
            first = net.state + layer * sequence
            move(m, first + count * padded, first, padded)
