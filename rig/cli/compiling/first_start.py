"""The first start of a version of rig: what the first sound needs is compiled at once, on all cores; then it plays.

The rest follows by itself, in processes of low priority. Later starts read all from disk. Nothing is compiled before
something needs it, so what is wrong with a command or a file is said first. Who needs what is not ready yet waits for
it, and is told.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ...dsp.native.compile_report import report

if TYPE_CHECKING:
    from ...dsp.native.compile import Entry
    from .waiting_parts import Parts

PACKAGE = Path(__file__).parents[2]
MARK = "@entry("  # stands in front of what is compiled by itself
ALL = "everything.kept"  # a file in the cache: all of this build is there
WAIT = "Some of rig is still being compiled for this CPU: what is used for the first time takes a moment, this once."


class _FirstStart:
    """What is being compiled for one command, and whom it tells."""

    def __init__(self) -> None:
        self.parts: Parts | None = None
        self.tell: Callable[[str], None] | None = None  # a live screen; None: the line on stderr
        self._unsaid: list[str] = []
        self._has_said = False
        self._is_within = False

    def wanted(self, name: str) -> None:
        """A part that is not on disk is needed now: return when it is, or when only this process can make it."""
        if self._is_within:  # asked while we compile: the line says it
            return
        module = name.rpartition(".")[0]
        needed = frozenset({name}) if self.parts is not None else names_for_the_first_sound(module)
        parts = self.begun(needed)
        if name not in parts.names:
            return
        if self.tell is not None:
            self._say_that_it_waits()
            self._complete(parts, needed)
        else:
            self.complete_shown(needed)

    def begun(self, first: frozenset[str] = frozenset()) -> Parts:
        """The parts, with others at work on them; those that are needed `first` in front."""
        if self.parts is None:
            from .waiting_parts import Parts, helpers_for

            waiting = waiting_parts()
            self.parts = Parts(waiting, first, helpers_for(len(waiting)))
            self.parts.begin_helping()
        return self.parts

    def complete_shown(self, needed: frozenset[str], later: str = "meanwhile, or when they are needed") -> None:
        """Compile those, under the line."""
        from .progress import shown

        parts = self.begun()
        with shown(parts, needed, later):
            self._complete(parts, needed)

    def _complete(self, parts: Parts, needed: frozenset[str]) -> None:
        before, self._is_within = self._is_within, True
        try:
            parts.complete(needed)
        finally:
            self._is_within = before
        keep_mark(parts)

    def news(self) -> list[str]:
        """What other threads than the main one had to say."""
        unsaid, self._unsaid = self._unsaid, []
        return unsaid

    def _say_that_it_waits(self) -> None:
        if self._has_said:
            return
        self._has_said = True
        if self.tell is not None and threading.current_thread() is threading.main_thread():
            self.tell(WAIT)
        else:
            self._unsaid = [WAIT]

    def stop(self) -> None:
        """The command is over."""
        if self.parts is not None:
            keep_mark(self.parts)
            self.parts.stop()
        self.parts = self.tell = None
        self._has_said, self._unsaid = False, []


first_start = _FirstStart()


@contextlib.contextmanager
def announced() -> Iterator[None]:
    """Meanwhile the first part that has to be compiled brings all others with it."""
    with _asking():
        try:
            yield
        finally:
            first_start.stop()


def ensure() -> None:
    """Compile what the first sound needs and is not on disk yet; the rest follows while it plays."""
    from ...dsp.native.build import is_shared

    if not is_complete():
        with _asking():
            needed = names_for_the_first_sound()
            parts = first_start.begun(needed)
            if not is_shared():  # nobody else can make anything for us
                first_start.complete_shown(parts.names)
                return
            first_start.complete_shown(needed, "while it plays")
            if not parts.is_done:
                parts.help_at_least(1)


def compile_all() -> None:
    """Compile everything that is not on disk, on all cores."""
    with _asking():
        first_start.complete_shown(first_start.begun().names)


@contextlib.contextmanager
def _asking() -> Iterator[None]:
    before, report.instead = report.instead, first_start.wanted
    try:
        yield
    finally:
        report.instead = before


def names_for_the_first_sound(module: str = "") -> frozenset[str]:
    """What a guitar through a model and a cabinet needs, and whatever stands in that module: a backend's callbacks."""
    from ...dsp.native.compile import ENTRIES
    from ...engine import NEEDED_FOR_SOUND

    with contextlib.suppress(ImportError, OSError):
        importlib.import_module(module or __name__)
    beside = {entry.name for entry in ENTRIES if entry.name.rpartition(".")[0] == module}
    return frozenset(beside | {entry.name for entry in NEEDED_FOR_SOUND})


def is_complete() -> bool:
    """Whether all of this build is on disk."""
    from ...dsp.native.build import cache_directory

    return (cache_directory() / ALL).exists()


def keep_mark(parts: Parts) -> None:
    """Once nothing is left, say so on disk: no later start looks again."""
    from ...dsp.native.build import cache_directory

    if parts.is_done:
        with contextlib.suppress(OSError):
            (cache_directory() / ALL).touch()


def waiting_parts() -> list[Entry]:
    """Whatever this build has not on disk yet."""
    from ...dsp.native.compile import ENTRIES

    for module in modules_with_entries():
        with contextlib.suppress(ImportError, OSError):  # a backend whose library is not installed
            importlib.import_module(module)
    return [entry for entry in ENTRIES if not entry.is_kept]


def modules_with_entries() -> list[str]:
    """The modules of rig that hold anything to compile, by their full names."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if f"\n{MARK}" in path.read_text(encoding="utf-8"):
            found.append(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
    return found
