"""A dry file, the gear, and another box that stands for it: what recordings are made of."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from rig.audio.align import shifted

RATE = 48000
BOX_LATE_SAMPLES = 31.4


def strings(seconds, seed=0):
    """Strings that decay, from loud to soft, of many pitches, at times that no other seed has."""
    rng = np.random.default_rng(seed)
    x = np.zeros(round(seconds * RATE))
    start = 0
    while start < len(x) - RATE // 8:
        n = np.arange(min(RATE // 4, len(x) - start))
        hz = rng.uniform(80, 800)
        tone = sum(np.sin(2 * np.pi * k * hz * n / RATE + rng.uniform(0, 6)) / k for k in range(1, 9))
        x[start : start + len(n)] += tone * np.exp(-n / 4000) * 10 ** (rng.uniform(-24, -6) / 20)
        start += int(rng.uniform(0.15, 0.3) * RATE)
    return 0.9 * x / np.abs(x).max() + 1e-4 * rng.standard_normal(len(x))


def gear(x, seed=9):
    return 0.3 * np.tanh(9 * x) + 1e-5 * np.random.default_rng(seed).standard_normal(len(x))


def box(x):
    """Much like the gear, a little darker and 2 dB louder, and later."""
    driven = lfilter([0.5, 0.35, 0.1], [1, -0.05], 0.4 * np.tanh(8 * x + 0.05))
    return shifted(driven, BOX_LATE_SAMPLES) + 1e-5 * np.random.default_rng(5).standard_normal(len(x))


def by_another_clock(x, ppm):
    """x as a recorder would have it whose clock is so much faster: cubic between sixteen points per sample."""
    up, padded = 16, np.concatenate([x, np.zeros(1000)])
    spectrum = np.fft.rfft(padded)
    fine = np.fft.irfft(np.concatenate([spectrum, np.zeros((up - 1) * len(padded) // 2)]), up * len(padded)) * up
    at = up * np.arange(len(x)) / (1 + 1e-6 * ppm)
    whole = np.clip(np.floor(at).astype(int), 1, len(fine) - 3)
    part = at - whole
    a, b, c, d = (fine[whole + k] for k in (-1, 0, 1, 2))
    return b + 0.5 * part * (c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a)))
