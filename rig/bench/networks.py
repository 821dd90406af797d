"""What a network costs."""

from __future__ import annotations

from statistics import median
from typing import Any

from ..dsp.native.simd import W
from ..dsp.network.playable import Playable
from .shapes import BARS, Subject
from .timing import RATE_HZ, SECONDS, Callback, Stopwatch, ns_per_sample

BLOCKS = (16, 32, 64, 128, 256)
COLD_BLOCKS = (16, 64)
LIVE_BLOCK = 64
PERIOD_US = LIVE_BLOCK / RATE_HZ * 1e6
YARDSTICK = "A1 standard"


def callback_of(network: Playable) -> Callback:
    """How compiled code calls it."""
    return Callback(network.run_address, network.address)


def network_cost(network: Playable, block: int = LIVE_BLOCK, rounds: int = 5) -> float:
    """Nanoseconds per sample of one network, played in blocks; the median of some rounds."""
    return median(ns_per_sample(callback_of(network), block) for _ in range(rounds))


class NetworkBench:
    """The figures of one network, round by round."""

    def __init__(self, subject: Subject, stopwatch: Stopwatch) -> None:
        self.subject, self._stopwatch = subject, stopwatch
        self._callback = callback_of(subject.network)
        self._ns: dict[int, list[float]] = {block: [] for block in BLOCKS}
        self._cold_us: dict[int, list[float]] = {block: [] for block in COLD_BLOCKS}
        self._worst_us: list[float] = []
        ns_per_sample(self._callback, LIVE_BLOCK)  # warm

    def round(self) -> None:
        """Measure everything once."""
        for block, times in self._ns.items():
            times.append(ns_per_sample(self._callback, block))
        for block, times in self._cold_us.items():
            times += self._stopwatch.blocks_us(self._callback, block, 5, cold=True).tolist()
        blocks = int(SECONDS * RATE_HZ) // LIVE_BLOCK
        self._worst_us.append(self._stopwatch.blocks_us(self._callback, LIVE_BLOCK, blocks).max())

    def report(self, peak_gmacs: float) -> dict[str, Any]:
        """Medians over the rounds; of the worst callbacks the least, as what disturbs a round is not ours."""
        macs = self.subject.macs_per_sample
        ns = {block: median(times) for block, times in self._ns.items()}
        return {
            "name": self.subject.name,
            "shape": self.subject.shape,
            "macs_per_sample": macs,
            "ns_per_sample": {str(block): cost for block, cost in ns.items()},
            "share_of_peak": {str(block): macs / cost / peak_gmacs for block, cost in ns.items()},
            "share_expected": BARS.get(self.subject.name, {}).get(W),
            "times_real_time": 1e9 / RATE_HZ / ns[LIVE_BLOCK],
            "block_16_to_64": ns[16] / ns[LIVE_BLOCK],
            "cold_us_per_block": {str(block): median(times) for block, times in self._cold_us.items()},
            "worst_us_per_block": {str(LIVE_BLOCK): min(self._worst_us)},
            "worst_share_of_period": min(self._worst_us) / PERIOD_US,
        }


def compare_with_yardstick(reports: list[dict[str, Any]]) -> None:
    """Add to each the ratio of its share of the peak to that of A1 standard; None if that was not measured."""
    yardstick = next((_share(report) for report in reports if report["name"] == YARDSTICK), None)
    for report in reports:
        report["share_to_a1_standard"] = _share(report) / yardstick if yardstick else None


def _share(report: dict[str, Any]) -> float:
    return float(report["share_of_peak"][str(LIVE_BLOCK)])
