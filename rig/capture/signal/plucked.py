"""Plucked guitar strings for the training signal: what a guitar sends, without a guitar.

A string is the loop of Karplus and Strong (1983) with a fractional delay, written as one rational filter: with the
period P = rate/f0 in samples, damping (1-b) + b/z, D = P - b, N = floor(D - 0.1), all-pass C = (1-(D-N))/(1+(D-N)) and
loss rho = 10^(-3/(T60 f0)) per period

    Y/E = (1 + C/z) / (1 + C/z - rho z^-N [(1-b) + b/z] [C + 1/z])
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from ...decibels import gain_from_db
from ...trainer.layout import RATE
from .random_draws import SeededRandom
from .sweep import faded

LOWEST_HZ = 82.4069  # E2
FRETS = 36  # semitones above it that are played
CHORDS = {
    "note": (0,),
    "bend": (0,),
    "mute": (0, 7),
    "fifth": (0, 7, 12),
    "chord": (0, 7, 12, 16, 19),
}
KINDS = ("note", "note", "fifth", "chord", "mute", "bend")
EDGE = 32  # samples: fade at both ends of a note
LONGEST_RING_S = 3.5
SHORT_LOOP = 150  # samples: below that `lfilter` in one go is faster


def pluck(hz: float, seconds: float, t60_s: float, draws: SeededRandom) -> NDArray[np.float64]:
    """One string, (n,) at 48 kHz, peak 1, picked at a random place with a random softness."""
    n, period = round(seconds * RATE), RATE / hz
    damping = draws.between(0.15, 0.6)
    delay = period - damping
    whole = math.floor(delay - 0.1)
    allpass = (1 - (delay - whole)) / (1 + (delay - whole))
    loss = 10 ** (-3 / (t60_s * hz))
    denominator = np.zeros(whole + 3)
    denominator[:2] = 1, allpass
    denominator[whole:] -= loss * np.convolve([1 - damping, damping], [allpass, 1])
    pick = draws.white(min(n, int(period) + 1))
    string = _rung(pick - pick.mean(), n, allpass, denominator)
    place = max(1, round(draws.between(0.08, 0.35) * period))
    picked = string.copy()
    picked[place:] -= 0.9 * string[:-place]
    return picked / max(float(np.abs(picked).max()), 1e-12)


def _rung(pick: NDArray[np.float64], n: int, allpass: float, denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the loop makes of a pick that lasts at least N samples, (n,).

    All but five coefficients of the filter are 0, and `lfilter` multiplies by each. So beyond the pick a period at a
    time is made of the period before it: the same operations in the same order, hence the same samples to the last bit.
    """
    whole = len(denominator) - 3
    if whole < SHORT_LOOP:
        return np.asarray(lfilter([1, allpass], denominator, np.concatenate([pick, np.zeros(n - len(pick))])))
    x = np.zeros(n)
    first = min(n, len(pick) + 1)
    x[:first] = lfilter([1, allpass], denominator, np.concatenate([pick, np.zeros(first - len(pick))]))
    late, later, latest = denominator[whole:]
    for start in range(first, n, whole):
        count = min(whole, n - start)
        past = x[start - whole - 2 :]
        back = -latest * past[:count] - later * past[1 : count + 1] - late * past[2 : count + 2]
        x[start : start + count], _ = lfilter([1.0], [1.0, allpass], back, zi=[-(allpass * x[start - 1])])
    return x


def phrase(n: int, notes_per_s: float, draws: SeededRandom, quietest_db: float = -30.0) -> NDArray[np.float64]:
    """Single notes, fifths, chords, palm mutes and bends at random times and levels, (n,) at 48 kHz."""
    x = np.zeros(n + 5 * RATE)
    at = 0
    while at < n:
        gap_s = draws.wait(1 / notes_per_s) + 0.06
        _play(x[at:], draws.one_of(KINDS), gap_s, gain_from_db(draws.between(quietest_db, 0)), draws)
        at += round(gap_s * RATE)
    return _pickup(x[:n], draws.between(2500, 6000), draws.between(0.8, 2.5))


def _play(x: NDArray[np.float64], kind: str, gap_s: float, level: float, draws: SeededRandom) -> None:
    ring_s = min(LONGEST_RING_S, gap_s * draws.between(1, 3) + 0.05)
    t60_s = draws.between(1, 5)
    if kind == "mute":
        ring_s, t60_s = draws.between(0.06, 0.2), draws.between(0.08, 0.25)
    fret, strum_s = int(draws.between(0, FRETS + 1)), draws.between(0, 0.03)
    for i, interval in enumerate(CHORDS[kind]):
        string = pluck(LOWEST_HZ * 2 ** ((fret + interval) / 12), ring_s, t60_s, draws)
        if kind == "bend":
            string = _bent(string, draws)
        start = round(i * strum_s * RATE)
        x[start : start + len(string)] += level / math.sqrt(len(CHORDS[kind])) * faded(string, EDGE)


def _bent(x: NDArray[np.float64], draws: SeededRandom) -> NDArray[np.float64]:
    """Up to 200 cents, reached like a finger does, with vibrato."""
    t = np.arange(len(x)) / RATE
    bend = draws.between(0, 200) * (1 - np.exp(-t / 0.15))
    vibrato = draws.between(0, 30) * np.sin(2 * np.pi * draws.between(4, 7) * t)
    place = np.cumsum(2 ** ((bend + vibrato) / 1200)) - 1
    return np.interp(place, np.arange(len(x)), x, right=0.0)


def _pickup(x: NDArray[np.float64], hz: float, q: float) -> NDArray[np.float64]:
    """Pickup and cable: a resonant low-pass of second order."""
    w = 2 * math.pi * hz / RATE
    alpha, c = math.sin(w) / (2 * q), math.cos(w)
    return np.asarray(lfilter([(1 - c) / 2, 1 - c, (1 - c) / 2], [1 + alpha, -2 * c, 1 - alpha], x))
