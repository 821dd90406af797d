"""A text that is longer than the screen, turned page by page, while everything else goes on."""

from __future__ import annotations

from collections.abc import Sequence

from .rows import Row, Span, joined, row_cut

LEAVE = ("q", "h", "?", "escape", "enter")
PAGE_ON, PAGE_BACK = (" ", "pagedown"), ("pageup", "backspace")
HINT = ("space, page keys, arrows: turn", "tab: next part", "q: back")
SHORT_HINT = ("space: on", "q: back")


class Pager:
    """Rows that are shown part by part. `heads`: the rows that begin a part, which `tab` goes to.

    Rows may depend on the width: `turn_to` takes those for another one, and stays at the same place.
    """

    def __init__(self, rows: Sequence[Row], heads: Sequence[int] = ()) -> None:
        self._rows, self._heads, self._first, self._height = list(rows), list(heads), 0, 1

    def turn_to(self, rows: Sequence[Row], heads: Sequence[int] = ()) -> None:
        """The same text for another width."""
        share = self._first / max(1, len(self._rows))
        self._rows, self._heads, self._first = list(rows), list(heads), round(share * len(rows))

    def press(self, key: str) -> str:
        """What a key does here: `left`, `turned`, or nothing (empty): then it is for somebody else."""
        page = max(1, self._height - 1)  # one row stays, to read on from
        last = max(0, len(self._rows) - self._height)
        if key in LEAVE:
            return "left"
        steps = {"down": 1, "up": -1, "home": -len(self._rows), "end": len(self._rows)}
        steps |= dict.fromkeys(PAGE_ON, page) | dict.fromkeys(PAGE_BACK, -page)
        if key == "tab":
            later = [head for head in self._heads if head > self._first]
            self._first = min(last, later[0]) if later and self._first < last else 0
        elif key in steps:
            self._first = min(last, max(0, self._first + steps[key]))
        else:
            return ""
        return "turned"

    def shown(self, columns: int, height: int) -> list[Row]:
        """So many rows: the text, and below it where one is."""
        self._height = max(1, height - 1)
        self._first = min(self._first, max(0, len(self._rows) - self._height))
        part = self._rows[self._first : self._first + self._height]
        end = self._first + len(part)
        place = f" {self._first + 1}-{end} of {len(self._rows)}" if len(part) < len(self._rows) else " all of it"
        room = columns - 1
        for words in (HINT, SHORT_HINT, ()):
            hint = joined([(Span(place),), *((Span(word),) for word in words)], "   ")
            if sum(len(span.text) for span in hint) < room:
                break
        bar = Span("".join(span.text for span in row_cut(hint, room)).ljust(room), "marked")
        return [*part, *[()] * (self._height - len(part)), (bar,)]
