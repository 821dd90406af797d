"""What is kept of one file. Of a model: facts from its file, and what its answer to the probe tells."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..dsp.network.playable import Playable
from ..errors import RigError
from ..files.folders import Stamp, stamp_of
from ..files.hashing import sha256_of
from ..nam import Model
from ..nam.format.file import content_of
from ..nam.model import model_of_content
from .cabinets.cabinet_facts import CabinetFacts
from .cabinets.response_file import is_audio, not_worth_reading, read_response
from .fingerprint import Vector, answered
from .probe import RATE_HZ, probe

NO_MEMORY = "needs more memory than there is."


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model says of itself and what rig measured. None: not stated, or not measurable."""

    name: str
    family: str | None  # its official name, where it has one: A1 standard, A2 lite, ...
    shape: str
    sample_rate_hz: float
    weights: int
    macs_per_sample: int
    input_level_dbu: float | None
    output_level_dbu: float | None
    loudness_db: float | None  # as the file states it
    gear_type: str | None
    gear_make: str | None
    gear_model: str | None
    tone_type: str | None
    modeled_by: str | None
    has_cabinet: bool
    level_dbfs: float | None  # RMS of its answer to pink noise of -16 dBFS
    delay_samples: float | None  # at 48 kHz
    polarity: int | None
    aliasing_db: float | None  # as `rig info`, by a shorter tone

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @property
    def architecture(self) -> str:
        """Its official name where it has one, else its shape."""
        return self.family or self.shape

    @property
    def text(self) -> str:
        """All words of it, for searching, in lower case."""
        words = (self.name, self.architecture, self.gear_type, self.gear_make, self.gear_model, self.tone_type)
        return " ".join(filter(None, (*words, self.modeled_by))).casefold()


@dataclass(frozen=True, slots=True)
class Read:
    """What came of reading one file. `problem`: a sentence where it is of no use; `stamp`: as it was read here."""

    path: Path
    sha256: str | None = None
    facts: Facts | CabinetFacts | None = None
    vector: Vector | None = None
    problem: str | None = None
    stamp: Stamp | None = None


def read_entry(path: Path, is_known: Callable[[str], bool]) -> Read:
    """Read a file, play the probe through what it holds, and say what came of it; never raises for a bad file.

    `is_known` says of a content, by its hash, that it need not be played again.
    """
    if is_audio(path):
        return _read_audio(path, is_known)
    try:
        stamp = stamp_of(path)
        data = content_of(path)
    except RigError as error:
        return Read(path, problem=str(error))
    except MemoryError:
        return Read(path, problem=f"{path.name} {NO_MEMORY}")
    sha256 = hashlib.sha256(data).hexdigest()
    if is_known(sha256):
        return Read(path, sha256, stamp=stamp)
    return replace(read_content(path, data, sha256), stamp=stamp)


def _read_audio(path: Path, is_known: Callable[[str], bool]) -> Read:
    """The same of a file that may hold a cabinet."""
    if not path.is_file():  # a pipe would keep us waiting for its other end
        return Read(path, problem=f"{path.name} is no file that can be read.")
    if (reason := not_worth_reading(path)) is not None:
        return Read(path, problem=reason)  # not hashed either: a folder of recordings may hold gigabytes
    stamp = stamp_of(path)
    try:
        sha256 = sha256_of(path)
    except OSError as error:
        return Read(path, problem=f"{path.name} cannot be read ({error.strerror}).")
    if is_known(sha256):
        return Read(path, sha256, stamp=stamp)
    found = read_response(path)
    if found.sha256 not in (None, sha256):
        return Read(path, problem=f"{path.name} changed while it was read; scan again when it is complete.")
    return Read(path, sha256, found.facts, found.vector, found.problem, stamp)


def read_content(path: Path, data: bytes, sha256: str) -> Read:
    """The same of the bytes of a model file, and their hash."""
    try:
        facts, vector = described(model_of_content(path, data, sha256))
    except RigError as error:
        return Read(path, sha256, problem=str(error))
    except MemoryError:
        return Read(path, sha256, problem=f"{path.name} {NO_MEMORY}")
    problem = None if vector is not None else f"{path.name} answers the probe with silence, or with no numbers."
    return Read(path, sha256, facts, vector, problem)


def described(model: Model) -> tuple[Facts, Vector | None]:
    """Facts of a model, and its fingerprint where it answers. Raises ModelError where it cannot play."""
    found = answered(probed(at_probe_rate(model)))
    return (
        Facts(
            name=model.name,
            family=model.family,
            shape=model.shape,
            sample_rate_hz=model.rate,
            weights=model.weight_count,
            macs_per_sample=model.macs_per_sample,
            input_level_dbu=model.input_level_dbu,
            output_level_dbu=model.output_level_dbu,
            loudness_db=model.loudness_db,
            gear_type=model.gear_type,
            gear_make=model.gear_make,
            gear_model=model.gear_model,
            tone_type=model.tone_type,
            modeled_by=model.modeled_by,
            has_cabinet=model.has_cabinet,
            level_dbfs=None if found is None else found.level_dbfs,
            delay_samples=None if found is None else found.delay_samples,
            polarity=None if found is None else found.polarity,
            aliasing_db=None if found is None else found.aliasing_db,
        ),
        None if found is None else found.vector,
    )


def probed(network: Playable) -> Vector:
    """A network's answer to the probe, (n,), each passage from long silence: the gaps between them are not played.

    They are a sixth of the probe, and playing is most of what a scan takes.
    """
    sent = probe()
    answer = np.zeros_like(sent.samples)
    for passage in sent.passages:
        network.reset()
        answer[passage.start : passage.stop] = network.process(sent.samples[passage.start : passage.stop])
    return answer


def at_probe_rate(model: Model) -> Playable:
    """A fresh instance that plays at the probe's rate."""
    return model.network(float(RATE_HZ))
