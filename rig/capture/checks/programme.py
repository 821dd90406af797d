"""Wet against dry over the whole take: is it the same gear from end to end?

Each half second is compared with what this gear would have made of it (`gear/gear_model.py`): how much of wet is not
explained, how loud it is, as a whole and in bands. What is usual is taken from the ends of the take where the playing
was most alike in level and spectrum, so that what a fuzz, a compressor or a gate does to loud and soft is no fault.
A second and a half that is unlike is named by `gear/strange.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio.align import find_lag
from ...decibels import db_from_powers
from ...trainer.layout import END_SILENCE, PROGRAMME, RATE, SWEEP, VALIDATION
from .gear.driven import Driven, driven, driven_pieces
from .gear.falling import falling_less
from .gear.gear_model import FRAME, HOP, ONE_TONE, Explained, dry_parts, explain
from .gear.opening import opening_lower
from .gear.room import Room
from .gear.strange import Delay, Strange, named, or_a_room, with_hum
from .measures import Samples
from .verdict import Check, Verdict, worst

WINDOW, STEP = 12, 4  # frames
BANDS = 9  # in which levels are compared
NEIGHBOURS = 10
APART = 6  # windows: nearer ones overlap
LEAST = 4  # frames of a window that have to tell something
UNEXPECTED = 5.0  # times what tells something, where the model expects nothing
FLOOR_DB = -22.0  # what is left unexplained: no less is looked at
UNLIKE_DB = 8.0  # dB between spectra of dry from where on neighbours say less and less
AS_UNLIKE, ENOUGH_OTHERS = 0.7, 30  # times as unlike what is known as this is; windows
UNHEARD_OF_DB = -11.0  # what may be left of playing that is like nothing else, as far as noise does not say more
RESIDUE_DB, LEVEL_SPREADS, BAND_SPREADS = 4.0, 4.0, 4.0  # what is strange: each is a score of 1
FARTHEST = 12_000  # samples of delay that are looked for
LASTS = 9  # windows: what is strange for less than a second and a half is left to the other checks
LASTS_LONG, MILDER = 24, 0.75  # windows: four seconds may be less strange, by that
ELSEWHERE = round(7.5 * RATE / HOP)  # frames: nearer, the same may have happened to the programme
FAR_LESS = 0.25  # times the score of a piece: so little at its ends belongs to something else
FAILS = 1.6  # of the score
NOISE_IS_OTHER_DB = 100.0  # between a dry that fills all bands and one that fills none
TONE_DB = 28.0  # by which the level of a tone may differ
HEARD = 0.03  # of the power of all bands
# What of the layout says nothing: the blips, which hardly sound, and the end of the sweep, above what is looked at.
BLIPS, SWEEP_END = (slice(round(a * RATE / HOP), round(b * RATE / HOP)) for a, b in ((10.3, 11.8), (14.2, 15.0)))
NOISE_S = (15.0, 16.4)  # windows that begin there hold nothing but noise, which is the hardest to explain
UNSEEN = "nothing of the programme could be compared"


@dataclass(frozen=True, slots=True, eq=False)
class ProgrammeTrack:
    """How alike the gear is along the take: seconds, a score (from 1 on it is strange), and the level in dB."""

    seconds: NDArray[np.float64]
    score: NDArray[np.float64]
    level_db: NDArray[np.float64]


NO_PROGRAMME = ProgrammeTrack(np.zeros(0), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, slots=True, eq=False)
class _Windows:
    first: NDArray[np.int64]  # frame, (windows,)
    left_db: NDArray[np.float64]  # unexplained
    level_db: NDArray[np.float64]  # re the model
    band_db: NDArray[np.float64]  # (windows, BANDS)
    like_db: NDArray[np.float64]  # (windows, BANDS + 1): levels of dry, and how many bands it fills
    tone: NDArray[np.bool_]  # (windows,) little more than one tone: nothing else in the take tells what it bends to


def programme_check(dry: Samples, wet: Samples, missing: list[int]) -> tuple[Check, ProgrammeTrack]:
    """The line of the table and the track; dry and wet (n,), aligned; `missing`: samples where pieces are."""
    take = explain(dry, wet)
    drive = driven(dry, take)

    def delay(start: int, stop: int) -> float | None:
        part = slice(max(0, start), stop)
        lag = find_lag(dry[part], wet[part], whiten=True, max_lag_samples=FARTHEST)
        return lag.samples if lag.is_certain else None

    @cache
    def any_drive() -> Driven | None:
        return drive if drive is not None else driven(dry, take, 0.0)  # looked for where a room is, too

    def is_driven(frames: slice) -> bool:
        otherwise = any_drive()
        return otherwise is not None and otherwise.is_clear(frames)

    room = Room(take, dry_parts(dry), is_driven)
    track, found = look(take, drive, room, len(dry), missing, delay)
    opening = [or_a_room(piece, room) for piece in opening_lower(dry, wet, found)]
    found = sorted([*found, *opening], key=lambda strange: strange.start)
    compared = len(track.seconds) * STEP * HOP / RATE
    if not len(track.seconds):
        return Check("programme", "unknown", None, "", 1.0, FAILS, UNSEEN, "Is this a recording of that signal?"), track
    figure = float(max(np.max(track.score), 0.0))
    seen = f"{compared:.0f} s compared with both ends of the take"
    if not found:
        return Check("programme", "ok", figure, "", 1.0, FAILS, f"one gear throughout, {seen}"), track
    text = "; ".join(str(strange) for strange in found[:4]) + (f"; {len(found) - 4} more" if len(found) > 4 else "")
    verdict: Verdict = worst(strange.verdict for strange in found)
    advice = "Something was changed, pulled or switched while recording: take it again, and touch nothing."
    return Check("programme", verdict, figure, "", 1.0, FAILS, f"{text} ({seen})", advice), track


def look(
    take: Explained, drive: Driven | None, room: Room, samples: int, missing: list[int], delay: Delay
) -> tuple[ProgrammeTrack, list[Strange]]:
    """The track of a take of so many samples, and what is strange in it; `delay` tells that of wet behind dry.

    `drive`: how far wet has gone to another drive, see `driven`; `room` tells what rings on.
    """
    windows = _windows(take)
    if len(windows.first) <= NEIGHBOURS:
        return NO_PROGRAMME, []
    score, level_db, usual_db = _scores(windows, samples)
    seconds = windows.first * HOP / RATE
    playing = ~windows.tone & ((windows.first * HOP < VALIDATION) | (windows.first * HOP >= PROGRAMME))
    lasting = _lasting(windows.first, score, playing)
    found = []
    for first, last in _runs(windows.first, lasting, score):
        peak = float(lasting[first:last].max())
        frames = slice(int(windows.first[first]), int(windows.first[last - 1]) + WINDOW)
        usual = float(np.median(usual_db[first:last]))
        found.append(named(take, frames, usual, room, missing, peak >= FAILS, delay))
    found = with_hum(take, samples, found)
    if drive is not None and len(drive.start):
        score = np.maximum(score, drive.score(windows.first * HOP))
    # What drives the gear otherwise falls less, too, so that is looked for first.
    otherwise = [or_a_room(piece, room) for piece in driven_pieces(drive, found)]
    less = [or_a_room(piece, room) for piece in falling_less(take, samples, found)]
    less = [piece for piece in less if not any(piece.start < p.stop and p.start < piece.stop for p in otherwise)]
    found = sorted([*found, *otherwise, *less], key=lambda strange: strange.start)
    return ProgrammeTrack(seconds, score, level_db), found


def _windows(take: Explained) -> _Windows:
    model_power, power = take.power(take.model), take.power(take.wet)
    error = take.power(take.wet - take.model)
    tells = (take.played & (model_power > take.least)) | (power > UNEXPECTED * take.least)
    tells[BLIPS] = tells[SWEEP_END] = False
    left = np.maximum(error - take.noise, 0) / (np.maximum(model_power, power) + take.noise)
    # The louder frames of a window count more: in soft ones a gate or the noise decides.
    counted = np.where(tells, (model_power + take.noise) ** -0.5, 0.0)
    heard = np.where(tells, np.maximum(model_power, power) ** 0.5, 0.0)
    groups = np.array_split(np.arange(len(take.weights)), BANDS)
    dry_db, wet_bands, model_bands = [], [], []
    for group in groups:
        w = take.weights[group]
        level_db = db_from_powers(np.mean(np.square(np.abs(take.dry[group])), axis=0) + 1e-12)
        dry_db.append(np.maximum(level_db, level_db.max() - 80))
        # A band counts where it is a good part of the whole, and out of the noise.
        unheard = w @ take.band_noise[group] + HEARD * model_power
        wet_bands.append(w @ np.square(np.abs(take.wet[group])) + unheard)
        model_bands.append(w @ np.square(np.abs(take.model[group])) + unheard)
    filled = take.fills
    dry_db.append(NOISE_IS_OTHER_DB * filled / len(take.weights))  # noise is like noise, and not like a chord as loud
    tone = filled < ONE_TONE
    starts = np.arange(0, len(power) - WINDOW + 1, STEP)
    sums = _Sums(WINDOW, starts)
    enough = sums(tells.astype(float)) >= LEAST
    told = np.maximum(sums(tells.astype(float)), 1)
    level = sums(counted * power) / np.maximum(sums(counted * (model_power + take.noise)), 1e-30)
    bands = np.array(
        [sums(counted * a) / np.maximum(sums(counted * b), 1e-30) for a, b in zip(wet_bands, model_bands, strict=True)]
    )
    return _Windows(
        starts[enough],
        db_from_powers(sums(heard * left) / np.maximum(sums(heard), 1e-30) + 1e-3)[enough],
        db_from_powers(level + 1e-9)[enough],
        db_from_powers(bands.T + 1e-9)[enough],
        np.array([sums(levels) / WINDOW for levels in dry_db]).T[enough],
        (sums((tone & tells).astype(float)) > 0.5 * told)[enough],
    )


class _Sums:
    """Sums over windows of so many frames that begin at `starts`."""

    def __init__(self, window: int, starts: NDArray[np.int64]) -> None:
        self.window, self.starts = window, starts

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        added = np.concatenate([[0.0], np.cumsum(x)])
        return np.asarray(added[self.starts + self.window] - added[self.starts])


def _scores(windows: _Windows, samples: int) -> tuple[NDArray[np.float64], ...]:
    """Score, level against what is usual, and what is usually left unexplained, in dB: (windows,) each.

    What is usual is known from both ends first, then also from what of the programme is like them, farther away than
    a fault lasts.
    """
    start = windows.first * HOP
    at_ends = (start < PROGRAMME - FRAME) | (start >= samples - VALIDATION - END_SILENCE // 2)
    twin = (samples - VALIDATION) // HOP
    score, _, _ = _compared(windows, at_ends, at_ends, twin)
    alike = _lasting(windows.first, score, np.zeros(len(score), bool)) < 1
    for i in np.flatnonzero(~alike):
        alike[i : i + LASTS] = False
    return _compared(windows, at_ends, at_ends | alike, twin)


def _compared(
    windows: _Windows, at_ends: NDArray[np.bool_], known: NDArray[np.bool_], twin: int
) -> tuple[NDArray[np.float64], ...]:
    """`_scores` from the windows that are `known`, (windows,); `twin`: frames between what is played twice."""
    start = windows.first * HOP
    count = len(start)
    in_noise = (start >= NOISE_S[0] * RATE) & (start <= NOISE_S[1] * RATE)
    of_noise_db = max(float(np.median(windows.left_db[in_noise])) if in_noise.any() else FLOOR_DB, UNHEARD_OF_DB)
    usual_db, allowed_db, unlike = (np.zeros(count) for _ in range(3))
    level_db, level_spread = np.zeros(count), np.ones(count)
    band_db, band_spread = np.zeros((count, BANDS)), np.ones((count, BANDS))
    compared = np.zeros(count, bool)
    tried: list[float] = []
    for i in range(count):
        apart = np.sqrt(np.mean((windows.like_db - windows.like_db[i]) ** 2, axis=1))
        away = np.abs(windows.first - windows.first[i])
        apart[~known | (away < APART * STEP) | (~at_ends & (away < ELSEWHERE))] = np.inf
        if at_ends[i]:
            others = _nearest(np.where(np.abs(away - twin) < APART * STEP, np.inf, apart))
            if len(others) and apart[others].mean() < UNLIKE_DB:
                tried.append(windows.left_db[i] - max(_seventieth(windows.left_db[others]), FLOOR_DB))
        near = _nearest(apart)
        if not len(near):
            continue
        compared[i] = True
        unlike[i] = apart[near].mean()
        usual_db[i] = max(_seventieth(windows.left_db[near]), FLOOR_DB)
        # The less there is like it elsewhere, the less it need be better explained than noise.
        other = min(max(unlike[i] / UNLIKE_DB - 0.75, 0.0) * 2, 1.0)
        usual_db[i] += other * max(0.0, of_noise_db - usual_db[i])
        allowed_db[i] = usual_db[i] + 0.7 * max(0.0, unlike[i] - UNLIKE_DB)
        level_db[i] = windows.level_db[i] - _middle(windows.level_db[near])
        level_spread[i] = np.hypot(np.std(windows.level_db[near]), 0.3 + 0.05 * unlike[i])
        band_db[i] = windows.band_db[i] - _middle(windows.band_db[near])
        band_spread[i] = np.hypot(np.std(windows.band_db[near], axis=0), 0.5 + 0.05 * unlike[i])
    programme = compared & ~at_ends & (start >= PROGRAMME)
    for i in map(int, np.flatnonzero(programme)):
        # Where enough else is as unlike the known, that tells how far off such playing is.
        likewise = programme & ~windows.tone & (unlike >= AS_UNLIKE * unlike[i])
        likewise &= np.abs(windows.first - windows.first[i]) >= ELSEWHERE
        if likewise.sum() < ENOUGH_OTHERS:
            continue
        allowed_db[i] = min(allowed_db[i], max(float(np.percentile(windows.left_db[likewise], 90)), FLOOR_DB))
        level_spread[i] = min(level_spread[i], 1.5 * np.percentile(np.abs(level_db[likewise]), 80) + 0.3)
        wide = 1.5 * np.percentile(np.abs(band_db[likewise]), 80, axis=0) + 0.5
        band_spread[i] = np.minimum(band_spread[i], wide)
    # How far off what is usual may be shows at the ends, where what is played twice does not tell of itself.
    off_db = float(np.percentile(tried, 90)) if len(tried) > NEIGHBOURS else 0.0
    residue = np.where(compared, windows.left_db - allowed_db, 0.0) / max(RESIDUE_DB, off_db)
    level = np.abs(level_db) / level_spread / LEVEL_SPREADS
    bands = np.sqrt(np.mean((band_db / band_spread) ** 2, axis=1)) / BAND_SPREADS
    score = np.maximum(residue, np.maximum(level, bands))
    in_sections = (start >= SWEEP - FRAME) & (start < PROGRAMME)
    score[in_sections] = np.abs(level_db[in_sections]) / TONE_DB
    return score, level_db, usual_db


def _nearest(apart: NDArray[np.float64]) -> NDArray[np.int64]:
    """The windows that are the least apart, at most NEIGHBOURS; what is infinitely far is none."""
    near = np.argpartition(apart, min(NEIGHBOURS, len(apart) - 1))[:NEIGHBOURS]
    return near[np.isfinite(apart[near])]


def _middle(x: NDArray[np.float64]) -> Any:
    """The median along the first axis; much faster for so few than `np.median`."""
    ordered, half = np.sort(x, axis=0), len(x) // 2
    return ordered[half] if len(x) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _seventieth(x: NDArray[np.float64]) -> float:
    """The value that 70 % are below; much faster for so few than a percentile."""
    return float(np.sort(x)[round(0.7 * (len(x) - 1))])


def _lasting(first: NDArray[np.int64], score: NDArray[np.float64], playing: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The score that half of the windows of the next second and a half reach, (windows,); milder for four seconds.

    `playing`: (windows,) of strings, not of sweeps and noise, of which little is known.
    """
    lasting = np.zeros(len(score))
    for count, counted in ((LASTS, score), (LASTS_LONG, np.where(playing, score / MILDER, 0.0))):
        for i in range(len(score)):
            near = counted[i : i + count][first[i : i + count] < first[i] + count * STEP]
            if len(near) > count // 2:
                lasting[i] = max(lasting[i], float(_middle(near)))
    return lasting


def _runs(first: NDArray[np.int64], lasting: NDArray[np.float64], score: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pieces of the track that are strange: (first window, the one behind the last)."""
    marked = np.zeros(len(score), bool)
    for i in np.flatnonzero(lasting >= 1):
        marked[i : i + LASTS] |= (score[i : i + LASTS] > 0.5) & (first[i : i + LASTS] < first[i] + LASTS * STEP)
    runs: list[list[int]] = []
    for i in np.flatnonzero(marked):
        if runs and first[i] - first[runs[-1][1] - 1] <= 6 * STEP:
            runs[-1][1] = int(i) + 1
        else:
            runs.append([int(i), int(i) + 1])
    found = []
    for start, stop in runs:
        # What is a little odd beside it, by chance, is no part of it: it would blur what that is. Where it is strange
        # by itself, and lasts, it is another piece: another programme may begin with a rest.
        clear = start + np.flatnonzero(score[start:stop] >= max(MILDER, FAR_LESS * lasting[start:stop].max()))
        begin, end = (int(clear[0]), int(clear[-1]) + 1) if len(clear) > LASTS // 2 else (start, stop)
        for first_of, behind in ((start, begin), (begin, end), (end, stop)):
            by_itself = np.any(lasting[first_of : max(first_of, behind - LASTS + 1)] >= 1)
            if by_itself or (first_of == begin and behind - first_of > LASTS // 2):
                found.append((first_of, behind))
    return found
