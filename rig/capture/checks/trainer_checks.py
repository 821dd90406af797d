"""The checks of the official trainer (neural-amp-modeler 0.13.0, its simplified trainer), before it makes them itself.

Each is what that trainer computes, in our own words, so that a pair which passes here is taken there. They miss much:
see `checks.py` for those that protect the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...audio.measures import esr
from ...trainer.layout import RATE, TRAIN_START, VALIDATION
from .latency import trainer_latency

LONGEST_TAIL_S = 1.0
REPLICATE_ESR = 0.01
PRE_SILENCE = 19_200  # samples of exact silence before each part that is learned from
RECEPTIVE_FIELD = 6347  # samples, of the network it trains


@dataclass(frozen=True, slots=True)
class TrainerCheck:
    """One check; `figure` is what was measured, where there is a number."""

    name: str
    passed: bool
    text: str
    figure: float | None = None

    def to_json(self) -> dict[str, Any]:
        """For the sidecar."""
        return {"name": self.name, "passed": self.passed, "figure": self.figure, "text": self.text}


def replicate_esr(y: NDArray[Any], length: int) -> float:
    """ESR between the validation parts of wet y, (n,): how far the gear had changed; `length`: of the signal."""
    return esr(y[:VALIDATION], y[length - VALIDATION : length])


def trainer_checks(
    x: NDArray[Any], y: NDArray[Any], *, rates: tuple[int, int] = (RATE, RATE), channels: tuple[int, int] = (1, 1)
) -> tuple[TrainerCheck, ...]:
    """All checks on a dry x and a wet y, shapes (n,) and (m,), with their files' sample rates and channels."""
    basics = (
        TrainerCheck(
            "sample rate", rates == (RATE, RATE), f"dry {rates[0]} Hz, wet {rates[1]} Hz, both have to be {RATE}"
        ),
        TrainerCheck(
            "mono", channels == (1, 1), f"dry has {channels[0]}, wet {channels[1]} channels; one each is right"
        ),
        _length(len(x), len(y)),
    )
    if not all(check.passed for check in basics):
        return basics
    return (*basics, _replicate(x, y), _latency(y), _pre_silence(x), _clipping(y[: len(x)]), _enough(len(x)))


def _length(dry: int, wet: int) -> TrainerCheck:
    longer = wet - dry
    good = 0 <= longer <= LONGEST_TAIL_S * RATE and dry > TRAIN_START + 2 * VALIDATION
    return TrainerCheck(
        "length", good, f"wet is {longer} samples longer than dry; 0 to {RATE} are taken", float(longer)
    )


def _replicate(x: NDArray[Any], y: NDArray[Any]) -> TrainerCheck:
    figure = replicate_esr(y, len(x))
    text = f"the two validation parts differ by an ESR of {figure:.2g}; up to {REPLICATE_ESR:g} is taken"
    return TrainerCheck("replicate", figure <= REPLICATE_ESR, text, figure)


def _latency(y: NDArray[Any]) -> TrainerCheck:
    found = trainer_latency(y)
    if found.samples is None:
        return TrainerCheck("latency", False, "no response to the two single samples was found")
    text = f"{found.samples} samples"
    if found.at_lookahead:
        text += ", as early as it looks: there is noise before the single samples, or the take was moved too far"
    return TrainerCheck("latency", not found.at_lookahead, text, float(found.samples))


def _pre_silence(x: NDArray[Any]) -> TrainerCheck:
    starts = (TRAIN_START, len(x) - VALIDATION)
    good = not any(x[start - PRE_SILENCE : start].any() for start in starts)
    return TrainerCheck("pre-silence", good, "0.4 s of exact silence in dry before training and before validation")


def _clipping(y: NDArray[Any]) -> TrainerCheck:
    parts = (y[TRAIN_START : len(y) - VALIDATION], y[len(y) - VALIDATION :])
    peak = max(float(np.abs(part).max()) for part in parts)
    return TrainerCheck("clipping", peak < 1.0, f"wet peaks at {peak:.6f}; it has to stay below 1", peak)


def _enough(length: int) -> TrainerCheck:
    shorter = min(length - VALIDATION - TRAIN_START, VALIDATION)
    return TrainerCheck("receptive field", shorter > RECEPTIVE_FIELD, f"the shorter part has {shorter} samples")
