"""Tone controls and equalizers as impulse responses, so that they are drawn and described as cabinets are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..dsp.tone.cookbook import sections_by_place
from ..dsp.tone.equalizer import EqBand, Place
from .ir import IR
from .response import POINTS_PER_OCTAVE, frequencies, response_db

LENGTH_S = 0.5  # a peak of Q 10 at 20 Hz has decayed by 27 dB, one of Q 2 by 136
PLACES: dict[Place, str] = {
    "before": "in front of the model",
    "between": "between the two models",
    "behind": "behind the model",
}


def tone_responses(name: str, sample_rate: int, gains_db: Sequence[float], bands: Sequence[EqBand]) -> list[IR]:
    """What the knobs of `rig.dsp.tone` (in decibels, in their order) and a sound's equalizer do, one for each place.

    A place where nothing is changed has none. `name`: whose tone it is, with which the names of the responses begin.
    """
    from scipy.signal import sosfilt  # half a second of importing that other figures do without

    impulse = np.zeros(round(LENGTH_S * sample_rate))
    impulse[0] = 1.0
    places = sections_by_place(sample_rate, gains_db, bands)
    return [
        IR.from_taps(sosfilt(sections, impulse), sample_rate, f"{name}, {PLACES[place]}")
        for place, sections in places.items()
    ]


def tone_curve(tone: IR) -> dict[str, list[float]]:
    """`hz` and `level_db` of such a response: twelve points per octave."""
    hz = frequencies()[:: POINTS_PER_OCTAVE // 12]
    level_db = response_db(tone.as_in_file(), tone.sample_rate, hz, POINTS_PER_OCTAVE)[0]
    heard = np.isfinite(level_db)
    return {"hz": np.round(hz[heard], 1).tolist(), "level_db": np.round(level_db[heard], 2).tolist()}
