"""The recurrent operation: an LSTM of any number of layers and any width, as one operation on planes.

Wide stacks go another way, see `lstm_layers.py`.

The tile's roles are swapped here: the factor is an input, or a unit's h, the vectors are the weights of W hidden units.
The gates come as exponents of 2: the rows of i, f and o are divided by log(2), those of g by log(2) / 2, and the cells
are kept multiplied by 2 / log(2); see `exp2_fraction`.

The chain h -> gates -> c -> h of one layer cannot be hidden, but layers can overlap: step n computes sample n of
layer 0, sample n - 1 of layer 1, and so on, all within the block. What a step reads, the step before has written.

    h[parity][layer][padded]     of this step while that of the next is written
    c[layer][padded]

Where h is one vector or two, it stays in registers for the whole block: a float that was just stored in a vector comes
back late. Layers that fit into one vector together are made one layer, whose units hear what they heard before; then
the units of layer i are i samples behind. Where the last vector of a layer is half empty, it holds its units twice:
then half the columns of weights will do.

How long the chain is, and what was tried, is told in docs/developer/kernel-speed.md.
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
from ..native.simd import W, load, quotient, splat, store, vsum, where_positive
from ..native.tile import lane_columns, tile_get, tile_madd, tile_madd_lanes, tile_raise, tile_repeat
from .activations import exp2_fraction

f32 = np.float32

CELL_SCALE = f32(2.0 / math.log(2.0))
GATE_SCALES = np.array([[1.0], [1.0], [2.0], [1.0]]) / math.log(2.0)  # i, f, g, o
HALF = max(W // 2, 4)  # columns of a vector that holds its units twice


# ---------------------------------------------------------------- weights and state, in the order of reading
class LSTMLayer(NamedTuple):
    """Weights of one layer in the order i, f, g, o: `gates` (4, hidden, inputs + hidden), `bias` (4, hidden)."""

    gates: NDArray[np.float32]
    bias: NDArray[np.float32]
    h: NDArray[np.float32]  # (hidden,) initial state
    c: NDArray[np.float32]  # (hidden,) initial cells


def padded_units(hidden: int) -> int:
    """In whole vectors."""
    return -(-hidden // W) * W


def is_narrow(hidden: int) -> bool:
    """Whether the last vector of so many units holds them twice."""
    return W > HALF and 0 < hidden % W <= HALF


def in_vectors(values: NDArray[Any], hidden: int) -> NDArray[np.float32]:
    """`values` (..., hidden) in whole vectors, (..., padded)."""
    padded = np.zeros((*values.shape[:-1], padded_units(hidden)), np.float32)
    padded[..., :hidden] = values
    if is_narrow(hidden):
        padded[..., -HALF:] = padded[..., -2 * HALF : -HALF]
    return padded


def merged(layers: Sequence[LSTMLayer], inputs: int) -> LSTMLayer:
    """One layer with the units of all. `inputs`: of layer 0."""
    hidden, units = layers[0].h.size, len(layers) * layers[0].h.size
    gates = np.zeros((4, units, inputs + units), np.float32)
    for i, layer in enumerate(layers):
        rows, own = slice(i * hidden, (i + 1) * hidden), inputs + i * hidden
        first = own - hidden if i else 0
        below = layer.gates.shape[2] - hidden
        gates[:, rows, first : first + below] = layer.gates[:, :, :below]
        gates[:, rows, own : own + hidden] = layer.gates[:, :, below:]
    bias, h, c = (np.concatenate([layer[k] for layer in layers], axis=-1) for k in (1, 2, 3))
    return LSTMLayer(gates, bias, h, c)


def exponents(layer: LSTMLayer) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Bias (4, padded) and gates (4, inputs + hidden, padded), as exponents of 2."""
    hidden = layer.h.size
    gates = (layer.gates * GATE_SCALES[:, :, np.newaxis]).swapaxes(1, 2)
    return in_vectors(layer.bias * GATE_SCALES, hidden), in_vectors(gates, hidden)


def by_vectors(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Four gates of whole vectors of units, (4, units), as [vector][4][W]: shape (n,)."""
    return rows.reshape(4, -1, W).swapaxes(0, 1).ravel()


def by_lanes(gates: NDArray[np.float32]) -> NDArray[np.float32]:
    """What h makes of the gates of whole vectors of units, (4, hidden, units), for `_heard`: shape (n,), float32."""
    hidden, unit = gates.shape[1], np.arange(gates.shape[2])
    padded, packed = padded_units(hidden), []
    sources = np.pad(gates, ((0, 0), (0, padded - hidden), (0, 0)))
    for first in range(0, padded, W):
        period = HALF if is_narrow(hidden) and first + W == padded else W
        for column in np.array(lane_columns()[:period]):
            packed.append(by_vectors(sources[:, first + column[unit % W] % period, unit]))
    return np.concatenate(packed)


def at_a_time(padded: int) -> list[slice]:
    """The units whose gates are summed at a time: two vectors; at the end, where their number is odd, three or one."""
    cuts = [*range(0, max(padded - W, 1), 2 * W), padded]
    return [slice(a, b) for a, b in itertools.pairwise(cuts)]


def packed_layer(layer: LSTMLayer, inputs: int) -> NDArray[np.float32]:
    """For the units of each of `at_a_time`: bias, per input, per h; shape (n,), float32.

    `inputs`: of the network, for layer 0; 0 above it, where h of the layer below comes first.
    """
    bias, gates = exponents(layer)
    below = gates.shape[1] - layer.h.size
    packed = []
    for units in at_a_time(bias.shape[1]):
        packed.append(by_vectors(bias[:, units]))
        packed += [by_vectors(gates[:, i, units]) for i in range(inputs)]
        if not inputs:
            packed.append(by_lanes(gates[:, :below, units]))
        packed.append(by_lanes(gates[:, below:, units]))
    return np.concatenate(packed)


def overlapped_state(layers: Sequence[LSTMLayer]) -> NDArray[np.float32]:
    """All h twice, then all cells, before the first sample: shape (n,), float32."""
    hidden = layers[0].h.size
    h = np.zeros((2, len(layers), padded_units(hidden)), np.float32)
    for i, layer in enumerate(layers):
        h[i & 1, i] = in_vectors(layer.h, hidden)  # layer i starts at step i, which reads what has that parity
    cells = in_vectors(np.array([layer.c for layer in layers]) * CELL_SCALE, hidden)
    return np.concatenate([h.ravel(), cells.ravel()])


# ---------------------------------------------------------------- one sample of some units
@inline
def _next_state(i: Any, f: Any, g: Any, o: Any, cell: Any) -> Any:
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


@inline
def next_one(gates: Any, cell: Any) -> Any:
    """The next cell and h of one vector, whose gates are the sum of two rows: twice as many chains of multiply-adds."""
    i, f = tile_get(gates, 0) + tile_get(gates, 4), tile_get(gates, 1) + tile_get(gates, 5)
    g, o = tile_get(gates, 2) + tile_get(gates, 6), tile_get(gates, 3) + tile_get(gates, 7)
    return _next_state(i, f, g, o, cell)


@inline
def next_two(gates: Any, cell: Any, cell2: Any) -> Any:
    """The next cells and h of two vectors: eight gates, as many chains as hide the latency of a multiply-add."""
    cell, h = _next_state(tile_get(gates, 0), tile_get(gates, 1), tile_get(gates, 2), tile_get(gates, 3), cell)
    cell2, h2 = _next_state(tile_get(gates, 4), tile_get(gates, 5), tile_get(gates, 6), tile_get(gates, 7), cell2)
    return cell, h, cell2, h2


@inline
def update_one(m: Any, gates: Any, cells: Any, h: Any) -> None:
    """The next cells and h in memory, of one vector."""
    cell, out = next_one(gates, load(m, cells))
    store(m, cells, cell)
    store(m, h, out)


@inline
def update_two(m: Any, gates: Any, cells: Any, h: Any) -> None:
    """The same of two vectors."""
    cell, out, cell2, out2 = next_two(gates, load(m, cells), load(m, cells + W))
    store(m, cells, cell)
    store(m, cells + W, cell2)
    store(m, h, out)
    store(m, h + W, out2)


@inline
def update_three(m: Any, gates: Any, cells: Any, h: Any) -> None:
    """The same of three vectors."""
    cell, out, cell2, out2 = next_two(gates, load(m, cells), load(m, cells + W))
    i, f, g, o = tile_get(gates, 8), tile_get(gates, 9), tile_get(gates, 10), tile_get(gates, 11)
    cell3, out3 = _next_state(i, f, g, o, load(m, cells + 2 * W))
    store(m, cells, cell)
    store(m, cells + W, cell2)
    store(m, cells + 2 * W, cell3)
    store(m, h, out)
    store(m, h + W, out2)
    store(m, h + 2 * W, out3)


@inline
def _add_lanes(gates: Any, h: Any, m: Any, w: Any, narrow: Any) -> Any:
    """What one vector of h makes of the gates; `narrow` where it holds its units twice."""
    if HALF < W and narrow:
        return tile_madd_lanes(gates, h, m, w, HALF)
    return tile_madd_lanes(gates, h, m, w, W)


@cache
def _make_sums(vecs: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The two sums that make `vecs` gates; each gives them and the offset behind the weights it read."""

    @inline
    def fed(m: Any, w: Any, x: Any, stride: Any, inputs: Any) -> Any:
        """Bias and inputs, which are m[x + i*stride]."""
        gates = tile_repeat(m, w, 1, vecs)
        w += vecs * W
        for _ in range(inputs):
            gates = tile_madd(gates, m, x, w)
            x += stride
            w += vecs * W
        return gates, w

    @inline
    def heard(gates: Any, m: Any, w: Any, h: Any, layers: Any, groups: Any, narrow: Any) -> Any:
        """What h of some layers, each of `groups` vectors from m[h] on, adds to the gates."""
        for _ in range(layers):
            for _ in range(groups - narrow):
                gates = tile_madd_lanes(gates, load(m, h), m, w, W)
                w += vecs * W * W
                h += W
            if HALF < W and narrow:
                gates = tile_madd_lanes(gates, load(m, h), m, w, HALF)
                w += vecs * W * HALF
                h += W
        return gates, w

    return fed, heard


_fed4, heard4 = _make_sums(4)
_fed8, heard8 = _make_sums(8)
_fed12, heard12 = _make_sums(12)


# ---------------------------------------------------------------- a block
@inline
def _one(net: Record, x: Record, y: Record, m: Any, frames: Any) -> None:
    """One vector, of one layer or several merged ones."""
    inputs, outputs, narrow, behind, head = net.inputs, net.outputs, net.narrow, net.behind, net.head
    weights, stride, out, out_stride = net.weights, x.stride, y.at - net.behind, y.stride
    cells = net.state + 2 * W
    h, cell = load(m, net.state), load(m, cells)
    for n in range(frames + behind):
        fed, w = _fed4(m, weights, x.at + min(n, frames - 1), stride, inputs)
        next_cell, next_h = next_one(_add_lanes(tile_raise(fed, 2), h, m, w, narrow), cell)
        if n < behind or n >= frames:  # some layers have not begun, or are done
            since = f32(n) + f32(0.5) - load(m, net.delays)
            left = f32(frames) - since
            next_cell = where_positive(since, where_positive(left, next_cell, cell), cell)
            next_h = where_positive(since, where_positive(left, next_h, h), h)
        cell, h = next_cell, next_h
        if n >= behind:
            for o in range(outputs):
                row = head + o * (W + 1)
                m[out + o * out_stride + n] = vsum(h * load(m, row)) + m[row + W]
    store(m, net.state, h)
    store(m, cells, cell)


@inline
def _two(net: Record, x: Record, y: Record, m: Any, frames: Any) -> None:
    """One layer of two vectors."""
    inputs, outputs, narrow, head = net.inputs, net.outputs, net.narrow, net.head
    weights, at, stride, out, out_stride = net.weights, x.at, x.stride, y.at, y.stride
    state, cells = net.state, net.state + 4 * W
    h, h2, cell, cell2 = load(m, state), load(m, state + W), load(m, cells), load(m, cells + W)
    for t in range(frames):
        gates, w = _fed8(m, weights, at + t, stride, inputs)
        gates = tile_madd_lanes(gates, h, m, w, W)
        gates = _add_lanes(gates, h2, m, w + 8 * W * W, narrow)
        cell, h, cell2, h2 = next_two(gates, cell, cell2)
        for o in range(outputs):
            row = head + o * (2 * W + 1)
            m[out + o * out_stride + t] = vsum(h * load(m, row) + h2 * load(m, row + W)) + m[row + 2 * W]
    store(m, state, h)
    store(m, state + W, h2)
    store(m, cells, cell)
    store(m, cells + W, cell2)


@inline
def _stack(net: Record, x: Record, y: Record, m: Any, frames: Any) -> None:
    """Two layers of one vector; the second one is a sample behind."""
    inputs, outputs, narrow, head = net.inputs, net.outputs, net.narrow, net.head
    weights, at, stride, out, out_stride = net.weights, x.at, x.stride, y.at - 1, y.stride
    state, state2, cells = net.state, net.state + 3 * W, net.state + 4 * W
    columns = 4 * W * (HALF if narrow else W)
    h, h2, cell, cell2 = load(m, state), load(m, state2), load(m, cells), load(m, cells + W)
    for n in range(frames + 1):
        # Before its first sample, and after its last, a layer computes one for nothing.
        fed, w = _fed4(m, weights, at + n, stride, inputs)
        gates = _add_lanes(tile_raise(fed, 2), h, m, w, narrow)
        w += columns
        gates2 = _add_lanes(tile_raise(tile_repeat(m, w, 1, 4), 2), h, m, w + 4 * W, narrow)
        gates2 = _add_lanes(gates2, h2, m, w + 4 * W + columns, narrow)
        next_cell, next_h = next_one(gates, cell)
        next_cell2, next_h2 = next_one(gates2, cell2)
        if n < frames:
            cell, h = next_cell, next_h
        if n > 0:
            cell2, h2 = next_cell2, next_h2
            for o in range(outputs):
                row = head + o * (W + 1)
                m[out + o * out_stride + n] = vsum(h2 * load(m, row)) + m[row + W]
    store(m, state, h)
    store(m, state2, h2)
    store(m, cells, cell)
    store(m, cells + W, cell2)


@inline
def _many(net: Record, x: Record, y: Record, m: Any, frames: Any) -> None:
    """Any number of layers and vectors, by way of the memory."""
    layers, groups, narrow, phase = net.layers, net.groups, net.narrow, net.phase
    padded, odd = groups * W, groups & 1
    all_h, columns = layers * padded, padded - narrow * (W - HALF)
    for n in range(frames + layers - 1):
        now = ((n + phase) & 1) * all_h
        h, then = net.state + now, net.state + all_h - now
        w, cells = net.weights, net.state + 2 * all_h
        for layer in range(layers):
            inputs, heard = (net.inputs, 1) if layer == 0 else (0, 2)
            t = n - layer
            if t < 0 or t >= frames:
                w += padded * 4 * (1 + inputs + heard * columns)
            else:
                for g in range(0, padded - 3 * W * odd, 2 * W):
                    two, w = _fed8(m, w, x.at + t, x.stride, inputs)
                    two, w = heard8(two, m, w, h, heard, groups, narrow)
                    update_two(m, two, cells + g, then + g)
                if groups == 1:
                    fed, w = _fed4(m, w, x.at + t, x.stride, inputs)
                    one, w = heard4(tile_raise(fed, 2), m, w, h, heard, groups, narrow)
                    update_one(m, one, cells, then)
                elif odd:
                    three, w = _fed12(m, w, x.at + t, x.stride, inputs)
                    three, w = heard12(three, m, w, h, heard, groups, narrow)
                    update_three(m, three, cells + padded - 3 * W, then + padded - 3 * W)
                if layer == layers - 1:
                    answer(net, y, m, then, t)
            h += padded * (heard - 1)  # the layer above hears this one first
            then += padded
            cells += padded
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
        _one(net, x, y, m, frames)
    elif net.layers == 1 and net.groups == 2:
        _two(net, x, y, m, frames)
    elif net.layers == 2 and net.groups == 1:
        _stack(net, x, y, m, frames)
    else:
        _many(net, x, y, m, frames)
