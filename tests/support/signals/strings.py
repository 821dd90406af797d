"""Synthetic strings: stiff, dying away, plucked with a click, with noise; what a tuner and a gate have to do with."""

from __future__ import annotations

import numpy as np


def string(hz, rng, seconds=1.2, rate=48000, peak_dbfs=-40.0, noise_dbfs=-90.0, t60_s=None, fundamental_db=0.0):
    """One string whose first partial is `hz`; overtones by a random place of pick and pickup, stiffness to 5e-4."""
    t = np.arange(round(seconds * rate)) / rate
    stiffness = 10 ** rng.uniform(-5, -3.3)
    pick, pickup = rng.uniform(0.05, 0.45), rng.uniform(0.05, 0.3)
    t60_s = rng.uniform(2.0, 8.0) * (110 / hz) ** 0.3 if t60_s is None else t60_s
    y = np.zeros_like(t)
    for n in range(1, 20):
        partial = n * hz * np.sqrt((1 + stiffness * n * n) / (1 + stiffness))
        if partial > min(9000, 0.45 * rate):
            break
        level = np.sin(np.pi * n * pick) * np.sin(np.pi * n * pickup) / n
        level *= 10 ** (fundamental_db / 20) if n == 1 else 1.0
        phase = rng.uniform(0, 2 * np.pi)
        y += level * np.exp(-6.9 * t * (1 + 0.1 * n) / t60_s) * np.cos(2 * np.pi * partial * t + phase)
    y /= np.abs(y).max()
    y += 0.3 * rng.standard_normal(t.size) * np.exp(-t / 0.01)  # the pick
    return 10 ** (peak_dbfs / 20) * y + 10 ** (noise_dbfs / 20) * rng.standard_normal(t.size)


def chord(notes_hz, rng, seconds=6.0, rate=48000, peak_dbfs=-10.0, noise_dbfs=-75.0):
    """Half a second of noise and hum, then strummed strings that beat.

    Each partial sounds twice, up to 1.2 Hz apart, the second nearly as strong as the first.
    """
    t = np.arange(round(seconds * rate)) / rate
    y = np.zeros_like(t)
    for i, hz in enumerate(notes_hz):
        start, t60_s = round(0.008 * i * rate), rng.uniform(2.0, 6.0)
        late = t[: t.size - start]
        for n in range(1, 16):
            level, turn = abs(np.sin(np.pi * n * rng.uniform(0.08, 0.3))) / n, rng.uniform(0, 2 * np.pi, 2)
            twice = np.cos(2 * np.pi * n * hz * late + turn[0])
            apart = rng.uniform(0.1, 1.2)
            twice += rng.uniform(0.2, 0.95) * np.cos(2 * np.pi * (n * hz + apart) * late + turn[1])
            y[start:] += level * np.exp(-6.9 * late * (1 + 0.15 * n) / t60_s) * twice
    y *= 10 ** (peak_dbfs / 20) / np.abs(y).max()
    y = np.concatenate([np.zeros(rate // 2), y])
    hum = np.sin(2 * np.pi * 50 * np.arange(y.size) / rate)
    return (y + 10 ** (noise_dbfs / 20) * (rng.standard_normal(y.size) + 1.4 * hum)).astype(np.float32)


HUMS = ("sine", "mains", "buzz")


def hum(kind, mains_hz, seconds, rms_dbfs, rng, rate=48000):
    """The hum of the mains: one sine, the odd and even overtones of a transformer, or the buzz of a single coil."""
    t = np.arange(round(seconds * rate)) / rate
    levels = {
        "sine": [1.0],
        "mains": [(1.0 if n % 2 else 0.5) / n for n in range(1, 16)],
        "buzz": [(0.6 if n % 2 else 1.0) / np.sqrt(n) for n in range(1, 60)],
    }[kind]
    y = sum(
        level * np.cos(2 * np.pi * n * mains_hz * t + rng.uniform(0, 2 * np.pi)) for n, level in enumerate(levels, 1)
    )
    y *= 10 ** (rms_dbfs / 20) / np.sqrt(np.mean(y**2))
    return y + 10 ** (-90 / 20) * rng.standard_normal(t.size)


def vibrato(hz, depth_cents, seconds=1.5, rate=48000, peak_dbfs=-20.0):
    """A string that is shaken 5.5 times a second, with three overtones."""
    t = np.arange(round(seconds * rate)) / rate
    turn = 2 * np.pi * np.cumsum(hz * 2 ** (depth_cents / 1200 * np.sin(2 * np.pi * 5.5 * t))) / rate
    return 10 ** (peak_dbfs / 20) * sum(np.exp(-0.3 * t) / n * np.cos(n * turn + n) for n in range(1, 5))
