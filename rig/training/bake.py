"""A model, two in a row, or a preset becomes the gear of a capture: one model of another architecture is trained of it.

What is judged afterwards is how near the new model comes to its source, not to any gear.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..capture.checks.latency import EARLY_STATED
from ..capture.levels import CaptureLevels, Method
from ..capture.result.folder import checked_name, refuse_existing
from ..capture.result.save import save_capture
from ..capture.signal.training_signal import own_signal
from ..capture.take.recording import POST_ROLL, PRE_ROLL, Recording
from ..decibels import db_from_gain, gain_from_db
from ..errors import CaptureError, ModelError, TrainingError
from ..trainer.capture_file import input_level, read_content
from ..trainer.layout import FULL_S, RATE, SHORTEST_S
from .bake_source import Source

PEAK = 0.891  # -1 dBFS: the take of a bake is never louder


@dataclass(frozen=True, slots=True)
class Baked:
    """The capture that was made of a sound. `notes`: sentences about what is not known, left out, or was changed."""

    folder: Path
    source: str
    notes: tuple[str, ...]


def bake(
    source: str | Path,
    into: Path,
    name: str,
    *,
    seconds: float = FULL_S,
    size: float = 1.0,
    with_cabinet: bool = False,
) -> Baked:
    """Render the training signal through `source` and write it as the capture `into`/`name`.

    `source`: a model, two as in `pedal.nam+amp.nam`, each calibrated to the other, or a preset (`Source.load`).
    `seconds`: length of the signal. The levels are those of the source: that of the first model's input, and of the
    last one's output. Raises ModelError, PresetError, IRError, CaptureError, TrainingError: not to be read or played,
    silent, another rate, a name that is taken.
    """
    if not SHORTEST_S <= seconds <= FULL_S:
        raise TrainingError(f"{seconds:g} s: a training signal has {SHORTEST_S:g} to {FULL_S:g} s.")
    refuse_existing(Path(into) / checked_name(name))
    sound = Source.load(source, size=size, with_cabinet=with_cabinet)
    signal = own_signal(seconds)
    gain_db, wet = _played(sound, signal.samples)
    levels, notes = _levels(sound, gain_db)
    recorded = np.concatenate([np.zeros(PRE_ROLL), wet, np.zeros(POST_ROLL)])
    gear = replace(sound.gear, name=name)
    # By hand: the sound's own delay is no latency, and stays. No cable and no converter is in the way of a bake.
    recording = Recording(recorded)
    late = recording.latency(signal).tightest
    if late > EARLY_STATED[1]:
        raise CaptureError(
            f"{sound.name}: answers {1000 * late / RATE:.0f} ms late, which no model learns; cut the silence at the "
            "beginning of its impulse response away, or take its delay_ms out."
        )
    facts = sound.facts()
    baked = {"source": sound.name, "gain_db": round(gain_db, 4), "length_s": seconds, **facts}
    saved = save_capture(
        *(into, name, signal, recording), levels=levels, gear=gear, latency_samples=0, accept=True, baked=baked
    )
    if not saved.accepted:
        raise CaptureError(f"{name}: the sound cannot be captured ({saved.reason}).")
    notes += [f"{each['file']}: {text}." for each in facts["models"] for text in each.get("left_out", ())]
    return Baked(saved.folder, sound.name, tuple(notes))


def baked_before(
    folder: Path, source: str | Path, *, seconds: float | None = None, size: float = 1.0, with_cabinet: bool = False
) -> bool:
    """Whether a folder is the bake of this very sound: the same files and levels, and the same length if one is asked.

    False: there is nothing yet. Raises TrainingError where the name belongs to another bake or to a capture of gear,
    and what `Source.load` and `read_content` raise.
    """
    if not folder.is_dir():
        return False
    content = read_content(folder)
    before = content.get("baked")
    if not isinstance(before, dict):
        raise TrainingError(f"{folder}: is a capture already, and no bake; give the bake another NAME.")
    sound = Source.load(source, size=size, with_cabinet=with_cabinet)
    facts = sound.facts()
    if any(_hashes(before.get(key)) != _hashes(facts.get(key)) for key in ("models", "preset", "cabinet")):
        raise TrainingError(
            f"{folder}: was baked from another sound, or its files have changed since; give this bake another NAME."
        )
    stated = input_level(content)
    levels = (None if stated is None else stated[0], before.get("second_input_dbu"))
    if not all(
        _is_same_level(*each) for each in zip(levels, (sound.input_level_dbu, sound.second_input_dbu), strict=True)
    ):
        raise TrainingError(
            f"{folder}: was baked with other input levels of its models than are known now; give it another NAME."
        )
    if seconds is not None and seconds != before.get("length_s", seconds):
        raise TrainingError(
            f"{folder}: was baked with a signal of {before['length_s']} s; leave --length-s away to go on with it, or "
            "give this bake another NAME."
        )
    return True


def _is_same_level(one: Any, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return isinstance(one, int | float) and abs(one - other) < 0.01


def _hashes(files: Any) -> list[Any]:
    """Of one file as it is noted, of several, or of none."""
    several = files if isinstance(files, list) else [] if files is None else [files]
    return [each.get("sha256") if isinstance(each, dict) else None for each in several]


def _played(source: Source, dry: NDArray[Any]) -> tuple[float, NDArray[np.float64]]:
    """What the sound makes of the signal, (n,), and the gain in dB that keeps it below PEAK."""
    wet = source.played(np.asarray(dry, np.float64))
    peak = float(np.max(np.abs(wet)))
    if not np.isfinite(peak) or peak < gain_from_db(-80.0):
        raise ModelError(f"{source.name}: answers the training signal with silence, or with numbers that are none.")
    gain = min(1.0, PEAK / peak)
    return db_from_gain(gain), gain * wet


def _levels(source: Source, gain_db: float) -> tuple[CaptureLevels, list[str]]:
    """The levels that the files of the capture have, and what is to be said of the bake."""
    input_dbu, output_dbu = source.input_level_dbu, source.output_level_dbu
    if output_dbu is not None:
        output_dbu -= gain_db  # 0 dBFS is worth so much more where the file is softer
    known: list[Method] = ["unknown" if level is None else "spec" for level in (input_dbu, output_dbu)]
    notes = [
        f"The {way} level of {source.name} is not known, so that of the new model is not either."
        for way, level in (("input", input_dbu), ("output", source.model.output_level_dbu))
        if level is None
    ]
    if source.cabinet and source.model.output_level_dbu is not None:
        notes.append("Behind a cabinet is no jack that has a level: the output level of the new model is not known.")
    if gain_db < 0:
        notes.append(f"The sound was made {-gain_db:.1f} dB softer, to stay below 0 dBFS.")
    if source.together is not None:
        notes.append(f"The two models together: {source.together}.")
    notes += source.warnings
    if source.left_out:
        notes.append(f"Not baked in: {', '.join(source.left_out)}.")
    return CaptureLevels(input_dbu, known[0], output_dbu, known[1]), notes
