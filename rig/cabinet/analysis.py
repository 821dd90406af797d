"""What an impulse response is, in figures, and what looks wrong about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audio import wav
from ..audio.align import find_lag
from ..audio.resample import resample_response
from ..decibels import db_from_gain, db_from_power, db_from_powers, gain_from_db, powers_from_db
from ..errors import AudioError, IRError
from .ir import IR
from .mix import MAX_LAG_MS
from .response import GUITAR_HZ, frequencies, level_db, response_db

COMPARED_AT = 48000  # Hz
SMOOTHING = 6  # parts of an octave, of the figures; finer than that no knob turns
ARRIVAL_DB = -40.0  # re the peak: the first sample above is the first arrival
DECAY_DB = -60.0
TAIL_PART = 0.05  # of the length
FLAT_TOP = 3  # samples of one value at the peak: clipped
OFFSET_DB = -60.0  # re the peak: an end that stays above this, and does not move by as much, is a constant
OFFSET_PART = 0.25  # of the length, from its end, where a constant shows
SHORTEST_OFFSET, SHORTEST_TAIL = 2048, 256  # samples: what is shorter has no end to tell it by


@dataclass(frozen=True, slots=True)
class Description:
    """An impulse response in figures; a stereo one by the louder of its channels where there is one figure.

    Times are from the first sample. `energy_db`: of all its samples, re one sample at full scale. `level_db`: gain for
    pink noise of 80 Hz to 6 kHz, see `response`. `decay_60_ms`: from the peak to the last sample above -60 dB of it.
    `tail_db`: the highest sample in the last twentieth, re the peak; None: silent. `format` and `subtype` are
    libsndfile's names; None: not a file.
    """

    file: str
    format: str | None
    subtype: str | None
    sample_rate: int
    samples: int
    duration_ms: float
    channels: int
    peak_dbfs: float
    energy_db: float
    level_db: float
    arrival_samples: int
    arrival_ms: float
    peak_samples: int
    peak_ms: float
    loudest_hz: float
    loudest_db: float
    decay_60_ms: float
    tail_db: float | None
    response_hz: tuple[float, ...]
    response_db: tuple[float | None, ...]
    sha256: str
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Difference:
    """How the second of two responses differs from the first.

    `level_db`: louder for a guitar. `tone_db`: RMS over 80 Hz to 6 kHz of what remains once the levels are the same;
    at `largest_hz` it is largest, `largest_db`. `lag_samples` (at 48 kHz): how much later, by correlation;
    `agreement` 0 to 1 says how much the two have in common.
    """

    first: str
    second: str
    level_db: float
    tone_db: float
    largest_hz: float
    largest_db: float
    lag_samples: float
    lag_ms: float
    polarity: int
    agreement: float

    def to_json(self) -> dict[str, Any]:
        """As plain JSON data."""
        return asdict(self)


def load_as_it_is(path: Path) -> tuple[IR, str, str]:
    """The samples of a file at its own rate as an IR, and libsndfile's names of format and coding. Raises IRError."""
    try:
        with wav.Reader(path) as reader:
            rate, kind, subtype = reader.sample_rate, reader.format, reader.subtype
    except AudioError as error:
        raise IRError(str(error)) from error
    return IR.load(path, rate, convention="unity"), kind, subtype


def describe(ir: IR, format: str | None = None, subtype: str | None = None) -> Description:
    """A response in figures, its level as it would be in a file."""
    taps, rate = ir.as_in_file(), ir.sample_rate
    loud = np.abs(taps).max(axis=0)
    peak, peak_at = float(loud.max()), int(loud.argmax())
    arrival = int(np.argmax(loud > peak * gain_from_db(ARRIVAL_DB)))
    last = int(np.flatnonzero(loud > peak * gain_from_db(DECAY_DB))[-1])
    tail = float(np.abs(_tail(taps)).max()) / peak
    tail_db = db_from_gain(tail) if tail > 0 else None
    hz = frequencies()
    fine = response_db(taps, rate, hz, SMOOTHING)
    mean = db_from_powers(np.mean(powers_from_db(fine), axis=0))
    loudest = int(np.nanargmax(mean))
    some = slice(None, None, 8)  # six points per octave
    return Description(
        file=ir.name,
        format=format,
        subtype=subtype,
        sample_rate=rate,
        samples=loud.size,
        duration_ms=1000 * loud.size / rate,
        channels=len(taps),
        peak_dbfs=db_from_gain(peak),
        energy_db=db_from_power(np.square(taps).sum(axis=1).max()),
        level_db=level_db(fine, hz),
        arrival_samples=arrival,
        arrival_ms=1000 * arrival / rate,
        peak_samples=peak_at,
        peak_ms=1000 * peak_at / rate,
        loudest_hz=float(hz[loudest]),
        loudest_db=float(mean[loudest]),
        decay_60_ms=1000 * (last - peak_at) / rate,
        tail_db=tail_db,
        response_hz=tuple(round(float(f), 1) for f in hz[some]),
        response_db=tuple(round(float(db), 2) if np.isfinite(db) else None for db in mean[some]),
        sha256=ir.content_hash,
        warnings=(*ir.warnings, *_doubts(taps, ir.name)),
    )


def _tail(taps: NDArray[np.float64]) -> NDArray[np.float64]:
    return taps[:, -max(1, round(TAIL_PART * taps.shape[1])) :]


def _doubts(taps: NDArray[np.float64], name: str) -> list[str]:
    doubts = []
    peak = float(np.abs(taps).max())
    flat = sum(_flat_tops(row, peak) for row in taps)
    if flat:
        doubts.append(f"{name}: clipped; {flat} samples stand at the peak in a row. Record it again at a lower level.")
    if taps.shape[1] >= SHORTEST_OFFSET:
        ends = taps[:, -round(OFFSET_PART * taps.shape[1]) :]
        constant = np.median(ends, axis=1, keepdims=True)
        offset = float(np.abs(constant).max())
        if offset > peak * gain_from_db(OFFSET_DB) and np.ptp(ends, axis=1).max() < offset:
            offset_db = db_from_gain(offset / peak)
            doubts.append(f"{name}: a constant (DC) {offset_db:.0f} dB re the peak; a low cut removes it.")
            taps = taps - constant
    if taps.shape[1] >= SHORTEST_TAIL:
        tail_db = db_from_gain(float(np.abs(_tail(taps)).max()) / peak)
        if tail_db > DECAY_DB:
            doubts.append(f"{name}: cut off while it still rings, {tail_db:.0f} dB re its peak; a fade hides the edge.")
    return doubts


def _flat_tops(row: NDArray[np.float64], peak: float) -> int:
    """Samples that stand in rows of three or more at plus or minus the peak."""
    count = 0
    for side in (peak, -peak):
        edges = np.diff(np.concatenate([[0], (row == side).astype(np.int8), [0]]))
        lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
        count += int(lengths[lengths >= FLAT_TOP].sum())
    return count


def difference(first: IR, second: IR) -> Difference:
    """How the second sounds and stands against the first."""
    hz = frequencies()
    a, b = (response_db(ir.as_in_file(), ir.sample_rate, hz, SMOOTHING) for ir in (first, second))
    louder = level_db(b, hz) - level_db(a, hz)
    powers = (np.mean(powers_from_db(rows), axis=0) for rows in (a, b))
    before, after = (db_from_powers(power) for power in powers)
    heard = (hz >= GUITAR_HZ[0]) & (hz <= GUITAR_HZ[1]) & np.isfinite(before) & np.isfinite(after)
    tone = (after - before - louder)[heard]
    at = int(np.abs(tone).argmax())
    (first_row, first_late), (second_row, second_late) = (
        resample_response(ir.as_in_file().mean(axis=0), ir.sample_rate, COMPARED_AT) for ir in (first, second)
    )
    reach = round(MAX_LAG_MS * COMPARED_AT / 1000)
    lag = find_lag(first_row, second_row, max_lag_samples=reach, sample_rate=COMPARED_AT)
    lag = replace(lag, samples=lag.samples - (second_late - first_late))
    return Difference(
        first=first.name,
        second=second.name,
        level_db=louder,
        tone_db=float(np.sqrt(np.mean(tone**2))),
        largest_hz=float(hz[heard][at]),
        largest_db=float(tone[at]),
        lag_samples=lag.samples,
        lag_ms=1000 * lag.samples / COMPARED_AT,
        polarity=lag.polarity,
        agreement=lag.confidence,
    )
