"""Figures of a recording: hum, lag track, signs of a gate. Arrays in, numbers out; 48 kHz throughout.

Silence is FLOOR_DBFS, never minus infinity, so that every figure can be written as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from ...audio.align import HIGH_HZ, LOW_HZ, find_lag
from ...audio.measures import FLOOR_DBFS, rms_dbfs
from ...decibels import db_from_power, db_from_powers
from ...trainer.layout import NOISE, RATE, SWEEP

Samples = NDArray[Any]

HARMONICS = 12  # of the mains that are looked at
HUM_WIDTH_HZ = 2.5  # either way; more in a short silence, where a line is broader
STANDS_OUT = 2.5  # times what noise alone would give there
FALL, FALL_FRAME = RATE // 200, RATE // 250  # samples: of a fall, and of the two pieces that are compared
GATE_HZ = 1000  # above it a gate is looked for: lower, the filter itself rings for longer than a gate takes to close
SOUND_ENDS = 3 * FALL  # samples after its last one
WINDOW = 16384  # samples: of the lag track
TRACK_REACH = 4096  # samples either way
NEAR = 2  # samples
BROAD = 0.3  # of the band
CLEARLY = 0.7  # of the highest peak
MEDIAN_OF = 9  # windows on each side of a step


def runs_of_equal(x: Samples, longest: int) -> list[tuple[int, int]]:
    """Where at least `longest` neighbours are equal: (start, length)."""
    edges = np.diff(np.concatenate([[0], np.diff(x) == 0, [0]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    lengths = ends - starts + 1
    long = lengths >= longest
    return list(zip(starts[long].tolist(), lengths[long].tolist(), strict=True))


def runs_of_true(
    holds: NDArray[np.bool_], least: int, goes_on: NDArray[np.bool_] | None = None
) -> list[tuple[int, int]]:
    """Where it `holds`, (n,), at least that often in a row: (first, behind the last).

    A run ends, too, where the next one of `goes_on`, (n,), does not go on.
    """
    runs: list[list[int]] = []
    for index in np.flatnonzero(holds):
        if runs and runs[-1][1] == index and (goes_on is None or goes_on[index]):
            runs[-1][1] = int(index) + 1
        else:
            runs.append([int(index), int(index) + 1])
    return [(first, last) for first, last in runs if last - first >= least]


def hum_dbfs(silence: Samples, mains_hz: float) -> float:
    """RMS level of the mains and its harmonics in a silence, (n,), of 0.35 s or more, less the noise around each."""
    return max(FLOOR_DBFS, db_from_power(float(hum_lines(silence, mains_hz).sum())))


def hum_lines(
    x: Samples, mains_hz: float, sample_rate: float = RATE, width_hz: float = HUM_WIDTH_HZ
) -> NDArray[np.float64]:
    """Power of the mains and of each harmonic in x, (n,), of 0.35 s or more, less the noise around it: (HARMONICS,).

    `width_hz`: how far off a line may be, either way.
    """
    x = np.asarray(x, np.float64) - np.mean(x)
    window = np.hanning(len(x))
    power = 2 * np.abs(np.fft.rfft(x * window)) ** 2 / (len(x) * np.sum(window**2))
    hz = np.fft.rfftfreq(len(x), 1 / sample_rate)
    lines = np.zeros(HARMONICS)
    width = max(width_hz, 2.1 * sample_rate / len(x))
    reach = max(12.0, 3 * width)
    for index, harmonic in enumerate(mains_hz * np.arange(1, HARMONICS + 1)):
        near = slice(*np.searchsorted(hz, (harmonic - reach, harmonic + reach)))
        away, around = np.abs(hz[near] - harmonic), power[near]
        line, beside = away < width, (away >= 1.6 * width) & (away < reach)
        noise = float(np.median(around[beside]) * line.sum())
        found = float(around[line].sum())
        lines[index] = found - noise if found > STANDS_OUT * noise else 0.0
    return lines


@dataclass(frozen=True, slots=True, eq=False)
class LagTrack:
    """How late the take is in windows along it, in samples; only windows in which that can be told."""

    start: NDArray[np.int64]
    lag: NDArray[np.float64]

    @property
    def looked_at(self) -> str:
        """How much of the take that is, in words."""
        count = len(self.start)
        until = f", the last at {self.start[-1] / RATE:.1f} s" if count else ""
        return f"{count} piece{'s' if count != 1 else ''} of {WINDOW / RATE:.2f} s{until}"

    def largest_step(self) -> tuple[float, int]:
        """The largest lasting change, by medians before and after, and the sample where it is; (0, 0) for none."""
        half = MEDIAN_OF
        if len(self.lag) < 2 * half:
            return 0.0, 0
        before = np.array([np.median(self.lag[i - half : i]) for i in range(half, len(self.lag) - half + 1)])
        after = np.array([np.median(self.lag[i : i + half]) for i in range(half, len(self.lag) - half + 1)])
        at = int(np.argmax(np.abs(after - before)))
        return float(abs(after[at] - before[at])), int(self.start[at + half])


NO_TRACK = LagTrack(np.zeros(0, np.int64), np.zeros(0))


def lag_track(x: Samples, y: Samples, expected: float = 0.0) -> LagTrack:
    """Dry against wet, (n,) each, in windows of WINDOW samples, half a window apart; `expected`: lag of all, samples.

    Steady tones and pieces of sweeps are left out: moved by a period they look the same. For the same reason a peak
    where the take was until now counts, unless another one is clearly higher.
    """
    starts: list[int] = []
    lags: list[float] = []
    window = np.hanning(WINDOW)
    for start in range(0, min(len(x), len(y)) - WINDOW + 1, WINDOW // 2):
        until_now = round(float(np.median(lags[-MEDIAN_OF:])) if lags else expected)
        dry, wet = x[start : start + WINDOW], y[max(0, start + until_now) :][:WINDOW]
        in_sweep = SWEEP - WINDOW < start < NOISE
        if in_sweep or len(wet) < WINDOW or rms_dbfs(dry) < -60 or rms_dbfs(wet) < -80:
            continue
        dry, wet = dry * window, wet * window
        if _filled_band(dry) < BROAD:
            continue
        lag = find_lag(dry, wet, whiten=True, max_lag_samples=TRACK_REACH)
        if abs(lag.samples) > NEAR:
            near = find_lag(dry, wet, whiten=True, max_lag_samples=NEAR)
            lag = near if near.confidence > CLEARLY * lag.confidence else lag
        if lag.is_certain:
            starts.append(start)
            lags.append(until_now + lag.samples)
    return LagTrack(np.array(starts, np.int64), np.array(lags))


def _filled_band(windowed: Samples) -> float:
    """The share of the guitar's band in which a windowed piece has anything, to 60 dB below its strongest tone."""
    spectrum = np.abs(np.fft.rfft(windowed))[round(LOW_HZ / RATE * WINDOW) : round(HIGH_HZ / RATE * WINDOW)]
    return float(np.mean(spectrum > 1e-3 * spectrum.max()))


@dataclass(frozen=True, slots=True)
class GateFigures:
    """Signs of a noise gate: the largest fall within 5 ms while nothing plays, and noise after sound over noise before.

    Both in dB; `noise_change_db` None: there is nothing to compare with.
    """

    fall_db: float
    noise_change_db: float | None


def gate_figures(x: Samples, y: Samples, pre_roll: Samples, after: slice) -> GateFigures:
    """From dry x and wet y, (n,); `pre_roll`: what was recorded before; `after`: a silence once sound has died away."""
    high = np.asarray(sosfilt(butter(4, GATE_HZ, "high", fs=RATE, output="sos"), y))
    fall = 0.0
    for start, length in runs_of_equal(x, RATE // 10):
        if x[start] == 0:
            fall = max(fall, _steepest_fall_db(high[start + SOUND_ENDS : start + length]))
    if len(pre_roll) < RATE // 5:
        return GateFigures(fall, None)
    steep = butter(4, 300, "high", fs=RATE, output="sos")  # slow recovery of the gear is no noise
    hiss = np.asarray(sosfilt(steep, y))
    settled = np.asarray(sosfilt(steep, pre_roll))[RATE // 20 :]
    change = max(rms_dbfs(hiss[after]), -110.0) - max(rms_dbfs(settled), -110.0)
    return GateFigures(fall, abs(change))


def _steepest_fall_db(x: Samples) -> float:
    """The most by which the level falls within 5 ms: 4 ms against the 4 ms that begin 1 ms after them, everywhere.

    Not on a grid of frames: a gate that closes in the middle of one falls half in it and half in the next.
    """
    if len(x) < FALL + FALL_FRAME:
        return 0.0
    energy = np.concatenate([[0.0], np.cumsum(np.square(x, dtype=np.float64))])
    power = (energy[FALL_FRAME:] - energy[:-FALL_FRAME])[:: RATE // 1000] / FALL_FRAME
    levels = db_from_powers(np.maximum(power, 1e-12))
    apart = FALL // (RATE // 1000)
    return float(np.max(levels[:-apart] - levels[apart:], initial=0.0))
