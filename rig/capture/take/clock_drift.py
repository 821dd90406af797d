"""Undo a clock that ran at another speed than the one it was played by; off unless asked for.

Two interfaces differ by parts per million, and 0.04 of them are too many for a training pair. The two validation parts
of the signal tell the ratio; the take is then read at that speed by a windowed sinc. It is right only where the take is
otherwise whole: a jump is no drift.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio.align import find_lag
from ...errors import CaptureError
from ...trainer.layout import VALIDATION
from ..signal.training_signal import Signal
from .recording import Recording

HALF = 32  # samples of the sinc to either side
MOST_PPM = 500.0  # clocks of interfaces stay within 100 of each other
CHUNK = 1 << 16


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
    return Recording(
        _read_at(x, recording.pre_roll + (n - recording.pre_roll) * (1.0 + error)),
        recording.pre_roll,
        recording.xruns,
        recording.broken,
        {**recording.audio, "drift_repaired_ppm": round(1e6 * error, 4)},
    )


def _read_at(x: NDArray[np.float64], places: NDArray[Any]) -> NDArray[Any]:
    padded = np.concatenate([np.zeros(HALF), x, np.zeros(HALF + 1)])
    taps = np.arange(1 - HALF, HALF + 1)
    y = np.zeros(len(places))
    for start in range(0, len(places), CHUNK):
        at = np.clip(places[start : start + CHUNK], 0, len(x) - 1)
        base = np.floor(at).astype(np.int64)
        away = (at - base)[:, np.newaxis] - taps
        weight = np.sinc(away) * np.cos(np.pi * away / (2 * HALF + 1)) ** 2
        y[start : start + CHUNK] = np.sum(weight * padded[base[:, np.newaxis] + taps + HALF], axis=1)
    return y
