"""How good what was learnt so far is, by rig's own figures on the nine seconds that no training sees."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..capture.result.finish import Finished, finish
from ..compare.pair import TakeFiles, open_take
from ..errors import CompareError
from ..files.atomic_write import give_name

CANDIDATE, BEST = "candidate.nam", "best.nam"


@dataclass(frozen=True, slots=True)
class Repeatability:
    """The ESR of the gear against itself, which no model can beat; None: not known. `basis`: how, or why not."""

    esr: float | None
    basis: str


RENDERED = Repeatability(None, "a sound that is rendered repeats itself exactly")


def repeatability(capture: Path, second_wet: Path | None = None) -> Repeatability:
    """By the two ends of a take, which play the same, or by a second take of the same gear."""
    files = TakeFiles.of_capture(capture)
    try:
        take = open_take(TakeFiles(files.dry, files.wet, second_wet=second_wet))
    except CompareError as error:
        if second_wet is not None:
            raise
        return Repeatability(None, str(error))
    return Repeatability(take.repeatability_esr, take.repeatability_basis)


def judged(capture: Path, learnt: Path, folder: Path) -> Finished:
    """A copy of what was learnt that knows its names and levels, CANDIDATE in the training's folder, and its figures.

    Raises ModelError and CaptureError as `finish` does.
    """
    return finish(capture, learnt, folder / CANDIDATE, overwrite=True, accept=True)


def keep(folder: Path) -> Path:
    """The candidate that was judged last becomes the best, in one step; its path."""
    give_name(folder / CANDIDATE, folder / BEST, True)
    return folder / BEST
