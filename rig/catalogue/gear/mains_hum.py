"""Hum taken out of several recordings of one answer.

The answer is the same in all of them, so what they differ by is hum and noise. The mains' frequency and the strength of
its harmonics are found in those differences, where nothing of the gear is, and subtracted. For that the recordings must
begin at different moments of the period of either mains: `BEGIN_SAMPLES`, found by a search, tell the first six
harmonics of 50 and of 60 Hz apart from what stays, and leave a third of each at most in the average besides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

APART_SAMPLES = 29 * 4800  # 4800: whole periods of both mains
BEGIN_SAMPLES = tuple(k * APART_SAMPLES + later for k, later in enumerate((0, 200, 2280, 4540)))
COARSE = 32  # the differences are looked at with so much lower a rate
RATE_HZ = 48000
MAINS_HZ = (50.0, 60.0)
OFF_HZ = 0.2  # by which the mains may be off
STEPS_HZ = (0.02, 0.004, 0.0008)  # of the search for it, each around what the one before has found
FIRST, ALL = 3, 10  # harmonics that find the frequency, and that are taken out
RIDGE = 1e-3  # of a harmonic that the moments can hardly tell from the answer, little is taken

Waves = NDArray[np.complex128]


def without_hum(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The recordings, (4, n), which began `BEGIN_SAMPLES` after each other, without hum."""
    differences = resample_poly(times - times.mean(axis=0), 1, COARSE, axis=1)
    hz = _mains_hz(differences)
    weights, _ = _fitted(differences, hz, ALL)
    turn, hum = _turning(times.shape[1], hz, 1), np.zeros_like(times)
    wave = np.ones_like(turn)
    for cosine, sine in zip(weights[:ALL], weights[ALL:], strict=True):
        wave = wave * turn
        hum += cosine * wave.real + sine * wave.imag
    return np.asarray(times - hum)


def _mains_hz(differences: NDArray[np.float64]) -> float:
    """The frequency whose harmonics explain most of the differences."""
    reach = np.arange(-OFF_HZ, OFF_HZ + STEPS_HZ[0] / 2, STEPS_HZ[0])
    tries = [mains + off for mains in MAINS_HZ for off in reach]
    best = 0.0
    for step, finer in zip(STEPS_HZ, (*STEPS_HZ[1:], None), strict=True):
        best = max(tries, key=lambda hz: _fitted(differences, hz, FIRST)[1])
        tries = [] if finer is None else list(best + np.arange(-step, step + finer / 2, finer))
    return float(best)


def _turning(samples: int, hz: float, step: int) -> Waves:
    """The fundamental in each recording, (4, n)."""
    at = (np.arange(samples) * step + np.array(BEGIN_SAMPLES)[:, None]) / RATE_HZ
    return np.asarray(np.exp(2j * np.pi * hz * at))


def _fitted(differences: NDArray[np.float64], hz: float, harmonics: int) -> tuple[NDArray[np.float64], float]:
    """The weights of cosines and sines that explain most of the differences, and how much energy that is."""
    turn = _turning(differences.shape[1], hz, COARSE)
    powers = np.stack([turn ** (k + 1) for k in range(harmonics)])
    powers = (powers - powers.mean(axis=1, keepdims=True)).reshape(harmonics, -1)
    waves = np.concatenate([powers.real, powers.imag])
    target, normal = waves @ differences.ravel(), waves @ waves.T
    weights = np.linalg.solve(normal + RIDGE * waves.shape[1] * np.eye(2 * harmonics), target)
    return weights, float(target @ weights)
