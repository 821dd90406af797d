"""Recordings that are whole: repeated until the server has not torn them, or refused."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from ...dsp.tape import Tape
from ...engine import Engine
from ...errors import BackendError
from ..matching import Signal

TRIES = 5
NOTIFIED_S = 0.15  # xruns are told late
STANDS_STILL_S = 3.0
SLACK_SAMPLES = 8192  # two tapes may start one cycle apart


class Takes:
    """Recordings of one engine. `host`: the backend's counters. `wait`: let some time pass."""

    def __init__(
        self,
        engine: Engine,
        host: Any,
        wait: Callable[[], None] | None = None,
        settle_s: float = NOTIFIED_S,
        tries: int = TRIES,
    ) -> None:
        self.engine, self.host, self.settle_s, self.tries = engine, host, settle_s, tries
        self.wait = wait if wait is not None else lambda: time.sleep(0.005)
        self._expected, self._taken, self._going = 0, 0, 0  # samples of a measurement

    def expect(self, samples: int) -> None:
        """A measurement begins, of so many samples in all; 0: it is over."""
        self._expected, self._taken, self._going = samples, 0, 0

    @property
    def done(self) -> float:
        """How much of a measurement has been recorded, 0 to 1; NaN: nothing is recorded for one. From any thread."""
        expected = self._expected
        return min(1.0, (self._taken + self._going) / expected) if expected else math.nan

    def bounce(self, signal: Signal) -> Signal:
        """Send a signal to the gear; what comes back meanwhile, as long."""
        return self._whole(lambda: [self.engine.probe(signal, signal.size)])[0].take.copy()

    def both(self, samples: int) -> tuple[Signal, Signal]:
        """What comes in and what comes back, sample by sample beside each other."""
        length = samples + SLACK_SAMPLES
        tapes = self._whole(lambda: [self.engine.take(length, "input"), self.engine.take(length, "return")])
        starts = [int(tape.record["start_frame"]) for tape in tapes]
        late = (starts[1] - starts[0] + (1 << 31)) % (1 << 32) - (1 << 31)
        first, second = max(0, late), max(0, -late)
        if max(first, second) > SLACK_SAMPLES:
            raise BackendError("The server lost time during a recording; try again.")
        return tapes[0].take[first : first + samples].copy(), tapes[1].take[second : second + samples].copy()

    def _whole(self, begin: Callable[[], list[Tape]]) -> list[Tape]:
        for _ in range(self.tries):
            tapes = begin()
            self._await(tapes)
            self._going = 0
            until = time.monotonic() + self.settle_s
            while time.monotonic() < until:
                self.wait()
            if all(tape.intact(int(self.host["xruns"]), int(self.host["resizes"])) for tape in tapes):
                self._taken += tapes[0].take.size
                return tapes
        raise BackendError(f"The server lost samples in each of {self.tries} takes (xruns): a larger period helps.")

    def _await(self, tapes: list[Tape]) -> None:
        cycles, moved = int(self.host["cycles"]), time.monotonic()
        while any(tape.state in ("armed", "running") for tape in tapes):
            self.wait()
            self._going = int(tapes[0].record["position_samples"])
            if self.host["gone"]:
                raise BackendError("The JACK server has gone during the measurement; start it and try again.")
            if int(self.host["cycles"]) != cycles:
                cycles, moved = int(self.host["cycles"]), time.monotonic()
            elif time.monotonic() - moved > STANDS_STILL_S:
                raise BackendError("The JACK server stands still; nothing can be measured.")
