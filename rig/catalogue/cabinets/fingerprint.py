"""The fingerprint of a cabinet: 54 numbers that say what it does to a sound, whatever its gain, delay and polarity.

| part | numbers | unit | what |
|---|---|---|---|
| spectrum | 46 | dB | gain over a sixth octave, 63 Hz to 11.4 kHz, about its mean of 80 Hz to 6 kHz |
| decay | 6 | dB | energy that is left 2, 5, 10, 20, 50 and 100 ms after the sound has come, re all of it, from -50 dB |
| brightness | 2 | dB per octave, octaves | slope of the spectrum, 100 Hz to 6.4 kHz; its centre of gravity re 1 kHz |

A gain more than 40 dB below the level for a guitar is told as that. The gain of two channels is that of their mean
power. The distance of two is in dB: the RMS difference of their spectra, with the decay at a small part of its
difference. Brightness is told by the spectrum already, and not counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...cabinet.response import GUITAR_HZ, level_db, response_db
from ...decibels import db_from_powers, gain_from_db, powers_from_db

VERSION = 1  # fingerprints of two versions are never compared
PARTS = {"spectrum": 46, "decay": 6, "brightness": 2}  # numbers of each, in order
SIZE = sum(PARTS.values())
SPECTRUM, DECAY = slice(0, 46), slice(46, 52)
TILT, CENTRE = 52, 53
BANDS_HZ = 63.0 * 2.0 ** (np.arange(PARTS["spectrum"]) / 6)
SMOOTHING = 6  # parts of an octave
LEAST_DB = -40.0  # re the level for a guitar: what lies lower nobody hears beside the rest
DECAY_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
LEAST_DECAY_DB = -50.0
ONSET_DB = -20.0  # re the peak: the first sample above is when the sound has come
DECAY_WEIGHT = 0.15  # a decay that is 10 dB otherwise counts like a spectrum that is 1.5 dB otherwise
TILT_HZ = (100.0, 6400.0)
CHARACTER_HZ = (80.0, 8000.0)  # what is compared once the slope is taken out

Vector = NDArray[np.float32]


def fingerprint(taps: NDArray[np.floating], sample_rate: int) -> Vector:
    """Of taps, (channels, n), at any rate: (54,). They are finite, and not silent."""
    rows = np.asarray(taps, np.float64)
    spectrum = shape_db(rows, sample_rate, BANDS_HZ, SMOOTHING)
    return np.concatenate(
        [spectrum, decay_db(rows, sample_rate), [tilt_db_per_octave(spectrum), centre_octaves(spectrum)]],
        dtype=np.float32,
    )


def shape_db(
    rows: NDArray[np.float64], sample_rate: int, hz: NDArray[np.float64], smoothing: int
) -> NDArray[np.float64]:
    """The gain of the mean power of all channels, (hz,), about its mean in dB over the band of a guitar."""
    return about_mean(response_db(rows, sample_rate, hz, smoothing), hz).mean_power


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Gains in dB, the level taken out: of the mean power of all channels, (hz,), and of each, (channels, hz)."""

    mean_power: NDArray[np.float64]
    channels: NDArray[np.float64]


def within_band(hz: NDArray[np.float64], band_hz: tuple[float, float]) -> NDArray[np.bool_]:
    """Which frequencies lie in a band, both ends included."""
    low_hz, high_hz = band_hz
    return np.asarray((hz >= low_hz) & (hz <= high_hz))


def about_mean(rows_db: NDArray[np.float64], hz: NDArray[np.float64]) -> Curves:
    """Responses as `response_db` gives them, without what nobody hears, and all channels by one gain."""
    within = within_band(hz, GUITAR_HZ)
    told = np.fmax(rows_db, level_db(rows_db, hz) + LEAST_DB)  # what a low rate has nothing of is as good as silent
    power = db_from_powers(np.mean(powers_from_db(told), axis=0))
    mean_db = float(np.mean(power[within]))
    return Curves(power - mean_db, told - mean_db)


def onset(rows: NDArray[np.float64]) -> int:
    """The first sample near the peak: later by as much where a response is, whatever the rest."""
    loud = np.abs(rows).max(axis=0)
    return int(np.argmax(loud > gain_from_db(ONSET_DB) * loud.max()))


def decay_db(rows: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """The energy that is left after each of `DECAY_S`, re all, (6,)."""
    energy = np.square(rows).sum(axis=0)
    left = np.concatenate([np.cumsum(energy[::-1])[::-1], [0.0]])
    at = np.minimum(onset(rows) + np.round(np.array(DECAY_S) * sample_rate).astype(int), len(energy))
    return np.maximum(db_from_powers(np.maximum(left[at] / left[0], 1e-20)), LEAST_DECAY_DB)


def tilt_db_per_octave(spectrum: NDArray[np.floating]) -> float:
    """The slope of the line through a spectrum, (46,): negative is darker."""
    within = within_band(BANDS_HZ, TILT_HZ)
    octaves = np.log2(BANDS_HZ[within])
    octaves = octaves - octaves.mean()
    return float(octaves @ np.asarray(spectrum, np.float64)[within] / (octaves @ octaves))


def centre_octaves(spectrum: NDArray[np.floating]) -> float:
    """Where the middle of its energy lies for pink noise, in octaves above 1 kHz."""
    power = powers_from_db(np.asarray(spectrum, np.float64))
    return float(power @ np.log2(BANDS_HZ / 1000.0) / power.sum())


def weighted(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Vectors, (..., 54), scaled so that the Euclidean distance of two is theirs, in dB."""
    scale = np.zeros(SIZE)
    scale[SPECTRUM] = 1.0 / np.sqrt(PARTS["spectrum"])
    scale[DECAY] = DECAY_WEIGHT / np.sqrt(PARTS["decay"])
    return np.asarray(vectors * scale, np.float32)


def without_tilt(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """The same with the slope taken out, (..., n): near each other is what would be alike if it were as dark."""
    vectors = np.asarray(vectors, np.float64)
    within = within_band(BANDS_HZ, CHARACTER_HZ)
    octaves = np.log2(BANDS_HZ / 1000.0)
    level = vectors[..., SPECTRUM] - vectors[..., TILT, np.newaxis] * octaves
    level = level[..., within] - level[..., within].mean(axis=-1, keepdims=True)
    decay = DECAY_WEIGHT / np.sqrt(PARTS["decay"]) * vectors[..., DECAY]
    return np.concatenate([level / np.sqrt(within.sum()), decay], axis=-1, dtype=np.float32)
