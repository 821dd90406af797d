"""What a piece of a take is that is not the gear of the rest of it: silent, softer, inverted, another programme ...

Each kind leaves something the others do not. Wet and the model of the gear are compared at every delay; a bypass is dry
itself; a room holds what was played before; a gate is silent where it is soft and right where it is loud.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ....decibels import db_from_gain, db_from_powers, power_from_db
from ....trainer.layout import RATE
from ..verdict import Verdict
from .gear_model import BANDS_HZ, FRAME, HOP, STANDS_OUT, Explained, Spectra
from .hum_in_playing import hum_pieces, hums
from .room import Room

EDGE = 10  # frames at both ends of a piece that may belong to what is beside it
REACH = 1200  # samples of delay, either way, that frames of FRAME samples can tell
NEAR = 3  # samples: of a delay that is none
CLEAR = 30.0  # times the noise: where the kind is looked for, if there is enough of it
SAME_GAIN_DB = 1.0  # between loud and soft, of what is bypassed
NOTHING_DB = -30.0  # re what the gear would give
DEAD_DB = -15.0  # of a frame, re what the gear would give: it is silent there
IS_DRY, EXACTLY_DRY = 0.02, 0.003  # of a frame's power that is not dry
DRIER = 0.25  # times what is usually not dry
AS_DRY_AS_CAN_BE = 1e-4  # likewise of a frame's power: converters bend that much
ONE_GAIN_DB, OTHER_DRIVE_DB = 0.5, 6.0
TENTHS = 2.56  # standard deviations between what a tenth is below and what a tenth is above
TOLD_APART = 10  # bands that say each for itself how loud a frame is; the others follow these
OFTEN_DRY = 0.1  # of the frames: gear that leaves loud playing as it is, say
STILL_ALIKE = 0.9  # times what wet and model usually have in common
PLAYED_THROUGH = 0.5  # times what wet and model usually have in common: a room does not move what was played
SAME_LEVEL_DB = 2.0  # of what is inverted; dry that comes back may be as loud as ever
UNRELATED = 0.25  # times what wet and model usually have in common: so little is chance
RESTS = 0.1  # of the frames that sound where another programme rests, at least, if it is no silence; twice if softly
ADDS_DB = -3.0  # a room makes nothing softer than that
HEARD_IN = 3 * RATE // HOP  # frames: in less, what gear leaves of a note may seem to be a room
STILL_RIGHT_DB = 3.0  # level beside holes
HUM = "there is hum of {:g} Hz and its harmonics in the playing"
INVERTED = "it is inverted"
RINGS_ON = "rings on", "it rings on: a reverb or an echo that is nowhere else in the take"
LONG_ENOUGH = 4 * RATE  # samples: of less, that is another sound and nothing else, the model may just know too little
SURE = ("silent", "inverted", "bypassed", "another programme", "jumps", "missing")


Delay = Callable[[int, int], float | None]  # of wet behind dry between two samples; None: it cannot be told


@dataclass(frozen=True, slots=True)
class Strange:
    """A piece of a take, from `start` to `stop` samples, and what it is."""

    kind: str
    start: int
    stop: int
    text: str
    verdict: Verdict

    def __str__(self) -> str:
        return f"from {self.start / RATE:.1f} to {self.stop / RATE:.1f} s {self.text}"


@dataclass(frozen=True, slots=True)
class _Match:
    """How wet lies to something: at no delay, and at the best one in samples; each -1 to 1."""

    here: float
    best: float
    delay: int


def named(
    take: Explained, frames: slice, usual_left_db: float, room: Room, missing: list[int], sure: bool, delay: Delay
) -> Strange:
    """The kind of a piece, frames of the take; `usual_left_db`: what the model usually leaves of such playing."""
    start, stop = frames.start * HOP + FRAME // 4, (frames.stop - 1) * HOP + FRAME * 3 // 4
    holes = [at for at in missing if start - RATE // 2 <= at <= stop + RATE // 2]
    kind, text = _kind(take, frames, usual_left_db, room, len(holes), lambda: delay(start, stop))
    sure = sure and (kind != "another sound" or stop - start >= LONG_ENOUGH)
    verdict: Verdict = "fail" if sure or kind in SURE else "warn"
    return Strange(kind, start, stop, text, verdict)


def or_a_room(piece: Strange, room: Room) -> Strange:
    """What another figure called another sound, as what it is: a room changes that figure, too."""
    inner = _inner(slice(piece.start // HOP, piece.stop // HOP))
    if piece.kind != "another sound" or not _rings(room, inner):
        return piece
    kind, text = RINGS_ON
    return replace(piece, kind=kind, text=text)


def _rings(room: Room, frames: slice) -> bool:
    """Whether a room is heard there; of little more than a note it is not told."""
    short = max(0, HEARD_IN - (frames.stop - frames.start)) // 2
    return room.rings(slice(max(0, frames.start - short), min(room.take.wet.shape[1], frames.stop + short)))


def with_hum(take: Explained, samples: int, found: list[Strange]) -> list[Strange]:
    """What was `found` in a take of so many samples, and where it hums in its programme.

    Where it hums for half of what was called another sound, that is the hum.
    """
    pieces = [
        Strange("hum", start, stop, HUM.format(mains), "fail") for mains, start, stop in hum_pieces(take, samples)
    ]
    hums: list[Strange] = []
    for piece in sorted([p for p in found if p.kind == "hum"] + pieces, key=lambda piece: piece.start):
        if hums and piece.start <= hums[-1].stop + RATE // 2:
            hums[-1] = replace(hums[-1], stop=max(hums[-1].stop, piece.stop))
        else:
            hums.append(piece)

    def hummed(piece: Strange) -> int:
        return sum(max(0, min(piece.stop, hum.stop) - max(piece.start, hum.start)) for hum in hums)

    others = [piece for piece in found if piece.kind != "hum"]
    others = [p for p in others if p.kind != "another sound" or 2 * hummed(p) < p.stop - p.start]
    return [*others, *hums]


def _kind(
    take: Explained, frames: slice, usual_left_db: float, room: Room, holes: int, delay: Callable[[], float | None]
) -> tuple[str, str]:
    inner = _inner(frames)
    power, expected = take.power(take.wet[:, inner]), take.power(take.model[:, inner])
    plays = take.played[inner] & (expected > take.least)
    clear = plays & (expected > CLEAR / STANDS_OUT * take.least)
    plays = clear if clear.sum() > EDGE else plays
    if not plays.any():
        return "another sound", "it sounds where this gear is silent"
    at = np.flatnonzero(plays) + inner.start
    power, expected = power[plays], expected[plays]
    frame_db = db_from_powers((power + 1e-30) / (expected + take.noise))
    level_db = float(np.median(frame_db))
    match = _match(take, at, take.model)
    usual = float(np.sqrt(max(1 - power_from_db(usual_left_db), 0.05)))  # what the two have in common elsewhere
    nothing = (power < 8 * take.noise) | (frame_db < NOTHING_DB)
    if level_db < -12 and abs(match.here) < 0.25 and np.mean(nothing) > 0.6:
        sounds, loud = at[~nothing], np.mean(frame_db > DEAD_DB)
        rests = bool(loud > RESTS or len(sounds) > 2 * RESTS * len(at))
        if rests and abs(_match(take, sounds, take.model).best) < UNRELATED * usual:
            return "another programme", "it has nothing to do with dry: another programme, which rests now and then"
        return "silent", "it is silent while the signal plays, or a gate hardly ever opens"
    if match.here < -0.95 * usual and abs(level_db) < SAME_LEVEL_DB:
        return "inverted", INVERTED
    dry = _is_dry(take, at, match.here > STILL_ALIKE * usual, level_db)
    if dry:
        return "bypassed", dry
    dead = frame_db < DEAD_DB
    if np.mean(dead) > 0.08 and _is_gated(take, at, expected, dead, frame_db, usual):
        text = f"a gate closes: {100 * np.mean(dead):.0f} % of the playing, the softest, is missing"
        return "gate", f"it is another sound, or {text}" if _gates_itself(take) else text
    if holes and match.here > 0.6 * usual and abs(level_db) < STILL_RIGHT_DB:
        return "missing", f"pieces are missing ({holes} of them)"
    hum_hz = hums(take, frames)
    if hum_hz is not None:
        return "hum", HUM.format(hum_hz)
    if level_db > ADDS_DB and _rings(room, inner):
        samples = delay() if abs(match.best) < PLAYED_THROUGH * usual else None
        if abs(match.best) > max(0.4 * usual, abs(match.here) + 0.1) and abs(match.delay) > NEAR:
            return "jumps", f"the take jumps by {match.delay} samples"
        if samples is not None and abs(samples) > REACH // 2:  # farther than frames tell
            return "jumps", f"the take jumps by {samples:.0f} samples"
        return RINGS_ON
    if match.here < -0.4 * usual and abs(match.here) > 0.8 * abs(match.best):
        if abs(level_db) > OTHER_DRIVE_DB:  # a plug that is turned changes no level
            return "bypassed", f"{INVERTED} and {abs(level_db):.0f} dB {_word(level_db)}: it is bypassed, or other gear"
        return "inverted", INVERTED
    if abs(match.best) > max(0.4 * usual, abs(match.here) + 0.1) and abs(match.delay) > 0:
        return "jumps", f"the take jumps by {match.delay} samples"
    loud = at[expected >= np.median(expected)]
    # What is much softer may lie near the noise, which matches nothing.
    heard = 1 - min(float(np.median(take.noise / (take.power(take.wet[:, loud]) + 1e-30))), 0.5)
    here = min(_match(take, loud, take.model).here / float(np.sqrt(heard)), 1.0)
    only_level = here > 0 and 1 - here**2 < 0.1 + 2 * (1 - usual**2)
    if abs(level_db) > 2 and only_level:
        word = _word(level_db)
        return word, f"it is {abs(level_db):.1f} dB {word} than this gear is elsewhere"
    best = abs(_match(take, loud, take.model).best)
    if best < 0.45 * usual or holes:
        samples = delay()
        # Frames show a short delay themselves, where there is one.
        if samples is not None and abs(samples) > (NEAR if best > 0.3 * usual else REACH // 2):
            return "jumps", f"the take jumps by {samples:.0f} samples"
    if best < UNRELATED * usual:
        return "another programme", "it has nothing to do with dry: another programme"
    if best < 0.4 * usual and level_db > -6:
        return "another programme", "it has little to do with dry: another programme"
    return "another sound", f"it is another sound than this gear makes elsewhere ({level_db:+z.1f} dB, drive or tone)"


def _inner(frames: slice) -> slice:
    """Without what may belong to what is beside them."""
    return slice(frames.start + EDGE, frames.stop - EDGE) if frames.stop - frames.start > 4 * EDGE else frames


def _match(take: Explained, at: NDArray[np.int64], other: Spectra) -> _Match:
    """Of wet to the model or to dry, in the frames `at`, each of which counts alike."""
    wet, other = take.wet[:, at], other[:, at]
    counted = 1 / np.sqrt(take.power(wet) * take.power(other) + 1e-30)
    cross = take.weights * np.sum(counted * wet * np.conj(other), axis=1) / len(at)
    around = np.real(_turns() @ cross.astype(np.complex64))
    best = int(np.argmax(np.abs(around)))
    return _Match(float(around[REACH]), float(around[best]), best - REACH)


@cache
def _turns() -> Spectra:
    """What every delay turns every band by, (delays, bands)."""
    return np.exp(2j * np.pi * np.outer(np.arange(-REACH, REACH + 1), BANDS_HZ) / RATE).astype(np.complex64)


def _is_dry(take: Explained, at: NDArray[np.int64], alike: bool, level_db: float) -> str:
    """What to say where wet is dry at one gain in most of the frames `at`, far more so than where the gear is known.

    Empty where it is not. Gear that leaves some playing as it is has to be about as loud there as elsewhere, or it may
    as well be driven otherwise; where loud and soft have one gain and elsewhere have not, both may be. So they may
    where it is `alike`, as the model has it but for the level: gear that is nearly clean is clean when driven less.
    What dry explains far better than the model does is not the gear at another level, and gear that is driven less is
    not louder: `level_db` is that of wet re the model.
    """
    left, gains = _left_by(take, at, take.dry)
    clear = take.trusted & (take.power(take.model) > CLEAR * take.noise)
    usually_left, usual_gains = _left_by(take, np.flatnonzero(clear if clear.any() else take.trusted), take.dry)
    # Both may lie within the noise; soft frames within the steps of the file, which are no noise: so loud ones may do.
    drier = np.median(left) < DRIER * np.median(usually_left)
    drier |= np.percentile(left, 25) < DRIER * np.percentile(usually_left, 10)
    if not drier or np.median(left) >= IS_DRY:
        return ""
    text = "it is bypassed: dry comes back, and not this gear"
    (low_db, loudness_db, high_db), (lowest_db, usual_db, highest_db) = _spread_db(gains), _spread_db(usual_gains)
    change_db = loudness_db - usual_db
    exactly = min(EXACTLY_DRY, max(float(np.median(left)) / DRIER, AS_DRY_AS_CAN_BE))
    often = np.mean(usually_left < exactly) >= OFTEN_DRY
    alike = alike and bool(np.median(left) >= DRIER * np.median(_left_by(take, at, take.model)[0]))
    if abs(change_db) < OTHER_DRIVE_DB:
        # What is as the model has it may be the gear itself at another level, where that leaves such playing alone.
        level = f", or as this gear leaves some playing alone, {abs(change_db):.1f} dB {_word(change_db)}"
        return text + (level if alike and abs(change_db) > SAME_LEVEL_DB else "")
    if level_db > 0 and not (often or alike):
        return text
    one_gain_db = float(np.hypot(ONE_GAIN_DB, TENTHS * _by_noise_db(take, at)))
    if not often or (high_db - low_db < one_gain_db and highest_db - lowest_db > 3 * ONE_GAIN_DB):
        left_alone = (
            "this gear leaves some playing alone" if often or alike else "it is driven so little that it is clean"
        )
        return f"{text}, or {'as ' if often or alike else ''}{left_alone}, {abs(change_db):.1f} dB {_word(change_db)}"
    return ""


def _left_by(take: Explained, at: NDArray[np.int64], other: Spectra) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What is left of each of the frames `at` without `other` at the gain that most have, of 1; and all gains."""
    match = _match(take, at, other)
    wet, other = take.wet[:, at], other[:, at] * np.conj(_turns()[match.delay + REACH])[:, None]
    gains = take.common(wet, other) / (take.power(other) + 1e-30)
    left = take.power(wet - np.float32(_densest(gains)) * other)
    return np.maximum(left - 2 * take.noise, 0) / (take.power(wet) + 1e-30), gains


def _word(change_db: float) -> str:
    return "softer" if change_db < 0 else "louder"


def _by_noise_db(take: Explained, at: NDArray[np.int64]) -> float:
    """By how much noise alone lets the gain of the softest of the frames `at` differ, as a standard deviation."""
    noise = float(np.percentile(take.noise / (take.power(take.wet[:, at]) + 1e-30), 90))
    return db_from_gain(1 + float(np.sqrt(noise / (2 * TOLD_APART))))


def _spread_db(gains: NDArray[np.float64]) -> tuple[float, float, float]:
    """Gains that a tenth are below, that most have, and that a tenth are above, in dB."""
    low, high = np.percentile(np.abs(gains), (10, 90))
    low_db, usual_db, high_db = db_from_powers(np.array([low, _densest(gains), high]) ** 2 + 1e-30)
    return float(low_db), float(usual_db), float(high_db)


def _densest(gains: NDArray[np.float64]) -> float:
    """The gain that the most others are near to."""
    order = np.sort(gains)
    half = max(2, len(order) // 3)
    if len(order) <= half:
        return float(np.median(order))
    widths = np.log((np.abs(order[half:]) + 1e-12) / (np.abs(order[:-half]) + 1e-12))
    first = int(np.argmin(np.abs(widths) + 1e3 * (np.sign(order[half:]) != np.sign(order[:-half]))))
    return float(np.median(order[first : first + half]))


def _is_gated(
    take: Explained,
    at: NDArray[np.int64],
    expected: NDArray[np.float64],
    dead: NDArray[np.bool_],
    frame_db: NDArray[np.float64],
    usual: float,
) -> bool:
    """What is dead would be softer than what is not, and that is right; of what is dead nothing is left."""
    if dead.sum() < 2 or (~dead).sum() < 2:
        return False
    softer = np.median(db_from_powers(expected[dead])) < np.median(db_from_powers(expected[~dead])) - 2
    if not softer or abs(np.median(frame_db[~dead])) >= 2 or _match(take, at[~dead], take.model).here < 0.5 * usual:
        return False
    loudest = at[dead][expected[dead] >= np.median(expected[dead])]
    return abs(_match(take, loudest, take.model).here) < 0.6 * usual or float(np.median(frame_db[dead])) < NOTHING_DB


def _gates_itself(take: Explained) -> bool:
    """Whether the gear is known to fall silent while something is played: driven less, it does so earlier."""
    known = take.trusted & (take.power(take.dry) > 0)
    return bool(np.mean(take.power(take.wet)[known] < 4 * take.noise) > 0.02)
