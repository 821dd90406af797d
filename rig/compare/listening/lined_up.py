"""Candidates in step with the gear: models that rig plays, and recordings of what something else made of the dry file.

Both are laid beside the take as `rig compare` does it: lag, clock and polarity are taken out. The level is not touched
here; it is matched by loudness, section by section.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio.align import shifted
from ...errors import CompareError
from ...files.hashing import sha256_of
from ..candidates.candidate import Candidate
from ..candidates.which_kind import candidate_of
from ..models import MARGIN_SAMPLES, score
from ..pair import Take


class LinedUp:
    """One candidate beside a take. `how`: what was found and done, as plain JSON data."""

    def __init__(self, path: Path, name: str, candidate: Candidate) -> None:
        if candidate.faults:
            raise CompareError(f"{path.name} cannot be held beside the take: {candidate.faults[0]}.")
        found = score(candidate)
        self.path, self.name = path, name
        self.how = {"is": candidate.kind, "sha256": sha256_of(path), "figures": found.to_json()}
        self._candidate, self._polarity = candidate, found.polarity
        self._lag_samples = found.lag_samples + candidate.later_samples

    def part(self, start: int, stop: int) -> NDArray[np.float64]:
        """What it made of that part of the take, (stop - start,), in step with the gear and the right way up."""
        begin, end = max(0, start - MARGIN_SAMPLES), min(len(self._candidate.take.dry), stop + MARGIN_SAMPLES)
        answer = self._polarity * shifted(self._candidate.answer(begin, end), self._lag_samples)
        return np.asarray(answer[start - begin : stop - begin], np.float64)


def lined_up(
    path: Path, name: str, take: Take, *, size: float, quality: int, entered_dbu: Mapping[str, float]
) -> LinedUp:
    """A candidate beside a take. Raises RigError: a file that cannot be read, or what has nothing to do with it."""
    try:
        return LinedUp(path, name, candidate_of(take, path, size, quality, entered_dbu))
    except OSError as error:
        raise CompareError(f"{path.name}: cannot be read ({error.strerror}).") from error
