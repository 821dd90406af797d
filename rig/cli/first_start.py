"""The first start of a version of rig: everything is compiled at once, under one line that says what and how far.

Later starts read it from disk. Nothing is compiled before something needs it, so what is wrong with a command or a file
is said first; and whoever plays is not stopped by the compiler later on.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..dsp.native.compile_report import report

if TYPE_CHECKING:
    from ..dsp.native.compile import Entry
    from .compile_helper import Helper

PACKAGE = Path(__file__).parents[1]
MARK = "@entry("  # stands in front of what is compiled by itself
ALL = "everything.kept"  # a file in the cache: all of this build is there
LONGEST = ("dsp.network.interpreter.run", "dsp.network.interpreter.settle", "chain.block")
MOST_HELPERS = 3  # a few hundred MB each
LEAST_PARTS = 6  # for each helper, which has to start first


@contextlib.contextmanager
def announced() -> Iterator[None]:
    """Meanwhile the first part that has to be compiled brings all others with it."""
    with _instead(compile_all):
        yield


@contextlib.contextmanager
def _instead(say: Callable[[], None]) -> Iterator[None]:
    before, report.instead = report.instead, say
    try:
        yield
    finally:
        report.instead = before


def ensure() -> None:
    """Compile whatever this build has not on disk yet, before anything sounds."""
    from ..dsp.native.build import cache_directory

    if not (cache_directory() / ALL).exists():
        compile_all()


def compile_all() -> None:
    """Compile everything that is not on disk, on all cores."""
    from ..dsp.native.build import cache_directory
    from ..dsp.native.compile import ENTRIES

    for module in modules_with_entries():
        with contextlib.suppress(ImportError, OSError):  # a backend whose library is not installed
            importlib.import_module(module)
    parts = _Parts([entry for entry in ENTRIES if not entry.is_kept])
    helpers = [threading.Thread(target=parts.with_help, daemon=True) for _ in range(helpers_for(parts.count))]
    for helper in helpers:
        helper.start()
    try:
        with _instead(lambda: None):  # the line says it
            parts.by_ourselves()
            for helper in helpers:
                helper.join()
            parts.by_ourselves()  # what a helper has left undone
    finally:
        parts.stop()
    parts.line.end()
    with contextlib.suppress(OSError):
        (cache_directory() / ALL).touch()


def helpers_for(count: int) -> int:
    """How many processes help to compile so many parts: one for each other core, where what they make can be found."""
    from ..dsp.native.build import is_shared

    return min((os.cpu_count() or 1) - 1, MOST_HELPERS, count // LEAST_PARTS) if is_shared() else 0


class _Parts:
    """What is still to be compiled, the longest first, taken part by part by this process and those that help."""

    def __init__(self, waiting: list[Entry]) -> None:
        order = {name: place for place, name in enumerate(LONGEST)}
        self._waiting = sorted(waiting, key=lambda entry: order.get(entry.name.removeprefix("rig."), len(order)))
        self.count = len(waiting)
        self.line = _Line(self.count)
        self._helpers: list[Helper] = []
        self._lock = threading.Lock()

    def by_ourselves(self) -> None:
        """Until nothing is left to begin."""
        while (entry := self._take()) is not None:
            entry.compile()

    def with_help(self) -> None:
        """The same through another process; what that cannot do is left to us."""
        from .compile_helper import Helper

        with contextlib.suppress(OSError), contextlib.closing(Helper()) as helper:
            with self._lock:
                self._helpers.append(helper)
            while (entry := self._take()) is not None:
                if not helper.compile(entry.name):
                    with self._lock:
                        self._waiting.insert(0, entry)
                    return

    def stop(self) -> None:
        """Begin nothing more, and let nobody go on."""
        with self._lock:
            self._waiting.clear()
            for helper in self._helpers:
                helper.close()

    def _take(self) -> Entry | None:
        with self._lock:
            if not self._waiting:
                return None
            entry = self._waiting.pop(0)
            self.line.show(entry)
            return entry


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
        self._count, self._begun, self._began = count, 0, time.monotonic()
        self._is_live = sys.stderr is not None and sys.stderr.isatty()
        if count and not self._is_live:
            _write(f"Compiling rig for this CPU: {count} parts, kept for later starts ...\n")

    def show(self, entry: Entry) -> None:
        """The next part is begun."""
        if self._is_live:
            what = entry.name.removeprefix("rig.")
            said = f"Compiling rig for this CPU, kept for later starts: {self._begun}/{self._count}  {what}"
            _write(f"\r\x1b[K{said[: shutil.get_terminal_size().columns - 1]}")
        self._begun += 1

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
