"""Noise, hum and DC, in every quiet passage of a take, and DC while it plays.

Each says what it looked at and where it is worst: a hum that begins in the middle of a take is in the silences behind
that, and a figure of the first silence alone would miss it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...audio.measures import FLOOR_DBFS, rms_dbfs
from ...decibels import db_from_power, power_from_db
from ...trainer.layout import VALIDATION
from .limits import LIMITS
from .measures import hum_dbfs
from .silences import FOR_HUM, Silence, looked_at
from .verdict import Check

MAINS_HZ = (50.0, 60.0)
HUM_AT_MOST_DB = 10.0  # of a silence that are said to be hum
NOTHING = "no silence in which that could be seen"
NO_SILENCE = (
    "Use a signal that is silent somewhere for half a second, and leave the silence before it in the recording."
)


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
