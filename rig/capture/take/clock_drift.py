"""Undo a clock that ran at another speed than the one it was played by, where that is asked for (--repair-drift).

Two interfaces differ by parts per million, and 0.04 of them are too many for a training pair. The two validation parts
of the signal tell the ratio; the take is then read at that speed by a windowed sinc. It is right only where the take is
otherwise whole: a jump is no drift.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import theilslopes

from ...audio.align import find_lag
from ...errors import CaptureError
from ...trainer.layout import VALIDATION
from ..checks.measures import LagTrack, lag_track
from ..signal.training_signal import Signal
from .recording import Recording

HALF = 32  # samples of the sinc to either side
MOST_PPM = 500.0  # clocks of interfaces stay within 100 of each other
LEAST_WINDOWS = 20  # of a lag track that tells a line from anything else
CROOKED, JUMP = 0.5, 1.0  # samples: off the line for half of the windows, and a lasting step in what is left
CHUNK = 1 << 14  # samples, whose sums stay in the cache


def without_drift(signal: Signal, recording: Recording, latency_samples: int) -> Recording:
    """The recording read at the speed it was played at.

    Raises CaptureError where what is wrong is no drift: the two ends do not resemble each other, the lag along the take
    is no straight line, or no clock is so far off.
    """
    error = clock_error(signal, recording, latency_samples)
    y = recording.cut(signal, latency_samples)
    if not is_straight(lag_track(signal.samples, y)):
        raise CaptureError("The lag along the take does not grow evenly, so it is no drift, and cannot be undone.")
    return repaired(recording, error)


def is_straight(track: LagTrack) -> bool:
    """Whether the lag along a take grows evenly, as two clocks make it, and does not jump."""
    if len(track.lag) < LEAST_WINDOWS:
        return False
    middle = float(np.median(track.start))
    slope = theilslopes(track.lag, track.start - middle)
    left = track.lag - (slope[1] + slope[0] * (track.start - middle))
    return bool(np.median(np.abs(left)) < CROOKED and replace(track, lag=left).largest_step()[0] < JUMP)


def clock_error(signal: Signal, recording: Recording, latency_samples: int) -> float:
    """How much slower the playing clock was: samples of lag per sample between the two validation parts."""
    y = recording.samples[recording.pre_roll + latency_samples :]
    distance = signal.length - VALIDATION
    first, second = y[:VALIDATION], y[distance : distance + VALIDATION]
    reach = round(MOST_PPM * 1e-6 * distance) + 1
    lag = find_lag(first, second, max_lag_samples=reach)
    if not lag.is_certain:
        raise CaptureError("The two validation parts of the take do not resemble each other: this is no drift.")
    return lag.samples / distance


def repaired(recording: Recording, error: float) -> Recording:
    """The recording as if both clocks had been one; sample `pre_roll` stays where it is."""
    x = np.asarray(recording.samples, np.float64)
    n = np.arange(len(x))
    read = _read_at(x, recording.pre_roll + (n - recording.pre_roll) * (1.0 + error))
    return replace(recording, samples=read, audio={**recording.audio, "drift_repaired_ppm": round(1e6 * error, 4)})


def _read_at(x: NDArray[np.float64], places: NDArray[Any]) -> NDArray[Any]:
    """x between its samples: a sinc under a squared cosine, whose sines and cosines are the same for every tap."""
    padded = np.concatenate([np.zeros(HALF), x, np.zeros(HALF + 1)])
    turn = 2 * np.pi / (2 * HALF + 1)
    y = np.zeros(len(places))
    for start in range(0, len(places), CHUNK):
        at = np.clip(places[start : start + CHUNK], 0, len(x) - 1)
        base = np.floor(at).astype(np.int64)
        away = np.maximum(at - base, 1e-30)  # of the sample in front; none is 0, which nothing could be divided by
        cosine, sine = np.cos(turn * away), np.sin(turn * away)
        sums = np.zeros(len(at))
        for tap in range(1 - HALF, HALF + 1):
            window = 1 + np.cos(turn * tap) * cosine + np.sin(turn * tap) * sine
            sums += (-1.0) ** tap * padded[base + (tap + HALF)] * window / (away - tap)
        y[start : start + CHUNK] = np.sin(np.pi * away) / (2 * np.pi) * sums
    return y
