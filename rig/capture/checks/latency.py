"""The latency of a take, found twice: as the official trainer finds it, and by correlation.

The take is cut by the trainer's figure, so that the trainer finds 0 in it afterwards. It watches for the first sample
that rises out of the noise after two single samples, so it triggers on the pre-ringing of converters and is a few
samples early; the correlation (`rig.audio.align`) finds the middle of the sound. The two together tell a good figure
from a lucky one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio.align import Lag, find_lag
from ...trainer.layout import BACKGROUND, BLIPS, RATE, VALIDATION

# The algorithm of neural-amp-modeler 0.13.0, version 1 of it by its own count.
LOOK_BEFORE, LOOK_AFTER = 1000, 10_000  # samples around a blip
ABOVE, RELATIVE = 3e-4, 1e-3  # over the loudest of the background
SAFETY = 1  # samples it is used earlier

MAX_LAG_SAMPLES = 10_500  # samples searched by the correlation
USABLE = (-900, 9900)  # samples; nearer to the ends of what the trainer searches there is no telling
CLOSEST, FURTHEST = -2, 120  # samples by which the correlation may lie behind the trainer's figure


@dataclass(frozen=True, slots=True)
class TrainerLatency:
    """What the official trainer finds. `samples` None: nothing rose out of the noise.

    `at_lookahead`: the very first sample it looks at was already too loud, which it warns of.
    """

    samples: int | None
    threshold: float
    at_lookahead: bool


@dataclass(frozen=True, slots=True)
class Latency:
    """Both figures, in samples, positive: the take is late. Polarity: that of the correlation."""

    trainer: TrainerLatency
    correlation: Lag

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
            "applied": self.trainer.samples,
            "polarity": self.correlation.polarity,
        }

    def __str__(self) -> str:
        official = "not found" if self.trainer.samples is None else f"{self.trainer.samples} samples"
        sure = "" if self.correlation.is_certain else " (uncertain)"
        return f"latency: {official} by the trainer's rule, {self.correlation.samples:.1f} by correlation{sure}"


def trainer_latency(y: NDArray[Any]) -> TrainerLatency:
    """The latency of a take y, (n,), that begins with its signal, as the official trainer computes it."""
    loudest = float(np.abs(y[slice(*BACKGROUND)]).max())
    threshold = max(loudest + ABOVE, (1.0 + RELATIVE) * loudest)
    looked_at = np.mean([y[blip - LOOK_BEFORE : blip + LOOK_AFTER] for blip in BLIPS], axis=0)
    hits = np.flatnonzero(np.abs(looked_at) > threshold)
    if not hits.size:
        return TrainerLatency(None, threshold, False)
    first = int(hits[0])
    return TrainerLatency(first - LOOK_BEFORE - SAFETY, threshold, first == 0)


def measure_latency(signal: NDArray[Any], y: NDArray[Any]) -> Latency:
    """Both figures for a recording y, (m,), begun together with the signal, (n,), and at least as long; 48 kHz."""
    n = VALIDATION + RATE // 2  # what rings on in the silence behind the validation belongs to it
    lag = find_lag(signal[:n], y[:n], whiten=True, max_lag_samples=MAX_LAG_SAMPLES, sample_rate=RATE)
    if not lag.is_certain:  # gear that folds the wave, such as an octaver, answers to dry without its sign
        folded = find_lag(np.abs(signal[:n]), y[:n], whiten=True, max_lag_samples=MAX_LAG_SAMPLES, sample_rate=RATE)
        lag = max(lag, folded, key=lambda found: found.confidence)
    return Latency(trainer_latency(y), lag)
