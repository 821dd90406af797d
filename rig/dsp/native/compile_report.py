"""What is said when something really has to be compiled; nothing here imports numba."""

from __future__ import annotations

import sys
from collections.abc import Callable


class CompileReport:
    """Says each thing once in a process.

    Before the first cold compile `tell` is called with one sentence. Where `instead` is set, it is called before each,
    with the name of the entry: it may have others compile that, and show how far they are. `compiled` counts entries
    that were compiled in this process.
    """

    def __init__(self) -> None:
        self.compiled, self._has_begun, self._has_told_of_damage = 0, False, False
        self.tell: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True)
        self.instead: Callable[[str], None] | None = None

    def begin(self, name: str) -> None:
        """Say that something is about to be compiled, or let the program see to the entry of that name."""
        if self.instead is not None:
            self.instead(name)
        elif not self._has_begun:
            self.tell("Compiling rig for this CPU; the result is kept for the next start ...")
        self._has_begun = True

    def damaged(self, folder: object) -> None:
        """Say that code on disk was not used."""
        if not self._has_told_of_damage:
            self.tell(f"Compiled code in {folder} is damaged: it is thrown away and compiled again.")
        self._has_told_of_damage = True


report = CompileReport()
