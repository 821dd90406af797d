"""At how many times the rate it was made for a model plays: what folds back from above half of that rate gets less."""

from __future__ import annotations

from ...errors import RigError

QUALITIES = (1, 2, 4, 8)
BEST = max(QUALITIES)


def checked_quality(quality: float) -> int:
    """It, if a model plays so many times its rate; RigError if not."""
    if quality not in QUALITIES:
        raise RigError(f"The quality is {quality:g}, expected 1, 2, 4 or 8 times the rate of the model.")
    return int(quality)
