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
ROOM_S = 1.0  # so much beyond it the sweep is looked for all the same, to be able to say that it comes too late
BEFORE_S = 0.2  # before the response; its distortion lies earlier
HEARD_DB = 20.0  # the response has to stand out of what lies beside it by this much; noise alone stays below 12
DISAGREE_DB = -10.0  # two sweeps that differ by more have nothing in common
PRE = 32  # samples kept before the first arrival
ARRIVAL_DB = -40.0  # re the peak: what counts as arrival
FADE_PART = 0.25  # of the kept response is faded out
LENGTHS = {2048: "hardware", 8192: "the NAM plugin's most", 24000: "archive"}
FILE_PEAK_DBFS = -1.0


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """A sweep from a file, as it was found there."""

    samples: NDArray[np.float64]  # (n,) at 48 kHz, without the silence around it
    rate_s: float  # the time in which its frequency grows by a factor of e
    band_hz: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sweep:
    """The sweep that is played; `seconds` about 10, `amplitude` its peak. `played` None: rig's own."""

    seconds: float = 10.0
    amplitude: float = AMPLITUDE
    played: Played | None = None

    def __post_init__(self) -> None:
        if not SHORTEST_S <= self.seconds <= LONGEST_S:
            raise CaptureError(f"A sweep of {self.seconds:g} s cannot be used; it lasts 3 to 15 seconds.")
        if not 0.0 < self.amplitude <= 1.0:
            raise CaptureError(f"A sweep with a peak of {self.amplitude:g} cannot be played; 1 is full scale.")

    @property
    def rate_s(self) -> float:
        """L: the time in which the frequency grows by a factor of e."""
        return sweep_rate_s(LOW_HZ, HIGH_HZ, self.seconds) if self.played is None else self.played.rate_s

    @property
    def band_hz(self) -> tuple[float, float]:
        """Its lowest and its highest frequency."""
        return (LOW_HZ, HIGH_HZ) if self.played is None else self.played.band_hz

    @property
    def lead(self) -> int:
        """Samples of silence before it."""
        return round(LEAD_S * RATE)

    def bare(self) -> NDArray[np.float64]:
        """The sweep alone, (n,) at 48 kHz, with its edges faded."""
        if self.played is not None:
            return self.played.samples
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
    noise_db: float = -140.0  # of the noise in place of one order, re the linear one: what lies below is unseen

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
    low_hz, high_hz = sweep.band_hz
    outside = (hz < low_hz) | (hz > high_hz)
    regularised = power + np.where(outside, OUT_OF_BAND, IN_BAND) * power.max() * low_hz / np.maximum(hz, low_hz)
    response: NDArray[np.float64] = irfft(np.conj(spectrum) * rfft(y, n) / regularised, n)
    return response


def measure(sweep: Sweep, recordings: Sequence[NDArray[Any]]) -> Response:
    """Average several recordings of the same sweep and take the linear response out of them.

    Each recording begins with the playing of `sweep.signal()`, shape (n,), and is at least as long. Raises CaptureError
    for one that is too short, silent, or holds no answer to the sweep; for an answer that comes too late; for sweeps
    that have nothing in common.
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
    for response in responses:
        _refuse_nothing(response)
    first = arrival(whole[: round((LATEST_S + ROOM_S) * RATE)])
    if first >= round(LATEST_S * RATE) - 1:
        raise CaptureError(
            f"The sweep comes back {first / RATE:.2f} s after it was played, later than the {LATEST_S:g} s that are "
            "allowed: choose a shorter period, and look for an effect with a delay in the loop."
        )
    length = round(min(TAIL_S, _gap_s(sweep)) * RATE)
    linear = whole[: first + length]
    repeat = None
    if len(responses) > 1:
        kept = responses[:, max(0, first - PRE) : first + max(LENGTHS)]
        middle = kept.mean(axis=0)
        errors = [float(np.sum((one - middle) ** 2)) for one in kept]
        # Two independent deviations from their mean: each of them alone is twice as large.
        error = sum(errors) / (len(kept) - 1)
        repeat = db_from_power(max(error, 1e-30) / max(float(np.sum(middle**2)), 1e-30))
        if repeat > DISAGREE_DB:
            raise CaptureError(
                f"The sweeps have nothing in common (they differ by {repeat:.0f} dB of the response): is the amp on, "
                "out of standby, and does the microphone hear it? Nothing was written."
            )
    harmonics, noise_db = _harmonics_db(sweep, whole, first)
    return Response(linear, harmonics, first, peak, repeat, noise_db)


def _refuse_nothing(response: NDArray[np.float64]) -> None:
    """Raise a CaptureError where a response, (n,), is noise: nothing answered the sweep.

    It is held against the moments before it, behind its distortion: there is nothing but noise.
    """
    piece = RATE // 100
    heard, before = (
        np.sum(part[: len(part) // piece * piece].reshape(-1, piece) ** 2, axis=1)
        for part in (response[: round((LATEST_S + ROOM_S) * RATE)], response[-round(BEFORE_S * RATE) :])
    )
    stands_out_db = db_from_power(max(float(heard.max()), 1e-30) / max(float(np.median(before)), 1e-30))
    if stands_out_db < HEARD_DB:
        raise CaptureError(
            "Nothing answers the sweep: what comes back is noise (its loudest moment lies "
            f"{stands_out_db:.0f} dB above what comes before it, at least {HEARD_DB:g} dB are needed). Is the amp out "
            "of standby, the cabinet plugged in, and the microphone's input chosen? Nothing was written."
        )


def _gap_s(sweep: Sweep) -> float:
    """How long a response may be before it runs into the next order of distortion."""
    return sweep.rate_s * math.log(2)


def arrival(response: NDArray[np.float64]) -> int:
    """The first sample of a response, (n,), that stands out of what comes before the peak."""
    size = np.abs(response)
    return int(np.argmax(size > size.max() * gain_from_db(ARRIVAL_DB)))


def _harmonics_db(sweep: Sweep, whole: NDArray[np.float64], first: int) -> tuple[dict[int, float], float]:
    """Distortion energy per harmonic order in dB, relative to the linear response, and the noise in place of one.

    Each in a window of 50 ms at its expected arrival, the noise beside it subtracted. `first`: sample of the arrival.
    """
    length, before = RATE // 20, RATE // 200
    linear = float(np.sum(whole[max(0, first - before) : first + length] ** 2))
    levels, noise = {}, 0.0
    for order in ORDERS:
        at = len(whole) - round(sweep.rate_s * math.log(order) * RATE) + first
        energy = float(np.sum(whole[at - before : at + length] ** 2))
        beside = float(np.sum(whole[at - length - 2 * before : at - before] ** 2))
        levels[order] = round(db_from_power(max(energy - beside, 1e-14 * linear) / linear), 1)
        noise = max(noise, beside)
    return levels, round(db_from_power(max(noise, 1e-14 * linear) / linear), 1)


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
