"""A folder that is complete or not there at all.

Everything is written into a hidden folder beside the final one, on the same file system, and put on disk; renaming it
is the last step, and the file system does that in one piece. A process that is killed at any moment leaves at most the
hidden folder, which the next capture removes once its process is gone. Nothing that exists is ever replaced.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import secrets
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from ...errors import CaptureError

_PART = re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)-[0-9a-f]{8}\.part")


def checked_name(name: str) -> str:
    """The name of a capture, or a CaptureError where no folder can have it."""
    if not name.strip() or name != name.strip() or name.startswith(".") or any(c in name for c in '/\\:*?"<>|\0'):
        raise CaptureError(f"{name!r} cannot name a capture: it names a folder, so no slashes, colons or leading dots.")
    return name


class NewFolder:
    """A context manager; write into `path`, and the folder appears as `target` when the `with` ends without an error.

    Raises CaptureError: the target exists, its parent cannot be written, the disk is full.
    """

    def __init__(self, target: Path) -> None:
        self.target, self._kept = target.absolute(), True
        checked_name(self.target.name)
        refuse_existing(self.target)
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(self.target.parent)
            part = f".{self.target.name}.{os.getpid()}-{secrets.token_hex(4)}.part"
            self.path = self.target.with_name(part)
            self.path.mkdir()
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> CaptureError:
        return CaptureError(
            f"{self.target.name}: cannot be written to {self.target.parent} ({error.strerror}); nothing was changed. "
            "Choose another folder with --into, or make room."
        )

    def discard(self) -> None:
        """Let the folder vanish when the `with` ends."""
        self._kept = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._kept:
                for path in sorted(self.path.rglob("*")):
                    _to_disk(path)
                _to_disk(self.path)
                refuse_existing(self.target)
                self.path.rename(self.target)
                _to_disk(self.target.parent)
        except OSError as failure:
            raise self._failure(failure) from failure
        finally:
            shutil.rmtree(self.path, ignore_errors=True)
        if isinstance(error, OSError):
            raise self._failure(error) from error


def refuse_existing(target: Path) -> None:
    """Raise a CaptureError if there is something of that name."""
    if target.exists() or target.is_symlink():
        raise CaptureError(
            f"{target.name}: there is a capture of that name in {target.parent} already, and captures are never "
            "replaced; choose another name."
        )


def free_name(target: Path, word: str) -> Path:
    """`target` with `.word-1` behind it, or the next number that is free."""
    return next(
        path for n in itertools.count(1) if not (path := target.with_name(f"{target.name}.{word}-{n}")).exists()
    )


def _to_disk(path: Path) -> None:
    """As far as the system can: some cannot sync a folder."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove_abandoned(parent: Path) -> None:
    """What a capture left that was killed."""
    for path in parent.iterdir():
        match = _PART.fullmatch(path.name)
        if match and path.is_dir() and not _is_alive(int(match["process"])):
            shutil.rmtree(path, ignore_errors=True)


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's
        return True
    return True
