"""The screen of a sitting in the terminal: what is heard, what each sound got, and what is still missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...compare.listening.scale import HIGHEST, word
from ...compare.listening.sitting import View
from ..display.colour import Marks
from ..display.rows import Row, Span

LETTERS = "abcdefghijk"  # keys of the positions, as `scale.letter` calls them
WIDEST_BAR, LEAST_BAR = 40, 10
TO_READ = 12  # characters behind the bar: the score and its word
HELP = (
    "a, b, c ...      hear that sound",
    "r, space         hear the reference; space goes back",
    "7 2 Enter        give 72 to what is heard (0 to 100)",
    "up, down         one point more, less; right, left: five points",
    "[ ]              the loop begins, ends where it is now; \\: the whole loop",
    "C                a comment on this screen (Enter keeps it)",
    "N                close the screen, for good",
    "q                leave; `rig listen` goes on where you were",
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the rows show beside the view. `typed`: digits of a score; `comment`: one that is being written, or None."""

    listening_to: int | None
    place_s: float
    loop_s: tuple[float, float]
    typed: str = ""
    comment: str | None = None
    said: str = ""
    help: bool = False


def rows(view: View, shown: Shown, size: tuple[int, int], marks: Marks) -> list[Row]:
    """All rows, for a terminal of so many columns and rows."""
    columns, _ = size
    found = [_head(view), _place(shown), _reference(shown)]
    found += [_position(view, shown, position, columns, marks) for position in range(view.positions)]
    found.append(())
    if shown.comment is not None:
        found.append((Span("Comment  "), Span(f"{shown.comment}_")))
    elif shown.typed:
        found.append((Span("Score    "), Span(f"{shown.typed}_")))
    elif shown.said:
        found.append((Span(shown.said),))
    else:
        found.append((Span(view.missing or "N closes this screen."),))
    if shown.help:
        found += [(Span(line),) for line in HELP]
    else:
        last = LETTERS[view.positions - 1]
        found.append((Span(f"a-{last} hear, r reference, digits Enter score, N next screen, ? keys, q leave"),))
    return found


def _head(view: View) -> Row:
    what = "Training" if view.phase == "training" else "Screen"
    kept = "  (scores are not kept)" if view.phase == "training" else ""
    return (Span(f"{what} {view.screen + 1} of {view.screens}", "strong"), Span(kept))


def _place(shown: Shown) -> Row:
    first, stop = shown.loop_s
    return (Span(f"{shown.place_s:4.1f} s of a loop from {first:.1f} to {stop:.1f} s"),)


def _reference(shown: Shown) -> Row:
    heard = shown.listening_to is None
    return (Span(f"{'>' if heard else ' '} R  reference", "strong" if heard else ""),)


def _position(view: View, shown: Shown, position: int, columns: int, marks: Marks) -> Row:
    heard, score = shown.listening_to == position, view.scores[position]
    begin = f"{'>' if heard else ' '} {LETTERS[position].upper()}  "
    width = max(LEAST_BAR, min(WIDEST_BAR, columns - len(begin) - TO_READ - 2))
    if score is None:
        told = "not heard" if not view.heard[position] else "heard" if view.phase == "training" else "not rated"
        return (Span(begin, "strong" if heard else ""), Span(f"{'':<{width}}  {told}"))
    filled = round(score * width / HIGHEST)
    bar = marks.full * filled + marks.empty * (width - filled)
    return (Span(begin, "strong" if heard else ""), Span(f"{bar}  {score:>3} {word(score)}"))


def plain_rows(found: Sequence[Row]) -> list[str]:
    """As text alone.

    >>> plain_rows([(Span("a"), Span("b"))])
    ['ab']
    """
    return ["".join(span.text for span in row) for row in found]
