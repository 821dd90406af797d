"""The recurrent operation: an LSTM of any number of layers and any width, as one operation on planes.

Wide stacks go another way, see `lstm_layers.py`.

The tile's roles are swapped here: the factor is one input, or one unit's h, the vectors are the weights of W hidden
units. The gates come as exponents of 2: the rows of i, f and o are divided by log(2), those of g by log(2) / 2, and
the cells are kept multiplied by 2 / log(2); see `exp2_fraction`.

The chain h -> gates -> c -> h of one layer cannot be hidden, but layers can overlap: step n computes sample n of
layer 0, sample n - 1 of layer 1, and so on, all within the block. What a step reads, the step before has written:

    h[parity][layer][padded]     of this step while that of the next is written
    c[layer][padded]

Where h and c are two vectors or one, they stay in registers for the whole block: a float that was just stored in a
vector comes back late. How long the chain is, and what was tried, is told in docs/developer/kernel-speed.md.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..native.compile import inline, kernel
from ..native.pointers import Record
from ..native.simd import W, load, quotient, splat, store, vsum
from ..native.tile import lane_columns, tile_get, tile_madd, tile_madd_lanes, tile_raise, tile_repeat
from .activations import exp2_fraction

f32 = np.float32

CELL_SCALE = f32(2.0 / math.log(2.0))
GATE_SCALES = np.array([[1.0], [1.0], [2.0], [1.0]]) / math.log(2.0)  # i, f, g, o


class LSTMLayer(NamedTuple):
    """Weights of one layer in the order i, f, g, o: `gates` (4, hidden, inputs + hidden), `bias` (4, hidden)."""

    gates: NDArray[np.float32]
    bias: NDArray[np.float32]
    h: NDArray[np.float32]  # (hidden,) initial state
    c: NDArray[np.float32]  # (hidden,) initial cells


def padded_units(hidden: int) -> int:
    """In whole vectors."""
    return -(-hidden // W) * W


def scaled(layer: LSTMLayer) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Bias (4, padded) and gates (4, padded, inputs + hidden) as exponents of 2, in whole vectors of units."""
    hidden = layer.bias.shape[1]
    more = padded_units(hidden) - hidden
    bias = np.pad(layer.bias * GATE_SCALES, ((0, 0), (0, more)))
    gates = np.pad(layer.gates * GATE_SCALES[:, :, None], ((0, 0), (0, more), (0, 0)))
    return bias.astype(np.float32), gates.astype(np.float32)


def by_vectors(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of the gates (4, units), whole vectors of units, as [vector][4 gates][W], shape (n,)."""
    return rows.reshape(4, -1, W).swapaxes(0, 1).ravel()


def by_lanes(gates: NDArray[np.float32]) -> NDArray[np.float32]:
    """The gates of whole vectors of h, (4, units, of h), as `tile_madd_lanes` reads them: shape (n,), float32."""
    units, whole = gates.shape[1], padded_units(gates.shape[2])
    gates = np.pad(gates, ((0, 0), (0, 0), (0, whole - gates.shape[2])))
    lane, packed = np.arange(units), []
    for first in range(0, whole, W):
        for column in np.array(lane_columns()):
            packed.append(by_vectors(gates[:, lane, first + column[lane % W]]))
    return np.concatenate(packed)


def pairs(padded: int) -> list[slice]:
    """The units that are computed at a time: two vectors of them; at the end, of an odd number, three."""
    cuts = [*range(0, max(padded - W, 1), 2 * W), padded]
    return [slice(a, b) for a, b in itertools.pairwise(cuts)]


def packed_layer(layer: LSTMLayer, inputs: int) -> NDArray[np.float32]:
    """For each of `pairs` [4 gates of bias], the same per input, and for each lane of h; shape (n,), float32.

    `inputs`: of the network, for layer 0; 0 above it, where h of the layer below comes first. All as exponents of 2.
    """
    bias, gates = scaled(layer)
    padded, hidden = bias.shape[1], layer.h.size
    below, own = gates[:, :, : gates.shape[2] - hidden], gates[:, :, gates.shape[2] - hidden :]
    packed = []
    for units in pairs(padded):
        packed.append(by_vectors(bias[:, units]))
        if inputs:
            packed += [by_vectors(below[:, units, i]) for i in range(inputs)]
        else:
            packed.append(by_lanes(below[:, units]))
        packed.append(by_lanes(own[:, units]))
    return np.concatenate(packed)


def overlapped_state(layers: Sequence[LSTMLayer]) -> NDArray[np.float32]:
    """All h twice, then all cells, before the first sample: shape (n,), float32."""
    hidden = layers[0].h.size
    h = np.zeros((2, len(layers), padded_units(hidden)), np.float32)
    cells = np.zeros(h.shape[1:], np.float32)
    for i, layer in enumerate(layers):
        h[i & 1, i, :hidden] = layer.h  # layer i starts at step i, which reads what has that parity
        cells[i, :hidden] = layer.c * CELL_SCALE
    return np.concatenate([h.ravel(), cells.ravel()])


@inline
def next_state(i: Any, f: Any, g: Any, o: Any, cell: Any) -> Any:
    """The next cell and h, from the gates and the cell, all as exponents of 2.

    Where factors are fractions, one division serves for both.
    """
    ip, iq = exp2_fraction(i)
    fp, fq = exp2_fraction(f)
    gp, gq = exp2_fraction(g)
    op, oq = exp2_fraction(o)
    kept = quotient(cell * fp, fp + fq)
    new = quotient(ip * CELL_SCALE * (gp - gq), (ip + iq) * (gp + gq))
    cell = kept + new
    cp, cq = exp2_fraction(cell)
    return cell, quotient(op * (cp - cq), (op + oq) * (cp + cq))


@cache
def _make_fed(vecs: int) -> Callable[..., Any]:
    """What bias and inputs make of `vecs` gates, and where the weights go on; input k is m[x + k*stride]."""

    @inline
    def fed(m: Any, w: Any, x: Any, stride: Any, inputs: Any) -> Any:
        gates = tile_repeat(m, w, 1, vecs)
        w += vecs * W
        for _ in range(inputs):
            gates = tile_madd(gates, m, x, w)
            x += stride
            w += vecs * W
        return gates, w

    return fed


_fed4, _fed8, _fed12 = _make_fed(4), _make_fed(8), _make_fed(12)


@inline
def next_single(gates: Any, cell: Any) -> Any:
    """The next cell and h of W units, whose gates are the sum of two rows: twice as many chains of multiply-adds."""
    i, f = tile_get(gates, 0) + tile_get(gates, 4), tile_get(gates, 1) + tile_get(gates, 5)
    g, o = tile_get(gates, 2) + tile_get(gates, 6), tile_get(gates, 3) + tile_get(gates, 7)
    return next_state(i, f, g, o, cell)


@inline
def next_pair(gates: Any, cell: Any, cell2: Any) -> Any:
    """The next cell and h of W units, and of another W: eight gates, as many chains as hide a multiply-add."""
    cell, h = next_state(tile_get(gates, 0), tile_get(gates, 1), tile_get(gates, 2), tile_get(gates, 3), cell)
    cell2, h2 = next_state(tile_get(gates, 4), tile_get(gates, 5), tile_get(gates, 6), tile_get(gates, 7), cell2)
    return cell, h, cell2, h2


@inline
def next_triple(gates: Any, cell: Any, cell2: Any, cell3: Any) -> Any:
    """The next cell and h of W units, and of two more W."""
    cell, h, cell2, h2 = next_pair(gates, cell, cell2)
    cell3, h3 = next_state(tile_get(gates, 8), tile_get(gates, 9), tile_get(gates, 10), tile_get(gates, 11), cell3)
    return cell, h, cell2, h2, cell3, h3


@inline
def _single(net: Record, x: Record, y: Record, m: Any, frames: Any) -> None:
    """One layer, whose h is one vector."""
    inputs, outputs, stride, head = net.inputs, net.outputs, x.stride, net.head
    weights, at, out, out_stride = net.weights, x.at, y.at, y.stride
    cells = net.state + 2 * W
    h, cell = load(m, net.state), load(m, cells)
    for t in range(frames):
        fed, w = _fed4(m, weights, at + t, stride, inputs)
        cell, h = next_single(tile_madd_lanes(tile_raise(fed, 2), h, m, w), cell)
        for o in range(outputs):
            row = head + o * (W + 1)
            m[out + o * out_stride + t] = vsum(h * load(m, row)) + m[row + W]
    store(m, net.state, h)
    store(m, cells, cell)


@inline
def _pair(net: Record, x: Record, y: Record, m: Any, frames: Any) -> None:
    """One layer, whose h is two vectors."""
    inputs, outputs, stride, head = net.inputs, net.outputs, x.stride, net.head
    weights, at, out, out_stride = net.weights, x.at, y.at, y.stride
    cells = net.state + 4 * W
    h, h2, cell, cell2 = load(m, net.state), load(m, net.state + W), load(m, cells), load(m, cells + W)
    for t in range(frames):
        gates, w = _fed8(m, weights, at + t, stride, inputs)
        gates = tile_madd_lanes(gates, h, m, w)
        gates = tile_madd_lanes(gates, h2, m, w + 8 * W * W)
        cell, h, cell2, h2 = next_pair(gates, cell, cell2)
        for o in range(outputs):
            row = head + o * (2 * W + 1)
            m[out + o * out_stride + t] = vsum(h * load(m, row) + h2 * load(m, row + W)) + m[row + 2 * W]
    store(m, net.state, h)
    store(m, net.state + W, h2)
    store(m, cells, cell)
    store(m, cells + W, cell2)


@inline
def _stack(net: Record, x: Record, y: Record, m: Any, frames: Any) -> None:
    """Two layers, whose h are one vector each; the second one is a sample behind."""
    inputs, outputs, stride, head = net.inputs, net.outputs, x.stride, net.head
    weights, at, out, out_stride = net.weights, x.at, y.at - 1, y.stride
    cells, state2 = net.state + 4 * W, net.state + 3 * W
    h, h2, cell, cell2 = load(m, net.state), load(m, state2), load(m, cells), load(m, cells + W)
    for n in range(frames + 1):
        # Before its first sample, and after its last, a layer computes a sample for nothing.
        fed, w = _fed4(m, weights, at + n, stride, inputs)
        gates = tile_madd_lanes(tile_raise(fed, 2), h, m, w)
        w += 4 * W * W
        gates2 = tile_madd_lanes(tile_raise(tile_repeat(m, w, 1, 4), 2), h, m, w + 4 * W)
        gates2 = tile_madd_lanes(gates2, h2, m, w + 4 * W + 4 * W * W)
        next_cell, next_h = next_single(gates, cell)
        next_cell2, next_h2 = next_single(gates2, cell2)
        if n < frames:
            cell, h = next_cell, next_h
        if n > 0:
            cell2, h2 = next_cell2, next_h2
            for o in range(outputs):
                row = head + o * (W + 1)
                m[out + o * out_stride + n] = vsum(h2 * load(m, row)) + m[row + W]
    store(m, net.state, h)
    store(m, state2, h2)
    store(m, cells, cell)
    store(m, cells + W, cell2)


@inline
def _any(net: Record, x: Record, y: Record, m: Any, frames: Any) -> None:
    """As many layers and vectors as there are, by way of the memory."""
    layers, groups, phase, head = net.layers, net.groups, net.phase, net.head
    padded = groups * W
    half = layers * padded
    for n in range(frames + layers - 1):
        now = net.state + ((n + phase) & 1) * half
        then = net.state + half - (now - net.state)
        w, cells = net.weights, net.state + 2 * half
        for layer in range(layers):
            # Layer 0 hears the inputs and its own h, the others h of the layer below and then, right behind, their own.
            inputs = net.inputs if layer == 0 else 0
            sources = groups if layer == 0 else 2 * groups
            t = n - layer
            if t < 0 or t >= frames:
                w += padded * 4 * (1 + inputs + sources * W)
                cells += padded
                continue
            h, behind = now + (layer + 1) * padded - sources * W, then + layer * padded
            odd = groups & 1
            for _ in range((groups - 3 * odd) >> 1):
                gates, w = _fed8(m, w, x.at + t, x.stride, inputs)
                for s in range(sources):
                    gates = tile_madd_lanes(gates, load(m, h + s * W), m, w)
                    w += 8 * W * W
                cell, out, cell2, out2 = next_pair(gates, load(m, cells), load(m, cells + W))
                store(m, cells, cell)
                store(m, cells + W, cell2)
                store(m, behind, out)
                store(m, behind + W, out2)
                cells += 2 * W
                behind += 2 * W
            if odd and groups > 1:
                gates, w = _fed12(m, w, x.at + t, x.stride, inputs)
                for s in range(sources):
                    gates = tile_madd_lanes(gates, load(m, h + s * W), m, w)
                    w += 12 * W * W
                cell, out, cell2, out2, cell3, out3 = next_triple(gates, load(m, cells), load(m, cells + W), load(m, cells + 2 * W))
                store(m, cells, cell)
                store(m, cells + W, cell2)
                store(m, cells + 2 * W, cell3)
                store(m, behind, out)
                store(m, behind + W, out2)
                store(m, behind + 2 * W, out3)
                cells += 3 * W
            elif odd:
                fed, w = _fed4(m, w, x.at + t, x.stride, inputs)
                gates = tile_raise(fed, 2)
                for s in range(sources):
                    gates = tile_madd_lanes(gates, load(m, h + s * W), m, w)
                    w += 4 * W * W
                cell, out = next_single(gates, load(m, cells))
                store(m, cells, cell)
                store(m, behind, out)
                cells += W
            if layer == layers - 1:
                answer(net, y, m, then + layer * padded, t)
    net.phase = (phase + frames) & 1


@inline
def answer(net: Record, y: Record, m: Any, h: Any, t: Any) -> None:
    """The head of sample t, from h of the last layer."""
    padded = net.groups * W
    for o in range(net.outputs):
        row, total = net.head + o * (padded + 1), splat(f32(0.0))
        for g in range(0, padded, W):
            total = total + load(m, h + g) * load(m, row + g)
        m[y.at + o * y.stride + t] = vsum(total) + m[row + padded]


@kernel
def lstm(net: Record, x: Record, y: Record, m: Any, frames: Any) -> None:
    """y = head of the last layer. `net` is an LSTM record; x and y are ROWS."""
    if net.layers == 1 and net.groups == 1:
        _single(net, x, y, m, frames)
    elif net.layers == 1 and net.groups == 2:
        _pair(net, x, y, m, frames)
    elif net.layers == 2 and net.groups == 1:
        _stack(net, x, y, m, frames)
    else:
        _any(net, x, y, m, frames)
