"""Excerpts of the best candidates beside the gear, as WAV files in memory, for a page that plays them in step."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..files.folders import telling_names
from .candidates.facts import Kind
from .candidates.which_kind import candidate_again
from .page import EXCERPT_PEAK, MOST_HEARD, hear
from .pair import TakeFiles, open_take
from .score import Comparison


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One candidate. `wavs`: `model` (what it made), `gear`, `difference`: aligned, matched in level, at one gain."""

    file: str
    kind: Kind
    seconds: float
    wavs: Mapping[str, bytes]


def excerpts(comparison: Comparison, files: TakeFiles, models: Sequence[Path]) -> tuple[Excerpt, ...]:
    """Of the best, in their order."""
    import soundfile as sf

    take = open_take(files)
    paths, found = dict(zip(telling_names(models), models, strict=True)), []
    for score in comparison.scores[:MOST_HEARD]:
        one = hear(candidate_again(take, paths[score.file], score), score)
        gain = EXCERPT_PEAK / max(float(np.abs(one.wet).max()), float(np.abs(one.candidate).max()), 1e-9)
        wavs = {}
        for name, x in (("model", one.candidate), ("gear", one.wet), ("difference", one.wet - one.candidate)):
            stream = io.BytesIO()
            sf.write(stream, gain * x, take.sample_rate, format="WAV", subtype="PCM_16")
            wavs[name] = stream.getvalue()
        found.append(Excerpt(score.file, score.kind, len(one.wet) / take.sample_rate, wavs))
    return tuple(found)
