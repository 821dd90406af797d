"""Where in a recording the dry file begins: to a sample, though the two begin seconds apart and run on two clocks.

A clock that is 100 ppm off moves by 288 samples within a minute, and no single delay fits the whole of it. So short
windows of the recording are looked for in the dry file, where it is loudest, in each third of it. Whitened, as gear is
compared with its own input: what is found is the time of the dry file, whatever the gear made of its sound. What is too
dark or too driven for that is looked for in the gear's own take.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...audio.align import ENOUGH, find_lag

Signal = NDArray[np.float64]

SEARCH_S = 30.0  # so much earlier or later than the dry file a recording may begin
WINDOW_S = 2.0
PARTS = 3
NEAR_S = 0.05  # what two windows may lie apart: the drift of a bad clock; more is a piece that was lost
FINE_S = 0.005
AGREE_S = 0.0005  # the drift of a clock that is 500 ppm off, from one half of a window to the other
LEAST_OF_WINDOW = 0.5  # has to lie within the dry file


class Found(NamedTuple):
    """One window: at a time of the recording in s, so many samples later than in the dry file."""

    at_s: float
    later: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Search:
    """How much later the recording is than the dry file, in samples, by the window that says it best.

    `elsewhere`: a window that is somewhere else, so that a piece is missing in between, or was put in; None: there is
    none. `confidence`: 0 to 1; below ENOUGH the dry file was not found.
    """

    best: Found
    elsewhere: Found | None

    @property
    def is_certain(self) -> bool:
        """Whether the dry file is in it at all."""
        return self.best.confidence >= ENOUGH


def search(of: Signal, x: Signal, rate: int, *, whiten: bool) -> Search:
    """The dry file, (n,), in a recording, (m,), whitened; or a take of it whose sound is alike, as it is."""
    ears = _Ears(of, x, rate, whiten)
    window = min(round(WINDOW_S * rate), len(x))
    starts = _loud_places(x, window)
    near = round(NEAR_S * rate)
    found: list[Found] = []
    for start in starts:
        known = [ears.beside(start, window, round(one.later), near) for one in found]
        if not any(one.confidence >= ENOUGH for one in known):
            found.append(ears.far(start, window))
    # A passage that is played twice is found in either place: the whole of the recording fits in one of them only.
    ways = [[ears.beside(start, window, round(one.later), near) for start in starts] for one in found]
    way = max(ways, key=lambda windows: sum(one.confidence for one in windows))
    best = max(way, key=lambda one: one.confidence)
    lost = [one.at_s for one in way if one.confidence < ENOUGH]
    apart = [
        one for one in found if one.at_s in lost and one.confidence >= ENOUGH and abs(one.later - best.later) > near
    ]
    return Search(best, apart[0] if apart and best.confidence >= ENOUGH else None)


def _loud_places(x: Signal, window: int) -> list[int]:
    """Where the loudest windows of the thirds of x begin."""
    parts = max(1, min(PARTS, len(x) // window))
    power = np.concatenate([[0.0], np.cumsum(np.square(x))])
    starts = []
    for first in np.linspace(0, len(x), parts, endpoint=False).astype(int):
        last = max(first, min(first + len(x) // parts, len(x)) - window)
        starts.append(int(first + np.argmax(power[first + window : last + window + 1] - power[first : last + 1])))
    return starts


@dataclass(frozen=True, slots=True)
class _Ears:
    """Looks for windows of x in `of`, both at that rate."""

    of: Signal
    x: Signal
    rate: int
    whiten: bool

    def far(self, start: int, window: int) -> Found:
        """A window of x, looked for far and wide."""
        reach = round(SEARCH_S * self.rate)
        first = max(0, start - reach)
        around = self.of[first : start + window + reach]
        if not len(around):
            return Found(start / self.rate, 0.0, 0.0)
        ahead = np.zeros(start - first + window)
        ahead[start - first :] = self.x[start : start + window]
        found = find_lag(around, ahead, whiten=self.whiten, max_lag_samples=reach, sample_rate=self.rate)
        # How well the two agree is told by the window alone: most of what it was looked for in is other music.
        return self.beside(start, window, round(found.samples), round(FINE_S * self.rate))

    def beside(self, start: int, window: int, later: int, reach: int) -> Found:
        """A window of x that is about so much later; both its halves have to say so: a single click fits anywhere."""
        of, x, rate, lags, half = self.of, self.x, self.rate, [], window // 2
        for first in (start, start + half):
            begin, end = max(0, first - later), min(len(of), first - later + half)
            if end - begin < LEAST_OF_WINDOW * half or not x[begin + later : end + later].any():
                return Found(start / rate, float(later), 0.0)
            piece = x[begin + later : end + later]
            lags.append(find_lag(of[begin:end], piece, whiten=self.whiten, max_lag_samples=reach, sample_rate=rate))
        one, other = lags
        if abs(one.samples - other.samples) > AGREE_S * rate:
            return Found(start / rate, float(later), 0.0)
        both = later + (one.samples + other.samples) / 2
        return Found(start / rate, both, min(one.confidence, other.confidence))
