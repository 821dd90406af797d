"""What an engine reports: its meters, its share of the period, its faults, and what its lanes heard.

Meters and counters in the CHAIN record grow for ever; each of these tells what came since it was last asked. Several
may read the meters, each by a name and from a thread of its own: a peak that one has read is kept for the others.
"""

from __future__ import annotations

import math
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .decibels import db_from_gain
from .dsp import cpu_load, dc
from .dsp.combined.row import RowNetwork
from .dsp.convolver.kernels import MAX_CHUNK
from .dsp.meter import METER
from .lane import Lane

DC_STANDS_S = 0.5  # what stayed for so long is no step on the stage
OfChain = Literal["input", "model", "output", "send", "return"]
Metered = OfChain | Literal["between"]  # two models in a row

# METER without numpy, whose scalars take 50 us each in a thread that has slept; the page reads three 25 times a second.
AS_METER, AS_PEAK = struct.Struct("ddqq"), struct.Struct("d")
assert AS_METER.size == METER.itemsize


@dataclass(frozen=True, slots=True)
class Reading:
    """One meter since the last reading. Levels in dBFS: peak of the waveform, RMS with a full-scale sine at -3.01."""

    peak_dbfs: float
    rms_dbfs: float
    clips: int


@dataclass(frozen=True, slots=True)
class Share:
    """Our own time as a share of the period since the last reading; None before the first cycle."""

    median: float | None
    worst: float | None


@dataclass(frozen=True, slots=True)
class Faults:
    """What went wrong since the last look."""

    overloaded: bool
    input_samples: int  # non-finite samples that came in
    model_faults: int  # times a model answered with something that is not a number


class EngineReadings:
    """The part of an engine that only looks. `chain`: CHAIN, (1,); `rings`: the past of each source, float32 (n,)."""

    lanes: list[Lane | None]  # what was handed over last

    def __init__(self, chain: NDArray[Any], rings: Sequence[NDArray[np.float32]], sample_rate: float) -> None:
        self.record, self._rings, self.sample_rate = chain[0], rings, sample_rate
        self._meters = {which: chain[f"{which}_meter"].view(np.uint8).data for which in get_args(OfChain)}
        self._seen: dict[str, Any] = {}
        self._readers: dict[str, dict[Metered, float]] = {}  # the highest peak that each has not been told of
        self._reading = threading.Lock()

    def reading(self, which: Metered, reader: str = "") -> Reading:
        """A meter since this reader read it last; `between`: what the second model of a row hears."""
        m = self._row_meter if which == "between" else self._meters[which]
        if m is None:
            return Reading(-math.inf, -math.inf, 0)
        with self._reading:
            peak, squares, samples, clips = AS_METER.unpack_from(m)
            AS_PEAK.pack_into(m, 0, 0.0)
            self._readers.setdefault(reader, {})
            for kept in self._readers.values():
                kept[which] = max(kept.get(which, 0.0), peak)
            peak = self._readers[reader].pop(which)
        seen = f"{reader} {which}"
        before = self._seen.get(seen, (0.0, 0, 0))
        if samples < before[1]:  # the meter of another row
            before = (0.0, 0, 0)
        self._seen[seen] = (squares, samples, clips)
        count = samples - before[1]
        mean = max(0.0, squares - before[0]) / count if count else 0.0
        return Reading(db_from_gain(peak), db_from_gain(mean**0.5), clips - before[2])

    @property
    def plays_a_row(self) -> bool:
        """Whether a second model plays behind the first."""
        return self._row_meter is not None

    @property
    def _row_meter(self) -> memoryview | None:
        network = self.lanes[0].network if self.lanes[0] is not None else None
        return network.meter if isinstance(network, RowNetwork) else None

    def share(self) -> Share:
        """Our time per period since it was last read."""
        record = self.record["load"]
        counts, worst = record["histogram"].copy(), float(record["worst_share"])
        record["worst_share"] = 0.0
        new = counts - self._seen.get("histogram", np.zeros_like(counts))
        self._seen["histogram"] = counts
        if not new.sum():
            return Share(None, None)
        middle = int(np.searchsorted(np.cumsum(new), new.sum() / 2))
        return Share((middle + 0.5) / cpu_load.BINS_PER_PERIOD, worst)

    def flat_tops(self) -> int:
        """How often the guitar stood still at a high level, as behind a clipping converter, since it was last asked."""
        count = int(self.record["flat_tops"]["count"])
        before, self._seen["flat_tops"] = self._seen.get("flat_tops", 0), count
        return count - before

    def dc_dbfs(self, source: int) -> float:
        """The DC of a source as far as it is known and steady, in dBFS; -inf: none, or less than counts."""
        followed = self.record["sources"][source]["dc"]
        known = int(followed["windows"]) * dc.WINDOW_S >= DC_STANDS_S and not followed["surprise"]
        return db_from_gain(float(followed["value"])) if known else -math.inf

    def heard(self, source: int, since: int = 0) -> tuple[NDArray[np.float32], int]:
        """What the lanes heard of a source since its sample `since`, (n,), at most a second; and up to which sample."""
        ring = self._rings[source]
        end = max(0, int(self.record["sources"][source]["head"]) - MAX_CHUNK)  # the newest may still be on their way
        start = max(since, end - min(round(self.sample_rate), ring.size // 2), 0)
        return ring[np.arange(start, max(start, end)) & (ring.size - 1)], end

    def faults(self) -> Faults:
        """What went wrong since it was last asked."""
        playing = sum(int(lane.record["faults"]) for lane in self.lanes if lane is not None)
        now = int(self.record["load"]["overloads"]), int(self.record["input_faults"]), playing
        before = self._seen.get("faults", (0, 0, 0))
        self._seen["faults"] = now
        return Faults(now[0] > before[0], now[1] - before[1], max(0, now[2] - before[2]))
