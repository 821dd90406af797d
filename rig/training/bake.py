"""A model, or two in a row, becomes the gear of a capture: one model of another architecture can be trained of it.

What is judged afterwards is how near the new model comes to its source, not to any gear.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..capture.levels import CaptureLevels, Method
from ..capture.result.gear_metadata import GEAR_TYPES, TONE_TYPES, Gear
from ..capture.result.save import save_capture
from ..capture.signal.training_signal import Signal, own_signal
from ..capture.take.recording import POST_ROLL, PRE_ROLL, Recording
from ..decibels import db_from_gain, gain_from_db
from ..errors import CaptureError, ModelError, TrainingError
from ..files.hashing import sha256_of
from ..nam import Model, Pair, load_model
from ..trainer.capture_fields import is_writable
from ..trainer.capture_file import read_content, write_content
from ..trainer.layout import FULL_S, RATE, SHORTEST_S

PEAK = 0.891  # -1 dBFS: the take of a bake is never louder
BLOCK = 4096  # samples
LONGEST_NOTE = 1000  # characters of what a foreign file says
NOTES = ("name", "modeled_by", "gear_make", "gear_model", "license", "licence", "copyright")


@dataclass(frozen=True, slots=True)
class Baked:
    """The capture that was made of a sound. `notes`: sentences about what is not known, or was changed."""

    folder: Path
    source: str
    notes: tuple[str, ...]


def bake(source: str | Path, into: Path, name: str, *, seconds: float = FULL_S, size: float = 1.0) -> Baked:
    """Render the training signal through `source` and write it as the capture `into`/`name`.

    `source`: a model, or two as in `pedal.nam+amp.nam`, each calibrated to the other. `seconds`: length of the signal.
    The levels are those of the source: that of the first model's input, and of the last one's output. Raises
    ModelError, CaptureError, TrainingError: not to be read or played, silent, another rate, a name that is taken.
    """
    if not SHORTEST_S <= seconds <= FULL_S:
        raise TrainingError(f"{seconds:g} s: a training signal has {SHORTEST_S:g} to {FULL_S:g} s.")
    model = load_model(source, size)
    if round(model.rate) != RATE:
        raise ModelError(f"{model.name}: made for {model.rate:g} Hz, the trainer knows {RATE} Hz and nothing else.")
    signal = own_signal(seconds)
    gain_db, wet = _played(model, signal)
    levels, notes = _levels(model, gain_db)
    recorded = np.concatenate([np.zeros(PRE_ROLL), wet, np.zeros(POST_ROLL)])
    gear = _gear(name, model)
    # By hand: the model's own delay is no latency, and stays. No cable and no converter is in the way of a bake.
    recording = Recording(recorded)
    saved = save_capture(into, name, signal, recording, levels=levels, gear=gear, latency_samples=0, accept=True)
    if not saved.accepted:
        raise CaptureError(f"{name}: the sound cannot be captured ({saved.reason}).")
    content = read_content(saved.folder)
    models = [_named(each) for each in _parts(model)]
    content["baked"] = {"source": model.name, "gain_db": round(gain_db, 4), "models": models}
    write_content(saved.folder, content)
    return Baked(saved.folder, model.name, tuple(notes))


def _gear(name: str, model: Model) -> Gear:
    """What is known of it; a type that there is not is not said. A model that holds a cabinet stays one."""
    leaves = _parts(model)[-1]
    gear_type = next((each for each in GEAR_TYPES if each == leaves.gear_type), None)
    tone_type = next((each for each in TONE_TYPES if each == leaves.tone_type), None)
    return Gear(
        name,
        gear_type=gear_type,
        gear_make=_kept(model.gear_make),
        gear_model=_kept(model.gear_model),
        tone_type=tone_type,
    )


def is_baked_of(content: dict[str, Any], source: str | Path) -> bool:
    """Whether a capture, by the content of its capture.json, was made of these models as they are now."""
    models = [{"file": each.path.name, "sha256": sha256_of(each.path)} for each in _parts(load_model(source))]
    baked = content.get("baked")
    known = baked.get("models") if isinstance(baked, dict) else None
    return (
        isinstance(known, list)
        and [{key: each.get(key) for key in ("file", "sha256")} for each in known if isinstance(each, dict)] == models
    )


def _played(model: Model, signal: Signal) -> tuple[float, np.ndarray[Any, np.dtype[np.float64]]]:
    """What the model makes of the signal, (n,), and the gain in dB that keeps it below PEAK."""
    wet = np.asarray(model.render(signal.samples, BLOCK), np.float64)
    peak = float(np.max(np.abs(wet)))
    if not np.isfinite(peak) or peak < gain_from_db(-80.0):
        raise ModelError(f"{model.name}: answers the training signal with silence, or with numbers that are none.")
    gain = min(1.0, PEAK / peak)
    return db_from_gain(gain), gain * wet


def _levels(model: Model, gain_db: float) -> tuple[CaptureLevels, list[str]]:
    """The levels that the files of the capture have, and what is not known of them."""
    output_dbu = model.output_level_dbu
    if output_dbu is not None:
        output_dbu -= gain_db  # 0 dBFS is worth so much more where the file is softer
    known: list[Method] = ["unknown" if level is None else "spec" for level in (model.input_level_dbu, output_dbu)]
    missing = [
        f"The {way} level of {model.name} is not known, so that of the new model is not either."
        for way, level in (("input", model.input_level_dbu), ("output", output_dbu))
        if level is None
    ]
    if gain_db < 0:
        missing.append(f"The sound was made {-gain_db:.1f} dB softer, to stay below 0 dBFS.")
    return CaptureLevels(model.input_level_dbu, known[0], output_dbu, known[1]), missing


def _parts(model: Model) -> list[Model]:
    return [model.first, model.second] if isinstance(model, Pair) else [model]


def _named(model: Model) -> dict[str, Any]:
    """The file, and what its metadata say of whose it is."""
    text = model.path.read_text(encoding="utf-8-sig").lstrip()
    stated = json.JSONDecoder().raw_decode(text)[0].get("metadata")
    stated = stated if isinstance(stated, dict) else {}
    notes = {key: kept for key in NOTES if (kept := _kept(stated.get(key)))}
    return {"file": model.path.name, "sha256": sha256_of(model.path), **notes}


def _kept(text: Any) -> str | None:
    """What a foreign file says, as long as it may stand in one of ours; None: nothing that can."""
    return text[:LONGEST_NOTE] if isinstance(text, str) and is_writable(text) else None
