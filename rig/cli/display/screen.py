"""The screen of a live command: sentences that stay, rows at the bottom that are rewritten, or one view of all."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any, TextIO

from ...scripting.printable import printable
from ..terminal import fitted
from .colour import colour_wanted, is_dumb, marks_of, painted
from .rows import Row, Span, cells, row_cells, row_cut

MOST_WAITING = 1000  # sentences that are said while a view has the whole screen
WARNING = "Warning "  # the label of what stands out
SMALLEST = (10, 2)  # columns and rows: less is taken for so much


class Screen:
    """Sentences that stay, and rows at the bottom that are rewritten; without a terminal a line comes now and then.

    `full` gives all of the screen to one view, sentences wait until `leave`. When nobody reads any more (the terminal
    or the pipe was closed) KeyboardInterrupt is raised, once: that is the end of a command, as Ctrl-C is. Nothing is
    written afterwards.
    """

    QUIET_S = 10.0  # between live lines in a log file

    def __init__(self, stream: TextIO | None = None) -> None:
        stream = sys.stdout if stream is None else stream
        self._stream: TextIO | None = getattr(stream, "raw", stream)  # None: there is no standard output
        is_terminal = self._stream is not None and self._stream.isatty()
        self.is_live = is_terminal and not is_dumb()  # whether rows can be rewritten
        self.marks, self._colour = marks_of(self._stream), colour_wanted(is_terminal)
        self._is_fitted, self._last = is_terminal, -self.QUIET_S
        self._rows: list[Row] = []  # at the bottom
        self._view: list[str] | None = None  # what a view shows; None: no view has the screen
        self._size = (0, 0)
        self._waiting: list[str] = []
        self._on_stop: Any = None
        self._is_to_stop = False

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            assert self._stream is not None
            columns, rows = os.get_terminal_size(self._stream.fileno())
            if columns and rows:
                return max(columns, SMALLEST[0]), max(rows, SMALLEST[1])
        columns, rows = shutil.get_terminal_size()
        return max(columns, SMALLEST[0]), max(rows, SMALLEST[1])

    # ------------------------------------------------------------ sentences
    def say(self, text: str) -> None:
        """One or more lines that stay."""
        text = printable(text, keep="\n")
        if self._view is not None:
            self._waiting = [*self._waiting[1 - MOST_WAITING :], text]
            return
        shown = self._painted(fitted(text, self.size[0]) if self._is_fitted else text)
        if self.is_live:
            rows, self._rows = self._rows, []
            self._write(f"{self._to_first_row(rows)}\x1b[J{shown}\n")
        else:
            self._write(f"{shown}\n")

    def _painted(self, text: str) -> str:
        if not text.startswith(WARNING):
            return text
        return painted((Span(WARNING, "warning"), Span(text[len(WARNING) :])), self._colour)

    # ------------------------------------------------------------ the rows at the bottom
    def line(self, *forms: str) -> None:
        """One row: the first of its forms that fits the terminal, or the last one, cut; in a log, now and then."""
        if self.is_live:
            width = self.size[0] - 1
            self.rows([(Span(next((form for form in forms if cells(form) <= width), forms[-1])),)])
        elif time.monotonic() - self._last >= self.QUIET_S:
            self._last = time.monotonic()
            self.say(forms[0])

    def rows(self, rows: Sequence[Row]) -> None:
        """The rows at the bottom, each cut at the edge."""
        if not self.is_live or self._view is not None:
            return
        size = self.size
        width = size[0] - 1
        new = [row_cut([Span(printable(s.text), s.look) for s in row], width) for row in rows]
        if not new and not self._rows:
            return
        erased = self._to_first_row(self._rows)
        if size != self._size:  # terminals know which lines they have broken, and join them again when they grow
            erased, self._size = f"{erased}\x1b[J", size
        self._rows = new
        text = "\n".join(f"{painted(row, self._colour)}\x1b[K" for row in new)
        self._write(f"{erased}{text}\x1b[J")

    def _to_first_row(self, rows: Sequence[Row]) -> str:
        """From the end of the last row to the start of the first, where a narrower terminal has broken some of them."""
        columns = self.size[0]
        up = sum(max(1, -(-row_cells(row) // columns)) for row in rows) - 1
        return f"\r\x1b[{up}A" if up > 0 else "\r"

    def forget_rows(self) -> None:
        """Somebody else has written below them: they are left where they are."""
        self._rows = []

    def end(self) -> None:
        """Leave the rows at the bottom, and any view."""
        self.leave()
        if self.is_live and self._rows:
            self._rows = []
            self._write("\n")

    # ------------------------------------------------------------ one view for all of it
    @property
    def is_full(self) -> bool:
        """Whether a view has the screen."""
        return self._view is not None

    def full(self, rows: Sequence[Row]) -> None:
        """Show a view on all of the screen: from its first row on, what is left stays empty."""
        if not self.is_live:
            return
        columns, height = size = self.size
        begins = ""
        if self._view is None:
            begins, self._view = "\x1b[?1049h\x1b[?25l\x1b[2J", [""] * height
            self._watch_for_stop()
        elif self._size != size:
            begins, self._view = "\x1b[2J", [""] * height
        self._size = size
        changed = [begins]
        for number in range(height):
            row = rows[number] if number < len(rows) else ()
            text = painted(row_cut([Span(printable(s.text), s.look) for s in row], columns - 1), self._colour)
            if text != self._view[number]:
                self._view[number] = text
                changed.append(f"\x1b[{number + 1};1H{text}\x1b[K")
        if any(changed):
            self._write("".join(changed))
        if self._is_to_stop:
            self._stop()

    def leave(self) -> None:
        """Give the screen back to the sentences; those that have waited come now."""
        if self._view is None:
            return
        self._view = None
        self._watch_no_more()
        self._write(self._back())
        waiting, self._waiting = self._waiting, []
        for text in waiting:
            self.say(text)

    @staticmethod
    def _back() -> str:
        # Linux's own console has one screen only.
        cleared = "\x1b[2J\x1b[H" if os.environ.get("TERM", "").startswith("linux") else ""
        return f"\x1b[0m{cleared}\x1b[?25h\x1b[?1049l"

    # ------------------------------------------------------------ Ctrl-Z while a view has the screen
    def _watch_for_stop(self) -> None:
        def note(number: int, frame: FrameType | None) -> None:
            self._is_to_stop = True  # nothing is written here: a write may be under way

        if sys.platform == "win32":  # which has no jobs
            return
        with contextlib.suppress(ValueError):  # not the main thread
            if signal.getsignal(signal.SIGTSTP) == signal.SIG_DFL:
                self._on_stop = signal.signal(signal.SIGTSTP, note)

    def _watch_no_more(self) -> None:
        if sys.platform != "win32" and self._on_stop is not None:
            signal.signal(signal.SIGTSTP, self._on_stop)
            self._on_stop = None

    def _stop(self) -> None:
        """Stop as any program does, with the terminal as it was; then show the view anew."""
        self._is_to_stop = False
        self._watch_no_more()
        self._write(self._back())
        if sys.platform != "win32":
            signal.raise_signal(signal.SIGTSTP)
        self._rows = []  # the shell has written below them
        self._view = None

    # ------------------------------------------------------------ writing
    def _write(self, text: str) -> None:
        stream = self._stream
        if stream is None:
            return
        try:
            stream.write(text)
            stream.flush()
        except (OSError, ValueError) as error:
            self._stream = None
            # Python writes what is left at exit, and would complain.
            if stream is getattr(sys.stdout, "raw", sys.stdout):
                with contextlib.suppress(OSError, ValueError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            raise KeyboardInterrupt from error
