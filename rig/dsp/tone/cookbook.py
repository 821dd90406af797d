"""The tone controls as coefficients, for whoever filters a whole signal at once: what is heard ahead is no live one.

The formulas are those of R. Bristow-Johnson, "Audio EQ Cookbook". `bands.py` has the same response in another form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...decibels import gain_from_db
from .equalizer import EqBand, Place
from .knobs import HIGH_SHELF, HIGHEST_SHARE, KNOBS, PEAK, Shape


def tone_sections(sample_rate: float, gains_db: Sequence[float]) -> NDArray[np.float64]:
    """What the knobs do at a rate, as second-order sections, (n, 6), b0 b1 b2 a0 a1 a2; one in the middle has none."""
    rows = [_section(knob, sample_rate, db) for knob, db in zip(KNOBS, gains_db, strict=True) if db]
    return np.array(rows).reshape(-1, 6)


def eq_sections(sample_rate: float, bands: Sequence[EqBand]) -> NDArray[np.float64]:
    """The same of an equalizer, all of its bands."""
    rows = [_section(band, sample_rate, band.heard_db) for band in bands if band.heard_db]
    return np.array(rows).reshape(-1, 6)


def sections_by_place(
    sample_rate: float, gains_db: Sequence[float], bands: Sequence[EqBand]
) -> dict[Place, NDArray[np.float64]]:
    """Both by where they lie, the knobs with the bands behind the model; a place where nothing is changed is left out.

    Sections as above.
    """
    behind = [band for band in bands if not (band.before or band.between)]
    places: dict[Place, NDArray[np.float64]] = {
        "before": eq_sections(sample_rate, [band for band in bands if band.before]),
        "between": eq_sections(sample_rate, [band for band in bands if band.between]),
        "behind": np.concatenate([eq_sections(sample_rate, behind), tone_sections(sample_rate, gains_db)]),
    }
    return {place: sections for place, sections in places.items() if len(sections)}


def _section(knob: Shape, sample_rate: float, gain_db: float) -> list[float]:
    a = gain_from_db(gain_db / 2)
    w = 2.0 * math.pi * min(knob.hz / sample_rate, HIGHEST_SHARE)
    c, alpha = math.cos(w), math.sin(w) / (2.0 * knob.q)
    if knob.kind == PEAK:
        row = [1 + alpha * a, -2 * c, 1 - alpha * a, 1 + alpha / a, -2 * c, 1 - alpha / a]
    else:
        if knob.kind == HIGH_SHELF:
            c = -c  # a low shelf, mirrored
        up, down, wide = (a + 1) + (a - 1) * -c, (a + 1) + (a - 1) * c, 2 * math.sqrt(a) * alpha
        middle_b, middle_a = 2 * a * ((a - 1) - (a + 1) * c), -2 * ((a - 1) + (a + 1) * c)
        row = [a * (up + wide), middle_b, a * (up - wide), down + wide, middle_a, down - wide]
        if knob.kind == HIGH_SHELF:
            row[1], row[4] = -row[1], -row[4]
    return [value / row[3] for value in row]
