"""The alias-to-signal ratio of a recording, where what was played holds a tone by which it can be told.

A model is asked with a sine of its own (`rig.nam.aliasing`). A recording cannot be asked; but where the dry file holds
a steady sine, what the recording has beside the harmonics of it is what its maker folded back, and the noise of the
recording: "Aliasing-to-signal ratio" of arXiv 2505.04082, as the most that it can be. Everywhere else it is not known:
music has notes everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from ...decibels import db_from_power, db_from_powers, power_from_db
from ...nam.aliasing import HZ, LEAST_DB, PEAK_DBFS

PIECE_S = 0.34  # power-of-two samples next to it
LOWEST_HZ, HIGHEST_OF_RATE = 1000.0, 0.4  # of the tone: a lower one folds only what hardly anything has
PURE_DB = -70.0  # beside the tone, in the dry file
SOFTEST_DBFS = -60.0
LOBE = 5  # bins to either side of a tone that its window needs

OF_MODELS = f"what folds back of a sine of {HZ:.0f} Hz at {PEAK_DBFS:g} dBFS"
NO_ANSWER = "not known: it answers a sine with silence, or with no number"
NO_TONE = "not known of recordings, as the dry file holds no steady tone above 1 kHz"


@dataclass(frozen=True, slots=True)
class Tone:
    """A steady sine of the dry file: `start` and `length` in samples of what is judged, after it has settled."""

    hz: float
    start: int
    length: int


def find_tone(dry: NDArray[Any], sample_rate: int) -> Tone | None:
    """The loudest steady sine of the dry file, (n,), that has gone on for half a piece before; None: there is none."""
    length = 1 << round(np.log2(PIECE_S * sample_rate))
    hop, window = length // 2, _window(length)
    best, best_dbfs, before_hz = None, SOFTEST_DBFS, 0.0
    for start in range(0, len(dry) - length + 1, hop):
        powers = np.square(np.abs(rfft(window * dry[start : start + length])))
        top, whole = int(np.argmax(powers)), float(powers.sum())
        beside = whole - float(powers[max(0, top - LOBE) : top + LOBE + 1].sum())
        hz = _between(powers, top) * sample_rate / length
        is_tone = beside <= whole * power_from_db(PURE_DB) and LOWEST_HZ <= hz <= HIGHEST_OF_RATE * sample_rate
        level_dbfs = db_from_power(float(np.mean(np.square(dry[start : start + length])))) if is_tone else -np.inf
        if is_tone and level_dbfs > best_dbfs and abs(hz - before_hz) < sample_rate / length / 4:
            best, best_dbfs = Tone(hz, start, length), level_dbfs
        before_hz = hz if is_tone else 0.0
    return best


def recorded_aliasing(aligned: NDArray[Any], tone: Tone | None, sample_rate: int) -> tuple[float | None, str]:
    """What a recording, (n,), aligned, has beside the harmonics of the tone re those, in dB, and how it is known."""
    if tone is None:
        return None, NO_TONE
    x = aligned[tone.start : tone.start + tone.length]
    powers = np.square(np.abs(rfft(_window(tone.length) * x)))
    bins = np.arange(len(powers))
    nearest = np.rint(bins / (tone.hz * tone.length / sample_rate)) * (tone.hz * tone.length / sample_rate)
    is_harmonic = np.abs(bins - nearest) <= LOBE  # at 0 Hz it is the constant voltage, which is neither
    on, off = powers[is_harmonic & (nearest > LOBE)].sum(), powers[~is_harmonic].sum()
    ratio_db = max(LEAST_DB, float(db_from_powers(off + 1e-30) - db_from_powers(on + 1e-30)))
    at_s = tone.start / sample_rate
    return (
        ratio_db,
        f"what a tone of {tone.hz:.0f} Hz, {at_s:.1f} s into what is judged, has beside its harmonics, noise too",
    )


def _window(length: int) -> NDArray[np.float64]:
    """Blackman-Harris with four terms: 92 dB down beside its lobe (Harris 1978)."""
    turn = 2 * np.pi * np.arange(length) / length
    return np.asarray(0.35875 - 0.48829 * np.cos(turn) + 0.14128 * np.cos(2 * turn) - 0.01168 * np.cos(3 * turn))


def _between(powers: NDArray[np.float64], top: int) -> float:
    """The bin of a peak to a small part: a parabola through the logarithms of three."""
    if not 0 < top < len(powers) - 1:
        return float(top)
    left, middle, right = (float(level) for level in db_from_powers(powers[top - 1 : top + 2] + 1e-300))
    curved = left - 2 * middle + right
    return top + (0.5 * (left - right) / curved if curved else 0.0)
