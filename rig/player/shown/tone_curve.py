"""What tone controls and equalizer do over frequency, as a screen draws it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...decibels import db_from_gains
from ...dsp.network.half_band import sections_response
from ...dsp.tone.cookbook import eq_sections, tone_sections
from ...dsp.tone.equalizer import EqBand
from ...sound import Sound

POINTS, LOWEST_HZ, HIGHEST_HZ = 64, 20.0, 20_000.0


def tone_curves(sound: Sound, sample_rate: float) -> dict[str, Any] | None:
    """Hz, and dB there in front of the model, between two, and behind; None where nothing is changed anywhere."""
    return _curves(sound.tone_db, sound.eq, sample_rate)


@lru_cache(maxsize=8)
def _curves(tone_db: Sequence[float], eq: Sequence[EqBand], sample_rate: float) -> dict[str, Any] | None:
    hz = np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, 0.49 * sample_rate), POINTS)
    behind = [band for band in eq if not (band.before or band.between)]
    places = {
        "before_db": eq_sections(sample_rate, [band for band in eq if band.before]),
        "between_db": eq_sections(sample_rate, [band for band in eq if band.between]),
        "behind_db": np.concatenate([eq_sections(sample_rate, behind), tone_sections(sample_rate, tone_db)]),
    }
    curves = {name: _db(sections, hz, sample_rate) for name, sections in places.items() if len(sections)}
    return {"hz": np.round(hz, 1).tolist(), **curves} if curves else None


def _db(sections: NDArray[np.float64], hz: NDArray[np.float64], sample_rate: float) -> list[float]:
    response = sections_response(sections, 2.0 * np.pi * hz / sample_rate)
    return [round(float(db), 2) for db in db_from_gains(np.abs(response))]
