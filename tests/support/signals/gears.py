"""Gear of many kinds that exists only as arithmetic: takes of all are accepted, faults on all of them are found.

Each is a function of what is played, (n,) float64 at 48 kHz, and of how hard it is driven (1: as it is set), and gives
the same for the same input. What bends runs at twice the rate. `hiss` draws the gear's own noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from preamp import preamp
from scipy.ndimage import maximum_filter1d
from scipy.signal import butter, fftconvolve, lfilter, resample_poly, sosfilt

RATE = 48000
Samples = NDArray[np.float64]


def bent(x: Samples, curve: Callable[[Samples], Samples], times: int = 2) -> Samples:
    """A curve without memory, at a multiple of the rate."""
    return resample_poly(curve(resample_poly(x, times, 1)), 1, times)[: len(x)]


def passed(x: Samples, kind: str, hz: float, order: int = 1) -> Samples:
    return np.asarray(sosfilt(butter(order, hz, kind, fs=RATE, output="sos"), x))


def bell(x: Samples, hz: float, db: float, q: float) -> Samples:
    """A peaking filter (Bristow-Johnson's)."""
    w, a = 2 * np.pi * hz / RATE, 10 ** (db / 40)
    alpha, c = np.sin(w) / (2 * q), np.cos(w)
    return np.asarray(lfilter([1 + alpha * a, -2 * c, 1 - alpha * a], [1 + alpha / a, -2 * c, 1 - alpha / a], x))


def followed(x: Samples, seconds: float) -> Samples:
    """A level that follows, by one pole."""
    a = np.exp(-1 / (seconds * RATE))
    return np.asarray(lfilter([1 - a], [1, -a], np.abs(x)))


def cabinet(x: Samples) -> Samples:
    return fftconvolve(x, _cabinet())[: len(x)]


@cache
def _cabinet() -> Samples:
    n = 2400
    t = np.arange(n) / RATE
    h = np.random.default_rng(12).standard_normal(n) * np.exp(-t / 0.004) * 0.15
    h[0] += 1
    h += 0.05 * np.exp(-t / 0.009) * np.sin(2 * np.pi * 110 * t)
    h = passed(passed(h, "low", 4500, 3), "high", 75, 2)
    return h / np.sqrt(np.sum(h**2))


def gated(x: Samples, key: Samples, threshold: float, hold_s: float = 0.08) -> Samples:
    """Muted where the key was below the threshold for `hold_s`; it opens in 1 ms and closes in 10."""
    n = round(hold_s * RATE)
    loudest = maximum_filter1d(np.abs(key), n, origin=(n - 1) // 2)
    wanted = (loudest > threshold).astype(np.float64)
    a = np.exp(-1 / (0.003 * RATE))
    return x * np.asarray(lfilter([1 - a], [1, -a], wanted))


# ---------------------------------------------------------------- the gear
def clean(x, drive):
    return bent(0.5 * drive * bell(passed(x, "high", 40), 600, -4, 0.7), lambda v: np.tanh(0.5 * v) / 0.5)


def tilted(x, drive):
    return drive * (0.15 * passed(x, "high", 900) + 0.7 * passed(x, "low", 250))


def crunch(x, drive):
    y = bent(6 * drive * passed(x, "high", 120), lambda v: np.where(v > 0, np.tanh(v), 1.5 * np.tanh(v / 1.5)))
    return 0.3 * passed(passed(y, "low", 5000, 2), "high", 30)


def overdrive(x, drive):
    driven = bent(40 * drive * passed(x, "high", 720), lambda v: v / (1 + np.abs(v) ** 1.5) ** (1 / 1.5))
    return passed(0.25 * driven + 0.25 * drive * x, "low", 3000)


def high_gain(x, drive):
    y = bent(25 * drive * passed(x, "high", 200), lambda v: np.tanh(v + 0.3) - np.tanh(0.3))
    y = bent(15 * passed(passed(y, "low", 6000), "high", 100), lambda v: np.tanh(v - 0.2) + np.tanh(0.2))
    return 0.3 * bell(passed(passed(y, "low", 4500, 2), "high", 60), 500, -8, 0.8)


def fuzz(x, drive):
    y = bent(300 * drive * passed(x, "high", 60), lambda v: np.clip(v, -0.7, 1.0))
    return 0.25 * passed(passed(y, "low", 3500, 2), "high", 40)


def gated_fuzz(x, drive):
    """Starved of its bias: below a level nothing comes out."""

    def starved(v):
        return np.clip(np.sign(v) * np.maximum(np.abs(v) - 0.5, 0) * 4, -1, 0.8)

    return 0.3 * passed(passed(bent(100 * drive * passed(x, "high", 80), starved), "low", 5000), "high", 30)


def octave(x, drive):
    y = bent(8 * drive * passed(x, "high", 100), lambda v: np.abs(np.tanh(v)))
    return 0.4 * passed(passed(bent(5 * passed(y, "high", 60), np.tanh), "low", 4000), "high", 40)


def compressor(x, drive):
    level_db = 20 * np.log10(np.maximum(followed(drive * x, 0.004), 1e-6))
    over_db = np.asarray(lfilter([1 - 0.9993], [1, -0.9993], np.maximum(level_db + 40, 0)))
    return 1.2 * drive * x * 10 ** (-0.75 * over_db / 20)


def sag(x, drive):
    """A supply that gives in while much is drawn."""
    pulled = followed(followed(np.tanh(4 * drive * x), 0.02), 0.12)
    supply = 1 / (1 + 1.5 * pulled)
    y = supply * bent(5 * drive * passed(x, "high", 80) / np.maximum(supply, 0.3) ** 0.5, np.tanh)
    return 0.4 * passed(y, "low", 5500, 2)


def tube(x, drive):
    return preamp(drive * x).astype(np.float64)


def amp_and_cabinet(x, drive):
    return 0.5 * cabinet(bent(12 * drive * passed(x, "high", 150), lambda v: np.tanh(v + 0.2) - np.tanh(0.2)))


def gate_and_amp(x, drive):
    """A gate of the gear's own before it."""
    return crunch(gated(x, x, 10 ** (-50 / 20)), drive)


def limiter(x, drive):
    y = 4 * drive * passed(x, "high", 50)
    return 0.5 * y / (1 + np.maximum(followed(y, 0.003) - 0.25, 0) / 0.25)


def booster(x, drive):
    """Treble into germanium, whose bias is pulled away by what is loud."""
    y = 10 * drive * passed(x, "high", 1800)
    bias = 0.6 * followed(np.maximum(y, 0), 0.03)
    y = bent(y - bias, lambda v: np.clip(v, -1, 0.6) - 0.1 * np.clip(v, -1, 0.6) ** 2)
    return 0.35 * passed(passed(y, "low", 7000), "high", 40)


def expander(x, drive):
    level_db = 20 * np.log10(np.maximum(followed(x, 0.02), 1e-4))
    return 0.6 * drive * x * 10 ** (0.4 * np.clip(level_db + 30, -30, 0) / 20)


def parked_wah(x, drive):
    return 0.5 * bent(4 * drive * bell(passed(x, "high", 200), 900, 18, 4) * 0.3, np.tanh)


def bass_amp(x, drive):
    y = bent(4 * drive * bell(passed(x, "low", 1500, 2), 80, 6, 0.7), lambda v: v / np.sqrt(1 + v**2))
    return 0.4 * passed(y, "low", 2500)


def tape(x, drive):
    return 0.6 * bell(bent(1.5 * drive * x, lambda v: np.tanh(v) + 0.02 * v**3 / (1 + v**2)), 70, 3, 1)


def cold_bias(x, drive):
    """Class B with too little bias: the middle of the wave is missing."""
    return 0.5 * passed(bent(2 * drive * x, lambda v: np.tanh(v - np.tanh(20 * v) * 0.02)), "low", 6000)


def blended_fuzz(x, drive):
    return 0.5 * fuzz(x, drive) + 0.4 * passed(x, "low", 400)


def blocking(x, drive):
    """A coupling capacitor that charges when the grid is overdriven, and lets go slowly."""
    v = 12 * drive * passed(x, "high", 100)
    charge = followed(np.maximum(v - 1, 0), 0.06)
    return 0.3 * passed(passed(bent(v - 0.8 * charge, np.tanh), "high", 40), "low", 5000, 2)


@dataclass(frozen=True)
class Gear:
    name: str
    play: Callable[[Samples, float], Samples]
    hiss_dbfs: float = -95.0  # RMS, behind it
    hiss_in_dbfs: float = -115.0  # at its input, amplified by it


GEARS = (
    Gear("clean", clean),
    Gear("tilted", tilted),
    Gear("crunch", crunch),
    Gear("overdrive", overdrive),
    Gear("high gain", high_gain, -90, -116),
    Gear("fuzz", fuzz, -88, -118),
    Gear("gated fuzz", gated_fuzz, -88),
    Gear("octave", octave, -90),
    Gear("compressor", compressor, -92, -105),
    Gear("sag", sag),
    Gear("tube", tube, -90),
    Gear("amp and cabinet", amp_and_cabinet, -85, -108),
    Gear("gate and amp", gate_and_amp, -85),
    Gear("limiter", limiter),
    Gear("booster", booster),
    Gear("expander", expander),
    Gear("parked wah", parked_wah),
    Gear("bass amp", bass_amp),
    Gear("tape", tape, -75),
    Gear("cold bias", cold_bias),
    Gear("blended fuzz", blended_fuzz, -90, -118),
    Gear("blocking", blocking, -88),
)


def played(gear: Gear, x: Samples, seed: int = 0, drive: float = 1.0) -> Samples:
    """The gear's answer with its noise, (n,)."""
    rng = np.random.default_rng([seed, 71])
    noisy = x + 10 ** (gear.hiss_in_dbfs / 20) * rng.standard_normal(len(x))
    return gear.play(noisy, drive) + 10 ** (gear.hiss_dbfs / 20) * rng.standard_normal(len(x))
