"""What an impulse response does to each frequency, smoothed as the ear would.

Levels are as a player with a session of 48 kHz has them, before the -18 dB of its convention: players keep the values
of the samples when they resample, so a file of 44.1 kHz plays 0.7 dB louder than the sum of its own samples says.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..decibels import db_from_powers, power_from_db, powers_from_db
from .ir import NAM_RATE

LOWEST_HZ, HIGHEST_HZ = 20.0, 20000.0
POINTS_PER_OCTAVE = 48
LEAST_BINS = 1 << 15  # of the transform: 1.5 Hz apart at 48 kHz
GUITAR_HZ = (80.0, 6000.0)  # what a guitar through a speaker consists of
BOTTOM_DB = -200.0


def frequencies(points_per_octave: int = POINTS_PER_OCTAVE) -> NDArray[np.float64]:
    """In Hz, (points,), evenly spaced to the ear from 20 Hz to 20 kHz, both included as nearly as that allows."""
    count = round(np.log2(HIGHEST_HZ / LOWEST_HZ) * points_per_octave) + 1
    return np.geomspace(LOWEST_HZ, HIGHEST_HZ, count)


def response_db(
    taps: NDArray[np.float64], sample_rate: int, hz: NDArray[np.float64], smoothing: int = 12
) -> NDArray[np.float64]:
    """Gain in dB at each of `hz`: power averaged over 1/`smoothing` octave. Rows (channels, n) give (channels, hz).

    Above half the sample rate there is nothing: NaN.
    """
    size = max(LEAST_BINS, 1 << (taps.shape[1] - 1).bit_length())
    power = np.abs(np.fft.rfft(taps, size)) ** 2 * (NAM_RATE / sample_rate) ** 2
    # Bin k stands for the frequencies from k - 1/2 to k + 1/2, so their sum up to any frequency is known by a line.
    total = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1)], axis=1)
    edges = (np.arange(total.shape[1]) - 0.5) * sample_rate / size
    half = 2 ** (0.5 / smoothing)
    low, high = hz / half, np.minimum(hz * half, sample_rate / 2)
    out = np.full((len(power), len(hz)), np.nan)
    inside = low < high
    for row, summed in zip(out, total, strict=True):
        energy = np.interp(high[inside], edges, summed) - np.interp(low[inside], edges, summed)
        mean = energy * (sample_rate / size) / (high[inside] - low[inside])
        row[inside] = db_from_powers(np.maximum(mean, power_from_db(BOTTOM_DB)))
    return out


def level_db(response: NDArray[np.float64], hz: NDArray[np.float64]) -> float:
    """The gain in dB for pink noise of 80 Hz to 6 kHz, from responses in dB, (channels, hz): the level of a cabinet."""
    part = (hz >= GUITAR_HZ[0]) & (hz <= GUITAR_HZ[1])
    return float(db_from_powers(np.nanmean(powers_from_db(response[:, part]))))
