"""How far two cabinets are apart, exactly: the difference of their responses in dB, gain, delay and polarity taken out.

`apart_db` is the RMS difference of the gains at every twelfth octave from 60 Hz to 12 kHz, each over a twelfth octave,
channel by channel (one of a single channel counts as two alike). `largest_db`: the largest of these. `agreement`, 0 to
1, is the correlation of the two at their best lag: two with the same gains and other phases sound alike alone, and not
beside a second microphone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...cabinet.ir import IR
from ...cabinet.response import response_db
from .fingerprint import about_mean, onset

HZ = 60.0 * 2.0 ** (np.arange(93) / 12)
SMOOTHING = 12  # parts of an octave
BEFORE_S, BEHIND_S = 0.01, 0.5  # about the onset: what is later is a room's end
PERIOD_S = 0.6  # of the transforms that are correlated: those, and silence for the lag
LATE_S = 0.005  # that the onsets of one response may lie apart at two rates, by far
GRID_HZ = 48000  # of the lags that are looked at first
FINE = np.linspace(-0.5, 0.5, 17)  # of one of those, at the second look
BAND = slice(round(60 * PERIOD_S), round(9000 * PERIOD_S))  # the bins of a guitar


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two cabinets are apart."""

    apart_db: float
    largest_db: float
    agreement: float


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """A response, ready to be compared: gains in dB, (channels, 93), and spectra about its onset, (channels, bins)."""

    curves_db: NDArray[np.float64]
    spectra: NDArray[np.complex128]

    @classmethod
    def of(cls, ir: IR) -> Exact:
        """Of a response at whatever rate: bins lie as many Hz apart at each, so nothing is resampled."""
        taps, rate = ir.as_in_file(), ir.sample_rate
        curves = about_mean(response_db(taps, rate, HZ, SMOOTHING), HZ).channels
        before, begun = round(BEFORE_S * rate), onset(taps)
        part = taps[:, max(0, begun - before) : begun + round(BEHIND_S * rate)]
        part = np.pad(part, ((0, 0), (max(0, before - begun), 0)))
        spectra = np.fft.rfft(part, round(PERIOD_S * rate))[:, BAND]
        return cls(curves, np.pad(spectra, ((0, 0), (0, BAND.stop - BAND.start - spectra.shape[1]))))


def apart_db(a: Exact, b: Exact) -> float:
    """The RMS difference of the gains of two."""
    return float(np.sqrt(np.mean(np.square(_difference(a, b)))))


def difference(a: Exact, b: Exact) -> Difference:
    """All that tells two apart."""
    gains = _difference(a, b)
    return Difference(float(np.sqrt(np.mean(np.square(gains)))), float(np.abs(gains).max()), _agreement(a, b))


def _difference(a: Exact, b: Exact) -> NDArray[np.float64]:
    """Of the gains, (channels, 93), the mean taken out."""
    apart = a.curves_db - b.curves_db  # one channel stands for both
    return np.asarray(apart - apart.mean())


def _agreement(a: Exact, b: Exact) -> float:
    """The correlation of the two at the best lag, all channels at one lag."""
    channels = max(len(a.spectra), len(b.spectra))
    one, other = (np.broadcast_to(x.spectra, (channels, x.spectra.shape[1])) for x in (a, b))
    cross = (np.conj(one) * other).sum(axis=0)
    possible = float(np.sqrt(np.square(np.abs(one)).sum() * np.square(np.abs(other)).sum()))
    if not possible > 0:
        return 0.0
    samples, reach = round(PERIOD_S * GRID_HZ), round(LATE_S * GRID_HZ)
    whole = np.zeros(samples // 2 + 1, complex)
    whole[BAND] = cross
    around = np.fft.irfft(whole, samples)
    around = np.concatenate([around[-reach:], around[: reach + 1]])
    lags = np.abs(around).argmax() - reach + FINE
    turns = np.exp(2j * np.pi / samples * np.outer(lags, np.arange(BAND.start, BAND.stop)))
    return min(1.0, float(np.abs((turns @ cross).real).max()) / possible)
