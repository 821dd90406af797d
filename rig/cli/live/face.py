"""What a live session shows on a terminal: rows at the bottom, the stage view, or pages to turn; and their own keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ...player.command import Command
from ...player.key_map import Keys as KeyMap
from ..display.pager import Pager
from ..display.rows import Row, Span
from ..display.screen import Screen
from ..terminal import Keys, fitted
from .help_page import help_page

LEAVE_STAGE = ("q", "escape")
SAID_S = 8.0  # how long a sentence is shown on the stage view
BESIDE_ROWS = 4  # rows of a screen that a text leaves to others before it is shown in pages


Size = tuple[int, int]  # columns and rows of a terminal


def _nothing_typed(width: int) -> str:
    return ""


class Face:
    """The views of one session. `keys` is there as soon as keys are read: without them no view could be left."""

    def __init__(
        self, screen: Screen, groups: Mapping[str, tuple[Command[Any], ...]], keys: KeyMap, help_text: str
    ) -> None:
        self.screen = screen
        self.keys: Keys | None = None
        self._groups, self._key_map, self._help_text = groups, keys, help_text
        self._pager: Pager | None = None
        self._page: Callable[[int], tuple[list[Row], list[int]]] = lambda _: ([], [])
        self._columns = 0  # that the page was made for
        self._is_on_stage = False
        self._said, self._said_at = "", -SAID_S

    @property
    def _can_view(self) -> bool:
        return self.screen.is_live and self.keys is not None and self.keys.present

    # ------------------------------------------------------------ what is told
    def say(self, text: str) -> None:
        """A sentence; one that is longer than the screen is shown in pages too."""
        self.screen.say(text)
        self._said, self._said_at = text, time.monotonic()
        if self._can_view and self._pager is None:
            columns, rows = self.screen.size
            if fitted(text, columns - 1).count("\n") >= rows - BESIDE_ROWS:
                self._open(lambda columns: ([(Span(line),) for line in fitted(text, columns - 1).split("\n")], []))

    def help(self) -> None:
        """The keys: in pages, or where that cannot be, as sentences."""
        if self._can_view:
            self._open(lambda columns: help_page(self._groups, self._key_map, columns))
        else:
            self.screen.say(self._help_text)

    def _open(self, page: Callable[[int], tuple[list[Row], list[int]]]) -> None:
        self._page, self._columns = page, self.screen.size[0]
        self._pager = Pager(*page(self._columns))

    def stage(self) -> None:
        """The stage view, or no more of it."""
        if self._can_view:
            self._is_on_stage = not self._is_on_stage

    # ------------------------------------------------------------ keys
    def press(self, key: str) -> bool:
        """Whether a view has taken this key for itself; all others do what they always do."""
        if self._pager is not None:
            done = self._pager.press(key)
            if done == "left":
                self._pager = None
            return bool(done)
        if self._is_on_stage and key in LEAVE_STAGE:
            self._is_on_stage = False
            return True
        return False

    def make_room(self) -> None:
        """A text is to be typed: pages are put away."""
        self._pager = None

    # ------------------------------------------------------------ showing
    def show(
        self,
        rows: Callable[[Size, str], list[Row]],
        stage: Callable[[Size, str, str], list[Row]] | None = None,
        typed: Callable[[int], str] = _nothing_typed,
    ) -> None:
        """Show how things stand now: `rows` at the bottom, or the stage view.

        Both are asked with the size of the terminal, the latter with the last sentence too, and with what is `typed`.
        """
        if self.keys is not None and self.keys.was_stopped:
            self.keys.was_stopped = False
            self.screen.forget_rows()
        size = self.screen.size
        text = typed(size[0] - 1)
        if self._pager is not None:
            if size[0] != self._columns:
                self._columns = size[0]
                self._pager.turn_to(*self._page(size[0]))
            state = rows((size[0], 1), "")[:1]
            self.screen.full([*self._pager.shown(size[0], size[1] - len(state)), *state])
        elif self._is_on_stage and stage is not None:
            said = self._said if time.monotonic() - self._said_at < SAID_S else ""
            self.screen.full(stage(size, " ".join(said.split()), text))
        else:
            self.screen.leave()
            self.screen.rows(rows(size, text))
