"""Files that are no recording of what something made of the dry file, and what each of them is instead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio.align import ENOUGH, find_lag, shifted
from ...audio.measures import best_gain, esr
from ...decibels import db_from_gain, db_from_power
from ...errors import CompareError
from ..pair import Take, TakeFiles
from .placing import SEARCH_S

Signal = NDArray[np.float64]

# An impulse response begins near its peak and dies away; playing goes on.
LONGEST_RESPONSE_S = 30.0
PEAK_WITHIN, DIES_WITHIN, SHARE = 0.2, 0.3, 0.95  # of its length, and of its energy
RESPONSE_PEAK_S = 0.1
SHARP_S, SHARP_SHARE = 0.25, 0.6  # of the energy, behind the peak

# What is left of the dry file once lag and level are out. Converters and their filters leave less than the first;
# a clean preamp may leave as little as the second.
BYPASS_DB, NEARLY_DB = -30.0, -14.0
OTHERWISE_DB = 10.0  # so much farther from the dry file the gear has to be than what is called a bypass
NOTHING_DB = -100.0
LOOKED_AT_S = 8.0
REACH_S, EDGE_SAMPLES = 0.05, 64


def refuse_its_own_take(path: Path, files: TakeFiles) -> None:
    """Raise CompareError for a candidate that is one of the files it would be held against."""
    for other, what in ((files.wet, "the gear's own take"), (files.dry, "the dry file itself: a bypass")):
        if path.exists() and other.exists() and path.samefile(other):
            raise CompareError(f"{path.name} is {what}; it says nothing about any modeller. Name another recording.")


def unrelated(name: str, x: Signal, rate: int, take: Take, confidence: float) -> CompareError:
    """Why a file in which the dry file was not found is refused; x has shape (n,), at its own rate in Hz."""
    if is_response(x, rate):
        return CompareError(
            f"{name} looks like an impulse response ({len(x) / rate:.2f} s that die away from their first peak), not "
            f"like a recording of {take.files.dry.name}: `rig ir {name}` says more about it."
        )
    return CompareError(
        f"{name} is no recording of {take.files.dry.name}: that was not found in it, looked for up to {SEARCH_S:.0f} s "
        f"earlier and later (correlation {confidence:.2f}, a recording of it has at least {ENOUGH}). Play this dry "
        "file through the other box, and name what came out."
    )


def is_response(x: Signal, rate: int) -> bool:
    """Whether x, (n,), is an impulse response by its shape: one sharp peak near its beginning, and a tail."""
    power = np.square(x)
    whole = float(power.sum())
    if not len(x) or whole <= 0 or len(x) > LONGEST_RESPONSE_S * rate:
        return False
    peak = int(np.argmax(power))
    if peak > max(PEAK_WITHIN * len(x), RESPONSE_PEAK_S * rate):
        return False
    behind = peak + round(DIES_WITHIN * len(x))
    sharp = peak + round(min(SHARP_S * rate, DIES_WITHIN * len(x)))
    return bool(power[:behind].sum() >= SHARE * whole and power[:sharp].sum() >= SHARP_SHARE * whole)


def bypass_note(name: str, y: Signal, take: Take) -> str | None:
    """What is said of a recording y, in step with the dry file and as long, that is nearly that; None: it is not.

    Raises CompareError where it is the dry file. Gear that changes the sound as little is compared.
    """
    part = _loudest(take, y)
    dry, wet, own = take.dry[part], take.wet[part], y[part]
    left_db, level_db = _left(own, dry, take.sample_rate)
    if left_db > NEARLY_DB or _left(wet, dry, take.sample_rate)[0] < max(left_db + OTHERWISE_DB, BYPASS_DB):
        return None
    if left_db > BYPASS_DB:
        return (
            f"it is nearly {take.files.dry.name} itself (what differs is {-left_db:.0f} dB below it, lag and level "
            "taken out): was the box switched on?"
        )
    differs = f"what differs is {-left_db:.0f} dB below it" if left_db > NOTHING_DB else "nothing differs"
    raise CompareError(
        f"{name} is {take.files.dry.name} itself at {level_db:+z.1f} dB ({differs}): a bypass, in which no gear is "
        "heard. Record what comes out of the box."
    )


def _left(x: Signal, of: Signal, rate: int) -> tuple[float, float]:
    """What x differs by from `of`, lag and level taken out, and its level, both in dB re that."""
    lag = find_lag(x, of, max_lag_samples=min(round(REACH_S * rate), len(x) // 4), sample_rate=rate)
    edge = round(abs(lag.samples)) + EDGE_SAMPLES  # what was moved in from outside is no sound
    inside = slice(edge, len(x) - edge)
    aligned, target = (lag.polarity * shifted(x, lag.samples))[inside], of[inside]
    gain = best_gain(aligned, target)
    return db_from_power(esr(gain * aligned, target)), -db_from_gain(max(abs(gain), 1e-9))


def _loudest(take: Take, y: Signal) -> slice:
    """The loudest seconds of what is judged."""
    span = take.span
    length = min(round(LOOKED_AT_S * take.sample_rate), span.stop - span.start)
    power = np.cumsum(np.square(np.concatenate([[0.0], y[span]])))
    start = span.start + int(np.argmax(power[length:] - power[: len(power) - length]))
    return slice(start, start + length)
