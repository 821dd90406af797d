"""The latency of a take, found three times: the tightest cut, the official trainer's figure, and by correlation.

A model can only look back, so wet must not come before dry; and what it has to look back for nothing, it has to learn.
The take is cut as tightly as a model can still follow (`tightest_cut`). The trainer's own rule watches for the first
sample that rises out of the noise after two single samples: it triggers on the pre-ringing of converters, up to 16
samples early and with steep ones far more. The correlation (`rig.audio.align`) finds the middle of the sound. All of
them together tell a good figure from a lucky one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.linalg import solve_toeplitz

from ...audio.align import Lag, find_lag
from ...errors import CaptureError
from ...trainer.layout import BACKGROUND, BLIPS, NOISE, RATE, VALIDATION

# The algorithm of neural-amp-modeler 0.13.0, version 1 of it by its own count.
LOOK_BEFORE, LOOK_AFTER = 1000, 10_000  # samples around a blip
ABOVE, RELATIVE = 3e-4, 1e-3  # over the loudest of the background
SAFETY = 1  # samples it is used earlier

MAX_LAG_SAMPLES = 10_500  # samples searched by the correlation
USABLE = (-900, 9900)  # samples; nearer to the ends of what the trainer searches there is no telling
CLOSEST, FURTHEST = -2, 900  # samples by which the correlation may lie behind the trainer's figure

# Of the tightest cut: the response to the signal's white noise.
EARLIEST, LATEST = 32, 8  # samples before and after the correlation at which it may begin
TAPS = 96  # behind the correlation
BEGINS = 0.03  # of the energy of the strongest tap: what comes before is converters' ringing above the guitar
STANDS_OUT = 30.0  # the strongest tap over what lies before it, in energy: else there is no telling
FLOOR = 1e-6  # of the energy of dry: what lies below it is no reason for anything
EARLY_STATED = (16, 1000)  # samples before the tightest cut at which a stated latency is worth a warning, and fails


@dataclass(frozen=True, slots=True)
class TrainerLatency:
    """What the official trainer finds. `samples` None: nothing rose out of the noise.

    `at_lookahead`: the very first sample it looks at was already too loud, which it warns of.
    """

    samples: int | None
    threshold: float
    at_lookahead: bool
    background_peak: float = 0.0  # of the silence that sets the threshold
    background_at: int = 0  # the sample where it lies


@dataclass(frozen=True, slots=True)
class Latency:
    """All figures, in samples, positive: the take is late. Polarity: that of the correlation.

    `tightest`: by which the take is cut. `counted_from`: the sample of a recording made elsewhere at which these
    figures count 0; 0 for a take of rig's own, which counts from the moment of playing.
    """

    trainer: TrainerLatency
    correlation: Lag
    tightest: int
    counted_from: int = 0

    @property
    def difference(self) -> float | None:
        """How much later the correlation lies; None where the trainer found nothing."""
        return None if self.trainer.samples is None else self.correlation.samples - self.trainer.samples

    @property
    def agrees(self) -> bool:
        """Whether the figure may be used without asking."""
        difference = self.difference
        return difference is not None and self.correlation.is_certain and CLOSEST <= difference <= FURTHEST

    def to_json(self) -> dict[str, Any]:
        """For the sidecar; `applied` is what the take was cut by."""
        return {
            "official": self.trainer.samples,
            "phat": round(self.correlation.samples, 3),
            "phat_confidence": round(self.correlation.confidence, 4),
            "applied": self.tightest,
            "polarity": self.correlation.polarity,
            **({"counted_from_sample": self.counted_from} if self.counted_from else {}),
        }

    def __str__(self) -> str:
        official = "not found" if self.trainer.samples is None else str(self.trainer.samples)
        sure = "" if self.correlation.is_certain else " (uncertain)"
        return (
            f"latency: {self.tightest} samples{self.place}; {official} by the trainer's rule, "
            f"{self.correlation.samples:.1f} by correlation{sure}"
        )

    @property
    def place(self) -> str:
        """Where the figures count from, if that is not the moment of playing."""
        if not self.counted_from:
            return ""
        return f" after sample {self.counted_from} ({self.counted_from / RATE:.2f} s) of the recording"


def trainer_latency(y: NDArray[Any]) -> TrainerLatency:
    """The latency of a take y, (n,), that begins with its signal, as the official trainer computes it."""
    background = np.abs(y[slice(*BACKGROUND)])
    loudest, at = float(background.max()), BACKGROUND[0] + int(background.argmax())
    threshold = max(loudest + ABOVE, (1.0 + RELATIVE) * loudest)
    looked_at = np.mean([y[blip - LOOK_BEFORE : blip + LOOK_AFTER] for blip in BLIPS], axis=0)
    hits = np.flatnonzero(np.abs(looked_at) > threshold)
    if not hits.size:
        return TrainerLatency(None, threshold, False, loudest, at)
    first = int(hits[0])
    return TrainerLatency(first - LOOK_BEFORE - SAFETY, threshold, first == 0, loudest, at)


def measure_latency(signal: NDArray[Any], y: NDArray[Any], counted_from: int = 0) -> Latency:
    """All figures for a recording y, (m,), begun together with the signal, (n,), and at least as long; 48 kHz."""
    n = VALIDATION + RATE // 2  # what rings on in the silence behind the validation belongs to it
    lag = find_lag(signal[:n], y[:n], whiten=True, max_lag_samples=MAX_LAG_SAMPLES, sample_rate=RATE)
    folds = not lag.is_certain
    if folds:  # gear that folds the wave, such as an octaver, answers to dry without its sign
        folded = find_lag(np.abs(signal[:n]), y[:n], whiten=True, max_lag_samples=MAX_LAG_SAMPLES, sample_rate=RATE)
        lag = max(lag, folded, key=lambda found: found.confidence)
    trainer = trainer_latency(y)
    if lag.is_certain:
        tightest = tightest_cut(np.abs(signal) if folds else signal, y, lag.samples)
    else:
        tightest = round(lag.samples) if trainer.samples is None else trainer.samples
    return Latency(trainer, lag, tightest, counted_from)


def tightest_cut(signal: NDArray[Any], y: NDArray[Any], lag_samples: float) -> int:
    """By how many samples a recording y, (m,), can be cut so that a model, which only looks back, can still follow.

    The gear's response to white noise is zero before it begins, however nonlinear the gear (the samples of noise are
    independent of each other); to the guitar it is not. It is fitted by least squares to the signal's second of noise.
    The cut is made one sample before the first tap that counts, as the trainer does. `lag_samples`: by correlation.
    """
    middle = int(np.floor(lag_samples))
    first = middle - EARLIEST
    x = np.asarray(signal[NOISE : NOISE + RATE], np.float64)
    start = NOISE + first
    heard = np.asarray(y[max(0, start) : start + RATE + EARLIEST + TAPS], np.float64)
    taps = len(heard) - len(x)
    if start < 0 or taps <= EARLIEST + LATEST or not x.any():
        return middle - SAFETY
    x = x - np.mean(x)
    n = next_fast_len(len(heard) + taps, real=True)
    spectrum = rfft(x, n)
    own = irfft(np.abs(spectrum) ** 2, n)[:taps]
    own[0] *= 1.0 + FLOOR
    response = solve_toeplitz(own, irfft(np.conj(spectrum) * rfft(heard, n), n)[:taps])
    energy = response**2
    strongest = float(energy.max())
    if strongest < STANDS_OUT * float(np.mean(energy[: EARLIEST // 2])):
        return middle - SAFETY
    begins = first + int(np.argmax(energy >= BEGINS * strongest))
    return min(begins, middle + LATEST) - SAFETY


def stated_cut(latency: Latency, stated: int) -> int:
    """A latency given by hand, counted as the person counts it, as `Recording.cut` takes it.

    Raises CaptureError where it would put wet before dry, or is so early that it cannot be meant.
    """
    cut = stated - latency.counted_from
    if not latency.correlation.is_certain:
        return cut
    place = "the moment of playing" if not latency.counted_from else "the first sample of the recording"
    most = latency.tightest + latency.counted_from
    if cut > latency.tightest + SAFETY:
        raise CaptureError(
            f"--latency-samples {stated} puts wet {cut - latency.tightest} samples before dry, which no model can "
            f"learn: it counts from {place}, and there at most {most} are right."
        )
    if latency.tightest - cut > EARLY_STATED[1]:
        raise CaptureError(
            f"--latency-samples {stated} leaves wet {latency.tightest - cut} samples behind dry: it counts from "
            f"{place}, and there {most} are right."
        )
    return cut
