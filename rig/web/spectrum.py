"""The spectrum of the last moment, few points evenly spaced to the ear, for a picture that moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..decibels import db_from_powers

SAMPLES = 4096
POINTS = 96
LOWEST_HZ, HIGHEST_HZ = 30.0, 18000.0
FLOOR = 1e-14  # power: -140 dBFS


class Spectrum:
    """Power per band in dBFS, a full-scale sine at 0: the highest bin of each band, as tones are looked for."""

    def __init__(self, sample_rate: float, samples: int = SAMPLES) -> None:
        self.samples = samples
        self.hz = np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, sample_rate / 2.2), POINTS)
        self._window = np.hanning(samples)
        self._scale = (2.0 / self._window.sum()) ** 2
        half = (self.hz[1] / self.hz[0]) ** 0.5
        bins = samples / sample_rate
        self._first = np.floor(self.hz / half * bins + 0.5).astype(int)
        self._last = np.maximum(np.floor(self.hz * half * bins + 0.5).astype(int), self._first + 1)
        edges = np.stack([self._first, self._last], axis=1).ravel()
        self._edges = np.minimum(edges, samples // 2)

    def of(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of the newest `samples` of a signal, (n,); silence in front where there are fewer."""
        part = np.zeros(self.samples)
        newest = x[-self.samples :]
        part[self.samples - newest.size :] = newest
        power = np.abs(np.fft.rfft(part * self._window)) ** 2 * self._scale
        bands = np.maximum.reduceat(power, self._edges)[::2]
        return np.asarray(db_from_powers(np.maximum(bands, FLOOR)), np.float32)
