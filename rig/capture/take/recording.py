"""What was recorded while a training signal played, whoever recorded it, and how the two are cut to a pair.

A recording has silence before and after the signal, so the cut is all real recording: nothing is padded, nothing is
resampled, nothing is shifted by a fraction of a sample (that filter would ring; the model learns the fraction instead).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import CaptureError
from ...trainer.layout import RATE
from ..checks.latency import Latency, measure_latency
from ..signal.training_signal import Signal

PRE_ROLL = RATE  # samples of silence recorded before the signal
POST_ROLL = RATE * 3 // 2  # and after it: room for the latency


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """What came back. Sample `pre_roll` was recorded in the moment the first sample of the signal was played."""

    samples: NDArray[Any]  # (pre_roll + n + post-roll,), float, full scale 1, 48 kHz
    pre_roll: int = PRE_ROLL  # samples
    xruns: int = 0
    broken: str | None = None  # a sentence; None: the server did nothing to it
    audio: dict[str, Any] = field(default_factory=dict)  # server, period, device, ports: for the sidecar
    counted_from: int = 0  # sample of a recording made elsewhere at which `pre_roll` lies; 0: rig recorded it
    padding: tuple[int, int] = (0, 0)  # samples of silence that were put before and behind it, as nothing was there

    @property
    def recorded(self) -> NDArray[Any]:
        """What was really recorded, without padding, (m,)."""
        return self.samples[self.padding[0] : len(self.samples) - self.padding[1]]

    @property
    def before(self) -> NDArray[np.float64]:
        """What was recorded before the signal, (m,), padding left out; may be empty."""
        return np.asarray(self.samples[self.padding[0] : self.pre_roll], np.float64)

    def latency(self, signal: Signal) -> Latency:
        """Both figures. Raises CaptureError if the recording is shorter than the signal."""
        after = self.samples[self.pre_roll :]
        if len(after) < signal.length:
            raise CaptureError(
                f"The recording ends {stretch(signal.length - len(after))} before the signal does; record until 1.5 s "
                "after its end."
            )
        return measure_latency(signal.samples, np.asarray(after, np.float64), self.counted_from)

    def missing(self, signal: Signal, latency_samples: int) -> tuple[int, int]:
        """How many samples at the beginning and at the end of a cut are silence that was put there."""
        start = self.pre_roll + latency_samples
        recorded = len(self.samples) - self.padding[1]
        return max(0, self.padding[0] - start), max(0, start + signal.length - recorded)

    def cut(self, signal: Signal, latency_samples: int) -> NDArray[np.float64]:
        """What becomes the wet file, (n,), as long as the signal: it begins `latency_samples` after the signal did.

        Raises CaptureError where the recording does not hold all of it.
        """
        start = self.pre_roll + latency_samples
        cut = np.asarray(self.samples[max(0, start) : max(0, start) + signal.length], np.float64)
        if start < 0 or len(cut) < signal.length:
            lacking = (
                f"begins {stretch(-start)} too late" if start < 0 else f"ends {stretch(signal.length - len(cut))} early"
            )
            raise CaptureError(
                f"The recording does not hold the whole signal: with a latency of {latency_samples} samples it "
                f"{lacking}; record from before its beginning until 1.5 s after its end."
            )
        return cut


def stretch(samples: int) -> str:
    """A stretch of time at 48 kHz, in the unit that shows it.

    >>> stretch(3), stretch(20_000), stretch(144_000)
    ('3 samples (0.062 ms)', '417 ms', '3.00 s')
    """
    if samples < RATE // 100:
        return f"{samples} sample{'' if samples == 1 else 's'} ({samples / RATE * 1000:.2g} ms)"
    return f"{samples / RATE * 1000:.0f} ms" if samples < RATE else f"{samples / RATE:.2f} s"
