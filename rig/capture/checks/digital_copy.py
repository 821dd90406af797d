"""Whether a recording is what was played, copied inside the computer: no converter has such a small error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...decibels import power_from_db

COPY_DB = -90.0  # a residual below this is no converter's work


def is_a_copy(dry: NDArray[np.float64], wet: NDArray[np.float64], shift: int) -> bool:
    """Whether wet is dry, both (n,), times a gain, later by `shift` samples: no converter lies between them."""
    a, b = (dry[: len(dry) - shift], wet[shift:]) if shift >= 0 else (dry[-shift:], wet[:shift])
    gain = float(a @ b) / float(a @ a) if a.any() else 0.0
    return bool(np.sum((b - gain * a) ** 2) < power_from_db(COPY_DB) * np.sum(b**2))
