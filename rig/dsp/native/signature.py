"""The types a compiled function takes and returns, one letter each: the result first, then the arguments."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .on_demand import types


@dataclass(frozen=True, slots=True)
class Letter:
    """One type, as numba and as ctypes call it."""

    numba: str
    ctypes: Any


LETTERS = {
    "v": Letter("void", None),
    "i": Letter("int32", ctypes.c_int32),
    "u": Letter("uint32", ctypes.c_uint32),
    "l": Letter("int64", ctypes.c_int64),
    "m": Letter("uint64", ctypes.c_uint64),
    "f": Letter("float32", ctypes.c_float),
    "d": Letter("float64", ctypes.c_double),
    "p": Letter("voidptr", ctypes.c_void_p),
}
UNSIGNED_LONG = "m" if ctypes.sizeof(ctypes.c_ulong) == 8 else "u"  # 32 bits on Windows


def numba_signature(letters: str) -> Any:
    """`numba.types.void(int64, ...)` of "vl..."."""
    result, *arguments = (getattr(types, LETTERS[letter].numba) for letter in letters)
    return result(*arguments)


def as_ctypes(letters: str, address: int) -> Callable[..., Any]:
    """The function at an address, to be called from Python; it runs without the GIL."""
    result, *arguments = (LETTERS[letter].ctypes for letter in letters)
    return ctypes.CFUNCTYPE(result, *arguments)(address)
