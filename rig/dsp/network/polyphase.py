"""The filter of a change of sample rate, as rows of taps: one row per place between two input samples.

One low-pass in two phases. As a Kaiser-windowed sinc it has linear phase: every frequency comes equally late, by half
its length. With the same magnitude and minimum phase it comes as early as it can: in about a tenth of that time at the
frequencies of a guitar, and somewhat later towards the edge of the pass band.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..minimum_phase import minimum_phase as earliest

PASS_HZ = 18000.0  # flat up to here, or to the same part of the band where the lower rate is below 44.1 kHz
STOP_DB = 101.0
DELAY_HZ = 3500.0  # where a delay is read: the delays from 0 to 5 kHz lie evenly around it


@dataclass(frozen=True, slots=True)
class Polyphase:
    """A low-pass for inputs of one rate; row p serves outputs that lie p / phases of a sample behind an input."""

    rows: NDArray[np.float64]  # (phases, length), read-only, newest sample first; each sums to 1
    delay: float  # in input samples, at `DELAY_HZ`

    @property
    def length(self) -> int:
        """Input samples that make one output."""
        return int(self.rows.shape[1])


def pass_band_hz(rate: float) -> float:
    """Where the pass band ends for a signal of this rate, both in Hz."""
    return min(PASS_HZ, PASS_HZ / 44100 * rate)


def _band(lower_rate: float) -> tuple[float, float]:
    """Where the pass band ends and the stop band begins, in Hz."""
    return pass_band_hz(lower_rate), lower_rate / 2


def filter_length(input_rate: float, lower_rate: float) -> int:
    """How many input samples the filter spans, by Kaiser's estimate; in linear phase the delay is half of it."""
    pass_hz, stop_hz = _band(lower_rate)
    return math.ceil((STOP_DB - 7.95) / (2.285 * 2 * math.pi * (stop_hz - pass_hz) / input_rate))


@lru_cache(maxsize=16)
def polyphase(input_rate: float, lower_rate: float, phases: int, minimum_phase: bool = False) -> Polyphase:
    """The filter for a change of rate: rates in Hz, the lower one is that of the input or of the output."""
    length = filter_length(input_rate, lower_rate)
    cutoff = sum(_band(lower_rate)) / 2 / input_rate
    beta = 0.1102 * (STOP_DB - 8.7)  # Kaiser's formula, as in scipy.signal.kaiser_beta
    at = np.arange(length * phases) / phases
    middle = length / 2
    window = np.i0(beta * np.sqrt(np.clip(1 - ((at - middle) / middle) ** 2, 0, None)))
    taps = np.sinc(2 * cutoff * (at - middle)) * window
    if minimum_phase:
        taps = earliest(taps / taps.sum())
    rows = taps.reshape(length, phases).T
    rows = rows / rows.sum(axis=1, keepdims=True)
    rows.flags.writeable = False
    wave = rows.T.ravel() * np.exp(-2j * np.pi * DELAY_HZ / input_rate * at)
    return Polyphase(rows, float(((wave * at).sum() / wave.sum()).real))
