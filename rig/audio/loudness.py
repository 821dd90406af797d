"""How loud something sounds: ITU-R BS.1770, the measure of broadcasting and streaming, through pyloudnorm.

0.1 LU can hardly be heard, 1 LU can. A difference in LU is a difference in dB. One loudspeaker playing a sine of 1 kHz
at 0 dBFS reads -3 LUFS; what both play counts twice, so mono on two speakers reads 3 LU more than its one channel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..decibels import db_from_powers
from ..errors import RigError

BLOCK_S = 0.4  # the standard's gating block
BOTH_SPEAKERS = 2**0.5  # one channel times this reads what two such channels read
# pyloudnorm's default filters are approximations; by this name it has those of the standard, for any rate.
WEIGHTING = "DeMan"


def integrated_lufs(x: NDArray[Any], sample_rate: float) -> float:
    """Integrated loudness of x, shape (n,) or (n, 1 or 2), in LUFS; -inf for silence and anything below -70 LUFS.

    Less than 0.4 s has no block of the standard: it is measured as it is, without gating. Raises RigError for a signal
    without samples or with more than two channels.
    """
    from pyloudnorm import Meter  # imports scipy.signal

    samples = np.array(x, np.float64)
    if samples.ndim == 1:
        samples = samples[:, None]
    if samples.ndim != 2 or not samples.size or samples.shape[1] > 2:
        raise RigError(f"Loudness is measured on one or two channels, not on an array of shape {np.shape(x)}.")
    if not samples.any():
        return float("-inf")
    block = round(BLOCK_S * sample_rate)
    correction_db = 0.0
    if len(samples) <= block:
        correction_db = float(db_from_powers(block / len(samples)))
        samples = np.concatenate([samples, np.zeros((block + 1 - len(samples), samples.shape[1]))])
    measured = Meter(sample_rate, filter_class=WEIGHTING).integrated_loudness(samples)
    return float(measured) + correction_db
