"""How models, cabinets and sounds look in a notebook: small tables and curves as HTML, everything in them escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .printable import in_html as escape

WIDTH, HEIGHT = 240, 60  # of a curve, in CSS pixels
LONGEST_NAME = 60  # characters of a name in one line


def short(name: str) -> str:
    """A name in quotes on one line, cut if it is very long.

    >>> short("e570")
    "'e570'"
    """
    return repr(name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…")


def line(kind: str, name: str | None, facts: Iterable[str | None]) -> str:
    """The one line of a `repr`: what it is, its name, and the facts there are.

    >>> line("rig.IR", "v30.wav", ["mono", None, "48000 Hz"])
    "<rig.IR 'v30.wav': mono, 48000 Hz>"
    """
    head = kind if name is None else f"{kind} {short(name)}"
    return f"<{head}: {', '.join(fact for fact in facts if fact)}>"


def table(title: str, rows: Iterable[tuple[str, str | None]], picture: str = "") -> str:
    """A table of what is known, a row for each label; rows of None are left out. `picture` is HTML, made here."""
    cells = "".join(
        f'<tr><th style="text-align:left">{escape(label)}</th><td style="text-align:left">{escape(value)}</td></tr>'
        for label, value in rows
        if value
    )
    return f"<div><strong>{escape(title)}</strong>{picture}<table>{cells}</table></div>"


def curve(points: Sequence[tuple[float, float]], marks: Sequence[float], label: str) -> str:
    """Points from 0 to 1, to the right and upwards, as a small picture in the text's own colour.

    `marks`: where upright lines stand, from 0 to 1; `label` says what it shows to a pointer and to a reader of screens.
    """
    grid = "".join(f"M{x * WIDTH:.1f} 0V{HEIGHT}" for x in marks)
    path = " ".join(f"{x * WIDTH:.1f},{(1 - y) * HEIGHT:.1f}" for x, y in points)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" style="display:block;margin:4px 0"><title>{escape(label)}</title>'
        f'<path d="{grid}" stroke="currentColor" stroke-opacity="0.25"/>'
        f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>'
    )
