"""What a higher quality costs: a network at so many times its rate, and the filters around it."""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np

from ..dsp.network.oversampled import OversampledNetwork
from ..dsp.network.playable import Playable
from ..dsp.network.quality import QUALITIES
from ..nam.model import network_at
from .networks import LIVE_BLOCK, callback_of
from .shapes import SHAPES, Shape
from .timing import RATE_HZ, ns_per_sample

MEASURED = ("A1 standard", "A1 nano", "A2", "LSTM 1x16")
WIRE = Shape("Linear", {"receptive_field": 1, "bias": False})  # around which the filters are all there is


class QualityBench:
    """The figures of one shape at every quality, round by round."""

    def __init__(self, name: str, shape: Shape) -> None:
        self.name = name
        self._callbacks, self._networks = {}, []
        for quality in QUALITIES:
            network, wire = _at(shape, quality), _at(WIRE, quality)
            self._networks += [network, wire]  # which the callbacks point into
            self._callbacks[quality] = callback_of(network), callback_of(wire)
        self._ns: dict[int, list[float]] = {quality: [] for quality in QUALITIES}
        self._wire_ns: dict[int, list[float]] = {quality: [] for quality in QUALITIES}

    def round(self) -> None:
        """Measure everything once."""
        for quality, (network, wire) in self._callbacks.items():
            self._ns[quality].append(ns_per_sample(network, LIVE_BLOCK))
            self._wire_ns[quality].append(ns_per_sample(wire, LIVE_BLOCK))

    def report(self) -> dict[str, Any]:
        """Medians: ns per frame of the session, of the filters alone, and what remains re so many times 1x."""
        ns = {quality: median(times) for quality, times in self._ns.items()}
        wire = {quality: median(times) for quality, times in self._wire_ns.items()}
        filters = {quality: max(wire[quality] - quality * wire[1], 0.0) for quality in QUALITIES[1:]}
        ratios = {quality: (ns[quality] - filters[quality]) / (quality * ns[1]) for quality in filters}
        return {
            "name": self.name,
            "ns_per_frame": {str(quality): cost for quality, cost in ns.items()},
            "filters_ns_per_frame": {str(quality): cost for quality, cost in filters.items()},
            "ratio_to_multiple_of_1x": {str(quality): ratio for quality, ratio in ratios.items()},
        }


def qualities(names: list[str]) -> list[QualityBench]:
    """Those of the named shapes for which it is measured."""
    return [QualityBench(name, SHAPES[name]) for name in MEASURED if name in names]


def _at(shape: Shape, quality: int) -> Playable:
    """As `Model.network` plays it at its own rate."""
    network = network_at(shape.leaf(np.random.default_rng(3)), quality)
    return network if quality == 1 else OversampledNetwork(network, quality, RATE_HZ)
