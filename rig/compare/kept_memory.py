"""Memory that is freed and asked for again, kept in between instead of given back to the system.

Judging a model makes dozens of arrays of some megabytes, one after the other. The C library of Linux hands such pieces
back at once, and the kernel clears every page anew for the next: a fifth of the time of a comparison.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

# Parameters of glibc's mallopt, and what they are by themselves.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
USUAL_BYTES, MOST_BYTES = 128 << 10, (1 << 31) - 1


def keep_memory() -> None:
    """From now on this process keeps what it frees; elsewhere than with glibc nothing happens."""
    _set(MOST_BYTES)


@contextmanager
def memory_kept() -> Iterator[None]:
    """The same for a while; afterwards it is given back."""
    keep_memory()
    try:
        yield
    finally:
        _set(USUAL_BYTES)
        library = _glibc()
        if library is not None:
            library.malloc_trim(0)


def _set(size: int) -> None:
    library = _glibc()
    if library is not None:
        for parameter in (TRIM_THRESHOLD, MMAP_THRESHOLD):
            library.mallopt(parameter, size)


@cache
def _glibc() -> Any:
    """The C library, if it is glibc."""
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 - raises where it is another one
        return library
    except (AttributeError, OSError, TypeError):
        return None
