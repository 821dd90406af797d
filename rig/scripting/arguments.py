"""What rig's public calls are given from Python, refused by name where it is of the wrong type.

Every sentence names the call and the parameter as they were written, what came, and the way out.
"""

from __future__ import annotations

import math
import numbers
import os
from pathlib import Path

from ..errors import ArgumentError, LevelError, RigError
from .braced_names import note


def type_name(value: object) -> str:
    """The name of a value's type as its user wrote it.

    >>> type_name("a.nam"), type_name(None)
    ('str', 'None')
    """
    return "None" if value is None else type(value).__name__


def check_type(call: str, name: str, value: object, kinds: type | tuple[type, ...], wanted: str, way_out: str) -> None:
    """Raise an ArgumentError unless the value is of one of these types; `way_out` says what to do about it."""
    if not isinstance(value, kinds):
        raise ArgumentError(f"{call}({name}=...) takes {wanted}, not {type_name(value)}; {way_out}.")


def number(call: str, name: str, value: object) -> float:
    """A real number as a float, NaN and infinity included; an ArgumentError for text, True, None and the like.

    >>> number("rig.Level", "dbu", 12)
    12.0
    """
    # True is an int in Python, and no level; numpy's numbers are registered as real ones.
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ArgumentError(f"{call}({name}=...) takes a number, not {type_name(value)}.")
    return float(value)


def finite(call: str, name: str, value: object) -> float:
    """A real number that is neither NaN nor infinite, as a float; a LevelError for those."""
    found = number(call, name, value)
    if not math.isfinite(found):
        raise LevelError(f"{call}({name}=...) takes a finite number, not {found:g}.")
    return found


def whole_number(call: str, name: str, value: object, least: int) -> int:
    """A whole number from `least`, or an ArgumentError for other types, a RigError for other numbers."""
    found = number(call, name, value)
    if not (found.is_integer() and found >= least):
        raise RigError(f"{call}({name}=...) takes a whole number from {least}, not {found:g}.")
    return int(found)


def text(call: str, name: str, value: object) -> str:
    """A text, or an ArgumentError."""
    if not isinstance(value, str):
        raise ArgumentError(f"{call}({name}=...) takes a text, not {type_name(value)}.")
    return value


def path(call: str, name: str, value: object) -> Path:
    """A path from a text or any path object, or an ArgumentError."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        raise ArgumentError(f"{call}({name}=...) takes a path, as text or pathlib.Path, not {type_name(value)}.")
    note(Path(value))
    return Path(value)
