"""What is stated of a recording beside its figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["model", "recording"]


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """How a recording was laid beside the dry file; lengths in samples of the file, times in s of the dry file."""

    sample_rate: int  # Hz, of the file; figures are of it at the rate of the take
    samples: int
    begins_s: float  # where the file begins; negative: before the dry file
    judged_s: tuple[float, float]  # what its figures are of
    clock_ppm: float | None  # how fast its clock was, which is taken out; 0: no drift was found; None: not measurable
    drift_samples: float | None  # the same over the length of the dry file
    clipped_samples: int  # of what was judged
