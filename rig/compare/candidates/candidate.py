"""What a comparison asks of whatever is held against the gear."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..pair import Take
from .facts import Kind, RecordingFacts


class Candidate(ABC):
    """One sound beside that of the gear, for one take.

    `take`: what it is judged by; of a recording that is too short the part that it holds. `later_samples`: how much
    later the file is than `answer`, which stands in step with the dry file. `notes`: sentences without the full stop;
    `faults` likewise: with one of them no figure says much.
    """

    kind: Kind
    take: Take
    path: Path
    name: str
    size: float | None = None  # of a model that has several
    quality: int | None = None  # times its rate that a model plays at
    input_gain_db: float | None = None  # applied to the dry file before a model
    input_gain_basis: str = ""
    later_samples: float = 0.0
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    facts: RecordingFacts | None = None

    @abstractmethod
    def answer(self, start: int, stop: int) -> NDArray[np.float64]:
        """What it made of that part of the dry file, (stop - start,), at the rate of the take."""

    def as_it_is(self, start: int, stop: int) -> NDArray[np.float64] | None:
        """The same with nothing taken out at all, (stop - start,); None: `answer` is that."""
        return None

    def esr_trainer(self, predicted: NDArray[np.float64]) -> float | None:
        """The ESR of what was answered to the judged part, as the trainer counts it; None: it would not count here."""
        return None

    @abstractmethod
    def aliasing(self, aligned: NDArray[np.float64]) -> tuple[float | None, str]:
        """What it folds back, in dB, and of which tone; None: not known, and why. `aligned`: what is judged of it."""
