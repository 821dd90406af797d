"""Mix up to four impulse responses into one, which then costs no more than any other to play.

Gain, polarity, delay and pan of each. Two microphones on one speaker hear it at different times, and what arrives late
cancels part of the sound (the comb of two microphones); `align` measures lag and polarity of each response against the
first, and takes them out before the delays that were asked for.

Pan keeps the power constant and leaves the centre as it is: 0 dB to both sides, towards one side up to +3 dB there and
nothing on the other. A mix of mono responses in the centre stays mono.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audio.align import Lag, find_lag, shifted
from ..decibels import gain_from_db
from ..errors import IRError
from .agreement import agreement, agreement_in_words
from .ir import IR

MOST_PARTS = 4
LIMIT_DB = 60.0
LONGEST_DELAY_MS = 1000.0
MAX_LAG_MS = 50.0  # 17 m of air
LOST_DB = (
    -40.0
)  # re its peak: what is below may go when a response is moved to before the beginning; else it rings there
CANCELLED_DB = -100.0  # re the loudest part: a mix below this has cancelled itself
MARGIN = 64  # samples around each part for a shift by part of a sample to ring


@dataclass(frozen=True, slots=True)
class Part:
    """One response in a mix. `delay_ms` later than it is (earlier if negative); `pan` -1 left to 1 right.

    Raises IRError for a figure outside anything sensible.
    """

    ir: IR
    gain_db: float = 0.0
    inverted: bool = False
    delay_ms: float = 0.0
    pan: float = 0.0

    def __post_init__(self) -> None:
        name = self.ir.name
        if not abs(self.gain_db) <= LIMIT_DB:
            raise IRError(
                f"{name}: a gain of {self.gain_db:g} dB in a mix; -{LIMIT_DB:g} to {LIMIT_DB:g} dB can be set."
            )
        if not abs(self.delay_ms) <= LONGEST_DELAY_MS:
            raise IRError(f"{name}: a delay of {self.delay_ms:g} ms; up to {LONGEST_DELAY_MS:g} ms can be set.")
        if not abs(self.pan) <= 1.0:
            raise IRError(f"{name}: a pan of {self.pan:g}; it goes from -1 (left) to 1 (right).")


@dataclass(frozen=True, slots=True)
class Mixed:
    """What became of one part.

    `lag` is what alignment measured (None: not asked for), `shift_samples` is how much later than in its file the
    response stands in the mix, everything included, and `gain` what it was multiplied with (negative: turned over)
    before the pan.
    """

    name: str
    gain: float
    gain_db: float
    inverted: bool
    delay_ms: float
    pan: float
    lag: Lag | None
    shift_samples: float
    shift_ms: float

    def __str__(self) -> str:
        where = "centre" if self.pan == 0 else f"{abs(self.pan):.0%} {'left' if self.pan < 0 else 'right'}"
        text = f"{self.name}: {self.gain_db:+z.1f} dB, {'-' if self.gain < 0 else '+'}, {where}"
        text += f", moved by {self.shift_samples:+z.2f} samples ({self.shift_ms:+z.3f} ms)"
        if self.lag is not None:
            polarity = "same" if self.lag.polarity > 0 else "opposite"
            text += f"; measured {self.lag.samples:+z.2f} samples, {polarity} polarity, "
            text += f"agreement {agreement_in_words(self.lag.confidence)}"
            text += "" if _agrees(self.lag) else ": too little in common to align, left as it is"
        return text


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """One response made of several, and how."""

    ir: IR
    parts: tuple[Mixed, ...]

    def to_json(self) -> dict[str, Any]:
        """How, as plain JSON data; `agreement` of a part with the first: good, weak or none (null: not asked for)."""
        parts = [
            {**asdict(part), "agreement": None if part.lag is None else agreement(part.lag.confidence)}
            for part in self.parts
        ]
        return {"channels": self.ir.channels, "parts": parts}


def mix(parts: Sequence[Part], *, align: bool = False, max_lag_ms: float = MAX_LAG_MS) -> Mix:
    """One response that sounds as all parts together.

    Time: the first part stays where it is, unless another one would have to begin before the beginning; then all move
    back by the same whole number of samples. Raises IRError: no parts or more than four, parts of different rates or
    gain conventions, parts that cancel each other out.
    """
    if not 1 <= len(parts) <= MOST_PARTS:
        raise IRError(f"A mix takes 1 to {MOST_PARTS} impulse responses, not {len(parts)}.")
    first = parts[0].ir
    for part in parts[1:]:
        if part.ir.sample_rate != first.sample_rate:
            raise IRError(
                f"{part.ir.name}: at {part.ir.sample_rate} Hz, {first.name} at {first.sample_rate} Hz; "
                "load both at the rate of the session."
            )
        if part.ir.convention != first.convention:
            raise IRError(f"{part.ir.name}: loaded with another gain convention than {first.name}.")
    rate = first.sample_rate
    lags = [_lag(first, part.ir, round(max_lag_ms * rate / 1000)) if align else None for part in parts]
    shifts = [_shift(part, lag, first) for part, lag in zip(parts, lags, strict=True)]
    back = max(0, math.ceil(max(-shift - _beginning(part.ir) for part, shift in zip(parts, shifts, strict=True))))
    done = []
    for part, lag, shift in zip(parts, lags, shifts, strict=True):
        polarity = (-1 if part.inverted else 1) * (lag.polarity if lag is not None and _agrees(lag) else 1)
        done.append(
            Mixed(
                name=part.ir.name,
                gain=polarity * gain_from_db(part.gain_db),
                gain_db=part.gain_db,
                inverted=part.inverted,
                delay_ms=part.delay_ms,
                pan=part.pan,
                lag=lag,
                shift_samples=shift + back,
                shift_ms=1000 * (shift + back) / rate,
            )
        )
    taps, loudest = _sum([part.ir for part in parts], done)
    if np.abs(taps).max() < loudest * gain_from_db(CANCELLED_DB):
        raise IRError(f"{' + '.join(part.name for part in done)}: they cancel each other out; nothing is left to hear.")
    name = " + ".join(part.ir.name for part in parts)
    mixed = first.with_taps(taps, name if len(parts) > 1 else None)
    warnings = tuple(dict.fromkeys(warning for part in parts for warning in part.ir.warnings))
    return Mix(dataclasses.replace(mixed, warnings=warnings), tuple(done))


def _lag(first: IR, other: IR, reach: int) -> Lag:
    if other is first:
        return Lag(0.0, 1, 1.0)
    a, b = first.taps.mean(axis=0, dtype=np.float64), other.taps.mean(axis=0, dtype=np.float64)
    return find_lag(a, b, max_lag_samples=reach, sample_rate=first.sample_rate)


def _shift(part: Part, lag: Lag | None, first: IR) -> float:
    """How much later the part shall stand, in samples; what hardly correlates is not moved by a guess.

    What a change of rate made later stands to the first part as its file does.
    """
    delay = part.delay_ms * part.ir.sample_rate / 1000
    if lag is not None and _agrees(lag):
        return delay - lag.samples
    return delay + first.delay_samples - part.ir.delay_samples


def _agrees(lag: Lag) -> bool:
    return agreement(lag.confidence) != "none"


def _beginning(ir: IR) -> int:
    loud = np.abs(ir.taps).max(axis=0)
    return int(np.argmax(loud > loud.max() * gain_from_db(LOST_DB)))


def _sum(irs: Sequence[IR], parts: Sequence[Mixed]) -> tuple[NDArray[np.float64], float]:
    """The mix, (channels, n), and the peak of its loudest part."""
    stereo = any(ir.channels == 2 for ir in irs) or any(part.pan for part in parts)
    ends = [ir.taps.shape[1] + math.ceil(part.shift_samples) for ir, part in zip(irs, parts, strict=True)]
    total, loudest = np.zeros((2 if stereo else 1, max(1, *ends))), 0.0
    for ir, part in zip(irs, parts, strict=True):
        rows = _placed(ir.taps.astype(np.float64) * part.gain, part.shift_samples, total.shape[1])
        if stereo:
            angle = (part.pan + 1) * math.pi / 4
            rows = rows * math.sqrt(2) * np.array([[math.cos(angle)], [math.sin(angle)]])
        loudest = max(loudest, float(np.abs(rows).max()))
        total += rows
    return total, loudest


def _placed(taps: NDArray[np.float64], shift: float, length: int) -> NDArray[np.float64]:
    """Each row, later by `shift`, in a row of `length`; whole shifts leave every tap as it is."""
    whole = math.floor(shift)
    rows = np.pad(taps, ((0, 0), (MARGIN, MARGIN)))
    if shift != whole:
        rows = np.stack([shifted(row, shift - whole) for row in rows])
    out = np.zeros((len(rows), length))
    at = whole - MARGIN
    first, last = max(0, at), min(length, at + rows.shape[1])
    out[:, first:last] = rows[:, first - at : last - at]
    return out
