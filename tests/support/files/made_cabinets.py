"""A folder of cabinets made by arithmetic: ancestors that have nothing to do with each other, and variants of each.

An ancestor is a loudspeaker: band limits, resonances and dips, one to four reflections, and for some a room behind it.
Of each there are twins, which only differ by what nobody hears (gain, polarity, delay, silence behind, rate, depth, an
end that was already silent, one channel written twice), and relatives: tilted, cut, lifted somewhere, of another
microphone, mixed with a stranger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, iirpeak, lfilter, sosfilt

from rig.audio import wav
from rig.audio.resample import resample_response

RATE = 48000
Taps = NDArray[np.float64]


@dataclass(frozen=True)
class Made:
    """A file, its ancestor, and the group of those that are one to the ear."""

    path: Path
    ancestor: int
    group: int
    what: str


def ancestor(rng: np.random.Generator, samples: int = 9600) -> Taps:
    """A response unlike all others, (n,), as loud at its end as a converter's noise."""
    x = np.zeros(samples)
    x[0] = 1.0
    for late in rng.integers(5, 60, rng.integers(1, 5)):
        x[late] += rng.uniform(-0.5, 0.5)
    low, high = rng.uniform(55, 130), rng.uniform(3500, 8000)
    y = sosfilt(butter(2, low, "highpass", output="sos", fs=RATE), x)
    y = sosfilt(butter(int(rng.integers(2, 5)), high, output="sos", fs=RATE), y)
    for hz in np.exp(rng.uniform(np.log(80), np.log(6000), 7)):
        y = lifted(y, hz, rng.uniform(-9, 9), rng.uniform(1, 5))
    if rng.random() < 0.3:
        room = rng.standard_normal(samples) * np.exp(-np.arange(samples) / rng.uniform(500, 2000))
        room = sosfilt(butter(2, (200, 4000), "bandpass", output="sos", fs=RATE), room)
        y = y + rng.uniform(0.03, 0.2) * np.linalg.norm(y) * room / np.linalg.norm(room)
    fade = np.linspace(1, 0, samples) ** 2
    return np.asarray(y * fade / np.abs(y).max())


def lifted(y: Taps, hz: float, gain_db: float, q: float = 1.5) -> Taps:
    """It, with one band louder or softer."""
    b, a = iirpeak(hz, q, fs=RATE)
    return np.asarray(y + (10 ** (gain_db / 20) - 1) * lfilter(b, a, y))


def tilted(y: Taps, db_per_octave: float) -> Taps:
    """It, with its spectrum about 1 kHz sloped so much more, by a minimum-phase filter."""
    n = 1 << 17
    hz = np.maximum(np.fft.rfftfreq(n, 1 / RATE), 20.0)
    log_gain = np.log(10) / 20 * db_per_octave * np.log2(hz / 1000)
    cepstrum = np.fft.irfft(log_gain, n)
    cepstrum[1 : n // 2] *= 2
    cepstrum[n // 2 + 1 :] = 0
    return np.asarray(np.fft.irfft(np.fft.rfft(y, n) * np.exp(np.fft.rfft(cepstrum)), n)[: len(y)])


def _quiet_end(y: Taps) -> Taps:
    left = np.cumsum(np.square(y)[::-1])[::-1]
    return y[: int(np.argmax(left < 1e-6 * left[0])) or len(y)]


TWINS: dict[str, Callable[[Taps, np.random.Generator], tuple[Taps, int, str]]] = {
    "softer": lambda y, rng: (10 ** (rng.uniform(-30, -3) / 20) * y, RATE, "PCM_24"),
    "inverted": lambda y, rng: (-0.7 * y, RATE, "FLOAT"),
    "late": lambda y, rng: (np.concatenate([np.zeros(int(rng.integers(10, 3000))), y]), RATE, "PCM_24"),
    "longer": lambda y, rng: (np.concatenate([y, np.zeros(int(rng.integers(1000, 60000)))]), RATE, "PCM_24"),
    "ended": lambda y, rng: (_quiet_end(y), RATE, "PCM_24"),
    "44100": lambda y, rng: (0.9 * resample_response(y, RATE, 44100)[0], 44100, "PCM_24"),
    "96000": lambda y, rng: (0.9 * resample_response(y, RATE, 96000)[0], 96000, "FLOAT"),
    "16 bits": lambda y, rng: (0.9 * y, RATE, "PCM_16"),
    "two channels": lambda y, rng: (np.stack([0.5 * y, 0.5 * y], axis=1), RATE, "PCM_24"),
    "all of it": lambda y, rng: (
        np.concatenate([np.zeros(777), -0.3 * resample_response(_quiet_end(y), RATE, 44100)[0], np.zeros(5000)]),
        44100,
        "PCM_24",
    ),
}
RELATIVES: dict[str, Callable[[Taps, Taps, np.random.Generator], Taps]] = {
    "tilted": lambda y, other, rng: tilted(y, float(rng.choice([-1, 1]) * rng.uniform(0.4, 2.5))),
    "cut": lambda y, other, rng: np.asarray(sosfilt(butter(1, rng.uniform(2000, 4000), output="sos", fs=RATE), y)),
    "lifted": lambda y, other, rng: lifted(y, rng.uniform(200, 4000), float(rng.choice([-1, 1]) * rng.uniform(2, 6))),
    "mixed": lambda y, other, rng: np.asarray(y + rng.uniform(0.15, 0.5) * other),
    "other place": lambda y, other, rng: lifted(
        lifted(y, rng.uniform(100, 500), rng.uniform(1.5, 4)), rng.uniform(1500, 5000), -rng.uniform(1.5, 4)
    ),
}


def make_cabinets(folder: Path, count: int, ancestors: int, seed: int) -> list[Made]:
    """Write `count` files into a folder, `cab-AAA-VVV what.wav`; of each ancestor half are twins, half relatives."""
    rng = np.random.default_rng(seed)
    roots = [ancestor(rng) for _ in range(ancestors)]
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {root: list(rng.permutation(list(TWINS))) for root in range(ancestors)}
    others = {root: list(rng.permutation(list(RELATIVES))) for root in range(ancestors)}  # two of a kind may be twins
    made, groups = [], ancestors
    for i in range(count):
        root, turn = i % ancestors, i // ancestors
        y, rate, subtype, group = roots[root], RATE, "PCM_24", root
        if turn == 0:
            what = "itself"
        elif turn % 2:
            what = str(kinds[root][turn // 2 % len(TWINS)])
            y, rate, subtype = TWINS[what](y, rng)
        else:
            what = str(others[root][turn // 2 % len(RELATIVES)])
            y = RELATIVES[what](y, roots[(root + 1 + int(rng.integers(ancestors - 1))) % ancestors], rng)
            group, groups = groups, groups + 1
        path = folder / f"cab-{root:03d}-{turn:03d} {what}.wav"
        wav.write(path, 0.9 * y / max(1.0, np.abs(y).max()), rate, subtype)
        made.append(Made(path, root, group, what))
    return made
