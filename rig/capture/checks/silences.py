"""The quiet passages of a take: where nothing is played, and what was played before has died away.

Every one of them is used: the pre-roll, both silences of the layout, the pauses around the single samples and between
phrases. What is wrong from some moment on shows in those behind it. Noise, hum and DC are judged in all of them, and
each check says what it looked at and where it is worst.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...audio.measures import FLOOR_DBFS, rms_dbfs
from ...decibels import db_from_power, db_from_powers, gain_from_db, power_from_db
from ...trainer.layout import RATE, VALIDATION
from .limits import LIMITS
from .measures import hum_dbfs, runs_of_equal
from .verdict import Check

NOTHING_DBFS = -96.0  # of dry, peak: a signal may be dithered where it is silent
SHORTEST = RATE // 8  # samples of dry silence that are looked at
DIES_AWAY = RATE * 3 // 50  # samples that any gear takes at least to fall silent
KEPT = RATE // 25  # samples that have to remain
BLOCK = RATE // 50  # samples: levels while it dies away
STILL_FALLS_DB = 2.0
RINGS_BEFORE = RATE // 200  # samples before the next sound in which converters ring already
FOR_HUM = RATE * 7 // 20  # samples: in less the mains cannot be told from what lies beside it
MAINS_HZ = (50.0, 60.0)
HUM_AT_MOST_DB = 15.0  # of a silence that are said to be hum
NOTHING = "no silence in which that could be seen"
NO_SILENCE = (
    "Use a signal that is silent somewhere for half a second, and leave the silence before it in the recording."
)


@dataclass(frozen=True, slots=True, eq=False)
class Silence:
    """A quiet passage: its samples, (n,), and where they begin in the wet signal; before it: negative."""

    start: int
    samples: NDArray[np.float64]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE

    @property
    def level_dbfs(self) -> float:
        """RMS level without what is slower than 20 ms: gear that recovers, such as a bias, is no noise."""
        return rms_dbfs(_steady(self.samples), FLOOR_DBFS)

    def __str__(self) -> str:
        return "before the signal" if self.start < 0 else f"at {self.start / RATE:.1f} s"


def _steady(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """A silence in blocks of BLOCK samples without their means, (blocks * BLOCK,)."""
    blocks = part[: len(part) // BLOCK * BLOCK].reshape(-1, BLOCK)
    return np.ravel(blocks - blocks.mean(axis=1, keepdims=True)) if len(blocks) else part - np.mean(part)


def dry_silences(dry: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Where nothing is played in dry, (n,): (start, length), each at least SHORTEST."""
    plays = np.abs(dry) > gain_from_db(NOTHING_DBFS)
    return [(start, length) for start, length in runs_of_equal(plays, SHORTEST) if not plays[start]]


def quiet_passages(
    dry: NDArray[np.float64], wet: NDArray[np.float64], pre_roll: NDArray[np.float64], late: int = 0
) -> tuple[Silence, ...]:
    """All of them, in order; `late`: samples by which wet, (n,), lies behind dry, (n,)."""
    found = [Silence(-len(pre_roll), pre_roll)] if len(pre_roll) >= FOR_HUM else []
    for start, length in dry_silences(dry):
        first, last = start + max(0, late), min(start + length + min(0, late) - RINGS_BEFORE, len(wet))
        part = wet[first:last]
        settled = _settled(part)
        if len(part) - settled >= KEPT:
            found.append(Silence(first + settled, part[settled:]))
    return tuple(found)


def _settled(part: NDArray[np.float64]) -> int:
    """After how many samples a silence no longer gets quieter; all of them where it does to its end."""
    blocks = part[DIES_AWAY : len(part) // BLOCK * BLOCK]
    blocks = blocks[: len(blocks) // BLOCK * BLOCK].reshape(-1, BLOCK)
    if len(blocks) < KEPT // BLOCK:
        return len(part)
    power = np.mean(np.square(_steady(blocks.ravel()).reshape(-1, BLOCK)), axis=1)
    level_db = db_from_powers(np.maximum(power, 1e-20))
    rest_db = float(np.median(level_db[-max(KEPT // BLOCK, len(level_db) // 3) :]))
    # Only what is loud at once belongs to the tail: a crackle or a hum that comes later is what is looked for.
    first = int(np.argmax(level_db <= rest_db + STILL_FALLS_DB))
    falls_to_the_end = len(level_db) >= 4 and bool(np.all(np.diff(level_db[-4:]) < -0.5))
    return len(part) if falls_to_the_end else DIES_AWAY + first * BLOCK


def looked_at(silences: tuple[Silence, ...]) -> str:
    """What a check of them says it has seen."""
    count = len(silences)
    return f"{count} silence{'s' if count != 1 else ''}, {sum(s.seconds for s in silences):.1f} s in all"


def noise_check(
    silences: tuple[Silence, ...], hums: dict[float, float], wet: NDArray[np.float64]
) -> tuple[float | None, Check]:
    """Signal over noise in dB, None where nothing could be measured; the loudest silence counts.

    Hum (`hum_levels`) has a check of its own: what is as loud in every silence is no noise as well.
    """
    limit = LIMITS["noise"]
    if not silences:
        return None, limit.check("noise", None, NOTHING, NO_SILENCE, "unknown")
    loudest = max(silences, key=lambda silence: silence.level_dbfs)
    hum = power_from_db(max(hums.values(), default=FLOOR_DBFS))
    level = max(db_from_power(max(power_from_db(loudest.level_dbfs) - hum, 1e-20)), loudest.level_dbfs - HUM_AT_MOST_DB)
    snr_db = rms_dbfs(wet[:VALIDATION], FLOOR_DBFS) - level
    text = f"noise {_level(level)}, {snr_db:.1f} dB below the playing, in {looked_at(silences)}"
    text += f", the loudest {loudest}" if len(silences) > 1 else ""
    advice = "Send hotter, lower the gear's own noise, check cables and power supplies."
    return snr_db, limit.check("noise", snr_db, text, advice)


def hum_levels(silences: tuple[Silence, ...]) -> dict[float, float]:
    """The loudest hum of each mains frequency in dBFS RMS; empty where no silence is long enough."""
    long = _long(silences)
    return {mains: max(hum_dbfs(s.samples, mains) for s in long) for mains in MAINS_HZ} if long else {}


def hum_check(silences: tuple[Silence, ...], hums: dict[float, float]) -> Check:
    """Hum in the silences, from `hum_levels`; what hums while it plays is found by `programme.py`."""
    limit, long = LIMITS["hum"], _long(silences)
    if not hums:
        return limit.check("hum", None, NOTHING, NO_SILENCE, "unknown")
    mains = max(hums, key=lambda hz: hums[hz])
    level = hums[mains]
    heard = f"hum of {mains:g} Hz and its harmonics at {level:.1f} dBFS RMS" if level > FLOOR_DBFS else "no hum"
    text = f"{heard} in {looked_at(long)}"
    if limit.verdict(level) != "ok":
        text += f", first {next(s for s in long if limit.verdict(hum_dbfs(s.samples, mains)) != 'ok')}"
    advice = "Look for a ground loop: one outlet for everything, a re-amp box with its ground lifted, cables apart."
    return limit.check("hum", level, text, advice)


def dc_check(silences: tuple[Silence, ...], wet: NDArray[np.float64]) -> Check:
    """The largest offset: of a silence, or of the whole."""
    means = [(abs(_mean(silence.samples)), str(silence)) for silence in silences]
    figure, where = max([*means, (abs(float(np.mean(wet))), "all along")])
    seen = f"{looked_at(silences)}, and the whole take" if silences else "the whole take"
    text = f"an offset of {figure:.5f} of full scale at most, {where}, in {seen}"
    advice = "The input or the gear has an offset: use a coupled line input, or have it looked at."
    return LIMITS["dc"].check("dc", figure, text, advice)


def _mean(x: NDArray[np.float64]) -> float:
    """The mean with a Hann window: a hum that does not fit into the silence adds nothing to it."""
    window = np.hanning(len(x) + 2)[1:-1]
    return float(np.sum(window * x) / np.sum(window))


def _long(silences: tuple[Silence, ...]) -> tuple[Silence, ...]:
    return tuple(silence for silence in silences if len(silence.samples) >= FOR_HUM)


def _level(dbfs: float) -> str:
    return f"{dbfs:.1f} dBFS RMS" if dbfs > FLOOR_DBFS else "below what the file can hold"
