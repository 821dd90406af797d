"""Text in the cells of a terminal: how wide it is, how it is shortened, and rows that never grow longer than they may.

A row is a tuple of spans, each a text and a look (`colour.py`): so widths are counted before any colour comes in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a row. `look`: a name of `colour.LOOKS`; empty: as the terminal shows text."""

    text: str
    look: str = ""


Row = tuple[Span, ...]


def cells(text: str) -> int:
    """How many cells of a terminal a text takes: characters of the far east take two, accents of their own none.

    >>> cells("cab"), cells("\N{CJK UNIFIED IDEOGRAPH-97F3}"), cells("e\N{COMBINING ACUTE ACCENT}")
    (3, 2, 1)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


@cache
def _width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """As much of the beginning as fits.

    >>> cut("cabinet", 3), cut("cab", 9)
    ('cab', 'cab')
    """
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for character in text:
        used += _width(character)
        if used > width:
            break
        kept.append(character)
    return "".join(kept)


def shortened(text: str, width: int, dots: str = "…") -> str:
    """Without its middle where it is too long, as the ends tell files apart.

    >>> shortened("mesa-4x12-v30-sm57-edge.wav", 15), shortened("57.wav", 15), shortened("57.wav", 2)
    ('mesa-4x…dge.wav', '57.wav', '57')
    """
    if cells(text) <= width:
        return text
    if width < 2 + cells(dots):
        return cut(text, width)
    behind = (width - cells(dots)) // 2
    return f"{cut(text, width - cells(dots) - behind)}{dots}{cut(text[::-1], behind)[::-1]}"


def ended(text: str, width: int, dots: str = "…") -> str:
    """The beginning of a sentence that is too long, and that it goes on."""
    return text if cells(text) <= width else cut(text, width - cells(dots)) + dots


def row_cells(row: Iterable[Span]) -> int:
    """How many cells a row takes."""
    return sum(cells(span.text) for span in row)


def row_text(row: Iterable[Span]) -> str:
    """What a row says, without its looks."""
    return "".join(span.text for span in row)


def row_cut(row: Iterable[Span], width: int) -> Row:
    """As much of the beginning of a row as fits."""
    kept: list[Span] = []
    for span in row:
        text = cut(span.text, width)
        width -= cells(text)
        if text:
            kept.append(Span(text, span.look))
        if text != span.text:
            break
    return tuple(kept)


def joined(parts: Sequence[Row], gap: str = "  ") -> Row:
    """Parts side by side."""
    spans: list[Span] = []
    for part in parts:
        if spans and part:
            spans.append(Span(gap))
        spans += part
    return tuple(spans)


def wrapped(words: Sequence[Span], width: int, gap: str = "  ") -> list[Row]:
    """Words in as many rows as they need; a word that is longer than a row is cut."""
    rows: list[list[Row]] = []
    for word in words:
        part = row_cut((word,), width)
        if not part:
            continue
        if rows and row_cells(joined([*rows[-1], part], gap)) <= width:
            rows[-1].append(part)
        else:
            rows.append([part])
    return [joined(parts, gap) for parts in rows]


def shared(wanted: Sequence[int], room: int, least: int) -> list[int] | None:
    """Room for texts of these widths: the longest give way first, down to `least`; None: there is too little.

    >>> shared([20, 4, 30], 40, 8), shared([20, 20], 10, 8)
    ([18, 4, 18], None)
    """
    widths = list(wanted)
    floor = [min(width, least) for width in widths]
    while sum(widths) > room:
        longest = max(range(len(widths)), key=lambda k: (widths[k] - floor[k] > 0, widths[k]), default=None)
        if longest is None or widths[longest] <= floor[longest]:
            return None
        widths[longest] -= 1
    return widths
