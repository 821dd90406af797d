"""What the official trainer says about a model, by the ESR of its validation (neural-amp-modeler 0.13.0)."""

from __future__ import annotations

WORDS = ((0.01, "great"), (0.035, "not bad"), (0.1, "might be ok"), (0.3, "probably not good"))  # below each ESR
OTHERWISE = "something went wrong"


def esr_words(esr: float) -> str:
    """The trainer's words for an ESR.

    >>> esr_words(0.02)
    'not bad'
    """
    return next((words for limit, words in WORDS if esr < limit), OTHERWISE)
