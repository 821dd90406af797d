"""Offline change of sample rate, the one way rig does it.

A polyphase filter: Kaiser window with beta 14, 64 samples of the lower rate to each side, cutoff at 0.98 of the lower
Nyquist frequency. Between 44.1 and 48 kHz, or doubling and halving those, it is flat to 20 kHz within 0.1 dB, and
what could alias below 20 kHz is down by more than 100 dB. (scipy's default filter: -0.84 dB at 20 kHz, aliases at
-12 dB.) The delay is compensated: sample n of the result stands at the time n / to_hz.

A signal that begins in silence loses nothing by that. An impulse response that begins at its peak does: half of the
filter's answer stands before time 0. `resample_response` keeps it.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..decibels import gain_from_db
from ..dsp.minimum_phase import minimum_phase
from ..errors import RigError

BETA = 14.0
HALF_LENGTH = 64  # samples of the lower rate
CUTOFF = 0.98  # of the lower Nyquist frequency
LOWEST_HZ, HIGHEST_HZ = 1000, 1_536_000
# Rates with no common factor (95999 to 96000) would need filters of many millions of taps; the ratio is then taken to
# the nearest fraction of numbers up to this, at most 10 ppm off: less than the clocks of two interfaces differ.
LARGEST_FACTOR = 50_000
# Of a response: what is lost at its ends is heard where it changes a frequency of this band, that is less than so far
# below the loudest one, by more than this.
HEARD_HZ, HEARD_DB, HEARD_RANGE_DB = (20.0, 18_000.0), 0.03, 80.0
LARGEST_EARLY_FACTOR = 1000  # of a ratio whose filter is made minimum phase: 640 between 44.1 and 192 kHz
SILENT_DB = -140.0  # re the peak: an end below this is no part of a filter or a response


def resampled_length(samples: int, from_hz: int, to_hz: int) -> int:
    """How long the result is: ceil(samples * to / from)."""
    return -(-samples * int(to_hz) // int(from_hz))


def resample(x: NDArray[Any], from_hz: int, to_hz: int) -> NDArray[Any]:
    """Change the rate along axis 0, keeping the values of the samples (a sine keeps its amplitude).

    Returns float64 (float32 for float32 input) of `resampled_length` samples; x itself, copied, if the rates are the
    same. An impulse response keeps its gain as a filter only if the result is multiplied by from_hz / to_hz as well.
    """
    ratio = common_ratio(from_hz, to_hz)
    kind = np.float32 if x.dtype == np.float32 else np.float64
    if from_hz == to_hz or not len(x):
        return x.astype(kind)
    from scipy.signal import resample_poly  # half a second of importing that most sessions do without

    y = resample_poly(x.astype(np.float64), ratio.numerator, ratio.denominator, axis=0, window=_filter(ratio))
    length = resampled_length(len(x), from_hz, to_hz)
    if len(y) < length:  # only where the ratio was rounded
        y = np.concatenate([y, np.zeros((length - len(y), *y.shape[1:]))])
    return np.ascontiguousarray(y[:length], kind)


def common_ratio(from_hz: int, to_hz: int) -> Fraction:
    """By what the number of samples grows. Raises RigError for rates that cannot be converted."""
    for rate in (from_hz, to_hz):
        if not LOWEST_HZ <= rate <= HIGHEST_HZ or int(rate) != rate:
            raise RigError(f"A sample rate of {rate} Hz cannot be converted; {LOWEST_HZ} to {HIGHEST_HZ} Hz can.")
    return _ratio(int(from_hz), int(to_hz))


def resample_response(x: NDArray[Any], from_hz: int, to_hz: int) -> tuple[NDArray[np.float64], float]:
    """Change the rate of an impulse response along axis 0, with all that the filter answers to its two ends.

    Returns the samples, float64, and how many of them later than in x the response stands: 0.0 where it begins and ends
    softly enough for `resample`, which is the usual case. Else the filter is made minimum phase: the same magnitude,
    nothing before time 0, later by some four samples of the lower rate (75 microseconds between 44.1 and 48 kHz).
    Between rates without a usual ratio it stays linear phase, and the response stands later by half its length. It gets
    as much longer as the filter rings on. Gain: see `resample`.
    """
    y = resample(x.astype(np.float64), from_hz, to_hz)
    if from_hz == to_hz or not len(x):
        return y, 0.0
    ratio = _ratio(int(from_hz), int(to_hz))
    whole, before = _linear(x, ratio)
    lost = whole.copy()
    lost[before : before + len(y)] = 0.0
    if not _is_heard(lost, whole, to_hz):
        return y, 0.0
    ahead = lost.copy()
    ahead[before:] = 0.0
    if not _is_heard(ahead, whole, to_hz):  # it only ends abruptly
        return _ended(np.concatenate([y, whole[before + len(y) :]])), 0.0
    if max(ratio.numerator, ratio.denominator) > LARGEST_EARLY_FACTOR:
        return _ended(whole), float(before)
    taps, delay = _early_filter(ratio)
    return _ended(_upfirdn(taps, x, ratio)), delay


def _upfirdn(taps: NDArray[np.float64], x: NDArray[Any], ratio: Fraction) -> NDArray[np.float64]:
    from scipy.signal import upfirdn

    up, down = ratio.numerator, ratio.denominator
    y: NDArray[np.float64] = upfirdn(taps * up, x.astype(np.float64), up, down, axis=0)
    return y


def _linear(x: NDArray[Any], ratio: Fraction) -> tuple[NDArray[np.float64], int]:
    """All that the filter of `resample` answers, and how many samples of it stand before time 0."""
    taps = _filter(ratio)
    centre = len(taps) // 2
    ahead = -centre % ratio.denominator  # so that time 0 falls on a sample
    return _upfirdn(np.pad(taps, (ahead, 0)), x, ratio), (centre + ahead) // ratio.denominator


def _is_heard(lost: NDArray[np.float64], whole: NDArray[np.float64], sample_rate: int) -> bool:
    """Whether a response without some of its samples has another magnitude where it counts."""
    if np.abs(lost).max() <= gain_from_db(SILENT_DB) * np.abs(whole).max():
        return False
    n = 1 << max(13, (len(whole) - 1).bit_length())
    magnitude, missing = (np.abs(np.fft.rfft(rows, n, axis=0)) for rows in (whole, lost))
    hz = np.fft.rfftfreq(n, 1.0 / sample_rate)
    counts = ((hz >= HEARD_HZ[0]) & (hz <= HEARD_HZ[1]))[(slice(None), *(None,) * (whole.ndim - 1))]
    counts = counts & (magnitude > gain_from_db(-HEARD_RANGE_DB) * magnitude.max(axis=0))
    return bool((counts & (missing > (gain_from_db(HEARD_DB) - 1.0) * magnitude)).any())


def _ended(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without what is silent at its end."""
    loud = np.abs(y) > gain_from_db(SILENT_DB) * np.abs(y).max()
    rows = np.flatnonzero(loud.reshape(len(y), -1).any(axis=1))
    return np.ascontiguousarray(y[: rows[-1] + 1 if rows.size else 1])


@lru_cache(maxsize=8)
def _early_filter(ratio: Fraction) -> tuple[NDArray[np.float64], float]:
    """The filter of `resample` as minimum phase, and how late low frequencies come out, in samples of the new rate."""
    taps = _ended(minimum_phase(_filter(ratio)))
    late = float(np.dot(np.arange(len(taps)), taps) / taps.sum())
    return taps, late / ratio.denominator


def _ratio(from_hz: int, to_hz: int) -> Fraction:
    """New rate / old rate, with factors of at most LARGEST_FACTOR."""
    if to_hz > from_hz:
        return 1 / _ratio(to_hz, from_hz)
    return Fraction(to_hz, from_hz).limit_denominator(LARGEST_FACTOR)


@lru_cache(maxsize=4)
def _filter(ratio: Fraction) -> NDArray[np.float64]:
    from scipy.signal import firwin

    steps = max(ratio.numerator, ratio.denominator)
    taps: NDArray[np.float64] = firwin(2 * HALF_LENGTH * steps + 1, CUTOFF / steps, window=("kaiser", BETA))
    return taps
