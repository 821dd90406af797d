"""What a service says: sentences for a journal or a file, and no line that changes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection

from ...player.events import Event
from ..display.screen import Screen
from ..live.sentences import Teller
from ..terminal import Keys

UNSAID = ("value", "help", "stage")  # a slider that is drawn, and what only a screen can show


class Log(Screen):
    """A `Screen` without rows. One that nobody reads, or that cannot be written, stops nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.is_live = False

    def line(self, *forms: str) -> None:
        """Nothing: how things stand is for those who look, in the page."""

    def _write(self, text: str) -> None:
        with contextlib.suppress(KeyboardInterrupt):  # that is how a `Screen` says that nobody reads any more
            super()._write(text)


class LogTeller(Teller):
    """Writes what a player tells. Where a key is meant it names the command for a shell, as there are no keys."""

    def __init__(self, say: Callable[[str], None], commands: Collection[str]) -> None:
        super().__init__(say, {}, commands, "")

    def way(self, name: str, direction: int = 0) -> str | None:
        """How a command is carried out from another terminal; None: there is no such command."""
        return f"rig remote {name}" if name in self._commands else None

    def __call__(self, event: Event) -> None:
        """Write it."""
        if event.kind not in UNSAID:
            super().__call__(event)


class NoKeys(Keys):
    """A terminal that is left alone."""

    def __enter__(self) -> NoKeys:
        return self
