"""What is wrong with a pair itself, seen by its dry and wet alone: no model has a say in it.

A take that was made with two clocks, that lost a buffer, or in which the gear fell silent cannot be nulled by the best
model there is. Whoever blames the model for it throws a good one away.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..audio.align import find_lag
from ..decibels import db_from_powers

Signal = NDArray[Any]

WINDOWS = 8  # places along the take at which the lag is measured
LONGEST_S, SHORTEST_S = 4.0, 0.4  # of such a window
FEWEST = 5  # of them have to show a lag before anything is said of its course
REACH_S = 0.05  # of a lag beside the one of the whole take
MOVES_SAMPLES = 0.25  # a lag that moves less leaves a null of at least -26 dB at 3 kHz, and a deeper one below
JUMPS_SAMPLES = 2.0  # a lost buffer has at least 16; less is gear that delays one passage more than another
STANDS_OUT = 6.0  # so many times its own uncertainty

FRAME_S = 0.05
PLAYED_DB = 20.0  # below the loudest frame of the dry signal: no gate that belongs to the gear is closed there
ALIKE_DB = 6.0  # dry frames within so much are held against each other
FALLS_DB = 30.0  # below what the gear gives for alike frames elsewhere
USUAL_PERCENTILE = 90.0  # of the alike frames: what the gear gives when it plays, were it silent in most of them
SILENT_S = 0.25  # a shorter one is a dropped note


def lag_fault(dry: Signal, wet: Signal, lag_samples: float, rate: int, name: str) -> str | None:
    """Whether the lag of wet behind dry, both (n,), moves along the take, as a sentence about the file `name`.

    A straight line is two clocks, a step is a lost buffer. Where the single lags scatter so much that neither can be
    told from chance, nothing is said.
    """
    window = round(min(LONGEST_S * rate, len(dry) / WINDOWS))
    if window < SHORTEST_S * rate:
        return None
    # Whitened: gear delays low notes more than high ones, and they are not spread evenly over a take.
    at_s, lags = lags_along(dry, wet, round(lag_samples), rate, window=window, windows=WINDOWS, whiten=True)
    course = course_of(at_s, lags)
    if course is None:
        return None
    if course.is_jump:
        return jump_sentence(name, course)
    drift = course.slope * len(dry) / rate
    if abs(drift) > max(MOVES_SAMPLES, STANDS_OUT * course.slope_deviation * len(dry) / rate):
        by = f"{drift:+z.2f} samples ({1e6 * course.slope / rate:+z.1f} ppm)"
        return f"{name} drifts by {by} from its start to its end: it was made with two clocks"
    return None


def jump_sentence(name: str, course: Course) -> str:
    """What is said of a file that jumps."""
    return (
        f"{name} jumps by {course.step:+z.1f} samples near {course.step_at_s:.1f} s: a buffer was lost there, and no "
        "alignment holds on both sides of it"
    )


class Course(NamedTuple):
    """How a lag runs along a take: the straight line through it, and the largest step in it, in samples.

    `slope` and its standard deviation in samples per second, `offset` at 0 s. `deviation`: of the lags from the line;
    `roughness`: the squares of the steps between neighbours re those of the deviations, 2 for chance and near 0 for
    what moves slowly (J. von Neumann, "Distribution of the ratio of the mean square successive difference", 1941).
    """

    slope: float
    slope_deviation: float
    offset: float
    deviation: float
    roughness: float
    step: float
    step_at_s: float
    is_jump: bool  # a step describes it better than a line, and it stands out


def course_of(at_s: Signal, lags: Signal) -> Course | None:
    """Of lags in samples at times in s, (n,) each; None: too few to say anything."""
    if len(lags) < FEWEST:
        return None
    step, place, of_step = _step(lags)
    slope, offset = (float(value) for value in np.polyfit(at_s, lags, 1))
    rest = lags - (slope * at_s + offset)
    of_line = math.sqrt(float(np.sum(rest**2)) / (len(lags) - 2))
    is_jump = of_step < of_line and abs(step) > max(JUMPS_SAMPLES, STANDS_OUT * of_step)
    spread = math.sqrt(float(np.sum((at_s - at_s.mean()) ** 2)))
    roughness = float(np.sum(np.diff(rest) ** 2) / max(float(np.sum(rest**2)), 1e-20))
    return Course(
        slope, of_line / spread, offset, of_line, roughness, step, float(at_s[place : place + 2].mean()), is_jump
    )


def lags_along(
    dry: Signal, wet: Signal, base: int, rate: int, *, window: int, windows: int, whiten: bool, reach_s: float = REACH_S
) -> tuple[Signal, Signal]:
    """Where it could be measured, in s of dry, and how much later wet is there, in samples: looked for around `base`.

    `window`: samples of each of the `windows` places, which are spread evenly over what both hold.
    """
    found: list[tuple[float, float]] = []
    first, last = max(0, -base), min(len(dry), len(wet) - base) - window
    for start in np.linspace(first, last, windows).astype(int) if last > first else ():
        a, b = dry[start : start + window], wet[start + base : start + base + window]
        lag = find_lag(a, b, whiten=whiten, max_lag_samples=round(reach_s * rate), sample_rate=rate)
        if lag.is_certain:
            found.append(((start + window / 2) / rate, base + lag.samples))
    at_s, lags = np.array(found, np.float64).reshape(-1, 2).T
    return at_s, lags


def _step(lags: Signal) -> tuple[float, int, float]:
    """The step that leaves the least: its size, the window before it, and the standard deviation of what is left.

    The window with the step in it shows either lag, or neither, and is left out. A single window is no other lag.
    """
    best = (0.0, 0, math.inf)
    for place in range(2, len(lags) - 2):
        before, after = lags[:place], lags[place + 1 :]
        rest = np.concatenate([before - before.mean(), after - after.mean()])
        left = math.sqrt(float(np.sum(rest**2)) / max(1, len(rest) - 2))
        if left < best[2]:
            nearer_after = abs(lags[place] - after.mean()) < abs(lags[place] - before.mean())
            best = float(after.mean() - before.mean()), place - nearer_after, left
    return best


def silence_fault(dry: Signal, wet: Signal, span: slice, rate: int, name: str) -> str | None:
    """Whether the gear falls silent in the judged span while it is played, as a sentence about the file `name`."""
    frame = round(FRAME_S * rate)
    levels_db = [_frame_levels_db(x[span], frame) for x in (dry, wet)]
    if not len(levels_db[0]):
        return None
    of_dry, of_wet = levels_db
    played = np.flatnonzero(of_dry > of_dry.max() - PLAYED_DB)
    kinds = ((of_dry.max() - of_dry[played]) // ALIKE_DB).astype(int)
    silent = np.zeros(len(played), bool)
    for kind in np.unique(kinds):
        alike = kinds == kind
        usual_db = np.percentile(of_wet[played][alike], USUAL_PERCENTILE)
        silent[alike] = of_wet[played][alike] < usual_db - FALLS_DB
    longest: tuple[int, int] = (0, 0)
    run: tuple[int, int] | None = None
    for is_silent, at in zip(silent.tolist(), played.tolist(), strict=True):
        run = (at if run is None else run[0], at + 1) if is_silent else None
        if run is not None and run[1] - run[0] > longest[1] - longest[0]:
            longest = run
    if (longest[1] - longest[0]) * FRAME_S < SILENT_S:
        return None
    from_s, to_s = (span.start / rate + place * FRAME_S for place in _widened(of_wet, *longest))
    return (
        f"{name} is silent from {from_s:.1f} to {to_s:.1f} s while the gear is played "
        f"({to_s - from_s:.1f} of the {(span.stop - span.start) / rate:.1f} s that are judged)"
    )


def _widened(levels_db: NDArray[np.float64], first: int, stop: int) -> tuple[int, int]:
    """A run of silent frames with the frames beside it that are as silent, played or not."""
    floor_db = levels_db[first:stop].min() + ALIKE_DB
    while first > 0 and levels_db[first - 1] < floor_db:
        first -= 1
    while stop < len(levels_db) and levels_db[stop] < floor_db:
        stop += 1
    return first, stop


def _frame_levels_db(x: Signal, frame: int) -> NDArray[np.float64]:
    count = len(x) // frame
    power = np.mean(np.square(np.asarray(x[: count * frame], np.float64).reshape(count, frame)), axis=1)
    return db_from_powers(np.maximum(power, 1e-20))
