"""How far a model is from its gear, by frequency and by level; the plain figures are in `rig.audio.measures`.

`wet` is the gear, `predicted` the model, `error` their difference; all of shape (n,), all ratios are of sums over
the whole of what is given.

Source: the pre-emphasis is that of Wright, Damskagg and Valimaki (2019), with the coefficient of the
neural-amp-modeler trainer.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..audio.align import bins_hz
from ..audio.measures import energy
from ..decibels import db_from_gains, db_from_power, db_from_powers, power_from_db

Signal = NDArray[Any]

PRE_EMPHASIS = 0.85  # v[n] - c v[n-1], as the neural-amp-modeler trainer; Wright et al. have 0.95
FRAME_S = 0.05  # of the ESR by input level
FRAME_WIDTH_DB = 3.0  # a frame belongs to a level when its dry peak lies within so much of it
INPUT_LEVELS_DBFS = (0.0, -6.0, -12.0, -24.0, -36.0)
OCTAVES_HZ = (31.25, 62.5, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)
THIRDS_PER_OCTAVE = 3
QUIET_DB = 60.0  # octaves of the gear below its whole by more than this have no null to speak of
HEARD_DB = 40.0  # third octaves below its loudest by more than this are hum and noise


class Spectrum(NamedTuple):
    """The one-sided DFT of so many samples: bins in Hz, and their complex values. Both have shape (bins,)."""

    hz: NDArray[np.float64]
    values: NDArray[np.complex128]
    samples: int  # of the signal, before zeros were added

    @property
    def power(self) -> PowerSpectrum:
        """The mean power per bin."""
        n = 2 * (len(self.hz) - 1)  # lengths are even, see `spectrum`
        power = (np.square(self.values.real) + np.square(self.values.imag)) * (2.0 / (n * self.samples))
        power[0] /= 2
        power[-1] /= 2
        return PowerSpectrum(self.hz, power)


class PowerSpectrum(NamedTuple):
    """Bins in Hz, and the power in each: their sum is the mean square (Parseval)."""

    hz: NDArray[np.float64]
    power: NDArray[np.float64]

    def between(self, low_hz: float, high_hz: float) -> float:
        """The power from one frequency to just below another."""
        first, last = np.searchsorted(self.hz, (low_hz, high_hz))
        return float(self.power[first:last].sum())


def pre_emphasised(x: Signal, coefficient: float = PRE_EMPHASIS) -> NDArray[np.float64]:
    """x[n] - c x[n-1], shape (n - 1,): treble counts for more, as it does to the ear."""
    x = np.asarray(x, np.float64)
    return x[1:] - coefficient * x[:-1]


def null_db(ratio: float) -> float:
    """What is left after the null test, in dB re the gear: 10 log10 of an ESR; -inf for a perfect null."""
    return db_from_power(ratio)


def esr_by_input_level(dry: Signal, error: Signal, wet: Signal, sample_rate: float) -> dict[float, float | None]:
    """ESR over frames of 50 ms whose dry peak lies within 3 dB of a level in dBFS; None: there is none. All (n,)."""
    frame = round(FRAME_S * sample_rate)
    count = len(dry) // frame
    peaks, errors, wets = (
        np.asarray(x[: count * frame], np.float64).reshape(count, frame) for x in (np.abs(dry), error, wet)
    )
    peak_dbfs = db_from_gains(peaks.max(axis=1, initial=0.0))
    result: dict[float, float | None] = {}
    for level_dbfs in INPUT_LEVELS_DBFS:
        chosen = np.abs(peak_dbfs - level_dbfs) <= FRAME_WIDTH_DB
        of_wet = energy(wets[chosen].ravel())
        result[level_dbfs] = energy(errors[chosen].ravel()) / of_wet if of_wet > 0 else None
    return result


def null_by_octave_db(
    error: Signal | PowerSpectrum, wet: Signal | PowerSpectrum, sample_rate: float
) -> dict[float, float | None]:
    """Null depth in dB per octave around each of OCTAVES_HZ, from (n,); None where the gear has nothing there."""
    of_error, of_wet = power_spectrum(error, sample_rate), power_spectrum(wet, sample_rate)
    floor = of_wet.power.sum() * power_from_db(-QUIET_DB)
    result: dict[float, float | None] = {}
    for centre_hz in OCTAVES_HZ:
        band_hz = centre_hz / math.sqrt(2), centre_hz * math.sqrt(2)
        signal = of_wet.between(*band_hz)
        audible = signal > floor and centre_hz < sample_rate / 2
        result[centre_hz] = null_db(of_error.between(*band_hz) / signal) if audible else None
    return result


def spectrum_db(x: Signal | PowerSpectrum, sample_rate: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres in Hz and levels in dB of third-octave bands from 50 Hz to 16 kHz (RMS re full scale)."""
    found = power_spectrum(x, sample_rate)
    first, last = -13, 12  # third octaves around 1 kHz
    centres = 1000 * 2 ** (np.arange(first, last + 1) / THIRDS_PER_OCTAVE)
    centres = centres[centres < sample_rate / 2.3]
    half = 2 ** (0.5 / THIRDS_PER_OCTAVE)
    levels = np.array([found.between(c / half, c * half) for c in centres])
    return centres, db_from_powers(np.maximum(levels, 1e-20))


def spectral_difference_db(predicted: Signal | PowerSpectrum, wet: Signal | PowerSpectrum, sample_rate: float) -> float:
    """RMS over third octaves of the difference in level, model against gear, in dB; bands without sound left out."""
    _, of_wet = spectrum_db(wet, sample_rate)
    _, of_predicted = spectrum_db(predicted, sample_rate)
    audible = of_wet > of_wet.max() - HEARD_DB
    return float(np.sqrt(np.mean((of_predicted - of_wet)[audible] ** 2)))


def power_spectrum(x: Signal | PowerSpectrum, sample_rate: float) -> PowerSpectrum:
    """Mean power per bin of the whole signal, one-sided; what is a spectrum already stays as it is."""
    return x if isinstance(x, PowerSpectrum) else spectrum(x, sample_rate).power


def spectrum(x: Signal, sample_rate: float) -> Spectrum:
    """The DFT of the whole signal, (n,), with zeros behind it up to an even length that is quickly transformed."""
    from scipy.fft import next_fast_len, rfft

    n = 2 * next_fast_len(-(-len(x) // 2), real=True)
    return Spectrum(bins_hz(n, sample_rate), rfft(np.asarray(x, np.float64), n), len(x))
