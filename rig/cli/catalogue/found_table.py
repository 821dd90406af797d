"""Models of a library as a table: names stand whole where there is room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...files.folders import telling_names
from ...scripting.printable import printable
from ..tables import fitted, name_width

if TYPE_CHECKING:
    from ...catalogue.found import Found

WIDEST_SHAPE = 18
DASH = "-"


def found_table(models: Sequence[Found], shares: Mapping[str, float] | None = None) -> list[str]:
    """One line per model with what was asked for: distance, ESR, `shares` of real time by content hash."""
    names = [printable(name) for name in telling_names([model.path for model in models])]
    heads = ["what it is", "in dBu", "tone"]
    rows = [[_shape(model), _number(model.facts.input_level_dbu), model.facts.tone_type or DASH] for model in models]
    if shares is not None:
        heads.append("of real time")
        for model, row in zip(models, rows, strict=True):
            row.append(f"{shares[model.sha256]:.2%}" if model.sha256 in shares else DASH)
    if any(model.distance is not None for model in models):
        heads.append("apart")
        for model, row in zip(models, rows, strict=True):
            row.append(DASH if model.distance is None else f"{model.distance:.2f}")
    if any(model.esr is not None for model in models):
        heads.append("ESR")
        for model, row in zip(models, rows, strict=True):
            row.append(DASH if model.esr is None else f"{model.esr:.4f}")
    widths = [max(len(cell) for cell in column) for column in zip(heads, *rows, strict=True)]
    width = name_width(names, sum(widths) + 2 * len(widths))
    lines = [_line(fitted("model", width), heads, widths)]
    for model, name, row in zip(models, names, rows, strict=True):
        lines.append(_line(fitted(name, width), row, widths) + _copies(len(model.paths) - 1))
    return lines


def _line(name: str, cells: Sequence[str], widths: Sequence[int]) -> str:
    shape, *figures = cells
    right = [cell.rjust(width) for cell, width in zip(figures, widths[1:], strict=True)]
    return "  ".join([name, shape.ljust(widths[0]), *right]).rstrip()


def _copies(count: int) -> str:
    return f"  (+{count} {'copy' if count == 1 else 'copies'})" if count else ""


def _shape(model: Found) -> str:
    shape = model.facts.architecture
    return shape if len(shape) <= WIDEST_SHAPE else f"{shape[: WIDEST_SHAPE - 1]}…"


def _number(value: float | None) -> str:
    return DASH if value is None else f"{value:.1f}"
