"""Clipping, runs and repeats, told apart from the steps of a converter or a file.

Near its top a slow wave stays within one step for several samples: with 16 bit and a peak of -40 dBFS a string of 80 Hz
does for 20. So what stands still is no fault by itself. A ceiling is: all its runs lie at one value, and are reached by
a jump of many steps. So is a lost block: it begins or ends in the middle of the wave.
"""

from __future__ import annotations

import numpy as np

from ...audio.measures import mean_square, rms_dbfs
from ...decibels import gain_from_db
from ...trainer.layout import FULL_SCALE_24, RATE, VALIDATION
from .measures import Samples, runs_of_equal

FLAT = 3  # equal samples in a row at the ceiling are a flat top: no converter's noise repeats itself
GAP = 16  # equal samples in a row while the signal plays: something was not recorded
ON_GRID = 0.15  # of a step: a file that was scaled is rounded again
JUMP = 4  # steps between a run and its neighbour that no smooth wave makes there
TORN = 0.1  # of the RMS level around: by how much a wave that is cut off jumps
AROUND = RATE // 100  # samples
SHORTEST_HOLE, LONGEST_HOLE = 32, 6000  # samples
HISS_PEAK = 5.0  # times its RMS
SWINGS = 0.2  # of the power around: more than where a wave crosses zero
SOFTEST_DBFS = -65.0  # RMS of dry in a hole
FELL, FELL_LESS = 1e-4, 3e-3  # of the power on both sides; the second where several that are long do, in hum, say
LONG_HOLE, SEVERAL = 256, 3  # samples, holes
LOUD_STEPS = 16.0  # RMS of wet on both sides, in steps
PERIODS = (16, 32, 48, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096)  # samples: blocks of sound systems
MORE = 1.3  # times dry at the end of a piece
AT_CEILING = 0.9  # of the loudest sample: what stands still there is clipped
FEW = 6  # pieces: gear that does so more often at both ends does it by itself
VERY_ALIKE, SOFT = 1.5, 0.02  # soft peaks of dry that lie so close do so by no chance
ASLEEP, TURNS = RATE // 50, RATE // 200  # samples of silence at both ends at once; of its edges, where gear wakes
LOUDER_TOO = 1.5  # times what it is silent at there
REPEATED_STEPS = 16  # RMS of a block in steps: what is softer may repeat itself
PERIODIC = 0.06  # of the power of what is played that a period before does not explain
SAME_SIGNS = 0.98  # of the samples of what is played, a period apart
SHORTEST_REPEAT = 48  # samples
GRID = 16  # samples: where repeats are looked for first
NORMALISED_DBFS = (0.0, -0.1, -0.2, -0.3, -0.5, -1.0, -3.0)  # what programs offer


def step_of(y: Samples) -> float:
    """The distance of neighbouring values of y, (n,): 2^-15 of 16 bit; also where a file was scaled afterwards.

    At least the step of 24 bit: finer ones are nobody's.
    """
    finest = 1.0 / FULL_SCALE_24
    for bits in (16, 20):
        scaled = np.asarray(y[: 30 * RATE], np.float64) * (1 << (bits - 1))
        if np.array_equal(scaled, np.round(scaled)):
            return 1.0 / (1 << (bits - 1))
    apart = np.diff(np.unique(y[: 10 * RATE]))
    if not len(apart):
        return finest
    smallest = float(apart.min())
    on_grid = np.abs(apart / smallest - np.round(apart / smallest)) < ON_GRID
    if smallest < 8 * finest or np.mean(on_grid) < 0.9:
        return finest
    return float(np.median(apart[apart < 1.5 * smallest]))


def flat_tops(y: Samples, step: float | None = None) -> int:
    """How many runs of equal samples lie at the highest or the lowest value of y, (n,), reached by a jump."""
    step = step_of(y) if step is None else step
    high, low = float(np.max(y)), float(np.min(y))
    loudest = max(high, -low)
    at_ceiling = (y >= high - step) if high > 0.5 * loudest else np.zeros(len(y), bool)
    at_floor = (y <= low + step) if low < -0.5 * loudest else np.zeros(len(y), bool)
    held = np.where(at_ceiling | at_floor, y, np.arange(len(y)) + 2.0)
    return sum(_jump(y, start, length) > JUMP * step for start, length in runs_of_equal(held, FLAT))


def _jump(y: Samples, start: int, length: int) -> float:
    """The larger step into a run or out of it."""
    into = abs(float(y[start] - y[start - 1])) if start else 0.0
    out = abs(float(y[start + length] - y[start + length - 1])) if start + length < len(y) else 0.0
    return max(into, out)


def missing_pieces(x: Samples, y: Samples, step: float, floor_dbfs: float) -> list[tuple[int, int]]:
    """Where pieces of wet y are missing while dry x, (n,) each, aligned, plays: (start, length) of loose contacts, say.

    A starved fuzz is silent around the zeros of dry as well, and as long as a note stays below what wakes it. It is so
    at both ends of a take alike, which shows up to how much of dry, and wherever its drive was turned, again up to one
    level of dry; what is missing knows no level. Where a note lies just at what wakes it, noise decides when it does,
    otherwise at either end: but of what is as soft it is silent for longer as well, at both.
    """
    found = sorted({*gaps(x, y, step), *holes(x, y, floor_dbfs, step)})
    last = len(y) - VALIDATION
    first_end = [piece[0] for piece in found if piece[0] < VALIDATION]
    second_end = [piece[0] - last for piece in found if piece[0] >= last]
    twice = {at for at in first_end for other in second_end if abs(at - other) < AROUND}
    by_itself = [piece for piece in found if piece[0] in twice or len(first_end) + len(second_end) > FEW]
    by_itself = [piece for piece in by_itself if piece[0] < VALIDATION or piece[0] >= last]
    asleep = LOUDER_TOO * asleep_up_to(x, y, step, floor_dbfs)
    found = [piece for piece in found if _is_in_full_swing(x, piece) and _peak(x, piece) > asleep]
    if by_itself:
        most = float(np.percentile([_peak(x, piece) for piece in by_itself], 95))
        found = [piece for piece in found if _peak(x, piece) > 3 * most]
    low, high = np.percentile([_peak(x, piece) for piece in found] or [1.0], (10, 90))
    knows_a_level = high < 3 * low if by_itself else high < min(VERY_ALIKE * low, SOFT)
    return [] if len(found) > FEW and knows_a_level else found


def asleep_up_to(x: Samples, y: Samples, step: float, floor_dbfs: float) -> float:
    """The magnitude of dry x up to which wet y, (n,) each, aligned, is silent at both ends; 0: it never is."""
    quiet = np.abs(y) < max(HISS_PEAK * gain_from_db(floor_dbfs), 1.01 * step)
    twice = quiet[:VALIDATION] & quiet[-VALIDATION:]
    played = np.abs(x[:VALIDATION])
    runs = [(start, length) for start, length in runs_of_equal(twice, ASLEEP) if twice[start]]
    return max((float(played[start + TURNS : start + length - TURNS].max()) for start, length in runs), default=0.0)


def _is_in_full_swing(x: Samples, piece: tuple[int, int]) -> bool:
    """Whether dry is larger within a piece than at one end of it; where a starved fuzz is silent it is not."""
    start, stop = piece[0], sum(piece)
    ends = (abs(float(x[max(0, start - 1)])), abs(float(x[min(stop, len(x) - 1)])))
    return _peak(x, piece) > MORE * min(ends)


def _peak(x: Samples, piece: tuple[int, int]) -> float:
    return float(np.abs(x[piece[0] : sum(piece)]).max(initial=0.0))


def gaps(x: Samples, y: Samples, step: float | None = None) -> list[tuple[int, int]]:
    """Where wet y stands still while dry x, (n,) each, plays and sound is around: (start, length) of blocks."""
    step = step_of(y) if step is None else step
    found, ceiling = [], AT_CEILING * float(np.abs(y).max(initial=0.0))
    for start, length in runs_of_equal(y, GAP):
        around = y[max(0, start - AROUND) : start + length + AROUND]
        played = x[start : start + length]
        level = mean_square(around) ** 0.5
        # The median: a single sample in a long silence, heard a few samples later, is no playing.
        plays = rms_dbfs(played) > -50 and np.median(np.abs(played)) > 1e-3
        if plays and abs(y[start]) < ceiling and _jump(y, start, length) > max(2 * JUMP * step, TORN * level):
            found.append((start, length))
    return found


def holes(x: Samples, y: Samples, floor_dbfs: float, step: float) -> list[tuple[int, int]]:
    """Where wet y falls into its own noise, of `floor_dbfs` RMS, while dry x, (n,) each, swings: (start, length).

    A loose contact does that; a gate stays closed for longer. Wet is loud on both sides: what fades, as a sweep does in
    a cabinet, is no hole.
    """
    found: list[tuple[int, int]] = []
    doubtful: list[tuple[int, int]] = []
    quiet = np.abs(y) < HISS_PEAK * gain_from_db(floor_dbfs)
    for start, length in runs_of_equal(quiet, SHORTEST_HOLE):
        if not quiet[start] or length > LONGEST_HOLE:
            continue
        part, around = slice(start, start + length), slice(max(0, start - AROUND), start + length + AROUND)
        if mean_square(x[part]) < SWINGS * mean_square(x[around]) or rms_dbfs(x[part]) < SOFTEST_DBFS:
            continue
        beside = min(mean_square(y[around.start : start + 1]), mean_square(y[start + length - 1 : around.stop]))
        if beside <= (LOUD_STEPS * step) ** 2:
            continue
        if mean_square(y[part]) < FELL * beside:
            found.append((start, length))
        elif length >= LONG_HOLE and mean_square(y[part]) < FELL_LESS * beside:
            doubtful.append((start, length))
    return found + (doubtful if len(doubtful) >= SEVERAL else [])


def repeats(y: Samples, step: float | None = None, dry: Samples | None = None) -> list[int]:
    """Samples of y, (n,), where a block begins that is exactly the one before it, as a sound system plays it again.

    `dry`: (n,), what was played; where that nearly repeats itself, y may do so to the step: a fuzz has one level.
    """
    step = step_of(y) if step is None else step
    found: list[int] = []
    for period in PERIODS:
        coarse = y[period::GRID] == y[:-period:GRID]
        if not np.any(coarse[:-2] & coarse[1:-1] & coarse[2:]):
            continue
        same = y[period:] == y[:-period]
        for start, length in runs_of_equal(same, max(SHORTEST_REPEAT, period * 3 // 4)):
            block = y[start + period : start + period + length]
            if not same[start] or np.ptp(block) == 0 or np.std(block) <= REPEATED_STEPS * step:
                continue
            played = None if dry is None else dry[start : start + period + length]
            if played is None or not _nearly_repeats_itself(played, period):
                found.append(start + period)
    return sorted(found)


def _nearly_repeats_itself(x: Samples, period: int) -> bool:
    """Whether x, (n,), has that period but for its level: a string that dies away, a slow sweep for a few cycles.

    A fuzz that knows two levels only makes no more of it than its signs.
    """
    late, early = x[period:], x[:-period]
    if np.mean(np.sign(late) == np.sign(early)) >= SAME_SIGNS:
        return True
    gain = float(np.dot(late, early)) / (float(np.dot(early, early)) + 1e-30)
    return bool(mean_square(late - gain * early) < PERIODIC * mean_square(late))


def normalised_to_dbfs(y: Samples, step: float | None = None) -> float | None:
    """The peak of y, (n,), in dBFS where it is a round figure to within a step: the file was normalised. Else None."""
    step = step_of(y) if step is None else step
    highest = float(np.abs(y).max(initial=0.0))
    for peak_dbfs in NORMALISED_DBFS:
        wanted = gain_from_db(peak_dbfs)
        if abs(highest - wanted) < 0.51 * step or (peak_dbfs == 0 and 1 - 1.01 * step <= highest <= 1):
            return peak_dbfs
    return None
