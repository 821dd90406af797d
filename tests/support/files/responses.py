"""Made-up cabinets: filters of random colour, level, length and delay; for the tests of all that works on IRs."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfilt

from rig.audio import wav
from rig.cabinet.ir import IR

RATE = 48000


def coloured(seed, samples=2048, rate=RATE, delay=0, peak=0.9):
    """A speaker: band-limited, with a few resonances; `delay` samples of silence in front, as many taps in all."""
    rng = np.random.default_rng(seed)
    x = np.zeros(samples)
    x[delay] = 1.0
    low, high = rng.uniform(50, 150), rng.uniform(3000, 8000)
    y = sosfilt(butter(2, (low, high), "bandpass", output="sos", fs=rate), x)
    for hz in rng.uniform(150, 5000, 4):
        y += rng.uniform(-0.8, 0.8) * sosfilt(butter(1, (hz * 0.8, hz * 1.2), "bandpass", output="sos", fs=rate), x)
    return peak * y / np.abs(y).max()


def varied(count, seed=0):
    """IRs as different as those of a folder: 1 ms to 0.5 s, mono and stereo, -50 to +10 dBFS, late, upside down."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        samples = int(np.exp(rng.uniform(np.log(64), np.log(24000))))
        level = 10 ** (rng.uniform(-50, 10) / 20) * rng.choice([-1, 1])
        delay = int(rng.integers(0, samples // 4))
        rows = [coloured(1000 * seed + 2 * i + side, samples, delay=delay) for side in range(1 + i % 3 // 2)]
        decay = np.exp(-np.arange(samples) / (0.2 * samples))
        rows = [row + 0.05 * rng.standard_normal(samples) * decay for row in rows]
        yield IR.from_taps(level * np.stack(rows), RATE, f"{i:02}.wav")


def gain_db(taps, hz, rate=RATE):
    """What a response does to one frequency, from its definition."""
    return 20 * np.log10(np.abs(np.sum(taps * np.exp(-2j * np.pi * hz * np.arange(len(taps)) / rate))))


def folder_of(folder, count, samples=2048, rates=(48000, 44100, 48000, 96000, 48000, 88200), seed=0):
    """So many cabinets as 24-bit files of mixed rates, in folders of fifty; their paths in natural order."""
    rng = np.random.default_rng(seed)
    paths = []
    for i in range(count):
        path = folder / f"cab{i // 50 + 1}" / f"mic{i % 50 + 1}.wav"
        path.parent.mkdir(exist_ok=True)
        taps = rng.standard_normal(samples) * np.exp(-np.arange(samples) / rng.uniform(20, 200))
        wav.write(path, 0.9 * taps / np.abs(taps).max(), rates[i % len(rates)], "PCM_24")
        paths.append(path)
    return paths
