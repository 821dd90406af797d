"""The little of SVG that these pictures need: shapes on a card, and the text of a terminal in its cells."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

INK, FAINT, PAPER, LINE = "#1f2430", "#667085", "#fbfaf7", "#475467"
DARK, LIGHT, TYPED, BUTTONS = "#1b1e27", "#e4e7ec", "#7fd1a3", ("#ec6a5e", "#f4bf4f", "#61c554")
FILLS = {"sound": "#dbe9f6", "model": "#fde3c3", "control": "#e4e0f3", "side": "#e6ece0", "plain": "#ffffff"}
SANS = "font-family='Helvetica, Arial, sans-serif'"
CELL_W, CELL_H, FONT = 8.4, 18.0, 14


class Drawing:
    """A card of so many units; everything is placed by its middle or its corner, in units."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self._parts = [
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:g} {height:g}' width='{width:g}' role='img'>",
            f"<title>{escape(title)}</title>",
            f"<defs><marker id='tip' viewBox='0 0 10 10' refX='9' refY='5' markerWidth='7' markerHeight='7' "
            f"orient='auto-start-reverse'><path d='M0 0L10 5L0 10z' fill='{LINE}'/></marker></defs>",
            f"<rect width='{width:g}' height='{height:g}' rx='10' fill='{PAPER}'/>",
        ]

    def box(self, x: float, y: float, w: float, h: float, text: str, kind: str = "plain", note: str = "") -> None:
        """A box around (x, y), with a line of text and a smaller one below it."""
        self._parts.append(
            f"<rect x='{x - w / 2:g}' y='{y - h / 2:g}' width='{w:g}' height='{h:g}' rx='6' fill='{FILLS[kind]}' "
            f"stroke='{LINE}'/>"
        )
        self.text(x, y + (-3 if note else 5), text)
        if note:
            self.text(x, y + 13, note, size=11, colour=FAINT)

    def frame(self, x: float, y: float, w: float, h: float, text: str) -> None:
        """A dashed frame with its corner at (x, y), and its name in the corner."""
        self._parts.append(
            f"<rect x='{x:g}' y='{y:g}' width='{w:g}' height='{h:g}' rx='8' fill='none' stroke='{FAINT}' "
            "stroke-dasharray='5 4'/>"
        )
        self.text(x + 10, y + 17, text, size=12, colour=FAINT, anchor="start")

    def text(self, x: float, y: float, text: str, size: float = 14, colour: str = INK, anchor: str = "middle") -> None:
        """One line of text."""
        self._parts.append(
            f"<text x='{x:g}' y='{y:g}' {SANS} font-size='{size:g}' fill='{colour}' "
            f"text-anchor='{anchor}'>{escape(text)}</text>"
        )

    def arrow(self, *points: tuple[float, float], dashed: bool = False) -> None:
        """A line through points, with a tip at its end."""
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
        dash = " stroke-dasharray='5 4'" if dashed else ""
        self._parts.append(
            f"<path d='{path}' fill='none' stroke='{LINE}' stroke-width='1.6'{dash} marker-end='url(#tip)'/>"
        )

    def save(self, path: Path) -> None:
        """Write it."""
        path.write_text("\n".join([*self._parts, "</svg>\n"]), encoding="utf-8")


def terminal(lines: Sequence[str], path: Path, title: str, columns: int) -> None:
    """A dark window with these lines; each keeps to its cells, whatever font the reader has."""
    width, height = columns * CELL_W + 32, len(lines) * CELL_H + 58
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:g} {height:g}' width='{width:g}' role='img'>",
        f"<title>{escape(title)}</title>",
        f"<rect width='{width:g}' height='{height:g}' rx='10' fill='{DARK}'/>",
        *(f"<circle cx='{20 + 18 * k}' cy='18' r='5.5' fill='{colour}'/>" for k, colour in enumerate(BUTTONS)),
        f"<text x='{width / 2:g}' y='23' {SANS} font-size='13' fill='{FAINT}' text-anchor='middle'>{escape(title)}"
        "</text>",
        f"<g font-family='DejaVu Sans Mono, Menlo, Consolas, monospace' font-size='{FONT}' fill='{LIGHT}'>",
    ]
    for k, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        text = line.strip().replace(" ", "\N{NO-BREAK SPACE}")  # browsers fold several plain ones into one
        if text:
            colour = f" fill='{TYPED}'" if line.startswith("$ ") else ""
            parts.append(
                f"<text x='{16 + indent * CELL_W:g}' y='{52 + k * CELL_H:g}' textLength='{len(text) * CELL_W:g}' "
                f"lengthAdjust='spacingAndGlyphs'{colour}>{escape(text)}</text>"
            )
    path.write_text("\n".join([*parts, "</g>", "</svg>\n"]), encoding="utf-8")
