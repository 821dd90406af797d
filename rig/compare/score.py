"""The result of a comparison: typed, and as plain JSON."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from .candidates.facts import Kind, RecordingFacts
from .judgement import State

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Score:
    """One candidate, a model or a recording, against the gear.

    ESRs are ratios (0: perfect), levels and nulls in dB, lags in samples.
    """

    name: str
    file: str
    kind: Kind
    size: float | None  # of a model; None: a recording
    quality: int | None  # times its rate that a model played at, at least; None: a recording
    input_gain_db: float | None  # applied to the dry file before a model; None: a recording
    input_gain_basis: str
    esr: float  # as it is: the candidate against the take, no alignment, no gain
    esr_trainer: float | None  # the same as the trainer counts it; None: another layout, rate or quality than its
    esr_aligned: float  # lag and polarity taken out
    esr_matched: float  # and the level
    esr_pre_emphasised: float  # of the matched one, with the trainer's pre-emphasis
    esr_a_weighted: float  # of the matched one, as A-weighting hears error and gear (`figures/weighting.py`)
    esr_equalised: float  # of the matched one, with the EQ taken out that would mend it
    null_db: float  # of the matched one
    null_equalised_db: float  # of the equalised one
    null_by_octave_db: dict[float, float | None]  # by the octave's centre in Hz
    esr_by_input_level: dict[float, float | None]  # by dBFS of the dry file, of the matched one
    lag_samples: float  # the take is so much later than the candidate; with two clocks, at the start of the dry file
    polarity: int
    confidence: float
    gain_db: float  # that the model needs to leave the least error
    loudness_difference_lu: float  # candidate minus gear (ITU-R BS.1770)
    spectral_difference_db: float
    log_spectrum_db: float | None  # of the matched one (`figures/log_spectrum.py`); None: shorter than a window
    eq_curve_db: dict[float, float | None]  # what it lacks, by the middle of a third octave in Hz; None: not heard
    error_shares: dict[str, float | None]  # of the matched error: eq, filter, distortion, noise; None: not known
    crest_db: float
    wet_crest_db: float
    aliasing_db: float | None  # what it folds back at that quality (`nam/aliasing.py`); None: no answer
    aliasing_basis: str  # of which tone, or why it is not known
    state: State  # unknown: the take does not allow a judgement
    verdict: str  # in short, by the matched ESR
    reason: str  # in numbers
    notes: tuple[str, ...]
    recording: RecordingFacts | None  # how it was laid beside the dry file; None: a model

    def to_json(self) -> dict[str, Any]:
        """As plain data; what is infinite or absent is null."""
        return {key: _plain(value) for key, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Failure:
    """A candidate that could not be compared, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All candidates against one take, best first."""

    dry: str
    wet: str
    sample_rate: int
    samples: int
    span_s: tuple[float, float]  # what was judged, in seconds of the dry file
    span_basis: str
    repeatability_esr: float | None  # of the gear against itself; None: there is only one take
    repeatability_basis: str
    warnings: tuple[str, ...]
    faults: tuple[str, ...]  # of the take itself: no figure says much about a model
    scores: tuple[Score, ...]
    failures: tuple[Failure, ...]

    @property
    def qualities(self) -> list[int]:
        """At how many times its rate the models played, where that is not as they were trained."""
        return sorted({score.quality for score in self.scores if score.quality is not None} - {1})

    @property
    def kinds(self) -> frozenset[Kind]:
        """What was compared: models, recordings, or both."""
        return frozenset(score.kind for score in self.scores)

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        data = {key: _plain(value) for key, value in asdict(self).items()}
        return {"schema": SCHEMA, **data, "scores": [score.to_json() for score in self.scores]}


def called(kinds: Collection[Kind]) -> str:
    """One word for each of them.

    >>> called(["model"]), called(["recording"]), called(["model", "recording"])
    ('model', 'recording', 'candidate')
    """
    return next(iter(kinds), "model") if len(set(kinds)) < 2 else "candidate"


def counted(count: int, kinds: Collection[Kind]) -> str:
    """So many of them.

    >>> counted(1, ["model"]), counted(2, ["model", "recording"])
    ('1 model', '2 candidates')
    """
    return f"{count} {called(kinds)}{'' if count == 1 else 's'}"


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {f"{key:g}" if isinstance(key, float) else key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
