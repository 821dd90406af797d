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
from ..native.simd import W
from ..native.tile import tile_madd_far, tile_raise, tile_repeat, tile_store
from .lstm import (
    CELL_SCALE,
    HALF,
    LSTMLayer,
    answer,
    at_a_time,
    by_lanes,
    exponents,
    heard4,
    heard8,
    heard12,
    in_vectors,
    padded_units,
    update_one,
    update_three,
    update_two,
)
from .operations import MANY, move

WIDE_UNITS = 24  # of two layers or more, from here on. Below, it is faster to let the layers overlap.
STEPS = 16  # samples per layer at a time
TOGETHER = 4 if MANY else 2  # samples for which a weight is read once: so many tiles of four vectors fit the registers


def packed_layers(layers: Sequence[LSTMLayer]) -> NDArray[np.float32]:
    """For each layer, for each vector of units [4 gates of bias], then [4 gates] per input; then, all per h.

    What h makes of the gates lies as in `lstm.by_lanes`. All as exponents of 2; shape (n,), float32.
    """
    packed = []
    for layer in layers:
        bias, gates = exponents(layer)
        padded, inputs = bias.shape[1], gates.shape[1] - layer.h.size
        fed = np.concatenate([bias[:, np.newaxis], gates[:, :inputs]], axis=1).swapaxes(0, 1)
        packed += [fed[:, :, unit : unit + W].ravel() for unit in range(0, padded, W)]
        packed += [by_lanes(gates[:, inputs:, units]) for units in at_a_time(padded)]
    return np.concatenate(packed)


def initial_state(layers: Sequence[LSTMLayer]) -> NDArray[np.float32]:
    """All h, then all cells, before the first sample: shape (n,), float32."""
    hidden = layers[0].h.size
    h = np.zeros((len(layers), 1 + STEPS, padded_units(hidden)), np.float32)
    h[:, 0] = in_vectors(np.array([layer.h for layer in layers]), hidden)
    cells = in_vectors(np.array([layer.c for layer in layers]) * CELL_SCALE, hidden)
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
def _step(m: Any, w: Any, gates: Any, groups: Any, narrow: Any, h: Any, cells: Any) -> None:
    """One sample: h[1] and the cells from the gates, h[0] and the cells before."""
    padded, odd = groups * W, groups & 1
    for g in range(0, padded - 3 * W * odd, 2 * W):
        two, w = heard8(tile_repeat(m, gates + 4 * g, 1, 8), m, w, h, 1, groups, narrow)
        update_two(m, two, cells + g, h + padded + g)
    if groups == 1:
        one, w = heard4(tile_raise(tile_repeat(m, gates, 1, 4), 2), m, w, h, 1, groups, narrow)
        update_one(m, one, cells, h + padded)
    elif odd:
        g = padded - 3 * W
        three, w = heard12(tile_repeat(m, gates + 4 * g, 1, 12), m, w, h, 1, groups, narrow)
        update_three(m, three, cells + g, h + padded + g)


@kernel
def lstm_layers(net: Record, x: Record, y: Record, m: Any, frames: Any) -> None:
    """y = head of the last layer. `net` is an LSTM record; x and y are ROWS."""
    groups, hidden = net.groups, net.hidden
    padded = groups * W
    sequence, columns = (1 + STEPS) * padded, padded - net.narrow * (W - HALF)
    for start in range(0, frames, STEPS):
        count = min(STEPS, frames - start)
        w, h, cells = net.weights, net.state, net.state + net.layers * sequence
        inputs, at, column, row = net.inputs, x.at + start, x.stride, 1
        for _ in range(net.layers):
            w = _meet_inputs(m, w, net.gates, groups, inputs, at, column, row, count)
            for t in range(count):
                _step(m, w, net.gates + t * groups * 4 * W, groups, net.narrow, h + t * padded, cells)
            w += padded * 4 * columns
            inputs, at, column, row = hidden, h + padded, 1, padded
            h += sequence
            cells += padded
        for t in range(count):
            answer(net, y, m, h - sequence + (1 + t) * padded, start + t)
        for layer in range(net.layers):
            first = net.state + layer * sequence
            move(m, first + count * padded, first, padded)
