"""Impulse responses of cabinets and rooms, from a synchronised exponential sweep.

The sweep is played through power amp, loudspeaker and microphone and divided out of what comes back. Distortion of
order n becomes a response of its own, L ln(n) seconds before the linear one, where it is measured and cut off. Noise is
36 dB lower with a sweep of 10 s than with 16 single samples of the same peak.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from ...decibels import db_from_gain, db_from_power, gain_from_db, power_from_db
from ...dsp.minimum_phase import minimum_phase
from ...errors import CaptureError
from ...trainer.layout import RATE
from ..signal.sweep import faded, sweep_rate_s, synchronised_sweep

# The band reaches well below and above that of a cabinet: its edges ring in the result.
LOW_HZ, HIGH_HZ = 10.0, 22000.0
SHORTEST_S, LONGEST_S = 3.0, 15.0
AMPLITUDE = 0.5
LEAD_S, TAIL_S = 0.5, 2.0  # silence before and after
FADE_IN_S, FADE_OUT_S = 0.05, 0.005
IN_BAND, OUT_OF_BAND = (
    1e-4,
    1.0,
)  # regularisation re the largest power of the sweep, falling with frequency as that does
ORDERS = (2, 3, 4, 5)  # of distortion that are reported
LATEST_S = 1.0  # the direct sound arrives within this
PRE = 32  # samples kept before the first arrival
ARRIVAL_DB = -40.0  # re the peak: what counts as arrival
FADE_PART = 0.25  # of the kept response is faded out
LENGTHS = {2048: "hardware", 8192: "the NAM plugin's most", 24000: "archive"}
FILE_PEAK_DBFS = -1.0


@dataclass(frozen=True, slots=True)
class Sweep:
    """The sweep that is played; `seconds` about 10, `amplitude` its peak."""

    seconds: float = 10.0
    amplitude: float = AMPLITUDE

    def __post_init__(self) -> None:
        if not SHORTEST_S <= self.seconds <= LONGEST_S:
            raise CaptureError(f"A sweep of {self.seconds:g} s cannot be used; it lasts 3 to 15 seconds.")
        if not 0.0 < self.amplitude <= 1.0:
            raise CaptureError(f"A sweep with a peak of {self.amplitude:g} cannot be played; 1 is full scale.")

    @property
    def rate_s(self) -> float:
        """L: the time in which the frequency grows by a factor of e."""
        return sweep_rate_s(LOW_HZ, HIGH_HZ, self.seconds)

    @property
    def lead(self) -> int:
        """Samples of silence before it."""
        return round(LEAD_S * RATE)

    def bare(self) -> NDArray[np.float64]:
        """The sweep alone, (n,) at 48 kHz, with its edges faded."""
        x = synchronised_sweep(LOW_HZ, HIGH_HZ, self.seconds, RATE)
        return self.amplitude * faded(x, round(FADE_IN_S * RATE), round(FADE_OUT_S * RATE))

    def signal(self) -> NDArray[np.float64]:
        """What is played, (n,) at 48 kHz: silence, sweep, silence."""
        return np.concatenate([np.zeros(self.lead), self.bare(), np.zeros(round(TAIL_S * RATE))])


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """What one or several sweeps gave, before anything is cut: linear response and distortion."""

    linear: NDArray[np.float64]  # (n,) at 48 kHz, from the moment of playing on, latency included
    harmonics_db: dict[int, float]  # energy of each order re the linear one
    latency_samples: int  # to the first arrival: interface and way through the air
    peak: float  # loudest sample that was recorded, full scale 1
    repeat_db: float | None  # error between two sweeps re the response; None: there was one only

    @property
    def thd_db(self) -> float:
        """All orders together."""
        return db_from_power(sum(power_from_db(level) for level in self.harmonics_db.values()))


def deconvolved(sweep: Sweep, recording: NDArray[Any]) -> NDArray[np.float64]:
    """A recording, (m,), of `sweep.signal()` divided by it: circular, (n,), distortion at the end, before time 0.

    H = conj(X) Y / (|X|^2 + e), with e small in the band and falling with frequency like the power of the sweep.
    """
    x, y = sweep.bare(), np.asarray(recording, np.float64)[sweep.lead :]
    n = next_fast_len(len(x) + len(y), real=True)
    hz = np.fft.rfftfreq(n, 1 / RATE)
    spectrum = rfft(x, n)
    power = np.abs(spectrum) ** 2
    outside = (hz < LOW_HZ) | (hz > HIGH_HZ)
    regularised = power + np.where(outside, OUT_OF_BAND, IN_BAND) * power.max() * LOW_HZ / np.maximum(hz, LOW_HZ)
    response: NDArray[np.float64] = irfft(np.conj(spectrum) * rfft(y, n) / regularised, n)
    return response


def measure(sweep: Sweep, recordings: Sequence[NDArray[Any]]) -> Response:
    """Average several recordings of the same sweep and take the linear response out of them.

    Each recording begins with the playing of `sweep.signal()`, shape (n,), and is at least as long. Raises CaptureError
    for one that is too short or silent.
    """
    wanted = len(sweep.signal())
    if not recordings or min(map(len, recordings)) < wanted:
        raise CaptureError(f"The sweep lasts {wanted} samples, the recording ends before; record all of it.")
    taken = np.array([np.asarray(recording[:wanted], np.float64) for recording in recordings])
    peak = float(np.abs(taken).max())
    if peak < 1e-5:
        raise CaptureError("The sweep did not come back: is the power amp on, and the microphone's input chosen?")
    responses = np.array([deconvolved(sweep, recording) for recording in taken])
    whole = responses.mean(axis=0)
    room = round(LATEST_S * RATE)
    first = arrival(whole[:room])
    length = round(min(TAIL_S, _gap_s(sweep)) * RATE)
    linear = whole[: first + length]
    repeat = None
    if len(responses) > 1:
        kept = responses[:, max(0, first - PRE) : first + max(LENGTHS)]
        error = float(np.sum((kept[0] - kept[1]) ** 2)) / 2
        repeat = db_from_power(max(error, 1e-30) / float(np.sum(kept.mean(axis=0) ** 2)))
    return Response(linear, _harmonics_db(sweep, whole, first), first, peak, repeat)


def _gap_s(sweep: Sweep) -> float:
    """How long a response may be before it runs into the next order of distortion."""
    return sweep.rate_s * math.log(2)


def arrival(response: NDArray[np.float64]) -> int:
    """The first sample of a response, (n,), that stands out of what comes before the peak."""
    size = np.abs(response)
    return int(np.argmax(size > size.max() * gain_from_db(ARRIVAL_DB)))


def _harmonics_db(sweep: Sweep, whole: NDArray[np.float64], first: int) -> dict[int, float]:
    """Distortion energy per harmonic order in dB, relative to the linear response.

    Each in a window of 50 ms at its expected arrival, the noise beside it subtracted. `first`: sample of the arrival.
    """
    length, before = RATE // 20, RATE // 200
    linear = float(np.sum(whole[max(0, first - before) : first + length] ** 2))
    levels = {}
    for order in ORDERS:
        at = len(whole) - round(sweep.rate_s * math.log(order) * RATE) + first
        energy = float(np.sum(whole[at - before : at + length] ** 2))
        beside = float(np.sum(whole[at - length - 2 * before : at - before] ** 2))
        levels[order] = round(db_from_power(max(energy - beside, 1e-14 * linear) / linear), 1)
    return levels


def finished_taps(response: Response, length: int = 8192, *, minimum: bool = False) -> NDArray[np.float64]:
    """The impulse response that is kept, (length,): from just before the first arrival, faded in and out.

    The distortion lies before it and is gone. `minimum`: as minimum phase, which begins at once. Its gain is the true
    one, from the played signal to the recorded one.
    """
    if not 64 <= length <= len(response.linear) - response.latency_samples:
        most = len(response.linear) - response.latency_samples
        raise CaptureError(f"An impulse response of {length} samples cannot be cut out; 64 to {most} can.")
    start = max(0, response.latency_samples - PRE)
    kept = response.linear[start : start + length]
    taps = faded(kept, min(PRE, response.latency_samples), round(FADE_PART * length))
    return minimum_phase(taps) if minimum else taps


def as_file(taps: NDArray[np.float64], peak_dbfs: float = FILE_PEAK_DBFS) -> tuple[NDArray[np.float64], float]:
    """Taps, (n,), with the peak that users expect in a file, and the gain in dB that was given them for it."""
    peak = float(np.abs(taps).max())
    if peak == 0.0:
        raise CaptureError("The impulse response is silent; nothing is written.")
    gain_db = peak_dbfs - db_from_gain(peak)
    return taps * gain_from_db(gain_db), gain_db
