"""Memory the audio thread may touch: one block per object, aligned, already paged in.

A page that is touched for the first time inside the callback costs a page fault (5.5 ms for a lazily zeroed 52 MB
array), and so does every page after a `fork`. So an arena is zeroed by writing, kept out of child processes where the
system can do that (`MADV_DONTFORK`, Linux), and locked where the user's limits allow.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .address import Address

ALIGNMENT = 64  # bytes: a cache line, and the widest vector


class Layout:
    """Collects what an object needs, then allocates all of it as one arena.

    >>> layout = Layout()
    >>> state, signal = layout.reserve(np.int64, 4), layout.reserve(np.float32, 100)
    >>> arena = layout.allocate()
    >>> arena[signal].shape, arena[signal].ctypes.data % ALIGNMENT
    ((100,), 0)
    """

    def __init__(self) -> None:
        self._parts: list[tuple[np.dtype[Any], int, int]] = []
        self.nbytes = 0

    def reserve(self, dtype: Any, count: int = 1) -> int:
        """Ask for `count` items; the answer is the key into the allocated arena."""
        kind = np.dtype(dtype)
        self._parts.append((kind, count, self.nbytes))
        self.nbytes += -(-kind.itemsize * count // ALIGNMENT) * ALIGNMENT
        return len(self._parts) - 1

    def allocate(self, lock: bool = True) -> Arena:
        """One zeroed, touched block that holds every reserved part; locked in RAM unless that can wait."""
        return Arena(self._parts, self.nbytes, lock)


class Arena:
    """One block of memory, cut into arrays. It lives as long as any of the arrays or the arena itself."""

    def __init__(self, parts: list[tuple[np.dtype[Any], int, int]], nbytes: int, lock: bool = True) -> None:
        self._map = mmap.mmap(-1, max(nbytes, 1) + ALIGNMENT)
        if hasattr(self._map, "madvise") and hasattr(mmap, "MADV_DONTFORK"):
            self._map.madvise(mmap.MADV_DONTFORK)
        raw = np.frombuffer(self._map, np.uint8)
        raw[:] = 0  # touches every page
        start = -raw.ctypes.data % ALIGNMENT
        self.address = Address(raw.ctypes.data) + start
        self.nbytes = nbytes
        self._arrays = [raw[start + at : start + at + kind.itemsize * count].view(kind) for kind, count, at in parts]
        if lock:
            lock_pages(self.address, nbytes)

    def __getitem__(self, part: int) -> NDArray[Any]:
        return self._arrays[part]

    def address_of(self, part: int) -> Address:
        """Where a part starts."""
        return Address(self._arrays[part].ctypes.data)


@cache
def _c_library() -> Any:
    return ctypes.CDLL(None)


def lock_pages(address: Address, nbytes: int) -> None:
    """Keep the pages in RAM if the user's memlock limit allows; playing works without."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        _c_library().mlock(ctypes.c_void_p(address), ctypes.c_size_t(nbytes))


def unlock_pages(address: Address, nbytes: int) -> None:
    """The limit is there for others again."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        _c_library().munlock(ctypes.c_void_p(address), ctypes.c_size_t(nbytes))
