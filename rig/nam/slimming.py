"""Slimmable WaveNets: the same file with fewer channels. Every matrix keeps its first rows and columns.

That is meant literally, as NeuralAmpModelerCore and the trainer do it: of a gated layer the first 2 B' of the 2 B rows
stay, so that its halves do not keep their roles.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
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
    obstacle = _obstacle(net, cut)
    if obstacle is not None:
        raise ModelError(f"{file}: a slimmable WaveNet below full size, but {obstacle}; ask for size 1")
    return Leaf(cut, _cut_weights(net, cut, leaf.weights), leaf.sample_rate)


def slim_sizes(leaf: Leaf) -> tuple[tuple[float, str], ...]:
    """Each size reaches up to this value, and what it is; nothing if there is one only."""
    net = leaf.config
    if not isinstance(net, WaveNetConfig):
        return ()
    counts = {len(array.allowed_channels) for array in net.arrays if array.allowed_channels}
    limits = sorted({i / count for count in counts for i in range(1, count + 1)})
    middles = [(below + limit) / 2 for below, limit in pairwise([0.0, *limits])]
    sizes = [replace(net, arrays=_cut_arrays(net.arrays, middle)) for middle in middles]
    if len(sizes) < 2 or any(_obstacle(net, cut) for cut in sizes[:-1]):
        return ()
    return tuple((limit, cut.shape) for limit, cut in zip(limits, sizes, strict=True))


def _obstacle(net: WaveNetConfig, cut: WaveNetConfig) -> str | None:
    """Why the first cannot become the second."""
    for i, (array, part) in enumerate(zip(net.arrays, cut.arrays, strict=True)):
        if max(convolution.groups for convolution in array.convolutions()) > 1:
            return f"its array {i} has groups of channels, which cannot be cut"
        if array.head.kernel > 1:
            return f"its array {i} has a head of {array.head.kernel} taps, which cannot be cut"
        if i and part.skip_channels != part.channels:
            return f"its array {i} would have {part.skip_channels} channels for its head, not {part.channels}"
    return None


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
