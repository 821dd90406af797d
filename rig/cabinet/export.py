"""An impulse response as a file for other players and for hardware."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..audio import wav
from ..audio.bits import SUBTYPES, Bits, bits_for
from ..audio.resample import resample_response
from ..decibels import db_from_gain, gain_from_db
from ..errors import IRError
from .ir import IR
from .shaping import shortened

PEAK_DBFS = -1.0  # what a normalised file peaks at, and one that would not fit into whole numbers
SHORTEST_SAMPLES, LONGEST_SAMPLES = 16, 1 << 22  # samples


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. `gain_db`: what was added to make it fit or to normalise it, 0 otherwise."""

    file: str
    sample_rate: int
    samples: int
    channels: int
    subtype: str
    peak_dbfs: float
    gain_db: float

    def to_json(self) -> dict[str, Any]:
        """As plain JSON data."""
        return asdict(self)

    def __str__(self) -> str:
        width = "stereo" if self.channels == 2 else "mono"
        changed = f" ({self.gain_db:+z.1f} dB)" if self.gain_db else ""
        return (
            f"{self.file}: {self.samples} samples, {1000 * self.samples / self.sample_rate:.1f} ms, {width} at "
            f"{self.sample_rate} Hz, {self.subtype}; peak {self.peak_dbfs:.1f} dBFS{changed}"
        )


def export(
    ir: IR,
    path: str | Path,
    *,
    sample_rate: int | None = None,
    samples: int | None = None,
    bits: Bits | None = None,
    mono: bool = False,
    normalize: bool = False,
    overwrite: bool = False,
) -> Exported:
    """Write the response without the gain of the player's convention: loading the file applies that again.

    `samples`: exactly so many, faded where that cuts something off, silence added where it is short; None: all.
    `mono`: the mean of both sides, for hardware that takes one. `normalize`: to a peak of -1 dBFS; without it the level
    stays, except that a file of whole numbers is lowered to -1 dBFS where it would clip. `bits`: 16, 24 (None) or
    "float". Raises IRError or AudioError.
    """
    subtype = SUBTYPES[bits_for("export", Path(path), bits, 24)]
    rate = ir.sample_rate if sample_rate is None else sample_rate
    if samples is not None and not SHORTEST_SAMPLES <= samples <= LONGEST_SAMPLES:
        raise IRError(f"A length of {samples} samples cannot be exported; {SHORTEST_SAMPLES} to {LONGEST_SAMPLES} can.")
    values = ir.as_in_file()
    if mono:
        values = values.mean(axis=0, keepdims=True)
    if rate != ir.sample_rate:
        values = np.ascontiguousarray(resample_response(values.T, ir.sample_rate, rate)[0].T)
        if ir.convention == "unity":
            values *= ir.sample_rate / rate
    if samples is not None:
        values = shortened(values, samples, rate)
        values = np.pad(values, ((0, 0), (0, samples - values.shape[1])))
    peak, gain_db = float(np.abs(values).max()), 0.0
    if not peak > 0:
        raise IRError(f"{ir.name}: the first {values.shape[1]} samples are silent; export more of them.")
    if normalize or (subtype.startswith("PCM") and peak >= 1.0):
        gain_db = PEAK_DBFS - db_from_gain(peak)
        values = values * gain_from_db(gain_db)
    wav.write(path, values.T, rate, subtype, overwrite)
    return Exported(
        file=Path(path).name,
        sample_rate=rate,
        samples=values.shape[1],
        channels=len(values),
        subtype=subtype,
        peak_dbfs=db_from_gain(peak) + gain_db,
        gain_db=gain_db,
    )
