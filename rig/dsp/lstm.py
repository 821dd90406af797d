"""The recurrent operation: an LSTM of any number of layers and any width, as one operation on planes.

The tile's roles are swapped here: the broadcast scalar is an input u[j], the vectors are the weights of W hidden
units. Rows of the gates i, f, o come halved, so that their logistic function is a bare tanh (`half_sigmoid`).

The chain h -> gates -> c -> h of one layer cannot be hidden, but layers can overlap: step n computes sample n of
layer 0, sample n - 1 of layer 1, and so on, all within the block.

    u[layer][parity] = [input | h]      two of each: h of this sample is read while h of the next is written
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .activations import half_sigmoid, tanh
from .jit import kernel
from .simd import W, load, splat, store, tile_get, tile_load, tile_madd, tile_zero, vsum

f32 = np.float32

LSTM = np.dtype(
    [
        ("layers", np.int64),
        ("groups", np.int64),  # vectors of W hidden units
        ("hidden", np.int64),  # units that really exist
        ("weights", np.int64),  # offset in m; see `packed`
        ("head", np.int64),  # offset of the output row: groups*W weights, then the bias
        ("state", np.int64),  # offset of u, then of the cells [layer][groups*W]
        ("half", np.int64),  # floats of one u[layer][parity]
        ("state_floats", np.int64),  # all of that
        ("settled", np.int64),  # offset of the state after the prewarm
        ("phase", np.int64),  # parity of the next sample of layer 0
        ("settled_phase", np.int64),
    ],
    align=True,
)
LSTM_BYTES = LSTM.itemsize


def columns(layer: int, hidden: int) -> int:
    """Columns of the packed gate matrix: input and h, an odd number because they are read as one and then in pairs."""
    return ((1 if layer == 0 else -(-hidden // W) * W) + hidden) | 1


def half_floats(hidden: int) -> int:
    """Floats of one [input | h], read in whole vectors and one column further than h."""
    padded = -(-hidden // W) * W
    return -(-(2 * padded + 2) // 16) * 16


@kernel
def lstm(m: Any, net: Any, x: Any, y: Any, frames: Any) -> None:
    """y = head of the last layer; both are offsets of a row. `net` is an LSTM record."""
    layers, groups, half, hidden, phase, head = net.layers, net.groups, net.half, net.hidden, net.phase, net.head
    padded = groups * W
    cells = net.state + layers * 2 * half
    for n in range(frames + layers - 1):
        now = ((n + phase) & 1) * half
        then = half - now
        w, u, c = net.weights, net.state, cells
        for layer in range(layers):
            inputs = 1 if layer == 0 else padded
            width = (inputs + hidden) | 1
            t = n - layer
            if t < 0 or t >= frames:
                w += groups * (width + 1) * 4 * W
                c += padded
                u += 2 * half
                continue
            if layer == 0:
                m[u + now] = m[x + t]
            total = splat(f32(0.0))
            for g in range(groups):
                # Two tiles, for even and odd columns: eight chains are what hides the latency of a multiply-add.
                even = tile_madd(tile_load(m, w, 4), m, u + now, w + 4 * W)
                odd = tile_zero(1, 4)
                w += 8 * W
                for j in range(1, width, 2):
                    even = tile_madd(even, m, u + now + j, w)
                    odd = tile_madd(odd, m, u + now + j + 1, w + 4 * W)
                    w += 8 * W
                gate_i = half_sigmoid(tile_get(even, 0) + tile_get(odd, 0))
                gate_f = half_sigmoid(tile_get(even, 1) + tile_get(odd, 1))
                candidate = tanh(tile_get(even, 2) + tile_get(odd, 2))
                gate_o = half_sigmoid(tile_get(even, 3) + tile_get(odd, 3))
                cell = gate_f * load(m, c) + gate_i * candidate
                store(m, c, cell)
                h = gate_o * tanh(cell)
                store(m, u + then + inputs + g * W, h)
                if layer == layers - 1:
                    total = total + h * load(m, head + g * W)
                else:
                    store(m, u + 2 * half + then + g * W, h)
                c += W
            if layer == layers - 1:
                m[y + t] = vsum(total) + m[head + padded]
            u += 2 * half
    net.phase = (phase + frames) & 1
