"""Tables of files: names stand whole where there is room or no terminal, else without their middle."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

LEAST = 16  # characters of a name, however narrow the terminal is


def columns() -> int | None:
    """The width of the terminal that standard output is; None: it is a file or a pipe, where lines may be long."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns


def name_width(names: Sequence[str], rest: int) -> int:
    """How wide a column of names is beside `rest` other characters in a line."""
    widest, room = max(map(len, names), default=0), columns()
    return widest if room is None else min(widest, max(LEAST, room - rest))


def fitted(name: str, width: int) -> str:
    """A name in so many characters; a longer one without its middle, as the ends tell files apart.

    >>> fitted("57.wav", 8), fitted("mesa-4x12-v30-sm57-edge.wav", 15)
    ('57.wav  ', 'mesa-4x…dge.wav')
    """
    if len(name) > width:
        half = width // 2
        name = f"{name[: width - half - 1]}…{name[-half:]}" if half else name[:width]
    return name.ljust(width)
