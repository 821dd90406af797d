"""A change of sound while a sine plays, held against the ideal one: a fade between two rendered outputs."""

from __future__ import annotations

import numpy as np
from rigs import RATE

from rig.decibels import db_from_power
from rig.dsp.ramp import fade_samples, fade_table

HZ, PEAK = 880.0, 0.05
FADE = fade_samples(RATE)
SEMITONE = 2 ** (1 / 12)
MORE_DB = 6.0  # beside the notes, re the ideal fade


def beside_the_notes(piece):
    """The power in a piece farther than a semitone away from each harmonic of the sine, re the whole, in dB."""
    power = np.square(np.abs(np.fft.rfft(piece * np.blackman(piece.size))))
    hz = np.fft.rfftfreq(piece.size, 1 / RATE)
    order = np.maximum(1.0, np.round(hz / HZ))
    apart = np.abs(np.log2(np.maximum(hz, 1.0) / (order * HZ))) * 12 > 1.0
    apart &= hz > HZ / SEMITONE / 2
    return float(db_from_power(power[apart].sum() / power.sum() + 1e-20))


def ideal(old, new, start):
    """One fade of rig's length from one rendered output to the other, from sample `start` on."""
    rise = np.concatenate([np.zeros(start), fade_table(FADE), np.ones(old.size - start - FADE)])
    return old * (1 - rise) + new * rise


def best_start(y, old, new, first, last):
    """Where the fade from one rendered output to the other began that fits what was played, and how far off it is."""
    best = (np.inf, first)
    for start in range(first, last):
        piece = slice(start - 64, start + FADE + 64)
        off = np.abs(y[piece] - ideal(old[piece], new[piece], 64)).max()
        best = min(best, (off, start))
    return best
