"""The first start of a version of rig: everything is compiled at once, under one line that says what and how far.

Later starts read it from disk. Nothing is compiled before something needs it, so what is wrong with a command or a file
is said first; and whoever plays is not stopped by the compiler later on.
"""

from __future__ import annotations

import contextlib
import importlib
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..dsp.native.first_compile import first_compile

if TYPE_CHECKING:
    from ..dsp.native.compile import Entry

PACKAGE = Path(__file__).parents[1]
MARK = "@entry("  # stands in front of what is compiled by itself
ALL = "everything.kept"  # a file in the cache: all of this build is there


@contextlib.contextmanager
def announced() -> Iterator[None]:
    """Meanwhile the first part that has to be compiled brings all others with it."""
    before, first_compile.instead = first_compile.instead, compile_all
    try:
        yield
    finally:
        first_compile.instead = before


def ensure() -> None:
    """Compile whatever this build has not on disk yet, before anything sounds."""
    from ..dsp.native.build import cache_directory

    if not (cache_directory() / ALL).exists():
        compile_all()


def compile_all() -> None:
    """Compile everything that is not on disk."""
    from ..dsp.native.build import cache_directory
    from ..dsp.native.compile import ENTRIES

    for module in modules_with_entries():
        with contextlib.suppress(ImportError, OSError):  # a backend whose library is not installed
            importlib.import_module(module)
    waiting = [entry for entry in ENTRIES if not entry.is_kept]
    line = _Line(len(waiting))
    for done, entry in enumerate(waiting):
        line.show(done, entry)
        entry.compile()
    line.end()
    with contextlib.suppress(OSError):
        (cache_directory() / ALL).touch()


def modules_with_entries() -> list[str]:
    """The modules of rig that hold anything to compile, by their full names."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if f"\n{MARK}" in path.read_text(encoding="utf-8"):
            found.append(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
    return found


class _Line:
    """One line on stderr; where that is no terminal, one sentence before and one after."""

    def __init__(self, count: int) -> None:
        self._count, self._began = count, time.monotonic()
        self._is_live = sys.stderr is not None and sys.stderr.isatty()
        if count and not self._is_live:
            _write(f"Compiling rig for this CPU: {count} parts, kept for later starts ...\n")

    def show(self, done: int, entry: Entry) -> None:
        """The next part is begun."""
        if self._is_live:
            what = entry.name.removeprefix("rig.")
            said = f"Compiling rig for this CPU, kept for later starts: {done}/{self._count}  {what}"
            _write(f"\r\x1b[K{said[: shutil.get_terminal_size().columns - 1]}")

    def end(self) -> None:
        """All is done."""
        if self._count:
            seconds = f"{time.monotonic() - self._began:.0f} s"
            said = f"Compiled {self._count} parts of rig for this CPU in {seconds}."
            _write(f"\r\x1b[K{said}\n" if self._is_live else f"{said}\n")


def _write(text: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):  # nobody reads it
        stream = getattr(sys.stderr, "raw", sys.stderr)  # the line is drawn with what steers a terminal
        stream.write(text)
        stream.flush()
