"""After an overload: when the full model may come back.

The rig gives way by itself, but never comes back by itself: a sound that comes and goes is worse than a small one. So
it is offered, once, when there is a reason to think that it will last.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from statistics import median
from typing import Any

from ..carried import Carried

REMEMBERED = 100  # looks at the load, some ten a second
RECENT = 20  # of them, which the overload itself has coloured
FITS = 0.8  # a model that took less of the period before was thrown out by a burst
CALM, CALM_S = 0.6, 5.0  # so low for so long: the burst is over


class OverloadRecovery(Carried):
    """Watches the load of one engine. `record`: its LOAD. `clock`: seconds."""

    CARRIED = ("_fitted", "_frames", "_since")
    REMADE = ("_record", "_clock", "_shares")

    def __init__(self, record: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._record, self._clock = record, clock
        self._shares: deque[float] = deque(maxlen=REMEMBERED)
        self._fitted, self._frames = False, 0
        self._since: float | None = None  # the machine is calm; None: nothing is to be offered

    def forget(self) -> None:
        """Another model, or all of this one again."""
        self._shares.clear()
        self._since = None

    def overloaded(self) -> None:
        """The rig has just given way."""
        before = list(self._shares)[:-RECENT]
        self._fitted = bool(before) and median(before) < FITS
        self._frames, self._since = int(self._record["frames"]), self._clock()

    def offer(self) -> str | None:
        """Call it some ten times a second; a sentence when the full model may come back."""
        share, frames, now = float(self._record["smoothed_share"]), int(self._record["frames"]), self._clock()
        if self._since is None:
            self._shares.append(share)
            return None
        if frames > self._frames:
            self.forget()
            return f"The period is longer now ({frames} frames): {{restore}} brings the full model back."
        if share > CALM or not self._fitted:
            self._since = now
        if now - self._since < CALM_S:
            return None
        self.forget()
        return f"The machine has been calm for {CALM_S:.0f} s: {{restore}} brings the full model back."
