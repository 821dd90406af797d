"""A little colour: for states, warnings and what clips; none where it is not wanted or cannot be shown.

NO_COLOR (not empty) means none, whatever else is set. FORCE_COLOR or CLICOLOR_FORCE (not empty, not 0) mean colour also
where output is no terminal. Else there is colour on a terminal, unless CLICOLOR=0 or TERM=dumb say otherwise.

Looks bring their own ground, or are bold, or red, which can be read on a dark and on a light ground alike.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from .rows import Row

LOOKS = {
    "alarm": "1;97;41",  # white on red: recording, no server, clipping
    "state": "30;43",  # black on yellow: muted, bypassed, overloaded
    "good": "30;42",  # black on green: in tune
    "strong": "1",
    "warning": "1;31",
    "marked": "7",  # the line of a page that says how it is turned
}


def colour_wanted(is_terminal: bool, environment: Mapping[str, str] | None = None) -> bool:
    """Whether colour is to be shown, by the conventions that other programs follow."""
    values = os.environ if environment is None else environment
    if values.get("NO_COLOR"):
        return False
    if any(values.get(name, "") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return is_terminal and values.get("CLICOLOR") != "0" and not is_dumb(values)


def is_dumb(environment: Mapping[str, str] | None = None) -> bool:
    """Whether the terminal can do nothing but write lines."""
    if sys.platform == "win32":
        from .windows_console import shows_escapes

        if not shows_escapes():
            return True
    return (os.environ if environment is None else environment).get("TERM") == "dumb"


def painted(row: Row, colour: bool) -> str:
    """A row as it is written; without colour its text alone."""
    if not colour:
        return "".join(span.text for span in row)
    return "".join(f"\x1b[{LOOKS[span.look]}m{span.text}\x1b[0m" if span.look else span.text for span in row)


class Marks:
    """The characters that bars and letters are made of: those every console has, or ASCII where even they are not."""

    def __init__(self, encoding: str | None) -> None:
        try:
            "█▓▌─═│▀▄…".encode(encoding or "ascii")
            self.is_plain = False
        except (UnicodeEncodeError, LookupError):
            self.is_plain = True
        plain = self.is_plain
        self.full, self.in_zone, self.half = ("#", "*", "") if plain else ("█", "▓", "▌")
        self.empty, self.zone, self.held = (".", "=", "|") if plain else ("─", "═", "│")
        self.upper, self.lower = ("", "") if plain else ("▀", "▄")
        self.dots = "..." if plain else "…"


def marks_of(stream: TextIO | None) -> Marks:
    """Those that a stream can write."""
    return Marks(getattr(stream, "encoding", None))
