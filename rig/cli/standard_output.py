"""Standard output: JSON that nothing else is printed into, and a sentence where it is closed or full."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import io
import os
import sys
from collections.abc import Iterator

STDOUT, STDERR = 1, 2
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EBADF, errno.EIO, errno.EFBIG, errno.EINVAL)


def describe_fault(error: OSError) -> str | None:
    """What to say of an error of standard output; None: it is one of something else."""
    if error.filename is not None or error.errno not in UNWRITABLE:
        return None
    return f"Standard output cannot be written ({error.strerror}): what was to be shown there is lost."


@contextlib.contextmanager
def to_ourselves() -> Iterator[None]:
    """Only Python prints to standard output meanwhile: what C libraries print there goes to standard error.

    Where standard output is no file of the system's (within another program, say) nothing is changed.
    """
    try:
        if sys.stdout.fileno() != STDOUT:
            raise ValueError
        kept = os.dup(STDOUT)
    except (AttributeError, OSError, ValueError):
        yield
        return
    before = sys.stdout
    try:
        before.flush()
        os.dup2(STDERR, STDOUT)
    except OSError:  # there is no standard error
        os.close(kept)
        yield
        return
    ours = io.TextIOWrapper(io.FileIO(kept, "w"), before.encoding, "backslashreplace", write_through=True)
    sys.stdout = ours
    try:
        yield
    finally:
        sys.stdout = before
        _flush_c()
        os.dup2(kept, STDOUT)
        ours.close()


def _flush_c() -> None:
    """Write out what C libraries hold back, while it still goes to standard error."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # a system without one C library for all
        ctypes.CDLL(None).fflush(None)


def to_nowhere() -> None:
    """Let the rest that Python would write at its end vanish: it could not be written."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
