"""How scans that are under way at once know of each other: each holds a lock file of its own beside the index.

A process that ends in any way lets go of its lock, so a claim of a scan that was killed is void from that moment on.
Where the system cannot lock (some network drives) a claim counts as long as its file is fresh.
"""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from ...files.lock import try_lock

PREFIX = "scan-"
FRESH_S = 120.0  # a scan touches its file with each batch that it takes


class ScanLock:
    """The lock of this scan. `name` goes into its claims."""

    def __init__(self, folder: Path) -> None:
        while True:
            self.name = f"{PREFIX}{uuid.uuid4().hex}"
            self._path = folder / self.name
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            # Another scan that clears up may have come between: then it is ours, but nobody finds it any more.
            if try_lock(self._handle) is not False and self._path.exists():
                break
            os.close(self._handle)

    def touch(self) -> None:
        """Say that it is still at work."""
        with contextlib.suppress(OSError):
            os.utime(self._path)

    def release(self) -> None:
        """Let go, and leave nothing behind."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        os.close(self._handle)
        with contextlib.suppress(OSError):  # Windows removes no file that is open
            self._path.unlink()


@contextlib.contextmanager
def scanning(folder: Path) -> Iterator[ScanLock]:
    """A scan is under way; locks that killed ones left behind are cleared. Raises OSError."""
    lock = ScanLock(folder)
    try:
        for left in folder.glob(f"{PREFIX}*"):
            if left.name != lock.name and is_void(folder, left.name):
                with contextlib.suppress(OSError):
                    left.unlink()
        yield lock
    finally:
        lock.release()


def is_void(folder: Path, name: str) -> bool:
    """Whether no scan of that name is under way any more."""
    path = folder / name
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return True
    try:
        taken = try_lock(handle)
        return time.time() - os.fstat(handle).st_mtime > FRESH_S if taken is None else taken
    finally:
        os.close(handle)
