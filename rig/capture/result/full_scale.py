"""A file of floating point may go above full scale; a pair is of 24 bit and may not. Nothing of it is cut off."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...audio.measures import peak
from ...decibels import db_from_gain, gain_from_db
from ..levels import CaptureLevels

MARGIN_DB = 1.0  # below full scale, so that nobody takes it for clipped


def within_full_scale(
    wet: NDArray[np.float64], levels: CaptureLevels, tell: Callable[[str], None]
) -> tuple[NDArray[np.float64], CaptureLevels]:
    """Wet, (n,), softer by whole decibels where it goes above full scale, and the levels that belong to it."""
    highest = peak(wet)
    if highest <= 1.0:
        return wet, levels
    gain_db = -float(math.ceil(db_from_gain(highest) + MARGIN_DB))
    tell(
        f"The recording goes {db_from_gain(highest):.1f} dB above full scale, as only floating point can: it is "
        f"written {-gain_db:.0f} dB softer, and its output level follows."
    )
    return wet * gain_from_db(gain_db), replace(levels, wet_scale_db=levels.wet_scale_db + gain_db)
