"""A side of a comparison in words and as data, and its cabinet moved in time."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...audio.align import shifted
from ...cabinet.ir import IR
from ...files.folders import telling_names
from ...sound import Sound


def moved(ir: IR, late_samples: float, gain: float) -> IR:
    """The same cabinet, later and at another level."""
    taps = np.asarray(ir.taps, np.float64) * gain
    if late_samples:
        room = np.zeros((len(taps), math.ceil(late_samples)))
        taps = np.stack([shifted(row, late_samples) for row in np.concatenate([taps, room], axis=1)])
    return replace(ir, taps=taps.astype(np.float32))


def model_name(sound: Sound) -> str:
    """Its file, or words where there is none."""
    return sound.model.path.name if sound.model is not None else "no model"


def ir_name(sound: Sound) -> str:
    """Its cabinet, or words where there is none."""
    return sound.ir.name if sound.ir is not None else "no cabinet"


def model_path(sound: Sound) -> Path | None:
    """None: no model."""
    return sound.model.path if sound.model is not None else None


def ir_path(sound: Sound) -> Path | None:
    """None: no cabinet."""
    return sound.ir.path if sound.ir is not None else None


def two_names(names: tuple[str, str], paths: tuple[Path | None, Path | None]) -> tuple[str, str]:
    """The names of two files, with folders in front where both have one name."""
    a, b = paths
    if a is None or b is None:
        return names
    first, second = telling_names([a, b])
    return first, second


def described(sound: Sound) -> dict[str, Any]:
    """Its files with their hashes, and its levels, as plain JSON data."""
    model, ir = sound.model, sound.ir
    return {
        "model": None if model is None else {"file": model.path.name, "hash": model.content_hash, "size": model.size},
        "quality": sound.quality,
        "ir": None if ir is None else {"file": ir.name, "hash": ir.content_hash},
        "input": str(sound.calibration),
        "input_gain_db": sound.input_gain_db,
        "output": str(sound.output),
        "output_gain_db": sound.output_gain_db,
    }
