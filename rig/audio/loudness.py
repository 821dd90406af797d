"""How loud something sounds: ITU-R BS.1770, the measure of broadcasting and streaming, through pyloudnorm.

0.1 LU can hardly be heard, 1 LU can. A difference in LU is a difference in dB. One loudspeaker playing a sine of 1 kHz
at 0 dBFS reads -3 LUFS; what both play counts twice, so mono on two speakers reads 3 LU more than its one channel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..decibels import db_from_powers, gain_from_db
from ..errors import RigError

BLOCK_S = 0.4  # the standard's gating block
HOP_S = 0.1  # from one block to the next
BOTH_SPEAKERS = 2**0.5  # one channel times this reads what two such channels read
# pyloudnorm's default filters are approximations; by this name it has those of the standard, for any rate.
WEIGHTING = "DeMan"
ABOVE_GATE_DBFS = -20.0  # RMS at which signals are held against each other: 50 dB above the absolute gate


def integrated_lufs(x: NDArray[Any], sample_rate: float) -> float:
    """Integrated loudness of x, shape (n,) or (n, 1 or 2), in LUFS; -inf for silence and anything below -70 LUFS.

    A last block that is not full does not count, as the standard has it. Less than 0.4 s has no block at all: it is
    measured as it is, without gating. Raises RigError for a signal without samples or with more than two channels.
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
    else:  # pyloudnorm rounds the number of blocks, and takes a last one that is cut off for a full one
        hops = math.floor((len(samples) - BLOCK_S * sample_rate) / (HOP_S * sample_rate) + 1e-9)
        samples = samples[: math.ceil((BLOCK_S + hops * HOP_S) * sample_rate - 1e-6)]
    measured = Meter(sample_rate, filter_class=WEIGHTING).integrated_loudness(samples)
    return float(measured) + correction_db


def loudness_difference_lu(a: NDArray[Any], b: NDArray[Any], sample_rate: float) -> float:
    """How much louder a is than b, both of shape (n,) or (n, 1 or 2), in LU; NaN where one of them is silent.

    Each is gated by its own -10 LU and not by the -70 LUFS of the standard, which would take the soft notes of the
    softer one only: the difference does not depend on how soft the two were recorded.
    """
    return lu_between(own_lufs(a, sample_rate), own_lufs(b, sample_rate))


def lu_between(a_lufs: float, b_lufs: float) -> float:
    """`loudness_difference_lu` of two whose `own_lufs` is known."""
    return a_lufs - b_lufs if math.isfinite(a_lufs) and math.isfinite(b_lufs) else math.nan


def own_lufs(x: NDArray[Any], sample_rate: float) -> float:
    """Loudness of x, shape (n,) or (n, 1 or 2), gated by its own -10 LU alone; -inf for silence."""
    x = np.asarray(x, np.float64)
    power = float(np.mean(np.square(x))) if x.size else 0.0
    if not power > 0:
        return -math.inf
    raised_db = ABOVE_GATE_DBFS - float(db_from_powers(power))
    return integrated_lufs(x * gain_from_db(raised_db), sample_rate) - raised_db
