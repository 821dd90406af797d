"""rig as if on another system: what its modules import is that system's, everything else goes on with this one.

    RIG_SIMULATED=win32 PYTHONPATH=tests/support/platforms/site python -m rig ...

Each module of rig that imports `os`, `sys`, `signal`, ... gets a stand-in that lacks what the system lacks, and behaves
as documented where only the behaviour differs. numpy, the standard library and the tests see the real ones. A call that
would do harm there ends the process with a sentence: `os.kill(pid, 0)` is Ctrl-C on Windows.
"""

from __future__ import annotations

import builtins
import collections
import ctypes
import errno
import importlib
import os
import select
import signal
import socket
import sys
import time
import types
from collections.abc import Callable
from typing import Any

from availability import MODULES, absent_modules, missing

LINUX_ONLY = ("/proc/", "/sys/", "/dev/shm")
NAMES = {"win32": "Windows", "darwin": "Darwin", "freebsd14": "FreeBSD"}
WINDOWS_SIGNALS = ("SIGABRT", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM")
typed: collections.deque[str] = collections.deque()  # characters that somebody has typed into the console of Windows
TICKS_PER_S = 10_000_000


class StandIn(types.ModuleType):
    """A module without what the system lacks; `instead`: what is another one there."""

    def __init__(self, real: types.ModuleType, lacks: frozenset[str], instead: dict[str, Any]) -> None:
        super().__init__(real.__name__)
        types.ModuleType.__getattribute__(self, "__dict__").update(_real=real, _lacks=lacks, _instead=instead)

    def __getattribute__(self, name: str) -> Any:
        inner = super().__getattribute__("__dict__")
        if name in inner["_instead"]:
            return inner["_instead"][name]
        if name in inner["_lacks"]:
            raise AttributeError(f"module {inner['_real'].__name__!r} has no attribute {name!r} on {sys.rig_simulates}")
        return getattr(inner["_real"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(super().__getattribute__("__dict__")["_real"], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(super().__getattribute__("__dict__")["_real"], name)


def install(system: str) -> None:
    """From now on; before anything of rig is imported."""
    sys.rig_simulates = system  # type: ignore[attr-defined]
    instead: dict[str, dict[str, Any]] = {
        "sys": {"platform": system},
        "platform": {"system": lambda: NAMES[system]},
        **(
            {"os": windows_os(), "select": {"select": windows_select}, "signal": windows_signal()}
            if system == "win32"
            else {}
        ),
    }
    if system == "win32":
        instead["ctypes"] = {"CDLL": windows_cdll, "WinDLL": lambda name, **_: Kernel32(), "get_last_error": lambda: 87}
    stand_ins: dict[str, types.ModuleType] = {
        name: StandIn(
            importlib.import_module(name),
            missing(name, system) if name in MODULES else frozenset(),
            instead.get(name, {}),
        )
        for name in (*MODULES, "platform")
        if name not in absent_modules(system) and name != "msvcrt"
    }
    if system == "win32":
        stand_ins["msvcrt"] = msvcrt()  # for rig alone: the standard library would take this system for Windows
    absent, real_import = absent_modules(system), builtins.__import__

    def as_there(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        asks = str((globals or {}).get("__name__", ""))
        if level or not (asks.startswith("rig.") or asks == "rig" or (globals or {}).get("__package__") == "rig"):
            return real_import(name, globals, locals, fromlist, level)
        top = name.partition(".")[0]
        if top in absent:
            raise ModuleNotFoundError(f"No module named {top!r}", name=top)
        stand_in = stand_ins.get(name if fromlist else top)
        module = stand_in if name == "msvcrt" else real_import(name, globals, locals, fromlist, level)
        for each in fromlist or () if stand_in is not None else ():
            if each in missing(name, system):
                raise ImportError(f"cannot import name {each!r} from {name!r}", name=name)
        return stand_in if stand_in is not None else module

    builtins.__import__ = as_there
    sys.addaudithook(_without_linux)


def _without_linux(event: str, arguments: tuple[Any, ...]) -> None:
    """What rig itself opens of the folders that only Linux has is not there."""
    if event not in ("open", "os.listdir") or not str(arguments[0]).startswith(LINUX_ONLY):
        return
    frame = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in (
        "pathlib",
        "builtins",
        "io",
        "os",
    ):
        frame = frame.f_back
    if frame is not None and str(frame.f_globals.get("__name__")).startswith("rig"):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(arguments[0]))


# ---------------------------------------------------------------- Windows
def windows_os() -> dict[str, Any]:
    """`os` where only the behaviour differs (Doc/library/os.rst)."""

    def kill(process: int, number: int) -> None:
        if number == 0:  # CTRL_C_EVENT
            os.write(2, b"os.kill(pid, 0) is Ctrl-C on Windows\n")
            os._exit(70)
        os.kill(process, signal.SIGKILL)

    def opened(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return os.open(path, flags, mode, **more)

    return {"name": "nt", "kill": kill, "open": opened, "startfile": lambda path: None}


def windows_select(read: list[Any], write: list[Any], odd: list[Any], seconds: float | None = None) -> Any:
    """Sockets only, and at least one."""
    if not all(isinstance(each, socket.socket) for each in (*read, *write, *odd)):
        raise OSError(10038, "An operation was attempted on something that is not a socket")
    if not (read or write or odd):
        raise OSError(10022, "An invalid argument was supplied")
    return select.select(read, write, odd, seconds)


def windows_signal() -> dict[str, Any]:
    """`signal.signal` takes six signals, and SIGBREAK."""
    allowed = {getattr(signal, name) for name in WINDOWS_SIGNALS}

    def set_handler(number: int, handler: Any) -> Any:
        if number not in allowed:
            raise ValueError("signal number out of range")
        return signal.signal(number, handler)

    return {"signal": set_handler}


class windows_cdll(ctypes.CDLL):
    """There is no library of the process itself."""

    def __init__(self, name: Any, *arguments: Any, **more: Any) -> None:
        if name is None:
            raise TypeError("argument of type 'NoneType' is not iterable")
        super().__init__(name, *arguments, **more)


def _function(result: Any, *arguments: Any) -> Callable[[Callable[..., Any]], Any]:
    """A function of C made of one of Python, which is kept for ever."""

    def make(function: Callable[..., Any]) -> Any:
        made = ctypes.CFUNCTYPE(result, *arguments)(function)
        _kept.append(made)
        return made

    return make


_kept: list[Any] = []


@_function(ctypes.c_int, ctypes.POINTER(ctypes.c_int64))
def query_counter(result: Any) -> int:
    """QueryPerformanceCounter: ticks since some moment."""
    result[0] = time.monotonic_ns() * TICKS_PER_S // 1_000_000_000
    return 1


class Kernel32:
    """What rig asks of kernel32.dll."""

    QueryPerformanceCounter = query_counter

    class _OpenProcess:
        restype: Any = None

        def __call__(self, rights: int, inherits: int, process: Any) -> int:
            try:
                os.kill(process.value, 0)
            except ProcessLookupError:
                return 0
            return 1

    OpenProcess = _OpenProcess()

    class _GetStdHandle:
        restype: Any = None

        def __call__(self, which: int) -> int:
            return 7

    GetStdHandle = _GetStdHandle()

    def QueryPerformanceFrequency(self, result: Any) -> int:
        result._obj.value = TICKS_PER_S
        return 1

    def GetExitCodeProcess(self, handle: Any, code: Any) -> int:
        code._obj.value = 259
        return 1

    def CloseHandle(self, handle: Any) -> int:
        return 1

    def GetConsoleMode(self, handle: Any, mode: Any) -> int:
        mode._obj.value = 3
        return 1

    def SetConsoleMode(self, handle: Any, mode: int) -> int:
        assert mode == 7
        return 1

    def GetCurrentProcess(self) -> int:
        return -1

    def SetPriorityClass(self, handle: int, priority: int) -> int:
        return 1


def msvcrt() -> types.ModuleType:
    """Keys from `typed`, and locks of the first bytes of files."""
    import fcntl

    module = types.ModuleType("msvcrt")
    module.LK_NBLCK = 2  # type: ignore[attr-defined]
    module.kbhit = lambda: bool(typed)  # type: ignore[attr-defined]
    module.getwch = typed.popleft  # type: ignore[attr-defined]

    def locking(handle: int, mode: int, count: int) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PermissionError(errno.EACCES, "Permission denied") from error

    module.locking = locking  # type: ignore[attr-defined]
    return module
