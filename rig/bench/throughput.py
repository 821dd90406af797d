"""What `render_batch` gets through, from the file to the answer: the speed of everything that need not be in time.

Real time of all that belongs to it: reading and checking the file, making the network, settling it, playing. The probe
is as short as one that a folder of models is scanned with, so what is done once per model counts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from ..nam import Model, load_model, render_batch
from ..nam.batch import cores
from .model_files import write_shape
from .timing import RATE_HZ, noise

MEASURED = ("A1 standard", "A1 nano", "A2", "LSTM 1x16")
PROBE_S = 2.5
MODELS = 4  # per core in each round: so many that the last one alone does not count for much


class ThroughputBench:
    """The figures of one file, which is played as if it were many, round by round."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self._path = name, path
        self._probe = noise(round(PROBE_S * RATE_HZ))
        self._load_s: list[float] = []
        self._network_s: list[float] = []
        self._seconds: dict[int, list[float]] = {threads: [] for threads in sorted({1, cores()})}
        self._rate = load_model(path).rate

    def round(self) -> None:
        """Measure everything once."""
        started = time.thread_time()
        model = load_model(self._path)
        loaded = time.thread_time()
        model.network()
        self._load_s.append(loaded - started)
        self._network_s.append(time.thread_time() - loaded)
        for threads, seconds in self._seconds.items():
            count = MODELS * threads
            began = time.perf_counter()
            for _ in render_batch(self._models(count), self._probe, threads=threads):
                pass
            seconds.append((time.perf_counter() - began) / count)

    def _models(self, count: int) -> Iterator[Model]:
        return (load_model(self._path) for _ in range(count))

    def report(self) -> dict[str, Any]:
        """Medians."""
        probe_s = len(self._probe) / self._rate
        seconds = {threads: median(times) for threads, times in self._seconds.items()}
        most = max(seconds)
        return {
            "name": self.name,
            "probe_s": probe_s,
            "load_ms": median(self._load_s) * 1e3,
            "network_ms": median(self._network_s) * 1e3,
            "threads": most,
            "audio_s_per_s_one_core": probe_s / seconds[1],
            "audio_s_per_s": probe_s / seconds[most],
            "models_per_s_one_core": 1 / seconds[1],
            "models_per_s": 1 / seconds[most],
        }


def throughputs(names: list[str], folder: Path) -> list[ThroughputBench]:
    """Those of the named shapes for which it is measured; their files are written into a folder."""
    return [ThroughputBench(name, write_shape(name, folder)) for name in MEASURED if name in names]
