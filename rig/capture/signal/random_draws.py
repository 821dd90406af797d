"""Random numbers of the training signal: everything is drawn from uniform ones, whose sequence numpy keeps fixed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class SeededRandom:
    """A stream of random numbers that the same seeds repeat on any machine."""

    def __init__(self, *seeds: int) -> None:
        self._random = np.random.Generator(np.random.PCG64(list(seeds)))

    def between(self, low: float, high: float) -> float:
        """Uniform in low..high."""
        return low + (high - low) * float(self._random.random())

    def log_between(self, low: float, high: float) -> float:
        """Log-uniform in low..high: each octave as likely as the next."""
        return math.exp(self.between(math.log(low), math.log(high)))

    def one_of(self, choices: Sequence[T]) -> T:
        """One of them, each as likely."""
        return choices[int(self._random.random() * len(choices))]

    def wait(self, mean: float) -> float:
        """Time to the next of events that come at random, `mean` apart."""
        return -mean * math.log1p(-float(self._random.random()))

    def white(self, n: int) -> NDArray[np.float64]:
        """Uniform noise in -1..1, (n,) float64."""
        return 2.0 * self._random.random(n) - 1.0

    def pink(self, n: int, sample_rate: int, low_hz: float = 20.0, high_hz: float = 20000.0) -> NDArray[np.float64]:
        """Noise with the same power in every octave of low_hz..high_hz, peak 1, (n,) float64."""
        spectrum = np.fft.rfft(self.white(n))
        hz = np.fft.rfftfreq(n, 1 / sample_rate)
        band = (hz >= low_hz) & (hz <= high_hz)
        spectrum[band] /= np.sqrt(hz[band])
        spectrum[~band] = 0
        x = np.fft.irfft(spectrum, n)
        return x / np.abs(x).max()
