"""What an error is made of: an EQ, a finer filter, noise, and distortion.

The first two are linear (`equaliser.py`, `fine_filter.py`). Of the rest, what does not follow the playing is noise: it
is there in the pauses as well. Frames of 50 ms count as pauses where the gear is 30 dB below its loud ones, or what was
played 60 dB below; the power of the error in them, taken for all frames, is the most that noise can be. Where the
softest of them have less of it than all have, the error still follows what rings on, and theirs counts. What is left
then follows the playing, and no filter mends it: distortion.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...decibels import power_from_db
from ..measures import FRAME_S

WET_PAUSE_DB, DRY_PAUSE_DB = -30.0, -60.0  # re the loud frames
LOUD_PERCENTILE = 95.0
FEWEST_PAUSES = 4
ALIKE = 0.9  # the mean powers of noise in so few frames differ by some per cent

KINDS = ("eq", "filter", "distortion", "noise")


def pauses(dry: NDArray[Any], wet: NDArray[Any], sample_rate: int) -> NDArray[np.intp]:
    """The numbers of the frames of a pair, (n,) each, that are pauses, the softest first."""
    by_wet, by_dry = frame_powers(wet, sample_rate), frame_powers(dry, sample_rate)
    if not len(by_wet):
        return np.zeros(0, np.intp)
    below_wet, below_dry = (
        np.percentile(powers, LOUD_PERCENTILE) * power_from_db(depth_db)
        for powers, depth_db in ((by_wet, WET_PAUSE_DB), (by_dry, DRY_PAUSE_DB))
    )
    by_loudness = np.argsort(by_wet, kind="stable")
    return np.asarray(by_loudness[((by_wet <= below_wet) | (by_dry <= below_dry))[by_loudness]])


def frame_powers(x: NDArray[Any], sample_rate: int) -> NDArray[np.float64]:
    """Mean square per frame, (frames,); what does not fill a frame at the end is left out."""
    frame = round(FRAME_S * sample_rate)
    frames = np.asarray(x[: len(x) // frame * frame], np.float64).reshape(-1, frame)
    return np.asarray(np.einsum("ij,ij->i", frames, frames) / frame)


def shares(
    mended: float, fine: float | None, error: NDArray[Any], silent: NDArray[np.intp], sample_rate: int
) -> dict[str, float | None]:
    """The share of each of KINDS in the energy of an error, (n,): together 1, less what rounding leaves.

    `mended`: what an EQ takes away; `fine`: what a fine filter takes away, the EQ included, None: not known. `silent`:
    the frames that are pauses. Noise and distortion are None where there is no pause to tell them apart; they share
    what is left then.
    """
    eq = float(min(1.0, max(0.0, mended)))
    finer = float(min(1.0 - eq, max(0.0, (fine or 0.0) - eq)))
    rest = 1.0 - eq - finer
    powers = frame_powers(error, sample_rate)
    whole = float(powers.mean()) if len(powers) else 0.0
    if len(silent) < FEWEST_PAUSES or not whole > 0:
        return {"eq": eq, "filter": finer, "distortion": None, "noise": None}
    in_pauses, softest = powers[silent], powers[silent[: max(FEWEST_PAUSES, len(silent) // 4)]]
    power = float(in_pauses.mean())
    if softest.mean() < ALIKE * power:
        power = float(softest.mean())
    noise = min(rest, power / whole)
    return {"eq": eq, "filter": finer, "distortion": rest - noise, "noise": noise}
