"""A gear with a gate of its own, or starved of its bias, wakes at one level of the playing: lower, it is another drive.

Such gear is silent below that level, again and again, and loud at once above it. Driven harder it is hardly louder,
and wakes earlier: at the end of a note, for a quarter of a second, which is all that there is to see.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.signal import butter, sosfilt

from ....decibels import db_from_gain, db_from_powers
from ....trainer.layout import PROGRAMME, RATE, VALIDATION
from ..measures import Samples
from ..quantisation import step_of
from .strange import Strange

FRAME = RATE // 100  # samples: levels
HELD = 12  # frames that a level counts: a gate closes later than the note
STRING_HZ, LOWEST_WET_HZ = (100.0, 2000.0), 150.0
LESS_OF_REST_DB = 6.0  # that what lies outside of a string's band counts less
SILENT_DBFS = -90.0  # dry, RMS, all that time and as long again
RESTED, FEWEST_RESTS = 25, 20  # frames of silence before one that tells the noise; of those
DEAD_DB, SOUNDS_DB, LOUD_DB = 5.0, 16.0, 30.0  # over the noise
WINDOW, STEP, SOUND = 100, 50, 15  # frames: a second, every half, that sounds for at least that long
ELSEWHERE = 750  # frames
LOWER_DB = 3.0  # than anywhere else; clean takes differ by 1.5 dB
OFTEN = 60  # frames of playing at those levels which are silent elsewhere
NEVER = 200.0  # dBFS


def opening_lower(dry: Samples, wet: Samples, found: list[Strange]) -> list[Strange]:
    """Where wet sounds at a level of dry, (n,) each, that it is silent at elsewhere; they are aligned.

    Not where something is `found` already.
    """
    string = np.asarray(sosfilt(butter(2, STRING_HZ, "band", fs=RATE, output="sos"), dry))
    played_dbfs = np.maximum(_levels(string), _levels(dry) - LESS_OF_REST_DB)
    wet_dbfs = _levels(np.asarray(sosfilt(butter(2, LOWEST_WET_HZ, "high", fs=RATE, output="sos"), wet)))
    rested = maximum_filter1d(played_dbfs, RESTED, origin=RESTED // 2) < SILENT_DBFS
    if rested.sum() < FEWEST_RESTS:
        return []
    noise_dbfs = max(float(np.median(wet_dbfs[rested])), db_from_gain(step_of(wet) / 2))
    held_dbfs = maximum_filter1d(played_dbfs, HELD, origin=(HELD - 1) // 2)
    starts = np.arange(0, len(held_dbfs) - WINDOW + 1, STEP)
    woken_dbfs = _lowest(held_dbfs, wet_dbfs > noise_dbfs + SOUNDS_DB, starts)
    loud_dbfs = _lowest(held_dbfs, wet_dbfs > noise_dbfs + LOUD_DB, starts)
    dead = wet_dbfs < noise_dbfs + DEAD_DB
    programme = (starts * FRAME >= PROGRAMME - RATE // 2) & (starts * FRAME < len(dry) - VALIDATION - RATE // 2)
    pieces: list[Strange] = []
    for i in np.flatnonzero(programme & (loud_dbfs < NEVER)):
        away = np.abs(starts - starts[i]) >= ELSEWHERE
        if not away.any():
            continue
        usual_dbfs, lowest_dbfs = float(woken_dbfs[away].min()), float(loud_dbfs[i])
        between = dead & (held_dbfs > lowest_dbfs) & (held_dbfs < usual_dbfs)
        between[max(0, starts[i] - ELSEWHERE) : starts[i] + WINDOW + ELSEWHERE] = False
        start, stop = int(starts[i]) * FRAME, int(starts[i] + WINDOW) * FRAME
        known = any(strange.start < stop and start < strange.stop for strange in [*found, *pieces])
        if usual_dbfs - lowest_dbfs < LOWER_DB or usual_dbfs == NEVER or between.sum() < OFTEN or known:
            continue
        text = (
            f"it is another sound: it sounds at {lowest_dbfs:.0f} dBFS of dry, where this gear is silent elsewhere, "
            f"up to {usual_dbfs:.0f} dBFS"
        )
        pieces.append(Strange("another sound", start, stop, text, "warn"))
    return pieces


def _levels(x: Samples) -> NDArray[np.float64]:
    """RMS levels of x, (n,), in frames, in dBFS."""
    power = np.mean(np.square(x[: len(x) // FRAME * FRAME].reshape(-1, FRAME)), axis=1)
    return db_from_powers(power + 1e-14)


def _lowest(
    held_dbfs: NDArray[np.float64], sounds: NDArray[np.bool_], starts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The level of the playing up to which each window sounds for SOUND frames; NEVER where it does not for so long."""
    levels = np.where(sounds, held_dbfs, NEVER)
    return np.array([np.partition(levels[start : start + WINDOW], SOUND)[SOUND] for start in starts])
