"""What the cabinet that plays looks like beside the marked ones: response, waveform and decay, as plain numbers."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from ...cabinet.ir import IR
from ...decibels import db_from_powers

if TYPE_CHECKING:
    from .audition import Audition
    from .cabinets import Cabinets

POINTS_PER_OCTAVE = 12
WAVE_S, WAVE_POINTS = 0.005, 240  # the first milliseconds, where microphones differ
DECAY_S, DECAY_POINTS = 0.5, 100
FLOOR_DB = -90.0
MOST_KNOWN = 8


def shapes_of(cabinets: Cabinets, audition: Audition) -> list[dict[str, Any]]:
    """The playing one first; none while blind. Levels are matched: each at 0 dB for what a guitar consists of."""
    if cabinets.browsing.blind:
        return []
    playing = cabinets.playing
    irs = [("playing", playing, cabinets.name_of(cabinets.hand_path, "" if playing is None else playing.name))]
    irs += [(which.lower(), audition.marked_ir(which), audition.marked(which) or "") for which in ("A", "B")]
    return [{"which": which, "name": name} | _shape(ir) for which, ir, name in irs if ir is not None]


_known: OrderedDict[str, dict[str, Any]] = OrderedDict()  # what was computed last, by content


def _shape(ir: IR) -> dict[str, Any]:
    key = f"{ir.content_hash} {ir.sample_rate} {ir.taps.shape}"
    if key not in _known:
        _known[key] = _computed(ir)
        while len(_known) > MOST_KNOWN:
            _known.popitem(last=False)
    return _known[key]


def _computed(ir: IR) -> dict[str, Any]:
    from ...cabinet.response import frequencies, level_db, response_db

    taps, rate = np.asarray(ir.taps, np.float64), round(ir.sample_rate)
    hz = frequencies(POINTS_PER_OCTAVE)
    response = response_db(taps, rate, hz)
    shown = np.nan_to_num(response.mean(axis=0) - level_db(response, hz), nan=FLOOR_DB)
    mono = taps.mean(axis=0)
    start = max(0, int(np.argmax(np.abs(mono))) - round(0.001 * rate))
    wave = mono[start : start + round(WAVE_S * rate)]
    wave = wave / max(float(np.abs(mono).max()), 1e-12)
    at = np.linspace(0, max(len(wave) - 1, 0), WAVE_POINTS)
    left = np.cumsum((taps**2).sum(axis=0)[::-1])[::-1]
    decay = db_from_powers(np.maximum(left / max(float(left[0]), 1e-30), 1e-9))
    times = np.minimum(np.linspace(0, DECAY_S * rate, DECAY_POINTS), len(decay) - 1).astype(int)
    return {
        "hz": [round(float(x), 1) for x in hz],
        "db": [round(max(float(x), FLOOR_DB), 2) for x in shown],
        "wave": [round(float(x), 4) for x in np.interp(at, np.arange(len(wave)), wave)],
        "wave_s": WAVE_S,
        "decay_db": [round(max(float(x), FLOOR_DB), 1) for x in decay[times]],
        "decay_s": DECAY_S,
        "seconds": round(taps.shape[1] / rate, 4),
    }
