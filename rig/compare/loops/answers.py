"""What was made of one dry file: by the gear of a capture, by a model, or by another box that somebody recorded.

All three are files, or become samples here, as long as the dry file and in step with it. What cannot be heard beside
the others is refused in one sentence: another dry file, silence, a take that jumps, one that holds a part of it.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...audio.kinds import container_of
from ...audio.measures import ac_rms_dbfs
from ...decibels import db_from_gain
from ...errors import CompareError
from ...files.hashing import sha256_of
from ...library import entered_levels
from ...nam import load_model
from ..candidates.recorded import Recording
from ..models import Kept, input_gain, played, take_files
from ..pair import SILENT_DBFS, Take, open_take

Kind = Literal["gear", "model", "recording"]
GEAR = "gear"  # in place of a file: the take of the capture
THE_GEAR = "the gear's take"
WHOLE = "Two sides that play in step have to be whole: record it again."
MISSING_S = 0.1  # of the dry file a recording may lack so much
DC_DBFS = -60.0  # a constant above this is told; every one is taken out, as a press would make a thump of it


@dataclass(frozen=True, slots=True)
class Side:
    """A side as it was named; `path` None: the gear of the capture."""

    path: Path | None

    @classmethod
    def named(cls, name: Path | None) -> Side:
        """By the word `gear`, or by a file; None is the gear, too."""
        return cls(None if name is None or str(name) == GEAR else name)


@dataclass(frozen=True, eq=False)
class Answer:
    """What one side made of the dry file: `samples`, float32 of shape (n,), in step with it, at the take's rate.

    `basis`: the sum of the level at which a model heard it; empty for files. `notes`: what is odd about it.
    """

    kind: Kind
    name: str
    path: Path
    sha256: str
    samples: NDArray[np.float32]
    basis: str = ""
    notes: tuple[str, ...] = ()
    size: float = 1.0
    has_cabinet: bool = False


def open_dry(source: Path, capture_dbu: float | Kept | None = "kept", channel: int | None = None) -> Take:
    """The dry file, as a pair: with the gear's take where `source` is the folder of a capture, else with itself.

    `capture_dbu`: see `compare_models`. Raises AudioError, CompareError.
    """
    if source.is_dir():
        return open_take(take_files(source, None, capture_dbu, channel=channel))
    return open_take(take_files(source, source, capture_dbu, channel=channel))


def has_gear(take: Take) -> bool:
    """Whether the dry file came with what the gear made of it."""
    return take.files.wet != take.files.dry


def answer_of(
    take: Take, side: Side, *, size: float = 1.0, quality: int = 1, entered_dbu: float | None = None
) -> Answer:
    """One side. `size` and `quality` of a model; `entered_dbu`: its input level, None: as the player entered it once.

    Raises RigError for what is no side, in one sentence.
    """
    if side.path is None or (has_gear(take) and _is_file(side.path, take.files.wet)):
        return _gear(take)
    if is_model(side.path):
        return _model(take, side.path, size, quality, entered_dbu)
    return _recording(take, side.path)


def _is_file(path: Path, other: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.samefile(other)
    return False


def is_model(path: Path) -> bool:
    """Whether a file is taken for a model: by its first bytes, and by its ending where it cannot be read."""
    with contextlib.suppress(OSError):
        return not container_of(path)
    return path.suffix.lower() == ".nam"


def _gear(take: Take) -> Answer:
    if not has_gear(take):
        raise CompareError(
            f"Which gear? {take.files.dry.name} is a dry file alone: name two sides behind it, what the gear made of "
            "it as one of them."
        )
    _refuse_faults(take)
    wet = take.files.wet
    return _with_samples(take, Answer("gear", THE_GEAR, wet, sha256_of(wet), _f32(take.wet), notes=take.warnings))


def _recording(take: Take, path: Path) -> Answer:
    """What another box made of the dry file, laid beside it as `rig compare` does: its clock and rate are taken out."""
    found = Recording(take, path)
    if found.faults:
        raise CompareError(f"{found.faults[0]}. {WHOLE}")
    held_s, whole_s = ((found.held.stop - found.held.start) / take.sample_rate, len(take.dry) / take.sample_rate)
    if whole_s - held_s > MISSING_S:
        raise CompareError(
            f"{path.name} holds {held_s:.1f} of the {whole_s:.1f} s of {take.files.dry.name}, and would fall silent "
            f"beside the other side. {WHOLE}"
        )
    samples = _f32(found.answer(0, len(take.dry)))
    return _with_samples(take, Answer("recording", path.name, path, sha256_of(path), samples, notes=found.notes))


def _model(take: Take, path: Path, size: float, quality: int, entered_dbu: float | None) -> Answer:
    model = load_model(path, size)
    known_dbu = entered_levels.input_level(model.heard_hash) if entered_dbu is None else entered_dbu
    gain_db, basis = input_gain(take, model, known_dbu)
    samples = played(take, model, gain_db, quality, 0, len(take.dry))
    if not np.isfinite(samples).all():
        raise CompareError(f"{path.name}: it answers with something that is not a number.")
    found = Answer(
        *("model", path.name, path, model.content_hash, samples, basis, tuple(model.warnings), model.size),
        model.has_cabinet,
    )
    return _with_samples(take, found)


def _with_samples(take: Take, answer: Answer) -> Answer:
    """The same without its constant (DC). Raises CompareError for silence."""
    level_dbfs, mean = ac_rms_dbfs(answer.samples), float(np.mean(answer.samples, dtype=np.float64))
    if level_dbfs < SILENT_DBFS:
        raise CompareError(f"{answer.name} is silent; there is nothing to compare.")
    dc_dbfs = db_from_gain(abs(mean)) if mean else -math.inf
    note = (f"a constant (DC) of {dc_dbfs:.0f} dBFS was taken out of {answer.name}",) if dc_dbfs > DC_DBFS else ()
    samples = np.ascontiguousarray(answer.samples - np.float32(mean), np.float32)
    return replace(answer, samples=samples, notes=(*answer.notes, *note))


def _refuse_faults(take: Take) -> None:
    if take.faults:
        raise CompareError(f"{take.faults[0]}. {WHOLE}")


def _f32(x: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.ascontiguousarray(x, np.float32)
