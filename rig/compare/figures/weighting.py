"""The A-weighted ESR: error and signal as a sound level meter hears them.

Wright and Valimaki, "Perceptual loss function for neural modeling of audio systems" (ICASSP 2020, arXiv 1911.08922),
trained a network by the ESR with several pre-emphasis filters; listeners found A-weighting the best of them. Here the
curve weighs the power spectra of error and signal, which by Parseval is the same as filtering both, and is exact at
every rate: a digital filter of the curve falls too early near half the rate.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...decibels import db_from_powers
from ..measures import PowerSpectrum

# Corners of the analogue weighting in Hz (IEC 61672-1:2013, annex E, two decimals more than its text prints).
F1_HZ, F2_HZ, F3_HZ, F4_HZ = 20.598997, 107.65265, 737.86223, 12194.217
REFERENCE_HZ = 1000.0  # where the weighting is 0 dB


def a_weighting(hz: ArrayLike) -> NDArray[np.float64]:
    """The gain of powers by A-weighting at these frequencies in Hz, of the same shape; 1 at 1 kHz, 0 at 0 Hz."""
    return np.asarray(_unscaled(hz) / _unscaled(REFERENCE_HZ))


def a_weighting_db(hz: ArrayLike) -> NDArray[np.float64]:
    """The same in dB: -19.1 at 100 Hz, 0 at 1 kHz, -2.5 at 10 kHz; minus infinity at 0 Hz."""
    return np.asarray(db_from_powers(a_weighting(hz)))


def _unscaled(hz: ArrayLike) -> NDArray[Any]:
    """f4^4 f^8 / ((f^2 + f1^2)^2 (f^2 + f2^2) (f^2 + f3^2) (f^2 + f4^2)^2)."""
    squared = np.square(np.asarray(hz, np.float64))
    low = np.square(squared / (squared + F1_HZ**2))
    middle = np.square(squared) / ((squared + F2_HZ**2) * (squared + F3_HZ**2))
    return np.asarray(low * middle * np.square(F4_HZ**2 / (squared + F4_HZ**2)))


def weighted_power(spectrum: PowerSpectrum, weights: NDArray[np.float64]) -> float:
    """The mean square of a signal behind a weighting, by the power in its bins; `weights`: of powers, (bins,)."""
    return float(np.einsum("i,i->", spectrum.power, weights))


def esr_a_weighted(error: PowerSpectrum, weights: NDArray[np.float64], wet_power: float) -> float:
    """Weighted power of the error over that of the gear, `wet_power`; infinite for a silent one."""
    return weighted_power(error, weights) / wet_power if wet_power > 0 else math.inf
