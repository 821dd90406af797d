"""How much later one recording is than another, and shifting by that much.

The lag is where the cross-correlation of the two, limited to 60 Hz - 9 kHz, is largest. That band holds the guitar;
below it lies hum, above it little but noise. A correlation limited in frequency is known between its samples too, so
the peak is found there, to a small part of a sample.

Two recordings of the same gear are compared as they are. Gear against its own input is compared with `whiten`: every
frequency then counts the same (phase transform, Knapp and Carter 1976), which makes the peak narrow where filters and
distortion have smeared it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from ..errors import RigError

LOW_HZ, HIGH_HZ = 60.0, 9000.0
NEWTON_STEPS = 5
TURNS = 512  # of the shorter list of exponentials
ENOUGH = 0.15  # unrelated guitars of 1 s reach 0.12, of 9 s 0.04; a preamp driven into a square wave keeps 0.23
RINGING = 4096  # samples: a shift by part of a sample rings at abrupt ends; this keeps one end out of the other


@dataclass(frozen=True, slots=True)
class Lag:
    """How `b` lies to `a`.

    `samples`: positive: b is later. `polarity`: -1: b is upside down. `confidence`, 0 to 1: without whitening the
    correlation of the two at that lag (1: the same but for gain); with whitening how far all frequencies agree on it
    (1: nothing but a delay; a driven preamp against its input, about 0.5).
    """

    samples: float
    polarity: int
    confidence: float

    @property
    def is_certain(self) -> bool:
        """Whether the two have anything to do with each other; what unrelated recordings give means nothing."""
        return self.confidence >= ENOUGH


class Target:
    """A recording, shape (n,), that many others are aligned with: its spectrum is computed once."""

    def __init__(self, samples: NDArray[Any]) -> None:
        self.samples = np.asarray(samples, np.float64)
        self._spectra: dict[tuple[int, int, int], NDArray[np.complex128]] = {}
        self._part: tuple[int, int, Target] | None = None

    def __len__(self) -> int:
        return len(self.samples)

    def part(self, first: int, length: int) -> Target:
        """A part of it; the latest is kept, as models of one kind are late by as many samples."""
        if self._part is None or self._part[:2] != (first, length):
            self._part = first, length, Target(self.samples[first : first + length])
        return self._part[2]

    def spectrum(self, n: int, band: slice) -> NDArray[np.complex128]:
        """Of n samples, the bins in that band: (bins,)."""
        key = n, band.start, band.stop
        if key not in self._spectra:
            self._spectra = {key: rfft(self.samples, n)[band].copy()}  # of one length only: it may be large
        return self._spectra[key]


def find_lag(
    a: NDArray[Any], b: NDArray[Any] | Target, *, whiten: bool = False, max_lag_samples: int, sample_rate: float = 48000
) -> Lag:
    """The lag of b behind a, both of shape (n,), looked for within `max_lag_samples` either way.

    The two need not be equally long. Silence gives a lag of 0 with confidence 0. Raises RigError for empty signals.
    """
    if not (len(a) and len(b)):
        raise RigError("A recording without a single sample cannot be aligned.")
    reach = min(int(max_lag_samples), max(len(a), len(b)) - 1)
    first = _lag(a, b, whiten, reach, sample_rate)
    # What only one of the two holds pulls the peak a little; once more with what they share.
    whole = round(first.samples)
    length = min(len(a) - max(0, -whole), len(b) - max(0, whole))
    if length == len(a) == len(b) or length <= reach:
        return first
    first_a, first_b = max(0, -whole), max(0, whole)
    shared_b = b.part(first_b, length) if isinstance(b, Target) else b[first_b : first_b + length]
    second = _lag(a[first_a : first_a + length], shared_b, whiten, 1, sample_rate)
    return Lag(whole + second.samples, first.polarity, first.confidence)


@lru_cache(maxsize=4)
def bins_hz(n: int, sample_rate: float) -> NDArray[np.float64]:
    """Frequencies in Hz of the one-sided DFT of n samples, (n // 2 + 1,), read-only: many models share a length."""
    hz = np.fft.rfftfreq(n, 1 / sample_rate).astype(np.float64)
    hz.setflags(write=False)
    return hz


def _turns(start_rad: float, step_rad: float, count: int) -> NDArray[np.complex128]:
    """exp(i (start + k step)) for k from 0, (count,): products of two short lists, as each exponential is dear."""
    fine = np.exp(1j * step_rad * np.arange(TURNS))
    coarse = np.exp(1j * (start_rad + step_rad * TURNS * np.arange(-(-count // TURNS))))
    return np.asarray((coarse[:, np.newaxis] * fine).ravel()[:count])


def _lag(a: NDArray[Any], b: NDArray[Any] | Target, whiten: bool, reach: int, sample_rate: float) -> Lag:
    n = next_fast_len(max(len(a), len(b)) + reach + 1, real=True)
    hz = bins_hz(n, sample_rate)
    band = slice(*np.searchsorted(hz, (LOW_HZ, min(HIGH_HZ, sample_rate / 2))))
    spectrum_a = rfft(np.asarray(a, np.float64), n)[band]
    spectrum_b = b.spectrum(n, band) if isinstance(b, Target) else rfft(np.asarray(b, np.float64), n)[band]
    cross = np.conj(spectrum_a) * spectrum_b
    if whiten:
        size = np.abs(cross)
        cross = np.divide(cross, size, out=np.zeros_like(cross), where=size > 0)
        possible = float(np.count_nonzero(size))
    else:
        possible = (_energy(spectrum_a) * _energy(spectrum_b)) ** 0.5
    if not possible > 0:
        return Lag(0.0, 1, 0.0)
    omega = 2 * np.pi * hz[band] / sample_rate
    if reach == 1:
        around = _next_to_zero(cross, omega)
    else:
        whole = np.zeros(n // 2 + 1, complex)
        whole[band] = cross
        around = irfft(whole, n)
        around = np.concatenate([around[n - reach :], around[: reach + 1]])
    peak = int(np.argmax(np.abs(around)))
    samples, value = _top(cross, omega, peak - reach, 1 if around[peak] >= 0 else -1)
    # Rounding of the phases is no delay: two files that are 40 samples apart are so.
    return Lag(round(samples, 6), 1 if value >= 0 else -1, min(1.0, abs(value) / possible))


def _next_to_zero(cross: NDArray[Any], omega: NDArray[np.float64]) -> NDArray[np.float64]:
    """The correlation one sample early, at 0 and one late, (3,), but for a factor: so few need no transform."""
    even, odd = cross.real * np.cos(omega), cross.imag * np.sin(omega)
    middle = float(np.sum(cross.real))
    return np.array([float(np.sum(even + odd)), middle, float(np.sum(even - odd))])


def _energy(spectrum: NDArray[Any]) -> float:
    # Not by BLAS: its threads would wait, busily, for each other where several pairs are compared side by side.
    return float(np.einsum("i,i->", spectrum.real, spectrum.real) + np.einsum("i,i->", spectrum.imag, spectrum.imag))


def _top(cross: NDArray[Any], omega: NDArray[np.float64], start: int, sign: int) -> tuple[float, float]:
    """The top of the correlation near a sample, by Newton's method, and its value there; `omega` per sample."""

    def turns(samples: float) -> NDArray[np.complex128]:
        return _turns(omega[0] * samples, step * samples, len(omega))

    at = float(start)
    step = float(omega[-1] - omega[0]) / max(1, len(omega) - 1)  # from one bin to the next
    squared = np.square(omega)
    for _ in range(NEWTON_STEPS):
        turned = cross * turns(at)
        slope = -float(np.einsum("i,i->", omega, turned.imag))
        bend = -float(np.einsum("i,i->", squared, turned.real))
        if sign * bend >= 0:  # no top here: the largest value lies at the end of what was searched
            return float(start), float(np.sum((cross * turns(start)).real))
        further = float(np.clip(-slope / bend, -0.5, 0.5))
        at += further
        if abs(further) < 1e-6:
            break
    if abs(at - start) > 1.0:
        at = float(start)
    return at, float(np.sum((cross * turns(at)).real))


def shifted(x: NDArray[Any], samples: float) -> NDArray[np.float64]:
    """x, shape (n,), later by `samples` (earlier if negative), which need not be whole; as long as x.

    What is moved in from outside is silence. Whole shifts copy; others are exact for what lies below half the rate.
    """
    x = np.asarray(x, np.float64)
    whole = int(np.floor(samples))
    part = samples - whole
    y = np.zeros(len(x))
    if abs(samples) >= len(x) + RINGING:
        return y
    if part:
        n = next_fast_len(len(x) + 2 * RINGING, real=True)
        padded = np.zeros(n)
        padded[RINGING : RINGING + len(x)] = x
        spectrum = rfft(padded)
        last = spectrum[-1]
        spectrum *= _turns(0.0, -2 * np.pi * part / n, len(spectrum))
        if n % 2 == 0:
            spectrum[-1] = last * np.cos(np.pi * part)
        x = irfft(spectrum, n)
        whole -= RINGING
    first, last = max(0, whole), min(len(y), whole + len(x))
    if last > first:
        y[first:last] = x[first - whole : last - whole]
    return y
