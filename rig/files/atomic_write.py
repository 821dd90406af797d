"""Files and folders that are written whole or not at all.

Everything goes under a hidden name beside its place, on the same file system, and gets its own name in the last step,
which the file system does in one piece. A full disk, a folder that is read-only, an exception or Ctrl-C leave what was
there before. The hidden names cannot be foreseen, so nobody can have put a link in their place. A process that is
killed leaves at most something hidden, which the next one that writes into that folder removes.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import secrets
import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from .processes import is_alive

_PART = re.compile(r"\.rig-(?P<process>\d+)-[0-9a-f]{16}\.part")
ABANDONED_S = 60.0  # so long nobody wrote into what is removed: a process may be one of another machine, or container


def write_text(path: Path, text: str, *, durable: bool = False, replace: bool = True, make_folder: bool = True) -> None:
    """Write a text in UTF-8; see `write_bytes`. UnicodeEncodeError for half a character, before a file is touched."""
    write_bytes(path, text.encode(), durable=durable, replace=replace, make_folder=make_folder)


def write_bytes(
    path: Path, content: bytes, *, durable: bool = False, replace: bool = True, make_folder: bool = True
) -> None:
    """Write a whole file. OSError where that is not possible; FileExistsError if there is one and `replace` is off.

    `durable`: it is on the disk when this returns, whatever happens to the machine then. `make_folder`: with the folder
    it lies in. A file that is replaced hands its permissions on.
    """
    if make_folder:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:  # not `path` exists, but a file where its folder should be
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path.parent)) from error
    temporary = temporary_beside(path)
    try:
        with temporary.open("xb") as file:  # x: never through a link
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        give_name(temporary, path, replace)
    finally:
        forget(temporary)
    if durable:
        _to_disk(path.parent)  # the name as well


def temporary_beside(path: Path) -> Path:
    """A hidden name in the same folder, which nothing has; for writers that need a path. Nothing is made."""
    _remove_abandoned(path.absolute().parent)
    return path.parent / f".rig-{os.getpid()}-{secrets.token_hex(8)}.part"


def give_name(temporary: Path, path: Path, replace: bool = True) -> None:
    """Give a file that is complete its name, the last step. FileExistsError without `replace` if that is taken."""
    if replace:
        with contextlib.suppress(OSError):  # there is none, or a file system without permissions
            shutil.copymode(path, temporary)
        temporary.replace(path)
        return
    try:
        os.link(temporary, path)  # unlike a renaming, it fails where another program was faster
    except FileExistsError:
        raise
    except (OSError, AttributeError):  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        temporary.replace(path)


def forget(temporary: Path) -> None:
    """Remove a temporary file, if it is still there and can be removed."""
    with contextlib.suppress(OSError):
        temporary.unlink()


def reason(path: Path, error: Exception) -> str:
    """Why `path` could not be written, to stand behind "cannot be written": the folder, or what the system says."""
    folder = path.absolute().parent
    if not folder.is_dir():
        return f"; there is no folder {path.parent}"
    if not os.access(folder, os.W_OK):
        return f"; the folder {folder} is write-protected"
    said = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    return f" ({str(said).rstrip('.')})"


def free_name(folder: Path, before: str, after: str = "", first: int = 1) -> Path:
    """The first of before1after, before2after, ... that nothing in the folder has; counting begins with `first`."""
    names = (folder / f"{before}{number}{after}" for number in itertools.count(first))
    return next(path for path in names if not os.path.lexists(path))


def set_aside(path: Path, mark: str = "broken") -> Path:
    """Rename what makes room, or cannot be understood, to NAME.broken-1, or the next that is free; the new path."""
    aside = free_name(path.parent, f"{path.name}.{mark}-")
    path.rename(aside)
    return aside


class NewFolder:
    """A context manager; write into `path`, and the folder appears as `target` when the `with` ends without an error.

    It is put on disk before it gets its name. Nothing that exists is ever replaced. OSError: the target exists
    (FileExistsError), its parent cannot be written, the disk is full.
    """

    def __init__(self, target: Path) -> None:
        self.target, self._kept = target.absolute(), True
        _refuse_existing(self.target)
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.path = temporary_beside(self.target)
        self.path.mkdir()

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
                _refuse_existing(self.target)
                self.path.rename(self.target)
                _to_disk(self.target.parent)
        finally:
            shutil.rmtree(self.path, ignore_errors=True)


def _refuse_existing(target: Path) -> None:
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))


def _to_disk(path: Path) -> None:
    """As far as the system can: some cannot sync a folder."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_cleaned: set[Path] = set()  # once in a process is enough


def _remove_abandoned(folder: Path) -> None:
    """What a process left that was killed."""
    if folder in _cleaned:
        return
    _cleaned.add(folder)
    with contextlib.suppress(OSError):
        for path in [found for found in folder.iterdir() if found.name.startswith(".rig-")]:
            match = _PART.fullmatch(path.name)
            if match is None or is_alive(int(match["process"])) or _is_being_written(path):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                forget(path)


def _is_being_written(path: Path) -> bool:
    """Whether something in it changed a moment ago."""
    try:
        return any(time.time() - found.lstat().st_mtime < ABANDONED_S for found in (path, *path.rglob("*")))
    except OSError:
        return True
