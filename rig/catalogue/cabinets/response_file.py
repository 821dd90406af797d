"""Reading one audio file: a cabinet with its facts and fingerprint, or the reason why it is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...cabinet.analysis import describe, load_as_it_is
from ...cabinet.ir import IR
from ...errors import RigError
from ...files.folders import AUDIO_ENDINGS
from .cabinet_facts import CabinetFacts
from .fingerprint import CENTRE, DECAY, DECAY_S, TILT, Vector, fingerprint
from .what_it_is import refused, refused_unread


@dataclass(frozen=True, slots=True)
class Response:
    """What came of an audio file. `problem`: a sentence where it is no cabinet; `sha256`: of what was read."""

    sha256: str | None = None
    facts: CabinetFacts | None = None
    vector: Vector | None = None
    problem: str | None = None


def is_audio(path: Path) -> bool:
    """Whether a file may hold a cabinet, by its name."""
    return path.name.lower().endswith(AUDIO_ENDINGS)


def not_worth_reading(path: Path) -> str | None:
    """Why an audio file is no cabinet, where its header tells; None: read it, and what is wrong will be said."""
    try:
        return refused_unread(path)
    except (RigError, OSError):
        return None


def read_response(path: Path) -> Response:
    """What an audio file is; never raises for a bad file."""
    try:
        ir, coding = loaded(path)
        problem = refused(ir.taps, ir.sample_rate, path.name)
    except RigError as error:
        return Response(problem=str(error))
    except MemoryError:
        return Response(problem=f"{path.name} needs more memory than there is.")
    if problem is not None:
        return Response(ir.content_hash, problem=problem)
    return Response(ir.content_hash, *described(ir, coding))


def loaded(path: Path) -> tuple[IR, str]:
    """The samples of a file at its own rate, and how they are coded. Raises IRError."""
    ir, _, coding = load_as_it_is(path)
    return ir, coding


def described(ir: IR, coding: str = "") -> tuple[CabinetFacts, Vector]:
    """Facts and fingerprint of a response, at whatever rate it is."""
    figures, vector = describe(ir), fingerprint(ir.as_in_file(), ir.sample_rate)
    return (
        CabinetFacts(
            sample_rate_hz=figures.sample_rate,
            channels=figures.channels,
            samples=figures.samples,
            duration_ms=figures.duration_ms,
            coding=coding,
            peak_dbfs=figures.peak_dbfs,
            peak_ms=figures.peak_ms,
            arrival_ms=figures.arrival_ms,
            level_db=figures.level_db,
            decay_60_ms=figures.decay_60_ms,
            late_10_ms_db=float(vector[DECAY][DECAY_S.index(0.01)]),
            centre_hz=1000.0 * 2.0 ** float(vector[CENTRE]),
            tilt_db_per_octave=float(vector[TILT]),
            notes=figures.warnings,
        ),
        vector,
    )
