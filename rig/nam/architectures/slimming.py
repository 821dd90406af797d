"""Slimmable WaveNets: the same file with fewer channels. Every matrix keeps its first rows and columns.

That is meant literally, as NeuralAmpModelerCore and the trainer do it: of a gated layer the first 2 B' of the 2 B rows
stay, so that its halves do not keep their roles.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import floor

import numpy as np

from ...errors import ModelError
from ..format.weights import Reader, Weights
from ..layers.layers import LayerArray
from .base import Leaf
from .wavenet import WaveNetConfig


def slim(leaf: Leaf, size: float, file: str) -> Leaf:
    """The network at a size from 0 to 1; the same one if that leaves it whole, or if it has one size only.

    Raises ModelError if it cannot be cut.
    """
    net = leaf.config
    if not isinstance(net, WaveNetConfig):
        return leaf
    widths = _widths(net, size)
    if widths == [(array.channels, array.bottleneck) for array in net.arrays]:
        return leaf
    obstacle = _obstacle(net) or _misfit(net, widths)
    if obstacle is not None:
        raise ModelError(f"{file}: a slimmable WaveNet below full size, but {obstacle}; ask for size 1")
    cut = replace(net, arrays=_cut_arrays(net.arrays, widths))
    return Leaf(cut, _cut_weights(net, cut, leaf.weights), leaf.sample_rate)


def slim_sizes(leaf: Leaf) -> tuple[tuple[float, str], ...]:
    """Each size reaches up to this value, and what it is; nothing if there is one only."""
    net = leaf.config
    if not isinstance(net, WaveNetConfig):
        return ()
    counts = {len(array.allowed_channels) for array in net.arrays if array.allowed_channels}
    limits = sorted({i / count for count in counts for i in range(1, count + 1)})
    middles = [(below + limit) / 2 for below, limit in pairwise([0.0, *limits])]
    if len(middles) < 2 or _obstacle(net):
        return ()
    sizes = [_widths(net, middle) for middle in middles]
    if any(_misfit(net, widths) for widths in sizes[:-1]):
        return ()
    shapes = [net.shape_of([channels for channels, _ in widths]) for widths in sizes]
    return tuple(zip(limits, shapes, strict=True))


def _obstacle(net: WaveNetConfig) -> str | None:
    """Why it cannot be cut at all."""
    for i, array in enumerate(net.arrays):
        if max(convolution.groups for convolution in array.convolutions()) > 1:
            return f"its array {i} has groups of channels, which cannot be cut"
        if array.head.kernel > 1:
            return f"its array {i} has a head of {array.head.kernel} taps, which cannot be cut"
    return None


def _misfit(net: WaveNetConfig, widths: list[tuple[int, int]]) -> str | None:
    """Why it cannot be cut to these widths."""
    for i, (array, (channels, bottleneck)) in enumerate(zip(net.arrays, widths, strict=True)):
        skips = array.head1x1[0] if array.head1x1 else bottleneck
        if i and skips != channels:
            return f"its array {i} would have {skips} channels for its head, not {channels}"
    return None


def _widths(net: WaveNetConfig, size: float) -> list[tuple[int, int]]:
    """Channels and bottleneck of each array at a size."""
    widths = []
    for array in net.arrays:
        allowed = array.allowed_channels
        width = array.channels if allowed is None else allowed[min(floor(size * len(allowed)), len(allowed) - 1)]
        kept = max(1, array.bottleneck * width // array.channels)
        widths.append((width, kept if array.layer1x1_groups is not None else width))
    return widths


def _cut_arrays(arrays: tuple[LayerArray, ...], widths: list[tuple[int, int]]) -> tuple[LayerArray, ...]:
    cut = []
    for i, (array, (width, bottleneck)) in enumerate(zip(arrays, widths, strict=True)):
        layers = tuple(
            replace(
                layer,
                activation=layer.activation.cut(bottleneck),
                secondary=layer.secondary and layer.secondary.cut(bottleneck),
            )
            for layer in array.layers
        )
        heads = widths[i + 1][0] if i + 1 < len(arrays) else array.head.out_channels
        cut.append(
            replace(
                array,
                inputs=widths[i - 1][0] if i else array.inputs,
                channels=width,
                bottleneck=bottleneck,
                layers=layers,
                head=replace(array.head, out_channels=heads),
            )
        )
    return tuple(cut)


def _cut_weights(net: WaveNetConfig, cut: WaveNetConfig, weights: Weights) -> Weights:
    reader = Reader(weights)
    kept = []
    for whole, part in zip(net.convolutions, cut.convolutions, strict=True):
        matrix, bias = whole.take(reader)
        kept.append(matrix[: part.outputs, : part.inputs].ravel())
        if part.bias:
            kept.append(bias[: part.outputs])
    result = np.concatenate([*kept, weights[-1:]])
    result.setflags(write=False)
    return result
