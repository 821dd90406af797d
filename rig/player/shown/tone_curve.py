"""What tone controls and equalizer do over frequency, as a screen draws it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...decibels import db_from_gains
from ...dsp.network.half_band import sections_response
from ...dsp.tone.cookbook import sections_by_place
from ...dsp.tone.equalizer import EqBand
from ...sound import Sound

POINTS, LOWEST_HZ, HIGHEST_HZ = 64, 20.0, 20_000.0


def tone_curves(sound: Sound, sample_rate: float) -> dict[str, Any] | None:
    """Hz, and dB there in front of the model, between two, and behind; None where nothing is changed anywhere."""
    return _curves(sound.tone_db, sound.eq, sample_rate)


@lru_cache(maxsize=8)
def _curves(tone_db: Sequence[float], eq: Sequence[EqBand], sample_rate: float) -> dict[str, Any] | None:
    hz = np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, 0.49 * sample_rate), POINTS)
    places = sections_by_place(sample_rate, tone_db, eq)
    curves = {f"{place}_db": _db(sections, hz, sample_rate) for place, sections in places.items()}
    return {"hz": np.round(hz, 1).tolist(), **curves} if curves else None


def _db(sections: NDArray[np.float64], hz: NDArray[np.float64], sample_rate: float) -> list[float]:
    response = sections_response(sections, 2.0 * np.pi * hz / sample_rate)
    return [round(float(db), 2) for db in db_from_gains(np.abs(response))]
