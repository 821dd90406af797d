"""Which parts of a take are heard: named by the listener, or chosen so that they differ in level and in content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio.loudness import own_lufs
from ...decibels import db_from_power, db_from_powers
from ...errors import CompareError
from ...trainer.layout import END_SILENCE, PROGRAMME, VALIDATION, has_training_layout
from .scale import LONGEST_S, SHORTEST_S

USUAL_S, LEAST_S = 8.0, 5.0  # of a section that is chosen
FILLED = 0.75  # of what is there; sections that fill all of it could not be picked for what is in them
STEP_S = 0.5  # between two that are looked at
BEGIN_S, FRAME_S = 0.25, 0.01  # so far a section may be moved to begin in the softest such frame
SILENT_DBFS = -80.0
QUIET_DB = 30.0  # below the loudest half second: too little is played there to be judged
RESTS_DB, MOST_RESTS = 40.0, 0.25  # half seconds so far below it are rests; of a section no larger part
SEEN, UNSEEN = "in what models were trained on", "in the last 9 s, which no training sees"
Signal = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a take, in samples; `why`: how it came to be chosen."""

    start: int
    stop: int
    why: str

    def __len__(self) -> int:
        return self.stop - self.start


def named(texts: list[str], samples: int, rate: int) -> list[Section]:
    """Sections like "12-20" or "0:12-0:20.5", in seconds. Raises CompareError: none, too long or short, outside."""
    found = []
    for text in texts:
        match = re.fullmatch(r"\s*([\d:.]+)\s*-\s*([\d:.]+)\s*", text)
        try:
            start_s, stop_s = (_seconds(each) for each in match.groups()) if match else (0.0, -1.0)
        except ValueError:
            start_s, stop_s = 0.0, -1.0
        if stop_s <= start_s:
            raise CompareError(f"{text!r} is no section: from and to in seconds are, such as 12-20 or 1:02-1:10.")
        if not SHORTEST_S <= stop_s - start_s <= LONGEST_S:
            raise CompareError(
                f"The section {text} has {stop_s - start_s:g} s; BS.1534 wants {SHORTEST_S:g} to {LONGEST_S:g} s."
            )
        section = Section(round(start_s * rate), round(stop_s * rate), "named")
        if section.stop > samples:
            raise CompareError(f"The section {text} ends behind the take, which has {samples / rate:.1f} s.")
        found.append(section)
    return found


def _seconds(text: str) -> float:
    whole = 0.0
    for part in text.split(":"):
        whole = 60 * whole + float(part)
    return whole


def chosen(dry: Signal, wet: Signal, rate: int, wanted: int) -> list[Section]:
    """So many sections of a take, (n,) each, or as many as it holds, in the order of their time.

    No two overlap. The first is the one nearest to the middle of all in level, brightness and crest; each further one
    lies farthest from those there are. Of a training signal the sweep and the noise are left out, and the last 9 s,
    which no training sees, come first. Raises CompareError for a take without 5 s of playing.
    """
    parts = [(0, len(wet))]
    if has_training_layout(dry, rate):
        parts = [(len(wet) - VALIDATION, len(wet)), (PROGRAMME, len(wet) - VALIDATION - END_SILENCE)]
    steps = [_Steps(wet[start:stop], rate) for start, stop in parts]
    loudest_db = max((float(each.level_db.max()) for each in steps if len(each.level_db)), default=-np.inf)
    usable_s = sum(stop - start for start, stop in parts) / rate
    if usable_s < LEAST_S:
        raise CompareError(
            f"The take has {usable_s:.1f} s; a section needs {LEAST_S:g} s (--section names a shorter one)."
        )
    if not loudest_db > SILENT_DBFS:
        raise CompareError("The take is silent; nothing can be listened to.")
    length_s = np.ceil(min(USUAL_S, max(LEAST_S, FILLED * usable_s / wanted)) / STEP_S) * STEP_S
    found = _picked(steps, parts, rate, length_s, wanted, loudest_db)
    while len(found) < wanted and length_s > LEAST_S:
        length_s -= STEP_S
        found = _picked(steps, parts, rate, length_s, wanted, loudest_db)
    if not found:
        raise CompareError(f"Nowhere in the take is {LEAST_S:g} s of playing; name what is to be heard (--section).")
    return [
        _softly_begun(wet, Section(start, start + round(length_s * rate), _why(is_unseen, len(parts) > 1)), rate, parts)
        for start, is_unseen in sorted(found)
    ]


class _Steps:
    """A part of a take in steps of half a second: what windows are summed up from, (steps,) each."""

    def __init__(self, x: Signal, rate: int) -> None:
        step = round(STEP_S * rate)
        count = len(x) // step
        cut = np.asarray(x[: count * step], np.float64).reshape(count, step)
        hz = np.fft.rfftfreq(step, 1 / rate)
        spectra = [np.square(np.abs(np.fft.rfft(each))) for each in cut]
        self.power = np.square(cut).mean(axis=1)
        self.peak = np.square(cut).max(axis=1) if count else np.zeros(0)
        self.weight = np.array([each[1:].sum() for each in spectra])
        self.moment = np.array([float(hz[1:] @ each[1:]) for each in spectra])
        self.level_db = db_from_powers(np.maximum(self.power, 1e-20))

    def windows(self, steps: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of every window of so many steps: level in dB, brightness, crest in dB, (windows, 3); and its levels."""
        if len(self.power) < steps:
            return np.zeros((0, 3)), np.zeros((0, steps))

        def windowed(x: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.lib.stride_tricks.sliding_window_view(x, steps)

        power = np.maximum(windowed(self.power).mean(axis=1), 1e-20)
        weight = np.maximum(windowed(self.weight).sum(axis=1), 1e-20)
        centre_hz = np.maximum(windowed(self.moment).sum(axis=1) / weight, 1.0)
        crest_db = db_from_powers(np.maximum(windowed(self.peak).max(axis=1), 1e-20) / power)
        return np.stack([db_from_powers(power), np.log2(centre_hz), crest_db], axis=1), windowed(self.level_db)


def _picked(
    steps: list[_Steps], parts: list[tuple[int, int]], rate: int, length_s: float, wanted: int, loudest_db: float
) -> list[tuple[int, bool]]:
    """Where sections of so many s begin, and whether no training sees them."""
    step, of = round(STEP_S * rate), round(length_s / STEP_S)
    starts: list[int] = []
    unseen: list[bool] = []
    features = []
    for number, ((first, _), part) in enumerate(zip(parts, steps, strict=True)):
        found, levels_db = part.windows(of)
        is_played = (found[:, 0] > loudest_db - QUIET_DB) & (
            (levels_db < loudest_db - RESTS_DB).mean(axis=1) <= MOST_RESTS
        )
        features.append(found[is_played])
        starts += [first + int(i) * step for i in np.flatnonzero(is_played)]
        unseen += [number == 0 and len(parts) > 1] * int(is_played.sum())
    x = np.concatenate(features)
    if not len(x):
        return []
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    at, left = np.array(starts), np.ones(len(x), bool)
    picked: list[int] = []
    while left.any() and len(picked) < wanted:
        if picked:
            distance = np.min([np.square(x - x[i]).sum(axis=1) for i in picked], axis=0)
        else:
            distance = -np.square(x).sum(axis=1) - (np.where(unseen, 0.0, 1e9) if any(unseen) else 0.0)
        pick = int(np.argmax(np.where(left, distance, -np.inf)))
        picked.append(pick)
        left &= np.abs(at - at[pick]) >= round((length_s + 2 * BEGIN_S) * rate)
    return [(starts[i], unseen[i]) for i in picked]


def _why(is_unseen: bool, is_training: bool) -> str:
    return f"chosen, {UNSEEN if is_unseen else SEEN}" if is_training else "chosen"


def _content(x: Signal, rate: int) -> tuple[float, float]:
    """Brightness, as log2 of the spectrum's centre in Hz, and crest in dB."""
    power = np.square(np.abs(np.fft.rfft(np.asarray(x, np.float64))))
    hz = np.fft.rfftfreq(len(x), 1 / rate)
    total = float(power[1:].sum()) or 1.0
    centre = float((hz[1:] * power[1:]).sum()) / total
    peak = float(np.square(x).max()) or 1e-12
    return float(np.log2(max(centre, 1.0))), db_from_power(peak) - db_from_power(float(np.mean(np.square(x))) or 1e-12)


def _softly_begun(wet: Signal, section: Section, rate: int, parts: list[tuple[int, int]]) -> Section:
    """The section, moved a little so that it begins where it is softest: a loop's seam is heard least there."""
    reach, frame = round(BEGIN_S * rate), round(FRAME_S * rate)
    first, last = next(part for part in parts if part[0] <= section.start < part[1])
    low, high = max(first, section.start - reach), min(last - len(section), section.start + reach)
    starts = range(low, high + 1, frame)
    power = [float(np.mean(np.square(wet[at : at + frame]))) for at in starts]
    best = starts[int(np.argmin(power))] if len(power) else section.start
    return Section(best, best + len(section), section.why)


def level_in_words(x: Signal, rate: int) -> str:
    """What a section is like, for a table.

    >>> level_in_words(np.zeros(48000), 48000)
    'silent'
    """
    loud = own_lufs(x, rate)
    if not np.isfinite(loud):
        return "silent"
    centre, crest = _content(x, rate)
    return f"{loud:.1f} LUFS, centre {2**centre:.0f} Hz, crest {crest:.0f} dB"
