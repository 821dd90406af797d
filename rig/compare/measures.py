"""How far one signal is from another, in the figures the field uses.

`wet` is the gear, `predicted` the model, `error` their difference; all of shape (n,), all ratios are of sums over
the whole of what is given. A short silent piece would otherwise explode: figures of pieces are never averaged.

Sources: the error-to-signal ratio and its pre-emphasis are those of Wright, Damskagg and Valimaki (2019), with the
coefficient of the neural-amp-modeler trainer.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[Any]

PRE_EMPHASIS = 0.85  # v[n] - c v[n-1], as the neural-amp-modeler trainer; Wright et al. have 0.95
FRAME_S = 0.05  # of the ESR by input level
FRAME_WIDTH_DB = 3.0  # a frame belongs to a level when its dry peak lies within so much of it
INPUT_LEVELS_DBFS = (0.0, -6.0, -12.0, -24.0, -36.0)
OCTAVES_HZ = (31.25, 62.5, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)
THIRDS_PER_OCTAVE = 3
QUIET_DB = 60.0  # octaves of the gear below its whole by more than this have no null to speak of
HEARD_DB = 40.0  # third octaves below its loudest by more than this are hum and noise


def esr(predicted: Signal, wet: Signal) -> float:
    """Error-to-signal ratio, sum (wet - predicted)^2 / sum wet^2; 0 is perfect, 1 is silence instead of the gear."""
    return energy(np.asarray(wet, np.float64) - predicted) / energy(wet)


def energy(x: Signal) -> float:
    """Sum of squares."""
    return product(x, x)


def product(x: Signal, y: Signal) -> float:
    """Sum of x y. Not by BLAS, whose threads would wait busily for each other where models are judged side by side."""
    return float(np.einsum("i,i->", np.asarray(x, np.float64), np.asarray(y, np.float64)))


def pre_emphasised(x: Signal, coefficient: float = PRE_EMPHASIS) -> NDArray[np.float64]:
    """x[n] - c x[n-1], shape (n - 1,): treble counts for more, as it does to the ear."""
    x = np.asarray(x, np.float64)
    return x[1:] - coefficient * x[:-1]


def null_db(ratio: float) -> float:
    """What is left after the null test, in dB re the gear: 10 log10 of an ESR; -inf for a perfect null."""
    return 10 * math.log10(ratio) if ratio > 0 else -math.inf


def best_gain(predicted: Signal, wet: Signal) -> float:
    """The gain for `predicted` that leaves the least error, <p, y> / <p, p>; 1 for silence."""
    own = energy(predicted)
    return product(predicted, wet) / own if own > 0 else 1.0


def esr_by_input_level(dry: Signal, error: Signal, wet: Signal, sample_rate: float) -> dict[float, float | None]:
    """ESR over all frames of 50 ms whose dry peak lies within 3 dB of a level in dBFS; None where there is no frame."""
    frame = round(FRAME_S * sample_rate)
    count = len(dry) // frame
    peaks, errors, wets = (
        np.asarray(x[: count * frame], np.float64).reshape(count, frame) for x in (np.abs(dry), error, wet)
    )
    with np.errstate(divide="ignore"):
        peak_dbfs = 20 * np.log10(peaks.max(axis=1, initial=0.0))
    result: dict[float, float | None] = {}
    for level_dbfs in INPUT_LEVELS_DBFS:
        chosen = np.abs(peak_dbfs - level_dbfs) <= FRAME_WIDTH_DB
        of_wet = energy(wets[chosen].ravel())
        result[level_dbfs] = energy(errors[chosen].ravel()) / of_wet if of_wet > 0 else None
    return result


def null_by_octave_db(error: Signal, wet: Signal, sample_rate: float) -> dict[float, float | None]:
    """Null depth in dB per octave around each of OCTAVES_HZ; None where the gear has nothing there."""
    hz, of_error = _power(error, sample_rate)
    _, of_wet = _power(wet, sample_rate)
    floor = of_wet.sum() * 10 ** (-QUIET_DB / 10)
    result: dict[float, float | None] = {}
    for centre_hz in OCTAVES_HZ:
        band = (hz >= centre_hz / math.sqrt(2)) & (hz < centre_hz * math.sqrt(2))
        signal = float(of_wet[band].sum())
        audible = signal > floor and centre_hz < sample_rate / 2
        result[centre_hz] = null_db(float(of_error[band].sum()) / signal) if audible else None
    return result


def spectrum_db(x: Signal, sample_rate: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres in Hz and levels in dB of third-octave bands from 50 Hz to 16 kHz (RMS re full scale)."""
    hz, power = _power(x, sample_rate)
    first, last = -13, 12  # third octaves around 1 kHz
    centres = 1000 * 2 ** (np.arange(first, last + 1) / THIRDS_PER_OCTAVE)
    centres = centres[centres < sample_rate / 2.3]
    half = 2 ** (0.5 / THIRDS_PER_OCTAVE)
    levels = np.array([power[(hz >= c / half) & (hz < c * half)].sum() for c in centres])
    return centres, 10 * np.log10(np.maximum(levels, 1e-20))


def spectral_difference_db(predicted: Signal, wet: Signal, sample_rate: float) -> float:
    """RMS over third octaves of the difference in level, model against gear, in dB; bands without sound left out."""
    _, of_wet = spectrum_db(wet, sample_rate)
    _, of_predicted = spectrum_db(predicted, sample_rate)
    audible = of_wet > of_wet.max() - HEARD_DB
    return float(np.sqrt(np.mean((of_predicted - of_wet)[audible] ** 2)))


def _power(x: Signal, sample_rate: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean power per bin of the whole signal, one-sided (Parseval: their sum is the mean square)."""
    from scipy.fft import next_fast_len, rfft

    n = next_fast_len(len(x), real=True)
    power = np.abs(rfft(np.asarray(x, np.float64), n)) ** 2 * (2.0 / (n * len(x)))
    power[0] /= 2
    if n % 2 == 0:
        power[-1] /= 2
    return np.fft.rfftfreq(n, 1 / sample_rate).astype(np.float64), power


def rms_dbfs(x: Signal) -> float:
    """RMS re full scale; -inf for silence."""
    return 10 * math.log10(energy(x) / len(x)) if energy(x) > 0 else -math.inf


def crest_db(x: Signal) -> float:
    """Peak over RMS in dB: how much a signal is squashed."""
    x = np.asarray(x, np.float64)
    rms = math.sqrt(energy(x) / len(x))
    return 20 * math.log10(float(np.abs(x).max()) / rms) if rms > 0 else 0.0
