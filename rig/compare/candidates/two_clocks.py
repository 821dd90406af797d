"""Whether a recording was made with another clock than the take, and how much faster that ran.

A clock is no property of a sound: a box that was recorded with another interface sounds as it sounds, and 100 ppm are a
sixth of a cent. So a plain difference of clocks is measured, stated, and taken out (`stretch.py`) before the figures.
What no clock explains (a lost buffer, a lag that moves unevenly) cannot be taken out, and leaves no figure to believe.

Two looks. Against the dry file, whitened, the lag is that of the gear's timing whatever its sound, to a part of a
sample. Against the wet file, whose sound is nearly the same, it is known to thousandths, and a drift is believed if
taking it out deepens the null.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...audio.align import find_lag, shifted
from ...audio.measures import best_gain, esr
from ..faults import MOVES_SAMPLES, STANDS_OUT, Course, course_of, jump_sentence, lags_along
from ..pair import MAX_LAG_SAMPLES, Take
from .stretch import stretched

Signal = NDArray[np.float64]

LONGEST_S, SHORTEST_S = 1.0, 0.25  # of a window: within the longest a clock of 100 ppm moves by 5 samples
LEAST_PARTS = 4  # a window is no longer than such a part of what both hold
MOST_WINDOWS = 24
FINE_SAMPLES = 0.005  # less drift than that over the whole changes no figure
FINE_REACH_S = 0.002
NEAR_SAMPLES = 512
OUTLIERS = 6.0  # median deviations from the line: a window that found another note
LEAST_DEVIATION = 0.02  # samples
SLOW, VERY_SLOW = 0.4, 0.2  # of windows that overlap by half: no chance is as smooth in both looks, or in one of them


@dataclass(frozen=True, slots=True)
class Place:
    """The dry file's sample i lies at `begin + step * i` of the recording.

    `is_known`: whether a difference of clocks would have been seen. `confidence`: the correlation of the two sounds, 0
    to 1. `fault`: a sentence without the full stop.
    """

    begin: float
    step: float = 1.0
    is_known: bool = False
    confidence: float = 0.0
    fault: str | None = None

    def laid(self, x: Signal, start: int, stop: int) -> Signal:
        """x in step with the samples `start` to `stop` of the dry file; silence where it holds nothing."""
        if self.step != 1.0:
            return stretched(x, self.begin + self.step * start, self.step, stop - start)
        y, first = np.zeros(stop - start), start + round(self.begin)
        there = slice(max(0, first), max(0, min(len(x), first + len(y))))
        y[there.start - first : there.stop - first] = x[there] if there.stop > there.start else 0.0
        return y

    def span(self, x: Signal, length: int) -> slice:
        """The samples of a dry file of `length` that x holds."""
        first, last = (-self.begin) / self.step, (len(x) - 1 - self.begin) / self.step
        start = max(0, int(np.ceil(first - 1e-6)))
        return slice(start, max(start, min(length, int(np.floor(last + 1e-6)) + 1)))


def place(take: Take, x: Signal, later: int, name: str) -> Place:
    """The clock of x, (m,), a recording that lies about `later` samples behind the dry file."""
    rate = take.sample_rate
    # What is no later than gear may be stays as it is, like a model: it is aligned with the gear's take anyway.
    found = Place(0.0 if abs(later) <= NEAR_SAMPLES else float(later))
    course, length_s = _course(take.dry, x, later, rate, whiten=True)
    jump = None
    if course is not None and course.is_jump:
        jump = jump_sentence(name, course)
    elif course is not None and abs(course.slope * length_s) > max(MOVES_SAMPLES, _noticed(course, length_s)):
        found = Place(course.offset, 1.0 + course.slope / rate)
    held = found.span(x, len(take.dry))
    y, wet = found.laid(x, held.start, held.stop), take.wet[held]
    if not len(y):
        return found
    lag = find_lag(wet, y, max_lag_samples=min(MAX_LAG_SAMPLES, len(y) // 2), sample_rate=rate)
    finer = None
    if lag.is_certain and jump is None:
        finer, _ = _course(wet, y, round(lag.samples), rate, whiten=False)
        if finer is not None and abs(finer.slope * length_s) > max(FINE_SAMPLES, _noticed(finer, length_s)):
            better = replace(found, step=found.step * (1.0 + finer.slope / rate))
            if _left(take, x, better) < _left(take, x, found):
                found = better
    seen = [each.slope_deviation * length_s for each in (course, finer) if each is not None and not each.is_jump]
    is_known = bool(seen) and 2 * min(seen) < MOVES_SAMPLES
    if found.step != 1.0:
        course, _ = _course(take.dry, found.laid(x, 0, len(take.dry)), 0, rate, whiten=True)
    uneven = _uneven(course, finer, length_s, name)
    return replace(found, is_known=is_known, confidence=lag.confidence, fault=jump or uneven)


def _noticed(course: Course, length_s: float) -> float:
    """The drift over so long, in samples, from which on it is no chance."""
    return STANDS_OUT * course.slope_deviation * length_s


def _left(take: Take, x: Signal, found: Place) -> float:
    """The ESR with lag, polarity and level taken out, over what is judged."""
    held = found.span(x, len(take.dry))
    judged = slice(max(held.start, take.span.start), min(held.stop, take.span.stop))
    if judged.stop - judged.start < 2:
        return 1.0
    wet, y = take.wet[judged], found.laid(x, judged.start, judged.stop)
    lag = find_lag(y, wet, max_lag_samples=min(MAX_LAG_SAMPLES, len(y) // 2), sample_rate=take.sample_rate)
    aligned = lag.polarity * shifted(y, lag.samples)
    return esr(best_gain(aligned, wet) * aligned, wet)


def _uneven(course: Course | None, finer: Course | None, length_s: float, name: str) -> str | None:
    """What is said of a recording whose lag still moves with its clock taken out."""
    if course is None:
        return None
    drifts = abs(course.slope * length_s) > max(MOVES_SAMPLES, _noticed(course, length_s))
    is_slow = course.roughness < (VERY_SLOW if finer is None else SLOW) and (finer is None or finer.roughness < SLOW)
    wanders = is_slow and course.deviation > MOVES_SAMPLES
    if course.is_jump or drifts or wanders:
        return f"{name} drifts unevenly: no difference between two clocks explains it, and no alignment holds"
    return None


def _course(of: Signal, x: Signal, later: int, rate: int, *, whiten: bool) -> tuple[Course | None, float]:
    """How the lag of x behind `of` runs, and over how many s."""
    first, last = max(0, -later), min(len(of), len(x) - later)
    window = round(min(LONGEST_S * rate, (last - first) / LEAST_PARTS))
    if window < SHORTEST_S * rate:
        return None, 0.0
    windows = min(MOST_WINDOWS, 2 * (last - first) // window - 1)
    reach = {} if whiten else {"reach_s": FINE_REACH_S}
    at_s, lags = lags_along(of, x, later, rate, window=window, windows=windows, whiten=whiten, **reach)
    length_s = len(of) / rate
    course = course_of(at_s, lags)
    if course is None or course.is_jump:
        return course, length_s
    rest = np.abs(lags - np.median(lags) - _middle_slope(at_s, lags) * (at_s - np.median(at_s)))
    kept = rest <= OUTLIERS * max(LEAST_DEVIATION, float(np.median(rest)))
    return course_of(at_s[kept], lags[kept]), length_s


def _middle_slope(at_s: Signal, lags: Signal) -> float:
    """The median of the slopes between any two (Theil and Sen), which single windows cannot pull."""
    i, j = np.triu_indices(len(lags), 1)
    return float(np.median((lags[j] - lags[i]) / np.maximum(at_s[j] - at_s[i], 1e-9)))
