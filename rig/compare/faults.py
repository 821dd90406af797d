"""What is wrong with a pair itself, seen by its dry and wet alone: no model has a say in it.

A take that was made with two clocks, that lost a buffer, or in which the gear fell silent cannot be nulled by the best
model there is. Whoever blames the model for it throws a good one away.
"""

from __future__ import annotations

import math
from typing import Any

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
    at_s, lags = _lags_along(dry, wet, lag_samples, rate)
    if len(lags) < FEWEST:
        return None
    step, place, of_step = _step(lags)
    slope, of_line = _line(at_s, lags)
    drift = slope * len(dry) / rate
    if of_step < of_line and abs(step) > max(JUMPS_SAMPLES, STANDS_OUT * of_step):
        near_s = at_s[place : place + 2].mean()
        return (
            f"{name} jumps by {step:+z.1f} samples near {near_s:.1f} s: a buffer was lost there, and no alignment "
            "holds on both sides of it"
        )
    spread = math.sqrt(float(np.sum((at_s - at_s.mean()) ** 2))) / (len(dry) / rate)
    if abs(drift) > max(MOVES_SAMPLES, STANDS_OUT * of_line / spread):
        by = f"{drift:+z.2f} samples ({1e6 * slope / rate:+z.1f} ppm)"
        return f"{name} drifts by {by} from its start to its end: it was made with two clocks"
    return None


def _lags_along(dry: Signal, wet: Signal, lag_samples: float, rate: int) -> tuple[Signal, Signal]:
    """Where it could be measured, in s, and how much later wet is there, in samples."""
    window = round(min(LONGEST_S * rate, len(dry) / WINDOWS))
    found: list[tuple[float, float]] = []
    if window < SHORTEST_S * rate:
        return np.zeros(0), np.zeros(0)
    base = round(lag_samples)
    first, last = max(0, -base), min(len(dry), len(wet) - base) - window
    for start in np.linspace(first, last, WINDOWS).astype(int) if last > first else ():
        a, b = dry[start : start + window], wet[start + base : start + base + window]
        # Whitened: gear delays low notes more than high ones, and they are not spread evenly over a take.
        lag = find_lag(a, b, whiten=True, max_lag_samples=round(REACH_S * rate), sample_rate=rate)
        if lag.is_certain:
            found.append(((start + window / 2) / rate, base + lag.samples))
    at_s, lags = np.array(found, np.float64).reshape(-1, 2).T
    return at_s, lags


def _line(at_s: Signal, lags: Signal) -> tuple[float, float]:
    """Samples per second, and the standard deviation of what the straight line leaves."""
    slope, offset = np.polyfit(at_s, lags, 1)
    rest = lags - (slope * at_s + offset)
    return float(slope), math.sqrt(float(np.sum(rest**2)) / (len(lags) - 2))


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
