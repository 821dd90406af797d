"""Equal loudness: how much louder or softer each cabinet has to be played to sound as loud as the others.

The louder of two sounds better, so a fair comparison needs the same loudness (ITU-R BS.1770), and what counts is how
loud the cabinet is *with this model and this playing*: it is measured on the model's own output for a loop. One target
holds for all cabinets: the loudest at which the peakiest of them stays below -1 dBFS. So it depends on what is
compared, not on what was heard first, and a soft file makes nothing soft.

    matching = Matching(output_of_the_model, 48000)
    while (key := matching.nearest(keys, current)) is not None:     # in a background thread
        matching.hear(key, irs[key])
    matching.gain_db(key)                                           # None: not matched yet
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..audio.loudness import BOTH_SPEAKERS, integrated_lufs
from ..decibels import db_from_gain, gain_from_db
from ..errors import RigError
from .ir import IR

CEILING_DBFS = -1.0
QUIETEST_DBFS = -90.0  # a loop below this is silence

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Heard:
    """The loop through one cabinet, both speakers counted."""

    loudness_lufs: float
    peak_dbfs: float


class Matching:
    """The gains that make many cabinets equally loud; fed by one thread, read by any.

    `output`: the model's output for one pass of the loop, shape (n,), at the session's rate, before the cabinet.
    `target_lufs`: no louder than this; None: as loud as fits. Keys are the caller's: a path, an index. Raises RigError
    for a loop that is empty, silent or not finite. `ceiling_dbfs` may be changed: what adds gain behind the loop lowers
    it.
    """

    def __init__(
        self,
        output: NDArray[Any],
        sample_rate: int,
        target_lufs: float | None = None,
        ceiling_dbfs: float = CEILING_DBFS,
    ) -> None:
        loop = np.array(output, np.float64)
        if loop.ndim != 1 or not loop.size or not np.isfinite(loop).all():
            raise RigError("Loudness cannot be matched: the loop has no samples, or some that are not numbers.")
        if np.abs(loop).max() < gain_from_db(QUIETEST_DBFS):
            raise RigError("Loudness cannot be matched: the loop is silent. Record a few bars and try again.")
        self._loop, self.sample_rate = loop, sample_rate
        self._wanted_lufs, self.ceiling_dbfs = target_lufs, ceiling_dbfs
        self.aim_lufs: float | None = None  # may be set: what all are to come out at from now on
        self._heard: dict[Hashable, Heard] = {}  # one is added or replaced in a single step
        self._lock = threading.Lock()

    def hear(self, key: Hashable, ir: IR) -> Heard:
        """Measure one cabinet; takes some 15 ms for 5 s. A cabinet that is heard again replaces what was measured."""
        if ir.sample_rate != self.sample_rate:
            raise RigError(f"{ir.name}: at {ir.sample_rate} Hz, the loop at {self.sample_rate} Hz.")
        heard = loop_through(self._loop, ir)
        with self._lock:
            self._heard[key] = heard
        return heard

    def forget(self, key: Hashable) -> None:
        """The cabinet is gone or has changed."""
        with self._lock:
            self._heard.pop(key, None)

    @property
    def count(self) -> int:
        """How many are matched."""
        return len(self._heard)

    def heard(self, key: Hashable) -> Heard | None:
        """What was measured; None: not yet."""
        return self._heard.get(key)

    @property
    def _wanted(self) -> float | None:
        return self._wanted_lufs if self.aim_lufs is None else self.aim_lufs

    @property
    def target_lufs(self) -> float | None:
        """What all matched cabinets come out at; None before the first one."""
        with self._lock:
            if not self._heard:
                return None
            return min(self._highest_lufs(heard) for heard in self._heard.values())

    def _highest_lufs(self, heard: Heard) -> float:
        """The loudest at which one cabinet stays below the ceiling, and no louder than was wanted."""
        # Peak minus loudness is what its peak would be at 0 LUFS.
        fits = self.ceiling_dbfs - (heard.peak_dbfs - heard.loudness_lufs)
        return fits if self._wanted is None else min(self._wanted, fits)

    def gain_db(self, key: Hashable, alone: bool = False) -> float | None:
        """What to add to this cabinet's own level; None: not matched yet. `alone`: the others lower nothing."""
        heard = self._heard.get(key)
        if heard is None:
            return None
        target = self._highest_lufs(heard) if alone else self.target_lufs
        return None if target is None else target - heard.loudness_lufs

    def nearest(self, keys: Sequence[Key], current: int) -> Key | None:
        """The one to hear next: the nearest to position `current` that is not matched yet, the next before the last."""
        for distance in range(len(keys)):
            for at in (current + distance, current - distance):
                if 0 <= at < len(keys) and keys[at] not in self._heard:
                    return keys[at]
        return None


def loop_through(loop: NDArray[np.float64], ir: IR) -> Heard:
    """Loudness and peak of a loop, shape (n,), through a cabinet, going round: its end rings on into its beginning."""
    from scipy.signal import oaconvolve

    n = loop.size
    whole = oaconvolve(loop[None, :], ir.taps.astype(np.float64), axes=1)
    rounds = -(-whole.shape[1] // n)
    rows = np.pad(whole, ((0, 0), (0, rounds * n - whole.shape[1]))).reshape(len(whole), rounds, n).sum(axis=1)
    peak = float(np.abs(rows).max())
    # Brought to full scale first: the standard's gate at -70 LUFS shall not depend on the level of the file.
    scale = (BOTH_SPEAKERS if ir.channels == 1 else 1.0) / peak
    loudness_lufs = integrated_lufs(rows.T * scale, ir.sample_rate) + db_from_gain(peak)
    return Heard(loudness_lufs, db_from_gain(peak))
