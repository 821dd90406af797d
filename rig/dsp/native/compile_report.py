"""What is said when something really has to be compiled; nothing here imports numba."""

from __future__ import annotations

import sys
from collections.abc import Callable


class CompileReport:
    """Says each thing once in a process.

    Before the first cold compile `tell` is called with one sentence, or `instead` where that is set: a program that has
    a screen shows there how far it is. `compiled` counts entries that were compiled and not read from the cache.
    """

    def __init__(self) -> None:
        self.compiled, self._has_begun, self._has_told_of_damage = 0, False, False
        self.tell: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True)
        self.instead: Callable[[], None] | None = None

    def begin(self) -> None:
        """The first time: say that something is about to be compiled, or let the program compile all there is."""
        if self._has_begun:
            return
        self._has_begun = True
        if self.instead is not None:
            self.instead()
        else:
            self.tell("Compiling rig for this CPU; the result is kept for the next start ...")

    def damaged(self, folder: object) -> None:
        """Say that code on disk was not used."""
        if not self._has_told_of_damage:
            self.tell(f"Compiled code in {folder} is damaged: it is thrown away and compiled again.")
        self._has_told_of_damage = True


report = CompileReport()
