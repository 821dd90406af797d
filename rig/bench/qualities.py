"""What a higher quality costs: a network at so many times its rate, and the filters around it.

Held against so many times the cost at 1x. On a busy machine two figures that were taken minutes apart say nothing about
each other: so both are taken in one short round, 1x before and after, and the ratio is formed in there. What is
reported is the median over all rounds with the interval that holds the true one with 95 % certainty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from ..dsp.network.oversampled import OversampledNetwork
from ..dsp.network.playable import Playable
from ..dsp.network.quality import QUALITIES
from ..nam.model import network_at
from .networks import LIVE_BLOCK, callback_of
from .shapes import SHAPES, Shape
from .timing import RATE_HZ, Callback, ns_per_sample

MEASURED = ("A1 standard", "A1 nano", "A2", "LSTM 1x16")
WIRE = Shape("Linear", {"receptive_field": 1, "bias": False})  # around which the filters are all there is
SHORT_SAMPLES = 4800  # so many frames of each in one short round: at most some tens of milliseconds
SHORT_ROUNDS = 8  # within one round of the bench
Z_95 = 1.96


class Taken(NamedTuple):
    """What one short round took, in ns per frame of the session."""

    once: float  # at 1x, the mean of before and after
    times: float  # at so many times the rate
    filters: float

    @property
    def ratio(self) -> float:
        """What the network took of so many times what it takes at 1x; that many is in `times` still."""
        return (self.times - self.filters) / self.once


class QualityBench:
    """The figures of one shape at every quality, round by round."""

    def __init__(self, name: str, shape: Shape) -> None:
        self.name = name
        self._callbacks, self._networks = {}, []
        for quality in QUALITIES:
            network, wire = _at(shape, quality), _at(WIRE, quality)
            self._networks += [network, wire]  # which the callbacks point into
            self._callbacks[quality] = callback_of(network), callback_of(wire)
        self._taken: dict[int, list[Taken]] = {quality: [] for quality in QUALITIES[1:]}

    def round(self) -> None:
        """Measure everything, in short rounds."""
        for _ in range(SHORT_ROUNDS):
            for quality, found in self._taken.items():
                found.append(self._short_round(quality))

    def _short_round(self, quality: int) -> Taken:
        (network_1, wire_1), (network, wire) = self._callbacks[1], self._callbacks[quality]
        before, times, after = _ns(network_1), _ns(network), _ns(network_1)
        filters = _ns(wire) - quality * _ns(wire_1)
        return Taken((before + after) / 2, times, max(filters, 0.0))

    def report(self) -> dict[str, Any]:
        """Medians: ns per frame of the session, of the filters alone, and what remains re so many times 1x."""
        once = median(taken.once for found in self._taken.values() for taken in found)
        ns = {1: once} | {quality: median(taken.times for taken in found) for quality, found in self._taken.items()}
        filters = {quality: median(taken.filters for taken in found) for quality, found in self._taken.items()}
        ratios = {quality: [taken.ratio / quality for taken in found] for quality, found in self._taken.items()}
        return {
            "name": self.name,
            "rounds": len(next(iter(ratios.values()))),
            "ns_per_frame": {str(quality): cost for quality, cost in ns.items()},
            "filters_ns_per_frame": {str(quality): cost for quality, cost in filters.items()},
            "ratio_to_multiple_of_1x": {str(quality): median(found) for quality, found in ratios.items()},
            "ratio_interval": {str(quality): median_interval(found) for quality, found in ratios.items()},
        }


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """Between which of them the true median lies with 95 % certainty, whatever they are distributed like.

    By the ranks of a binomial distribution, as a normal one: n / 2 -+ 1.96 sqrt(n) / 2.

    >>> median_interval(range(1, 101))
    (40, 61)
    """
    found, half = sorted(values), len(values) / 2
    reach = Z_95 * math.sqrt(len(found)) / 2
    return found[max(math.floor(half - reach) - 1, 0)], found[min(math.ceil(half + reach), len(found) - 1)]


def qualities(names: list[str]) -> list[QualityBench]:
    """Those of the named shapes for which it is measured."""
    return [QualityBench(name, SHAPES[name]) for name in MEASURED if name in names]


def _ns(callback: Callback) -> float:
    return ns_per_sample(callback, LIVE_BLOCK, SHORT_SAMPLES)


def _at(shape: Shape, quality: int) -> Playable:
    """As `Model.network` plays it at its own rate."""
    network = network_at(shape.leaf(np.random.default_rng(3)), quality)
    return network if quality == 1 else OversampledNetwork(network, quality, RATE_HZ)
