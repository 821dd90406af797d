"""The keys in force as a page: a part per group of commands, in one column or, where there is room, in two."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from ...player.command import Command
from ...player.key_map import Keys, keys_of
from ..display.rows import Row, Span, cells

KEY_CELLS, GAP = 18, 2
NARROW = 56  # columns below which a text stands under its keys
TWO_COLUMNS = 140
BETWEEN = 4


def help_page(
    groups: Mapping[str, tuple[Command[Any], ...]], keys: Keys, columns: int, title: str = "Keys"
) -> tuple[list[Row], list[int]]:
    """The rows for so many columns, and which of them begin a part."""
    width = columns - 1
    if columns >= TWO_COLUMNS:
        width = (width - BETWEEN) // 2
    parts = [_part(name or title, commands, keys, width) for name, commands in groups.items()]
    parts = [part for part in parts if len(part) > 1]
    if columns < TWO_COLUMNS:
        return _below_each_other(parts)
    half = min(range(1, len(parts) + 1), key=lambda k: max(_height(parts[:k]), _height(parts[k:])))
    left, heads = _below_each_other(parts[:half])
    right, _ = _below_each_other(parts[half:])
    rows: list[Row] = []
    for number in range(max(len(left), len(right))):
        row = left[number] if number < len(left) else ()
        beside = right[number] if number < len(right) else ()
        filled = (*row, Span(" " * (width + BETWEEN - sum(cells(span.text) for span in row))))
        rows.append((*filled, *beside) if beside else row)
    return rows, heads


def _height(parts: list[list[Row]]) -> int:
    return sum(map(len, parts)) + max(0, len(parts) - 1)


def _below_each_other(parts: list[list[Row]]) -> tuple[list[Row], list[int]]:
    rows: list[Row] = []
    heads = []
    for part in parts:
        rows += [()] if rows else []
        heads.append(len(rows))
        rows += part
    return rows, heads


def _part(title: str, commands: tuple[Command[Any], ...], keys: Keys, width: int) -> list[Row]:
    rows: list[Row] = [(Span(title, "strong"),)]
    for command in commands:
        pressed = keys_of(command, keys)
        if not pressed:
            continue
        text = command.text + (f" ({command.range})" if command.range else "")
        if width < NARROW:
            rows += [(Span(line),) for line in _filled(f"  {pressed}", 4, width)]
            rows += [(Span(line),) for line in _filled(f"      {text}", 6, width)]
            continue
        column = 2 + KEY_CELLS + GAP
        first, *more = textwrap.wrap(text, width - column, break_on_hyphens=False) or [""]
        head = f"  {pressed:<{KEY_CELLS}}{'' if len(pressed) > KEY_CELLS else ' ' * GAP}"
        if len(pressed) > KEY_CELLS:
            rows.append((Span(head.rstrip()),))
            head = " " * column
        rows += [(Span(f"{head}{first}"),), *((Span(" " * column + line),) for line in more)]
    return rows


def _filled(text: str, indent: int, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]
