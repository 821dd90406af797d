"""Whether a file is a model or a recording, by its content, and it as a candidate."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from ...audio.kinds import container_of
from ...files.folders import AUDIO_ENDINGS
from ...nam import load_model
from ..pair import Take
from ..score import Score
from .candidate import Candidate
from .facts import Kind
from .played_model import PlayedModel, input_gain
from .recorded import Recording

MORE_ENDINGS = (".mp3", ".au")  # of audio files that are read, though nobody browses them


def kind_of_candidate(path: Path) -> Kind:
    """By its first bytes; by its ending, where it cannot be read or says nothing."""
    with contextlib.suppress(OSError, ValueError):
        if container_of(path):
            return "recording"
    return "recording" if path.suffix.lower() in (*AUDIO_ENDINGS, *MORE_ENDINGS) else "model"


def candidate_of(
    take: Take, path: Path, size: float = 1.0, quality: int = 1, entered_dbu: Mapping[str, float] | None = None
) -> Candidate:
    """The candidate, ready to be judged by that take. Raises RigError for what cannot be one.

    `size`, `quality` and `entered_dbu` (input levels that the player entered, by content hash) are for models.
    """
    if kind_of_candidate(path) == "recording":
        return Recording(take, path)
    model = load_model(path, size)
    return PlayedModel(take, model, quality, input_gain(take, model, (entered_dbu or {}).get(model.heard_hash)))


def candidate_again(take: Take, path: Path, score: Score) -> Candidate:
    """One that was judged, to be heard as it was judged."""
    if score.kind == "recording":
        return Recording(take, path)
    model = load_model(path, 1.0 if score.size is None else score.size)
    return PlayedModel(take, model, score.quality or 1, (score.input_gain_db or 0.0, score.input_gain_basis))
