"""The log-spectrum distance: by how many dB two sounds differ, in time and frequency, whatever their phases.

The mean of |10 log10(P_model / P_gear)| over the bins of short-time spectra (Hann windows of 5, 12.5 and 25 ms, half
overlapping, 20 Hz to 20 kHz), and then over the three resolutions, each with the same weight. That is the logarithmic
term of the multi-resolution STFT loss (Yamamoto et al. 2020, arXiv 1910.11480) with the windows that auraloss 0.4 and
with it the neural-amp-modeler trainer have, 240, 600 and 1200 samples at 48 kHz. What differs from theirs:

- dB of power and not nats of amplitude (1 nat is 8.69 dB), which a person can read;
- no spectral convergence: the ESR says more about that;
- spectra are not padded with zeros, and hops are half a window instead of a fifth: both repeat what is there;
- powers below a floor, 40 dB below the gear's mean power per bin, are raised to it, where auraloss has a fixed one, so
  that the level of the files does not count; bins in which both lie below it are left out: silence is no likeness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from ...decibels import power_from_db

WINDOWS_S = (0.005, 0.0125, 0.025)
LOWEST_HZ, HIGHEST_HZ = 20.0, 20000.0
FLOOR_DB = -40.0  # re the gear's mean power per bin; what is softer is hum and noise, as in `measures.HEARD_DB`
DB_PER_NEPER = 10.0 / np.log(10.0)  # of powers
ROUNDING = 1e-4  # of a logarithm in float32
AT_ONCE = 1 << 16  # samples of windows that are transformed together: they stay in the cache


@dataclass(frozen=True, eq=False)
class Resolution:
    """The gear at one window: `levels`, (frames, bins), natural logarithms of powers of at least `floor`."""

    window_samples: int
    levels: NDArray[np.float32]
    floor: float


def resolutions(wet: NDArray[Any], sample_rate: int) -> tuple[Resolution, ...]:
    """The gear's side, from its recording, (n,); windows that are longer than it are left out."""
    found, x = [], np.asarray(wet, np.float32)
    for seconds in WINDOWS_S:
        window = 2 * round(seconds * sample_rate / 2)
        pieces = list(_powers(x, window, sample_rate))
        if not pieces:
            continue
        powers = np.concatenate(pieces)
        floor = float(powers.mean(dtype=np.float64)) * power_from_db(FLOOR_DB)
        if floor > 0:
            found.append(Resolution(window, np.log(np.maximum(powers, np.float32(floor))), floor))
    return tuple(found)


def log_spectrum_distance_db(matched: NDArray[Any], gear: Sequence[Resolution], sample_rate: int) -> float | None:
    """The distance in dB of a candidate, (n,), aligned and matched in level; None: too short for any window."""
    if not gear:
        return None
    x = np.asarray(matched, np.float32)
    return float(sum(_distance_db(x, resolution, sample_rate) for resolution in gear) / len(gear))


def _distance_db(matched: NDArray[np.float32], gear: Resolution, sample_rate: int) -> float:
    total, count, frame, above = 0.0, 0, 0, np.float32(np.log(gear.floor) + ROUNDING)
    lowest = np.float32(gear.floor)
    for powers in _powers(matched, gear.window_samples, sample_rate):
        levels = np.log(np.maximum(powers, lowest, out=powers), out=powers)
        of_gear = gear.levels[frame : frame + len(levels)]
        frame += len(levels)
        count += int(np.count_nonzero((levels > above) | (of_gear > above)))
        levels -= of_gear
        total += float(np.abs(levels, out=levels).sum())
    return DB_PER_NEPER * total / count if count else 0.0


def _powers(x: NDArray[np.float32], window_samples: int, sample_rate: int) -> Iterator[NDArray[np.float32]]:
    """Powers of the bins that are heard, (frames, bins) at a time."""
    hop = window_samples // 2
    count = (len(x) - window_samples) // hop + 1
    if count < 1:
        return
    bins = slice(
        max(1, int(np.ceil(LOWEST_HZ * window_samples / sample_rate))),
        min(window_samples // 2, int(HIGHEST_HZ * window_samples / sample_rate)) + 1,
    )
    n = np.arange(window_samples)
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * n / window_samples)).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(x, window_samples)[::hop]
    step = max(1, AT_ONCE // window_samples)
    for first in range(0, count, step):
        values = rfft(windows[first : first + step] * hann, axis=1)[:, bins]
        powers = np.square(values.real)
        powers += np.square(values.imag)
        yield powers
