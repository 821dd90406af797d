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

    def latency(self, signal: Signal) -> Latency:
        """Both figures. Raises CaptureError if the recording is shorter than the signal."""
        after = self.samples[self.pre_roll :]
        if len(after) < signal.length:
            raise CaptureError(
                f"The recording ends {signal.length - len(after)} samples before the signal does; record until "
                "1.5 s after its end."
            )
        return measure_latency(signal.samples, np.asarray(after, np.float64))

    def cut(self, signal: Signal, latency_samples: int) -> NDArray[np.float64]:
        """What becomes the wet file, (n,), as long as the signal: it begins `latency_samples` after the signal did.

        Raises CaptureError where the recording does not hold all of it.
        """
        start = self.pre_roll + latency_samples
        cut = np.asarray(self.samples[max(0, start) : max(0, start) + signal.length], np.float64)
        if start < 0 or len(cut) < signal.length:
            raise CaptureError(
                f"With a latency of {latency_samples} samples the recording does not hold the whole signal: it has to "
                "begin a second before it and end 1.5 s after it."
            )
        return cut
