"""What keeps noise out of the sound: a rumble filter before the model, and a gate that acts behind it.

Both are off until they are asked for and cost nothing then; both come and go with a fade. Their memory is made with the
engine, so nothing is allocated when they are switched.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .decibels import db_from_gain, gain_from_db
from .dsp import gate
from .dsp.convolver.kernels import MAX_CHUNK
from .dsp.native.memory import Layout
from .dsp.ramp import settle
from .dsp.rumble import CUTOFFS_HZ, ROW, STATE, all_coefficients
from .errors import LevelError

LOWEST_GATE_DBFS, HIGHEST_GATE_DBFS = -90.0, -20.0
ABOVE_NOISE_DB = 9.0  # a good threshold, above the peaks of the noise: 6 dB lower the gate shuts, and still stays shut
LOUDEST_NOISE_DBFS = -35.0  # what peaks higher is somebody playing
STEADY_DB = 6.0  # noise: no 50 ms peak higher than this above the usual one


def noise_peak_dbfs(x: NDArray[np.float32], sample_rate: float) -> float | None:
    """The peak of the noise, if there is nothing but noise in x, (n,); None: somebody plays, or it is too short.

    A constant (DC) is no noise: the gate does not hear it either.
    """
    piece = round(0.05 * sample_rate)
    x = x - x.mean(dtype=np.float64) if x.size else x
    peaks = np.abs(x[: x.size // piece * piece]).reshape(-1, piece).max(axis=1)
    if peaks.size < 10:
        return None
    highest_dbfs, usual_dbfs = db_from_gain(float(peaks.max())), db_from_gain(float(np.median(peaks)))
    if highest_dbfs > LOUDEST_NOISE_DBFS or (highest_dbfs > -120.0 and highest_dbfs > usual_dbfs + STEADY_DB):
        return None
    return highest_dbfs


def suggested_gate_dbfs(noise_dbfs: float) -> float:
    """A threshold for noise that peaks so high, in whole dB."""
    return (
        float(min(max(math.ceil(noise_dbfs + ABOVE_NOISE_DB), -80.0), HIGHEST_GATE_DBFS))
        if noise_dbfs > -120
        else -80.0
    )


def checked_gate_dbfs(threshold_dbfs: float | None) -> float | None:
    """A threshold of the gate (peak of the guitar in dBFS; None: off), or a LevelError where it cannot be right."""
    if threshold_dbfs is None:
        return None
    if not LOWEST_GATE_DBFS <= threshold_dbfs <= HIGHEST_GATE_DBFS:
        raise LevelError(
            f"A gate at {threshold_dbfs:g} dBFS cannot be right: the guitar's peaks above which it opens lie between "
            f"{LOWEST_GATE_DBFS:g} and {HIGHEST_GATE_DBFS:g} dBFS."
        )
    return float(threshold_dbfs)


def checked_rumble_hz(cutoff_hz: float | None) -> float | None:
    """A cutoff of the rumble filter (0 and None: off), or a LevelError where there is none of that frequency."""
    if not cutoff_hz:
        return None
    if cutoff_hz not in CUTOFFS_HZ:
        there_is = ", ".join(f"{hz:g}" for hz in CUTOFFS_HZ)
        raise LevelError(f"There is no rumble filter of {cutoff_hz:g} Hz, only of {there_is} Hz; 0 is off.")
    return float(cutoff_hz)


class Noise:
    """Gate and rumble filter of an engine. `sources`: the SOURCE records they work on."""

    def __init__(self, sources: Sequence[Any], sample_rate: float) -> None:
        self._sources = sources
        layout = Layout()
        filters = layout.reserve(np.float64, len(CUTOFFS_HZ) * ROW)
        parts = [
            (
                layout.reserve(np.float32, MAX_CHUNK),
                layout.reserve(np.float64, 2 * STATE),
                layout.reserve(np.float32, gate.GAINS),
            )
            for _ in sources
        ]
        self._arena = layout.allocate()
        self._arena[filters][:] = all_coefficients(sample_rate)
        for source, (filtered, states, gains) in zip(sources, parts, strict=True):
            source["filtered"] = self._arena.address_of(filtered)
            source["rumble"]["rows"] = self._arena.address_of(filters)
            source["rumble"]["states"] = self._arena.address_of(states)
            gate.prepare(source["gate"], self._arena.address_of(gains), sample_rate)
            settle(source["gate"]["depth"], 0.0)

    @property
    def gate_dbfs(self) -> float | None:
        """The threshold of the gate, a peak of the guitar; None: off."""
        threshold = float(self._sources[0]["gate"]["threshold"])
        return db_from_gain(threshold) if threshold else None

    @property
    def rumble_hz(self) -> float | None:
        """The cutoff of the rumble filter; None: off."""
        wanted = int(self._sources[0]["rumble"]["wanted"])
        return CUTOFFS_HZ[wanted - 1] if wanted else None

    def set_gate(self, threshold_dbfs: float | None) -> None:
        """Pass what peaks at or above the threshold; None: everything. Raises LevelError."""
        checked = checked_gate_dbfs(threshold_dbfs)
        for source in self._sources:
            source["gate"]["threshold"] = 0.0 if checked is None else gain_from_db(checked)

    def set_rumble(self, cutoff_hz: float | None) -> None:
        """Fade to one of `CUTOFFS_HZ`, or to none. Raises LevelError."""
        checked = checked_rumble_hz(cutoff_hz)
        for source in self._sources:
            source["rumble"]["wanted"] = 0 if checked is None else 1 + CUTOFFS_HZ.index(checked)

    @property
    def gate_is_open(self) -> bool:
        """Whether any of the sources passes at this moment."""
        return any(source["gate"]["is_open"] or not source["gate"]["active"] for source in self._sources)
