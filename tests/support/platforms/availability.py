"""What exists on which system, module by module, as typeshed says it: the stubs that come with mypy.

Their authors hold them against real Pythons on Linux, macOS and Windows (stubtest); the notes on availability in the
documentation of Python say the same in words. FreeBSD is judged by what they say of systems other than these three.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from functools import cache
from pathlib import Path

PLATFORMS = {"win32": "Windows", "darwin": "macOS", "freebsd14": "FreeBSD"}
# Modules whose names differ between systems, and that rig imports.
MODULES = (
    *("os", "signal", "socket", "time", "select", "ctypes", "mmap", "errno", "stat", "sys", "threading", "subprocess"),
    *("fcntl", "termios", "tty", "pwd", "grp", "resource", "msvcrt", "multiprocessing", "asyncio"),
)

# Where the stubs are coarser than Python's documentation: "The following constants are only available on Unix", and
# extensions "not present if they are not defined by the C library" (Doc/library/os.rst, flags of os.open).
ONLY_UNIX = {
    "os": {
        *("O_DSYNC", "O_RSYNC", "O_SYNC", "O_NDELAY", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"),
        *("O_ASYNC", "O_DIRECTORY", "O_NOFOLLOW"),
    }
}


def stubs() -> Path | None:
    """The folder of the standard library's stubs; None: mypy is not installed."""
    found = importlib.util.find_spec("mypy")
    return None if found is None or found.origin is None else Path(found.origin).parent / "typeshed" / "stdlib"


@cache
def _stub(module: str) -> list[ast.stmt]:
    folder = stubs()
    assert folder is not None
    path = folder / f"{module}.pyi"
    if not path.exists():
        path = folder / module / "__init__.pyi"
    return ast.parse(path.read_text(encoding="utf-8")).body


@cache
def names(module: str, platform: str) -> frozenset[str]:
    """All public names of a module on a system; empty: there is no such module."""
    found: set[str] = set()
    _collect(_stub(module), platform, module, found)
    return frozenset(name for name in found if not name.startswith("__"))


def _collect(body: list[ast.stmt], platform: str, module: str, found: set[str]) -> None:
    for node in body:
        if isinstance(node, ast.If):
            _collect(node.body if _holds(node.test, platform) else node.orelse, platform, module, found)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name) and target.id != "__all__"}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*" and node.module is not None:
                    origin = f"{module}.{node.module}" if node.level else node.module
                    found |= names(origin.replace(".", "/"), platform)
                elif alias.asname == alias.name or node.module in ("_socket", "_ctypes", "posix") or node.level:
                    found.add(alias.asname or alias.name)


def _holds(test: ast.expr, platform: str) -> bool:
    """A condition of a stub: of the system or of Python's version."""
    code = compile(ast.Expression(test), "stub", "eval")
    seen = type("Sys", (), {"platform": platform, "version_info": sys.version_info})
    return bool(eval(code, {"sys": seen, "TYPE_CHECKING": True}))


@cache
def missing(module: str, platform: str) -> frozenset[str]:
    """What a module has on Linux, and not on that system."""
    coarse = ONLY_UNIX.get(module, set()) if platform == "win32" else set()
    return (names(module, "linux") - names(module, platform)) | coarse


@cache
def absent_modules(platform: str) -> frozenset[str]:
    """Those that are not there at all."""
    return frozenset(module for module in MODULES if not {n for n in names(module, platform) if not n.startswith("_")})
