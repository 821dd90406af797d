"""The recurrent operation: an LSTM of any number of layers and any width, as one operation on planes.

Wide stacks go another way, see `lstm_layers.py`.

The tile's roles are swapped here: the broadcast scalar is an input u[j], the vectors are the weights of W hidden
units. Rows of the gates i, f, o come halved: 1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2.

The chain h -> gates -> c -> h of one layer cannot be hidden, but layers can overlap: step n computes sample n of
layer 0, sample n - 1 of layer 1, and so on, all within the block.

    u[layer][parity] = [input | h]      two of each: h of this sample is read while h of the next is written

Both parts of u are whole vectors; the inputs stand right before h. So h is always written aligned: a store across two
cache lines takes long to reach the loads that wait for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..native.compile import inline, kernel
from ..native.pointers import Record
from ..native.simd import W, load, splat, store, vsum
from ..native.tile import tile_get, tile_madd, tile_repeat, tile_zero
from .activations import tanh_fraction

f32 = np.float32


class LSTMLayer(NamedTuple):
    """Weights of one layer in the order i, f, g, o: `gates` (4, hidden, inputs + hidden), `bias` (4, hidden)."""

    gates: NDArray[np.float32]
    bias: NDArray[np.float32]
    h: NDArray[np.float32]  # (hidden,) initial state
    c: NDArray[np.float32]  # (hidden,) initial cells


def inputs_end(inputs: int, hidden: int) -> int:
    """Where h begins in u: behind the inputs of layer 0, or h of the layer below, in whole vectors."""
    return -(-max(inputs, hidden) // W) * W


def half_floats(inputs: int, hidden: int) -> int:
    """Floats of one [input | h], read in whole vectors and one column further than h."""
    padded = -(-hidden // W) * W
    return -(-(inputs_end(inputs, hidden) + padded + 2) // 16) * 16


def packed_layer(layer: LSTMLayer, behind: int) -> NDArray[np.float32]:
    """For each vector of units [4 gates of bias], then for each column [4 gates]; halved where a logistic follows.

    `behind`: columns before those of h; h of the layer below comes in whole vectors. Shape (n,), float32.
    """
    hidden = layer.bias.shape[1]
    padded = -(-hidden // W) * W
    inputs = layer.gates.shape[2] - hidden
    half = np.array([0.5, 0.5, 1.0, 0.5], np.float32)[:, None]
    bias = np.zeros((4, padded), np.float32)
    bias[:, :hidden] = layer.bias * half
    gates = np.zeros((4, padded, (behind + hidden) | 1), np.float32)
    gates[:, :hidden, :inputs] = layer.gates[:, :, :inputs] * half[:, :, None]
    gates[:, :hidden, behind : behind + hidden] = layer.gates[:, :, inputs:] * half[:, :, None]
    packed = []
    for unit in range(0, padded, W):
        packed.append(bias[:, unit : unit + W].ravel())
        packed.append(gates[:, unit : unit + W].transpose(2, 0, 1).ravel())
    return np.concatenate(packed)


def overlapped_state(layers: Sequence[LSTMLayer], inputs: int) -> NDArray[np.float32]:
    """All u, then all cells, before the first sample: shape (n,). `inputs`: of layer 0."""
    hidden = layers[0].h.size
    padded, before, half = -(-hidden // W) * W, inputs_end(inputs, hidden), half_floats(inputs, hidden)
    state = np.zeros(len(layers) * (2 * half + padded), np.float32)
    cells = state[len(layers) * 2 * half :].reshape(len(layers), padded)
    for i, layer in enumerate(layers):
        # Layer i starts at step i, which reads the half of that parity; h stands behind the inputs.
        start = (2 * i + (i & 1)) * half + before
        state[start : start + hidden] = layer.h
        cells[i, :hidden] = layer.c
    return state


@inline
def next_cell(ip: Any, iq: Any, fp: Any, fq: Any, gp: Any, gq: Any, cell: Any) -> Any:
    """f*cell + i*g as one quotient, from tanh(z_f / 2) = fp / fq, so f = (fp + fq) / (2 fq), and so on.

    Two divisions per sample instead of five, and as little as possible behind the numerators, which come last.
    """
    kept = (fp + fq) * (cell * (iq * gq))
    new = (ip + iq) * (gp * fq)
    return (kept + new) / ((fq + fq) * (iq * gq))


@kernel
def lstm(net: Record, x: Record, y: Record, m: Any, frames: Any) -> None:
    """y = head of the last layer. `net` is an LSTM record; x and y are ROWS."""
    layers, groups, half, hidden, phase, head = net.layers, net.groups, net.half, net.hidden, net.phase, net.head
    padded, before, inputs_at, outputs_at = groups * W, net.before, x.at, y.at
    cells = net.state + layers * 2 * half
    for n in range(frames + layers - 1):
        now = ((n + phase) & 1) * half
        then = half - now
        w, u, c = net.weights, net.state, cells
        for layer in range(layers):
            first = before - net.inputs if layer == 0 else before - padded
            width = (before - first + hidden) | 1
            t = n - layer
            if t < 0 or t >= frames:
                w += groups * (width + 1) * 4 * W
                c += padded
                u += 2 * half
                continue
            if layer == 0:
                for i in range(net.inputs):
                    m[u + now + first + i] = m[inputs_at + i * x.stride + t]
            inputs = u + now + first
            total = splat(f32(0.0))
            for g in range(groups):
                # Two tiles, for even and odd columns: eight chains are what hides the latency of a multiply-add.
                even = tile_madd(tile_repeat(m, w, 1, 4), m, inputs, w + 4 * W)
                odd = tile_zero(1, 4)
                w += 8 * W
                for j in range(1, width, 2):
                    even = tile_madd(even, m, inputs + j, w)
                    odd = tile_madd(odd, m, inputs + j + 1, w + 4 * W)
                    w += 8 * W
                ip, iq = tanh_fraction(tile_get(even, 0) + tile_get(odd, 0))
                fp, fq = tanh_fraction(tile_get(even, 1) + tile_get(odd, 1))
                gp, gq = tanh_fraction(tile_get(even, 2) + tile_get(odd, 2))
                op, oq = tanh_fraction(tile_get(even, 3) + tile_get(odd, 3))
                cell = next_cell(ip, iq, fp, fq, gp, gq, load(m, c))
                store(m, c, cell)
                cp, cq = tanh_fraction(cell)
                h = (op + oq) * cp / ((oq + oq) * cq)
                store(m, u + then + before + g * W, h)
                if layer == layers - 1:
                    total = total + h * load(m, head + g * W)
                else:
                    store(m, u + 2 * half + then + before - padded + g * W, h)
                c += W
            if layer == layers - 1:
                m[outputs_at + t] = vsum(total) + m[head + padded]
                for o in range(1, net.outputs):
                    row = head + o * (padded + 1)
                    total = splat(f32(0.0))
                    for g in range(groups):
                        total = total + load(m, u + then + before + g * W) * load(m, row + g * W)
                    m[outputs_at + o * y.stride + t] = vsum(total) + m[row + padded]
            u += 2 * half
    net.phase = (phase + frames) & 1
