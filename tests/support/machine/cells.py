"""A terminal of so many cells, as far as rig uses one: what a person sees of what a program prints.

Text, line ends, returns, erasing, going up or to a place, a second screen, and looks, which are only noted.
"""

from __future__ import annotations

import re

_PIECES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]")


class Cells:
    """What a terminal shows."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.is_full = False  # whether the second screen is shown
        self.looks: set[str] = set()  # that were used
        self._lines, self._row, self._column = [""], 0, 0
        self._kept: tuple[list[str], int, int] | None = None  # of the first screen, while the second one is shown

    def feed(self, text: str) -> None:
        """Take in what a program prints."""
        for piece in _PIECES.findall(text):
            if piece == "\n":
                self._down()
            elif piece == "\r":
                self._column = 0
            elif piece.startswith("\x1b"):
                self._steer(piece[2:-1], piece[-1])
            else:
                self._put(piece)

    def _down(self) -> None:
        self._row += 1
        self._reach()

    def _reach(self) -> None:
        while len(self._lines) <= self._row:
            self._lines.append("")

    def _put(self, character: str) -> None:
        if self._column == self.columns:
            self._column = 0
            self._down()
        line = self._lines[self._row].ljust(self._column)
        self._lines[self._row] = line[: self._column] + character + line[self._column + 1 :]
        self._column += 1

    def _steer(self, numbers: str, what: str) -> None:
        if what == "m":
            self.looks.add(numbers)
        elif what == "K":
            self._lines[self._row] = self._lines[self._row][: self._column]
        elif what == "J":
            if numbers == "2":
                self._lines[self._top :] = [""]
                self._reach()
            else:
                self._lines[self._row :] = [self._lines[self._row][: self._column]]
        elif what == "A":
            self._row = max(self._top, self._row - int(numbers or 1))
        elif what == "H":
            row, _, column = numbers.partition(";")
            self._row, self._column = self._top + int(row or 1) - 1, int(column or 1) - 1
            self._reach()
        elif numbers == "?1049":
            self._second_screen(what == "h")

    def _second_screen(self, is_shown: bool) -> None:
        if is_shown and self._kept is None:
            self._kept = self._lines, self._row, self._column
            self._lines, self._row, self._column = [""], 0, 0
        elif not is_shown and self._kept is not None:
            (self._lines, self._row, self._column), self._kept = self._kept, None
        self.is_full = self._kept is not None

    @property
    def _top(self) -> int:
        return 0 if self.is_full else max(0, len(self._lines) - self.rows)

    @property
    def shown(self) -> list[str]:
        """The lines that are on the screen now."""
        return self._lines[self._top :]

    @property
    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.shown)
