"""The probe: 2.8 s of sound that any model or gear answers in its own way, always the same to the last bit.

Five levels of one burst of pink noise, four tones and a fifth at three levels each, and one tone whose pattern repeats
after a prime number of samples, so that what folds back falls between its harmonics (`rig.nam.aliasing`). Silence
before each passage lets the answer to the one before it die away. Nothing in it clips: it can be played through real
gear as well.

The noise is a sum of sines with phases drawn from `numpy.random.RandomState`, whose sequence NumPy has promised never
to change (NEP 19): a fingerprint taken by one version is comparable with one taken by another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..decibels import gain_from_db

RATE_HZ = 48000
BURST_RMS_DBFS = (-45.0, -33.0, -24.0, -16.0, -10.0)
TONES_HZ = (110.0, 294.0, 784.0, 2093.0)
TONE_PEAK_DBFS = (-36.0, -20.0, -6.0)  # the fifth's peaks too
FIFTH_HZ = (110.0, 165.0)
ALIAS_HZ, ALIAS_PEAK_DBFS = 2489.0, -12.0  # of `rig.nam.aliasing`
ALIAS_PERIOD_SAMPLES = 4801  # prime
NOISE_LOW_HZ, NOISE_HIGH_HZ = 60.0, 9000.0
BEGIN_SAMPLES, GAP_SAMPLES = 960, 960
BURST_SAMPLES, TONE_SAMPLES, FIFTH_SAMPLES = 7680, 3840, 5760
ALIAS_SETTLING_SAMPLES = 4800
RISE_SAMPLES = 240
BURST_SEED = 1402  # of the first 1,500 the one with the lowest crest, 9.9 dB: the loudest burst fits below full scale

Kind = Literal["burst", "tone", "fifth", "alias"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of the probe: samples `start` to `stop`, at a level in dBFS; `hz`: of a tone."""

    kind: Kind
    start: int
    stop: int
    level_dbfs: float
    hz: float = 0.0


@dataclass(frozen=True, slots=True)
class Probe:
    """The samples, (n,) float32 at 48 kHz, read-only, and what they hold."""

    samples: NDArray[np.float32]
    passages: tuple[Passage, ...]

    def of(self, kind: Kind) -> tuple[Passage, ...]:
        """The passages of one kind, in order."""
        return tuple(passage for passage in self.passages if passage.kind == kind)


@cache
def probe() -> Probe:
    """The probe; made once."""
    parts: list[NDArray[np.float64]] = [np.zeros(BEGIN_SAMPLES)]
    passages: list[Passage] = []
    position = BEGIN_SAMPLES

    def add(kind: Kind, x: NDArray[np.float64], level_dbfs: float, hz: float = 0.0) -> None:
        nonlocal position
        passages.append(Passage(kind, position, position + len(x), level_dbfs, hz))
        parts.extend((x, np.zeros(GAP_SAMPLES)))
        position += len(x) + GAP_SAMPLES

    burst = _pink_burst()
    for level_dbfs in BURST_RMS_DBFS:
        add("burst", gain_from_db(level_dbfs) * burst, level_dbfs)
    for level_dbfs in TONE_PEAK_DBFS:
        for hz in TONES_HZ:
            add("tone", gain_from_db(level_dbfs) * _rising(_sine(hz, TONE_SAMPLES)), level_dbfs, hz)
    for level_dbfs in TONE_PEAK_DBFS:
        both = sum((_sine(hz, FIFTH_SAMPLES) for hz in FIFTH_HZ), np.zeros(FIFTH_SAMPLES))
        add("fifth", 0.5 * gain_from_db(level_dbfs) * _rising(both), level_dbfs, FIFTH_HZ[0])
    add("alias", gain_from_db(ALIAS_PEAK_DBFS) * _alias_tone(), ALIAS_PEAK_DBFS, alias_hz())
    samples = np.concatenate(parts).astype(np.float32)
    samples.setflags(write=False)
    return Probe(samples, tuple(passages))


def alias_hz() -> float:
    """The exact frequency of the last tone: a whole number of cycles in its prime period."""
    return alias_cycles() * RATE_HZ / ALIAS_PERIOD_SAMPLES


def alias_cycles() -> int:
    """Cycles of the last tone in its period."""
    return round(ALIAS_HZ * ALIAS_PERIOD_SAMPLES / RATE_HZ)


def _alias_tone() -> NDArray[np.float64]:
    at = np.arange(-ALIAS_SETTLING_SAMPLES, ALIAS_PERIOD_SAMPLES)
    phase = (at * alias_cycles() % ALIAS_PERIOD_SAMPLES) / ALIAS_PERIOD_SAMPLES
    return _rising(np.sin(2 * np.pi * phase))


def _sine(hz: float, samples: int) -> NDArray[np.float64]:
    return np.asarray(np.sin(2 * np.pi * hz * np.arange(samples) / RATE_HZ))


def _rising(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """It, without a click at its beginning."""
    return np.asarray(x * np.minimum(1.0, np.arange(len(x)) / RISE_SAMPLES))


def _pink_burst() -> NDArray[np.float64]:
    """Noise of RMS 1 whose power falls as 1 / f, (7680,)."""
    phase = np.random.RandomState(BURST_SEED).uniform(0.0, 2.0 * np.pi, BURST_SAMPLES // 2 + 1)
    hz = np.fft.rfftfreq(BURST_SAMPLES, 1 / RATE_HZ)
    within = (hz >= NOISE_LOW_HZ) & (hz <= NOISE_HIGH_HZ)
    spectrum = np.zeros(len(hz), complex)
    spectrum[within] = np.exp(1j * phase[within]) / np.sqrt(hz[within])
    x = np.fft.irfft(spectrum, BURST_SAMPLES)
    return np.asarray(x / np.sqrt(np.mean(np.square(x))))
