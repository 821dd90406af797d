"""One writer at a time among all rigs of a machine, for files that are read, changed and written again.

The folder itself is locked, so that nothing has to be left in it, and a rig that is killed leaves no lock behind. Where
a system or a file system cannot lock (Windows, some network drives), everything goes on without.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE_S = 5.0  # another rig holds it for some milliseconds
TRY_EVERY_S = 0.002
TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else who asks so writes into the folder meanwhile; it is made if need be. Raises OSError.

    TimeoutError, one of them: somebody else holds it, and did not let go.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in TAKEN:
                    break
                if time.monotonic() > deadline:
                    raise TimeoutError(errno.ETIMEDOUT, "another rig is writing there", str(folder)) from None
            time.sleep(TRY_EVERY_S)
        yield
    finally:
        os.close(handle)
