"""The pitch of one string, to a part of a cent, from the guitar as it comes in.

    decimate to about 6 kHz -> two spectra -> peaks -> which note they are overtones of -> a string fitted to them

The two spectra lie a quarter of a window apart. The phase that a partial goes through in between tells its frequency,
exactly for a string that dies away, however fast. What belongs to the hum of the mains is left out (`dsp/hum.py`). Of
all notes that could have made the other peaks the one is taken that explains most of them and lacks fewest of its own,
so a missing fundamental does not move it by an octave. A vibrato has no steady peaks: there the shortest time is taken
after which the last moments repeat (the normalised square difference of P. McLeod and G. Wyvill, 2005).
A stiff string is sharp in its overtones, f_n = n f_0 sqrt(1 + B n^2) (H. Fletcher, 1964): f_0 and B are fitted to all
partials, and the answer is the first one, which is what the ear and a strobe take for the note.

Plain numpy on a fraction of the samples, some ten times a second; the audio thread has no part in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..decibels import db_from_gains, db_from_power, gains_from_db
from .hum import HumWatch, hum_among, is_stiff

Signal = NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ = 28.0, 1420.0
RATE_HZ = 6000.0  # about, after decimation
PASS_HZ = 2200.0  # flat up to here, and nothing folds back below it
WINDOW_S = 0.34  # ten periods of a B0: its partials stand apart
QUIETEST_DBFS = -84.0  # RMS of the window: below this nobody plays
PEAKS, PEAKS_OF_NOTE = 60, 20  # the strongest ones count: with hum, and without
WEAKEST_DB = -50.0  # a peak, below the strongest one
STANDS_OUT_DB = 15.0  # a peak, above what lies around it
OVERTONES = 10  # further up a stiff string is off by a whole overtone
STRONG_DB = -35.0  # what tells the note are the peaks above this, below the strongest one
LACKING = 0.7  # what a note loses for the overtones it lacks, as a share of what it gains by the peaks it explains
CLEAR = 0.6  # of both together: below this it is no note, or several
OFF = 0.006  # a peak may lie so far from the overtone it is taken for; further up where strings are stiff
STIFFEST = 1.5e-3  # B of the stiffest string that is believed
APART_CENTS = 5.0  # a partial further from the fit belongs to something else
FAR_BELOW_HUM_DB = -15.0  # what is so far below the hum is not tuned
MOVING_S = 0.06  # of a vibrato, in which its pitch hardly moves
LOWEST_MOVING_HZ = 200.0  # below the hum would repeat as well
REPEATS = 0.8  # of 1: how well it has to repeat
FIRST_OF = 0.9  # of the best repetition: the first one as good as this is the period


@dataclass(frozen=True, slots=True)
class Pitch:
    """What a string sounds: its first partial in Hz, how clearly it is one note (0 to 1), and its RMS level."""

    hz: float
    clarity: float
    level_dbfs: float


def blackman_harris(size: int) -> Signal:
    """The window of Harris (1978) whose side lobes stay below -92 dB: no partial disturbs another; shape (size,)."""
    turn = 2 * math.pi * np.arange(size) / size
    return np.asarray(0.35875 - 0.48829 * np.cos(turn) + 0.14128 * np.cos(2 * turn) - 0.01168 * np.cos(3 * turn))


class Decimator:
    """Samples at a session's rate become about 6 kHz; blocks of any length give the same output."""

    def __init__(self, sample_rate: float) -> None:
        self.factor = max(1, round(sample_rate / RATE_HZ))
        self.sample_rate = sample_rate / self.factor
        stop_hz = self.sample_rate - PASS_HZ
        beta, width = 8.0, 2 * math.pi * (stop_hz - PASS_HZ) / sample_rate
        count = math.ceil(80 / (2.285 * width)) | 1  # Kaiser's rule for 80 dB
        t = np.arange(count) - count // 2
        cutoff = 2 * (PASS_HZ + stop_hz) / 2 / sample_rate
        taps = cutoff * np.sinc(cutoff * t) * np.kaiser(count, beta)
        self._taps = taps / taps.sum()
        self._past = np.zeros(count - 1)

    def process(self, x: NDArray[np.floating]) -> Signal:
        """The next samples, (n,) to about (n / factor,)."""
        line = np.concatenate([self._past, x])
        if line.size < self._taps.size:
            self._past = line
            return np.zeros(0)
        windows = np.lib.stride_tricks.sliding_window_view(line, self._taps.size)[:: self.factor]
        y = windows @ self._taps
        self._past = line[len(windows) * self.factor :]
        return np.asarray(y)


class PitchFinder:
    """Follows a guitar: `hear` its newest samples, then ask for the `pitch` of the last moments."""

    def __init__(self, sample_rate: float) -> None:
        self._decimator = Decimator(sample_rate)
        self._rate = self._decimator.sample_rate
        self._window = blackman_harris(2 * round(WINDOW_S * self._rate / 2))
        self._hop = self._window.size // 4
        self._line = np.zeros(self._window.size + self._hop)
        self._lacks = self._line.size
        self._hum = HumWatch()

    def hear(self, x: NDArray[np.floating]) -> None:
        """The next samples of the guitar, (n,)."""
        new = self._decimator.process(x)[-self._line.size :]
        self._line = np.concatenate([self._line[new.size :], new])
        self._lacks = max(0, self._lacks - new.size)
        self._hum.go_on(new.size / self._rate)

    def pitch(self) -> Pitch | None:
        """The note of the last moments; None: silence, no clear note, or too little heard."""
        line = self._line - self._line.mean()
        now, then = line[self._hop :], line[: -self._hop]
        level_dbfs = db_from_power(float(np.mean(now**2)) + 1e-30)
        if self._lacks or level_dbfs < QUIETEST_DBFS:
            return None
        hz, level_db = self._peaks(np.fft.rfft(now * self._window), np.fft.rfft(then * self._window))
        is_hum = hum_among(hz, level_db)
        if is_hum.any() and (
            self._hum.is_string(float(level_db[is_hum].max()), level_dbfs) or is_stiff(hz, level_db, is_hum)
        ):
            is_hum[:] = False  # a string that has the pitch of the mains
        loudest_hum_db = float(level_db[is_hum].max()) if is_hum.any() else -math.inf
        hz, level_db = hz[~is_hum][:PEAKS_OF_NOTE], level_db[~is_hum][:PEAKS_OF_NOTE]
        if hz.size and level_db[0] > loudest_hum_db + FAR_BELOW_HUM_DB:
            rough_hz, clarity = note_of(hz, level_db)
            if rough_hz is not None and clarity >= CLEAR:
                first_hz = first_partial(rough_hz, hz, level_db)
                return Pitch(first_hz, clarity, level_dbfs) if LOWEST_HZ <= first_hz <= HIGHEST_HZ else None
        moving_hz, clarity = repetition(line[-round(MOVING_S * self._rate) :], self._rate)
        return None if moving_hz is None else Pitch(moving_hz, clarity, level_dbfs)

    def _peaks(self, now: NDArray[np.complex128], then: NDArray[np.complex128]) -> tuple[Signal, Signal]:
        """The peaks of a spectrum in Hz and dB, the strongest first; `then`: the spectrum a hop before."""
        bin_hz, apart_s = self._rate / self._window.size, self._hop / self._rate
        level = db_from_gains(np.abs(now) + 1e-12)
        at = np.arange(max(2, math.floor(0.8 * LOWEST_HZ / bin_hz)), math.floor(PASS_HZ / bin_hz))
        at = at[(level[at] > level[at - 1]) & (level[at] >= level[at + 1])]
        around = np.lib.stride_tricks.sliding_window_view(np.pad(level, 8, "edge"), 17)[at]
        at = at[level[at] > np.median(around, axis=1) + STANDS_OUT_DB]
        if at.size:
            at = at[level[at] > level[at].max() + WEAKEST_DB]
        a, b, c = level[at - 1], level[at], level[at + 1]
        rough = (at + 0.5 * (a - c) / (a - 2 * b + c)) * bin_hz
        turned = np.angle(now[at] * np.conj(then[at])) / (2 * math.pi)
        exact = (np.round(rough * apart_s - turned) + turned) / apart_s
        steady = np.abs(exact - rough) < 0.5 * bin_hz
        order = np.argsort(-b[steady])[:PEAKS]
        return exact[steady][order], b[steady][order]


def note_of(hz: Signal, level_db: Signal) -> tuple[float | None, float]:
    """The note whose overtones the peaks are, in Hz, and how clearly (0 to 1).

    The peaks, in Hz and in dB, (n,) each, come the strongest first. (None, 0): they are no note.
    """
    if not hz.size:
        return None, 0.0
    notes = (hz[:4, None] / np.arange(1, OVERTONES + 1)).ravel()
    notes = notes[(notes >= LOWEST_HZ) & (notes <= HIGHEST_HZ)]
    if not notes.size:
        return None, 0.0
    weight = np.maximum(level_db - level_db[0] - STRONG_DB, 0.0)
    number, explained = _numbers(hz, notes)
    explained &= weight > 0
    gain = (explained * weight).sum(axis=1) / np.maximum(((number <= OVERTONES) * weight).sum(axis=1), 1e-9)
    highest = np.where(explained, number, 0).max(axis=1)
    below = np.arange(1, 1 + int(highest.max()))
    has = (explained[:, :, None] & (number[:, :, None] == below)).any(axis=1)
    lacks = 1 - has.sum(axis=1) / np.maximum(highest, 1)
    clarity = gain - LACKING * lacks
    best = int(np.argmax(clarity))
    return float(notes[best]), float(clarity[best])


def _numbers(hz: Signal, notes: Signal) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Of each note (rows) and each peak (columns): which overtone it would be, and whether it is near enough."""
    ratio = hz / notes[:, None]
    number = np.maximum(np.round(ratio), 1)
    off = ratio / number - 1
    sharper = np.minimum(OFF + 0.5 * STIFFEST * number**2, 0.4 / number)
    return number, (off > -OFF) & (off < sharper) & (number <= OVERTONES)


def first_partial(rough_hz: float, hz: Signal, level_db: Signal) -> float:
    """The first partial in Hz of the string near `rough_hz`, by all its partials among the peaks, (n,) each."""
    numbers, near = _numbers(hz, np.array([rough_hz]))
    number, partial_hz, weight = numbers[0][near[0]], hz[near[0]], gains_from_db(level_db[near[0]])
    kept = np.ones(number.size, bool)
    base, stiffness = _string(number, partial_hz, weight)
    while kept.sum() > 2:
        off = np.abs(1200 * np.log2(partial_hz / (number * base * np.sqrt(1 + stiffness * number**2))))
        if off[kept].max() < APART_CENTS:
            break
        kept &= off < off[kept].max()
        base, stiffness = _string(number[kept], partial_hz[kept], weight[kept])
    return base * math.sqrt(1 + stiffness)


def _string(number: Signal, hz: Signal, weight: Signal) -> tuple[float, float]:
    """f_0 and B of f_n = n f_0 sqrt(1 + B n^2), by least squares in (f_n / n)^2; B from 0 to STIFFEST.

    A partial's frequency is the less certain the weaker it is, and counts in f_0 by one part in its number.
    """
    y, square = (hz / number) ** 2, number**2
    w = (weight / weight.max() * number) ** 2
    mean, mean_square = float(np.average(y, weights=w)), float(np.average(square, weights=w))
    spread = float(np.sum(w * (square - mean_square) ** 2))
    slope = float(np.sum(w * (square - mean_square) * (y - mean))) / spread if spread > 0 else 0.0
    free = mean - slope * mean_square  # f_0 squared
    if free <= 0 or not 0 <= slope / free <= STIFFEST:
        slope = 0.0 if slope <= 0 else mean * STIFFEST / (1 + STIFFEST * mean_square)
        free = mean - slope * mean_square
    return math.sqrt(free), slope / free


def repetition(x: Signal, rate_hz: float) -> tuple[float | None, float]:
    """How often a second x, (n,), repeats, in Hz from LOWEST_MOVING_HZ on, and how well (0 to 1).

    The pitch may move meanwhile. (None, 0): it does not repeat.
    """
    last = math.ceil(rate_hz / LOWEST_MOVING_HZ) + 1
    lags = np.arange(1, last + 1)
    likeness = np.array([2 * np.dot(x[k:], x[:-k]) / (np.dot(x[k:], x[k:]) + np.dot(x[:-k], x[:-k])) for k in lags])
    inner = likeness[1:-1]
    tops = 1 + np.flatnonzero((inner > likeness[:-2]) & (inner >= likeness[2:]))
    tops = tops[lags[tops] >= rate_hz / HIGHEST_HZ]
    if not tops.size or likeness[tops].max() < REPEATS:
        return None, 0.0
    at = int(tops[likeness[tops] >= FIRST_OF * likeness[tops].max()][0])
    a, b, c = likeness[at - 1 : at + 2]
    return rate_hz / (lags[at] + 0.5 * (a - c) / (a - 2 * b + c)), float(b)
