"""The fingerprint: 220 numbers in dB that say how something answers the probe, whatever its gain, delay and polarity.

| part | numbers | what |
|---|---|---|
| spectrum | 5 x 28 | quarter octaves from 60 Hz to 7.7 kHz, re their sum, for each level of the noise |
| level | 5 | RMS of the answer to each level of the noise, re that to the loudest |
| harmonics | 12 x 5 | harmonics 2 to 6 of each tone at each level, re the first, from -60 to +20 dB |
| intermodulation | 3 x 5 | 55, 165, 220, 275 and 385 Hz in the answer to the fifth, re 110 Hz, from -60 to +20 dB |

The distance of two is the root of the weighted mean squares of their differences, part by part. Of a spectrum the
differences count as loudness grows, with the power 0.6 of the amplitude (S. S. Stevens, "The measurement of loudness",
JASA 27, 1955): whether a band lies 40 or 60 dB below the sum is heard by nobody and shown by no ESR. For the same
reason harmonics and intermodulation count from -40 dB on. Each part is divided by what it usually spreads over models
(`SPREAD`, the RMS about the median over made sets of 300 models), so that a distance of 1 is "as far apart as any two".
The spreads are constants, not those of the folder at hand: a distance means the same in each library, and a file more
changes none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from ..audio.align import find_lag
from ..decibels import db_from_gain, db_from_power, db_from_powers, gains_from_db
from ..nam.aliasing import off_harmonics_db
from .probe import ALIAS_PERIOD_SAMPLES, RATE_HZ, Passage, alias_cycles, probe

VERSION = 2  # of probe and features together; fingerprints of two versions are never compared
BAND_EDGES_HZ = 60.0 * 2.0 ** (np.arange(29) / 4)
HARMONICS = (2, 3, 4, 5, 6)
HIGHEST_HARMONIC_HZ = 15000.0
MIXTURES_HZ = (55.0, 165.0, 220.0, 275.0, 385.0)
LEAST_DB, MOST_DB = -60.0, 20.0
SILENCE_DBFS = -100.0  # RMS of the answer to the loudest noise: nothing can be told of less
TINY = 1e-20
BANDS = len(BAND_EDGES_HZ) - 1
PARTS = {"spectrum": 5 * BANDS, "level": 5, "harmonics": 60, "intermodulation": 15}  # numbers of each, in order
SIZE = sum(PARTS.values())
PLACES = (PARTS["spectrum"], PARTS["spectrum"] + PARTS["level"])  # where level begins, and where harmonics do
LOUDNESS_POWER = 0.6  # of an amplitude
SOFTEST_DB = -40.0  # of harmonics and mixtures that count in a distance
SPREAD = {
    "spectrum": 0.12,
    "level": 5.5,
    "harmonics": 10.9,
    "intermodulation": 11.0,
}  # as they count; the first is no dB
WEIGHT = {"spectrum": 1.0, "level": 0.2, "harmonics": 0.4, "intermodulation": 0.3}
LATE_SAMPLES = 512  # the longest delay that is looked for

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Answered:
    """What the answer to the probe tells. `vector`: (220,) in dB; the rest as `rig.nam` measures it, more briefly."""

    vector: Vector
    level_dbfs: float  # RMS of the answer to noise of -16 dBFS
    delay_samples: float
    polarity: int
    aliasing_db: float | None


def answered(answer: NDArray[np.floating]) -> Answered | None:
    """Of an answer to the probe, (n,) at 48 kHz, as long as the probe and in step with it; None: silent, or not finite.

    A part of a sample of delay, gain and polarity change nothing of the vector.
    """
    sent = probe()
    y = np.asarray(answer)
    if len(y) != len(sent.samples) or not np.isfinite(y).all():
        return None
    bursts = [_around_mean(y, passage) for passage in sent.of("burst")]
    powers_db = db_from_powers(np.array([np.mean(np.square(part)) for part in bursts]) + TINY)
    if powers_db[-1] < SILENCE_DBFS:
        return None
    bands = np.array([_bands_db(part) for part in bursts])
    vector = np.concatenate(
        [bands.ravel(), powers_db - powers_db[-1], *_harmonics_db(y), *_mixtures_db(y)], dtype=np.float32
    )
    softest = sent.of("burst")[0]
    lag = find_lag(sent.samples[softest.start : softest.stop], bursts[0], max_lag_samples=LATE_SAMPLES)
    return Answered(vector, float(powers_db[3]), lag.samples, lag.polarity, _aliasing_db(y))


def weighted(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Vectors, (..., 220), scaled so that the distance of two is the Euclidean one."""
    spectrum, level, partials = np.split(np.asarray(vectors, np.float32), PLACES, axis=-1)
    loudness = gains_from_db(LOUDNESS_POWER * spectrum)
    counted = np.concatenate([loudness, level, np.maximum(partials, SOFTEST_DB)], axis=-1)
    return np.asarray(counted * _scale(), np.float32)


@cache
def _scale() -> NDArray[np.float64]:
    """What each number is multiplied by, (220,)."""
    total = sum(weight**2 for weight in WEIGHT.values())
    # Two that are drawn independently differ by the root of 2 more than each spreads about the median.
    parts = [
        np.full(count, WEIGHT[name] / SPREAD[name] / np.sqrt(2.0 * total * count)) for name, count in PARTS.items()
    ]
    return np.concatenate(parts)


def _around_mean(y: NDArray[np.floating], passage: Passage, skip: float = 0.0) -> NDArray[np.float64]:
    """The passage without its first part, which settles, and without DC."""
    first = passage.start + round(skip * (passage.stop - passage.start))
    part = np.asarray(y[first : passage.stop], np.float64)
    return np.asarray(part - part.mean())


@cache
def _window(samples: int) -> NDArray[np.float64]:
    return np.asarray(np.hanning(samples), np.float64)


@cache
def _band_bins(samples: int) -> NDArray[np.intp]:
    """The bin at which each band begins, and where the last one ends: (29,)."""
    return np.asarray(np.searchsorted(np.fft.rfftfreq(samples, 1 / RATE_HZ), BAND_EDGES_HZ))


def _bands_db(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quarter octaves re their sum, (28,)."""
    powers = np.square(np.abs(rfft(part * _window(len(part)))))
    sums = np.concatenate([[0.0], np.cumsum(powers)])
    at = _band_bins(len(part))
    bands = db_from_powers(np.maximum(sums[at[1:]] - sums[at[:-1]], TINY))
    return np.asarray(np.maximum(bands - db_from_power(float(sums[at[-1]] - sums[at[0]]) + TINY), 2 * LEAST_DB))


@cache
def _turning(samples: int, frequencies_hz: tuple[float, ...]) -> NDArray[np.float64]:
    """Windowed cosines and behind them sines, (2, frequencies, samples), of amplitude 1."""
    turns = 2 * np.pi * np.outer(frequencies_hz, np.arange(samples) / RATE_HZ)
    return np.asarray(np.stack([np.cos(turns), np.sin(turns)]) * _window(samples) / _window(samples).sum())


def _partials_db(part: NDArray[np.float64], frequencies_hz: tuple[float, ...]) -> NDArray[np.float64]:
    """What is there of each frequency, re the first of them, without that: limited to what can be told."""
    # Not by BLAS: its threads wait for each other, busily, beside the other processes of a scan: ten times the cost.
    sizes = np.hypot(*np.einsum("kfn,n->kf", _turning(len(part), frequencies_hz), part))
    first = float(sizes[0]) + TINY
    return np.clip([db_from_gain(float(size) / first + TINY) for size in sizes[1:]], LEAST_DB, MOST_DB)


def _harmonics_db(y: NDArray[np.floating]) -> list[NDArray[np.float64]]:
    found: dict[Passage, NDArray[np.float64]] = {}
    # By frequency: what one is multiplied by stays in the cache for all its levels.
    for passage in sorted(probe().of("tone"), key=lambda passage: passage.hz):
        within = tuple(passage.hz * k for k in (1, *HARMONICS) if passage.hz * k < HIGHEST_HARMONIC_HZ)
        partials = _partials_db(_around_mean(y, passage, 1 / 3), within)
        found[passage] = np.concatenate([partials, np.full(len(HARMONICS) - len(partials), LEAST_DB)])
    return [found[passage] for passage in probe().of("tone")]


def _mixtures_db(y: NDArray[np.floating]) -> list[NDArray[np.float64]]:
    return [
        _partials_db(_around_mean(y, passage, 1 / 4), (passage.hz, *MIXTURES_HZ)) for passage in probe().of("fifth")
    ]


def _aliasing_db(y: NDArray[np.floating]) -> float | None:
    """Energy off the harmonics of the last tone re that on them; None where there is none."""
    passage = probe().of("alias")[0]
    pattern = np.asarray(y[passage.stop - ALIAS_PERIOD_SAMPLES : passage.stop], np.float64)
    if db_from_power(float(np.var(pattern)) + TINY) < SILENCE_DBFS:
        return None
    return off_harmonics_db(pattern, alias_cycles())
