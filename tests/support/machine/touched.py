"""What a process touches of the file system while something goes on: by Python's audit events, and by the kernel's.

with Touched(outside) as touched: ...
touched.paths       what Python opened, listed, made, moved or removed, and programs it started
touched.outside     names below the folder `outside` that anybody opened, libraries in C included
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

EVENTS = {"open": 1, "os.listdir": 1, "os.scandir": 1, "os.mkdir": 1, "os.rmdir": 1, "os.remove": 1, "os.rename": 2}
EVENTS |= {"os.link": 2, "os.symlink": 2, "os.truncate": 1, "os.chmod": 1, "os.chown": 1, "os.utime": 1, "os.chdir": 1}
EVENTS |= {"subprocess.Popen": 1, "os.system": 1, "os.exec": 1, "os.posix_spawn": 1, "glob.glob": 1}  # paths told
IN_ACCESS, IN_OPEN, IN_CREATE, IN_DELETE, IN_MOVE, IN_MODIFY = 0x1, 0x20, 0x100, 0x200, 0xC0, 0x2
_watching: list[Touched] = []
_is_hooked = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event in EVENTS:
        for one in _watching:
            one.paths |= {(event, _text(path)) for path in arguments[: EVENTS[event]]}


def _text(path: Any) -> str:
    return os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""


class Touched:
    """See the module's text. Only Linux knows who opens what; elsewhere Python's events have to do."""

    def __init__(self, outside: Path) -> None:
        self.paths: set[tuple[str, str]] = set()
        self.outside: list[str] = []
        self._folder, self._notices = outside, -1

    def __enter__(self) -> Self:
        global _is_hooked
        if not _is_hooked:
            sys.addaudithook(_hook)  # it cannot be taken away again
            _is_hooked = True
        if sys.platform.startswith("linux"):
            libc = ctypes.CDLL(None, use_errno=True)
            self._notices = libc.inotify_init1(os.O_NONBLOCK)
            events = IN_ACCESS | IN_OPEN | IN_CREATE | IN_DELETE | IN_MOVE | IN_MODIFY
            assert libc.inotify_add_watch(self._notices, os.fsencode(self._folder), events) >= 0
        _watching.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _watching.remove(self)
        if self._notices < 0:
            return
        try:
            data = os.read(self._notices, 1 << 16)
        except BlockingIOError:
            data = b""
        os.close(self._notices)
        while data:
            _, _, _, length = struct.unpack_from("iIII", data)
            self.outside.append(data[16 : 16 + length].rstrip(b"\0").decode() or ".")
            data = data[16 + length :]
