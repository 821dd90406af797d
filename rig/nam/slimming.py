"""Slimmable WaveNets: the same file with fewer channels. Every matrix keeps its first rows and columns.

That is meant literally, as NeuralAmpModelerCore and the trainer do it: of a gated layer the first 2 B' of the 2 B rows
stay, so that its halves do not keep their roles.
"""

from __future__ import annotations

from dataclasses import replace
from math import floor

import numpy as np

from ..errors import ModelError
from .architecture import Leaf
from .layers import LayerArray
from .wavenet import WaveNetConfig
from .weights import Reader, Weights


def slim(leaf: Leaf, size: float, file: str) -> Leaf:
    """The network at a size from 0 to 1; the same one if that leaves it whole, or if it has one size only.

    Raises ModelError if it cannot be cut.
    """
    net = leaf.config
    if not isinstance(net, WaveNetConfig):
        return leaf
    cut = replace(net, arrays=_cut_arrays(net.arrays, size))
    if cut == net:
        return leaf
    for i, array in enumerate(net.arrays):
        where = f"{file}: a slimmable WaveNet below full size, but its array {i}"
        groups = [convolution.groups for convolution in array.convolutions()]
        if max(groups) > 1:
            raise ModelError(f"{where} has groups of channels, which cannot be cut; ask for size 1")
        if array.head.kernel > 1:
            raise ModelError(f"{where} has a head of {array.head.kernel} taps, which cannot be cut; ask for size 1")
        if i and cut.arrays[i].skip_channels != cut.arrays[i].channels:
            found = f"{cut.arrays[i].skip_channels} channels for its head, not {cut.arrays[i].channels}"
            raise ModelError(f"{where} would have {found}; ask for size 1")
    return Leaf(cut, _cut_weights(net, cut, leaf.weights), leaf.sample_rate)


def slim_sizes(leaf: Leaf) -> tuple[tuple[float, str], ...]:
    """Each size reaches up to this value, and what it is; nothing if there is one only."""
    net = leaf.config
    if not isinstance(net, WaveNetConfig):
        return ()
    counts = {len(array.allowed_channels) for array in net.arrays if array.allowed_channels}
    limits = sorted({i / count for count in counts for i in range(1, count + 1)})
    if len(limits) < 2:
        return ()
    below = [0.0, *limits]
    middles = [(below[i] + limit) / 2 for i, limit in enumerate(limits)]
    shapes = [replace(net, arrays=_cut_arrays(net.arrays, size)).shape for size in middles]
    return tuple(zip(limits, shapes, strict=True))


def _cut_arrays(arrays: tuple[LayerArray, ...], size: float) -> tuple[LayerArray, ...]:
    widths = [_width(array, size) for array in arrays]
    cut = []
    for i, (array, width) in enumerate(zip(arrays, widths, strict=True)):
        bottleneck = max(1, array.bottleneck * width // array.channels)
        if array.layer1x1_groups is None:
            bottleneck = width
        layers = tuple(
            replace(
                layer,
                activation=layer.activation.cut(bottleneck),
                secondary=layer.secondary and layer.secondary.cut(bottleneck),
            )
            for layer in array.layers
        )
        heads = widths[i + 1] if i + 1 < len(arrays) else array.head.out_channels
        cut.append(
            replace(
                array,
                inputs=widths[i - 1] if i else array.inputs,
                channels=width,
                bottleneck=bottleneck,
                layers=layers,
                head=replace(array.head, out_channels=heads),
            )
        )
    return tuple(cut)


def _width(array: LayerArray, size: float) -> int:
    allowed = array.allowed_channels
    return array.channels if allowed is None else allowed[min(floor(size * len(allowed)), len(allowed) - 1)]


def _cut_weights(net: WaveNetConfig, cut: WaveNetConfig, weights: Weights) -> Weights:
    reader = Reader(weights)
    kept = []
    for whole, part in zip(net.convolutions(), cut.convolutions(), strict=True):
        matrix, bias = whole.take(reader)
        kept.append(matrix[: part.outputs, : part.inputs].ravel())
        if part.bias:
            kept.append(bias[: part.outputs])
    result = np.concatenate([*kept, weights[-1:]])
    result.setflags(write=False)
    return result
