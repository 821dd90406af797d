"""What a model folds back: notes that nobody played, re those that a bent sine has by rights.

A network that bends a sine makes harmonics without end; those above half the rate come back at other frequencies. A
sine whose pattern repeats after a prime number of samples keeps the two apart: no alias falls on a harmonic. The figure
is the energy off the harmonics re that on them, as in "Aliasing-to-signal ratio" of arXiv 2505.04082 (a DFT of prime
length), here for one note of a guitar's upper harmonics. No listening test has shown from where on it is heard.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..decibels import db_from_powers, gain_from_db
from .model import Model

HZ, PEAK_DBFS = 2489.0, -12.0  # at the model's input
PERIOD_SAMPLES = 48017  # prime
BESIDE = 1  # bins to either side of a harmonic that are counted to it
SILENCE_DB = -120.0  # RMS of an answer that is none
LEAST_DB = -200.0  # better than float32 can tell


def measure_aliasing_db(model: Model, quality: int = 1) -> float | None:
    """Energy off the harmonics re that on them, in dB, at so many times the rate; None where there is no answer.

    None too where the answer is not finite. One to two seconds of sound: 20 ms for a usual model at 1x, ten times that
    at 8x. The GIL is free meanwhile.
    """
    network = model.network(None, quality)
    cycles = round(HZ * PERIOD_SAMPLES / model.rate)
    settling = max(PERIOD_SAMPLES // 2, network.receptive_field_samples)
    phase = (np.arange(-settling, PERIOD_SAMPLES) * cycles % PERIOD_SAMPLES) / PERIOD_SAMPLES
    answer = network.process((gain_from_db(PEAK_DBFS) * np.sin(2 * np.pi * phase)).astype(np.float32))
    y = answer[settling:].astype(np.float64)
    if not np.isfinite(answer).all() or db_from_powers(np.var(y) + 1e-30) < SILENCE_DB:
        return None
    return off_harmonics_db(y, cycles)


def off_harmonics_db(y: NDArray[np.float64], cycles: int) -> float:
    """Energy off the harmonics of a sine re that on them, in dB, of one pattern of `cycles` of it, (n,), n prime."""
    powers = np.square(np.abs(np.fft.rfft(y)))[1:]  # DC is neither
    harmonics = np.arange(cycles, powers.size + 1, cycles) - 1
    beside = harmonics[:, np.newaxis] + np.arange(-BESIDE, BESIDE + 1)
    is_harmonic = np.zeros(powers.size, bool)
    is_harmonic[beside[(beside >= 0) & (beside < powers.size)]] = True
    on, off = float(powers[is_harmonic].sum()), float(powers[~is_harmonic].sum())
    return max(float(db_from_powers(off + 1e-30) - db_from_powers(on + 1e-30)), LEAST_DB)
