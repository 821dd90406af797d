"""How loud a model is, as the trainer states it in a file's `loudness`: the RMS in dB of its answer to one test signal.

The trainer's signal is one second of pink noise at 48 kHz from the lowest hertz up to half the rate: -15.19 dBFS RMS
around a mean of -0.0397, -14.97 dBFS in all. Ours has the same figures: every frequency has its share exactly, only the
phases are drawn, so one draw is as good as another within some hundredths of a dB. The lows count: noise from 20 Hz up
would be off by up to 1 dB, and without the mean an LSTM was off by 0.6 dB. From 2 Hz up, the five trained models at
hand that state their loudness measure within 0.3 dB of it; from 1 Hz up, within 0.35 dB.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..decibels import db_from_gain, gain_from_db
from .model import Model

STIMULUS_SAMPLES = 48000  # at whatever rate the model has, as in the trainer
STIMULUS_RMS_DB = -15.19  # around its mean
STIMULUS_MEAN = -0.0397
LOWEST_HZ = 2
SEEDS = 4
SILENCE_DB = -120.0  # what is below is no answer


@cache
def stimulus(seed: int) -> NDArray[np.float32]:
    """The test signal, shape (48000,), with the phases that this seed draws."""
    phase = np.random.default_rng(seed).uniform(0.0, 2.0 * np.pi, STIMULUS_SAMPLES // 2)
    spectrum = np.zeros(STIMULUS_SAMPLES // 2 + 1, complex)
    spectrum[1:] = np.exp(1j * phase) / np.sqrt(np.arange(1, phase.size + 1))  # power falls as 1 / f
    spectrum[:LOWEST_HZ] = 0.0
    x = np.fft.irfft(spectrum, STIMULUS_SAMPLES)
    x *= gain_from_db(STIMULUS_RMS_DB) / np.sqrt(np.mean(np.square(x)))
    signal = (x + STIMULUS_MEAN).astype(np.float32)
    signal.setflags(write=False)
    return signal


def measure_loudness_db(model: Model) -> float | None:
    """The loudness in dB, the mean over some draws of the test signal; None where the model answers with silence.

    None also where any sample of the answer is not a finite number. Some ten milliseconds for a usual model; the GIL is
    free meanwhile.
    """
    network = model.network()
    levels_db = []
    for seed in range(SEEDS):
        network.reset()
        answer = network.process(stimulus(seed)).astype(np.float64)
        levels_db.append(db_from_gain(float(np.sqrt(np.mean(np.square(answer))))))
    loudness_db = sum(levels_db) / SEEDS
    return loudness_db if math.isfinite(loudness_db) and loudness_db > SILENCE_DB else None
