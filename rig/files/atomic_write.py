"""Text files of the user's that are written whole or not at all: to a temporary file beside them, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str, durable: bool = False, replace: bool = True) -> None:
    """Write, making the folder if need be; OSError where that is not possible, FileExistsError without `replace`.

    `durable`: it is on the disk when this returns, whatever happens to the machine then.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:  # not `path` exists, but a file where its folder should be
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path.parent)) from error
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if replace:
            Path(temporary).replace(path)
        else:
            _put(Path(temporary), path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
    if durable:
        with contextlib.suppress(OSError):  # the name as well, where folders can be synchronised
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _put(temporary: Path, path: Path) -> None:
    """Give a file its name, unless there is one of that name."""
    try:
        os.link(temporary, path)  # unlike a renaming, it fails where another program was faster
    except FileExistsError:
        raise
    except (OSError, AttributeError):  # a file system without links
        if path.exists():
            raise FileExistsError(str(path)) from None
        temporary.replace(path)
        return
    temporary.unlink()
