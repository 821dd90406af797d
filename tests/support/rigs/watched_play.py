"""`rig play` over JACK with a watch on each of its cycles; what they took is in a file when it is asked for.

    python tests/support/rigs/watched_play.py REPORT play ...

SIGUSR1     from now on: what was before, starting up and first touches of memory, is forgotten
SIGUSR2     up to now: REPORT is written, whole
"""

from __future__ import annotations

import json
import os
import signal
import sys
import types
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[2]), *map(str, sorted(HERE.parent.iterdir()))]

from watched import LATELY, NEAR, Watch  # noqa: E402

from rig.backends.jack.client import Jack  # noqa: E402
from rig.cli import main  # noqa: E402


class EveryCycle(Watch):
    """Keeps the CPU time of each cycle, and of its companion."""

    def __init__(self, engine, frames):
        super().__init__(engine, frames)
        self.kept, self.own_ns, self.lost, self._kept_to = [], {}, 0, 0

    def begin(self, backend):
        self._kept_to = int(self.record["cycles"])
        super().begin(backend)

    def judge(self, last=False):
        cycles = int(self.record["cycles"])
        self.lost += max(0, cycles - LATELY - self._kept_to)
        for cycle in range(max(self._kept_to, cycles - LATELY), cycles):
            self.kept.append((cycle, *map(int, self._lately[cycle % LATELY])))
        self._kept_to = cycles
        super().judge(last)

    def _noted(self, row):
        one = super()._noted(row)
        self.own_ns[int(row[3])] = one.own_ns
        return one

    def shares(self):
        """CPU time of each cycle as a share of the period, as it was, and less what the machine took; both (n,).

        As `Watch` does: where the companion took k times its usual time, so much of the engine's usual time is not
        ours. What the kernel's samples say of a cycle that was noted goes before that.
        """
        cycle, cpu, companion, kind = np.array(self.kept, np.int64).T
        padded = np.pad(companion, NEAR, mode="edge")
        near = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEAR + 1).max(axis=1)
        slowness = np.maximum(1.0, near / np.median(companion))
        usual = {one: max(np.median(cpu), np.median((cpu / slowness)[kind == one])) for one in np.unique(kind)}
        own = np.maximum(0.0, cpu - (slowness - 1) * np.array([usual[one] for one in kind]))
        known = np.array([self.own_ns.get(int(one), -1) for one in cycle])
        return cpu / self.period_ns, np.where(known >= 0, known, own) / self.period_ns

    def report(self):
        cpu, own = self.shares()
        percents = (50.0, 99.0, 99.9, 100.0)
        return {
            **self.told(),
            "kept": len(cpu),
            "lost": self.lost,
            "frames": round(self.period_ns * 48e-6),
            "cpu": dict(zip(map(str, percents), np.round(np.percentile(cpu, percents), 4).tolist(), strict=True)),
            "own": dict(zip(map(str, percents), np.round(np.percentile(own, percents), 4).tolist(), strict=True)),
        }


def watched(report):
    """Put a watch in front of the engine of each backend that starts."""
    start, watches = Jack.start, []

    def start_watched(backend, block, argument):
        engine = types.SimpleNamespace(block_address=block, address=argument, sample_rate=backend.sample_rate)
        watch = EveryCycle(engine, int(backend.block_size))
        watches[:] = [(watch, backend)]
        start(backend, watch.block_address, watch.address)

    def begin(*_):
        watch, backend = watches[0]
        watch.begin(backend)

    def end(*_):
        watch, _ = watches[0]
        watch.end()
        part = report.with_suffix(".part")
        part.write_text(json.dumps(watch.report()))
        os.replace(part, report)

    Jack.start = start_watched
    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, end)


if __name__ == "__main__":
    watched(Path(sys.argv[1]))
    raise SystemExit(main(sys.argv[2:]))
