"""One writer at a time among all rigs of a machine, for files that are read, changed and written again.

The folder itself is locked, so that nothing has to be left in it, and a rig that is killed leaves no lock behind.
Windows locks no folder: there it is a file in it, which stays. Where a file system cannot lock (some network drives),
everything goes on without.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
msvcrt: ModuleType | None
try:
    import msvcrt
except ImportError:  # elsewhere
    msvcrt = None

PATIENCE_S = 5.0  # another rig holds it for some milliseconds
TRY_EVERY_S = 0.002
TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
LISTED = Path("/proc/locks")
LOCK_FILE = ".rig.lock"  # in a folder that cannot be locked itself


@contextlib.contextmanager
def locked(folder: Path, patience_s: float = PATIENCE_S, lock: str = "") -> Iterator[None]:
    """Nobody else who asks so writes into the folder meanwhile; it is made if need be. Raises OSError.

    TimeoutError, one of them: somebody else holds it, and did not let go within `patience_s`. `lock`: a file in the
    folder to lock in its place, which is left there, where several may be at work on different things in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = lock or (LOCK_FILE if fcntl is None else "")
    handle = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600) if name else os.open(folder, os.O_RDONLY)
    try:
        deadline = time.monotonic() + patience_s
        while try_lock(handle) is False:
            if time.monotonic() > deadline:
                raise TimeoutError(errno.ETIMEDOUT, "another rig is writing there", str(folder)) from None
            time.sleep(TRY_EVERY_S)
        yield
    finally:
        os.close(handle)


def try_lock(handle: int) -> bool | None:
    """Whether the lock of an open file was free and is ours until it is closed; None: the system cannot lock."""
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif msvcrt is not None:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # its first byte, which need not be there
        else:
            return None
    except OSError as error:
        return False if error.errno in TAKEN else None
    return True


def is_held(lock: Path) -> bool | None:
    """Whether somebody holds this lock, a file or folder, just now; it is not touched. None: the system does not say.

    Linux lists all locks by device and inode; to try the lock would keep away, for a moment, whoever needs it.
    """
    if sys.platform == "win32":
        return None
    try:
        listed = LISTED.read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
    try:
        found = os.stat(lock)
    except FileNotFoundError:
        return False
    except OSError:
        return None
    place = f" {os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino} "
    return any("FLOCK" in line and "->" not in line and place in line for line in listed.splitlines())
