"""Where a signal begins in a recording that was made elsewhere, however long before it somebody pressed Record.

First it is looked for near the beginning of the file, then everywhere, at a quarter of the rate. A click would drown
the correlation, which counts every frequency alike; so what is not found at once is looked for once more with all
parts of both brought to one level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import resample_poly

from ...audio.align import ENOUGH, Lag, find_lag
from ...trainer.layout import PROGRAMME, RATE, VALIDATION
from ..checks.latency import MAX_LAG_SAMPLES

COARSE = 4  # of the search in the whole recording the rate is so much lower
LEVELLED_S = 0.05  # over which levels are made alike
FLOOR = 1e-3  # of the loudest: what is softer stays soft


@dataclass(frozen=True, slots=True)
class Place:
    """`samples`: where the signal begins in the recording; negative: the recording begins later.

    `found`: whether the signal is in it at all. `agreement`, 0 to 1: ENOUGH is needed.
    """

    samples: float
    found: bool
    agreement: float

    needed = ENOUGH


def place_of(signal: NDArray[np.float64], recording: NDArray[np.float64]) -> Place:
    """Look for a signal, (n,), in a recording, (m,), both at 48 kHz."""
    near = _near(signal, recording)
    if near.is_certain:
        return Place(near.samples, True, near.confidence)
    far = _anywhere(signal, recording)
    if far.is_certain:
        return Place(far.samples, True, far.confidence)
    even = _levelled(signal), _levelled(recording)
    found = [_near(*even), _anywhere(*even)]
    best = next((lag for lag in found if lag.is_certain), max(found, key=lambda lag: lag.confidence))
    return Place(best.samples, best.is_certain, best.confidence)


def _near(signal: NDArray[np.float64], recording: NDArray[np.float64]) -> Lag:
    part = slice(0, min(VALIDATION + 6 * RATE, len(signal)))
    heard = recording[: part.stop + MAX_LAG_SAMPLES]
    return find_lag(signal[part], heard, whiten=True, max_lag_samples=MAX_LAG_SAMPLES)


def _anywhere(signal: NDArray[np.float64], recording: NDArray[np.float64]) -> Lag:
    """The whole of one against the whole of the other: its two ends are alike, but nothing else is.

    Once more at the full rate, near what was found.
    """
    a, b = (resample_poly(x, 1, COARSE) for x in (signal, recording))
    coarse = find_lag(a, b, whiten=True, max_lag_samples=max(len(a), len(b)), sample_rate=RATE / COARSE)
    if not coarse.is_certain:
        return coarse
    begun = round(COARSE * coarse.samples)
    skipped = max(0, -begun)  # of the signal, where the recording begins later
    heard = recording[max(0, begun) :][:PROGRAMME]
    if len(heard) < RATE or len(signal) - skipped < RATE:
        return coarse
    fine = find_lag(signal[skipped:][:PROGRAMME], heard, whiten=True, max_lag_samples=RATE // 100)
    lag = begun + fine.samples if fine.is_certain else COARSE * coarse.samples
    return Lag(lag, coarse.polarity, coarse.confidence)


def _levelled(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """x with every stretch of LEVELLED_S brought to one level, but for what is silence."""
    power = uniform_filter1d(np.square(x), round(LEVELLED_S * RATE))
    level = np.sqrt(np.maximum(power, 0.0))
    return x / (level + FLOOR * max(float(level.max()), 1e-9))
