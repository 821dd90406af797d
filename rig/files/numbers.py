"""What counts as a number in any file that rig reads."""

from __future__ import annotations

import math
from typing import Any, TypeGuard


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether it is a number that a double can hold.

    JSON and TOML also know NaN and infinity, 1e999 and whole numbers of any length; and Python takes true for 1.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_whole(value: Any, low: int, high: int) -> TypeGuard[int]:
    """Whether it is a whole number in a range; 3.0 is none."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
