"""Large letters of blocks, to be read from the other end of a stage: five dots wide and seven high, times a scale.

Each strip of `FONT` shows its characters in the first line and their dots below. `b` is the flat of a note; any other
small letter is shown as the capital. Where half blocks can be shown, two dots stand above each other in one cell.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from .colour import Marks

FONT = r"""
A      B      C      D      E      F      G      H      I      J      K      L      M
.###.  ####.  .###.  ####.  #####  #####  .###.  #...#  .###.  ..###  #...#  #....  #...#
#...#  #...#  #...#  #...#  #....  #....  #...#  #...#  ..#..  ...#.  #..#.  #....  ##.##
#...#  #...#  #....  #...#  #....  #....  #....  #...#  ..#..  ...#.  #.#..  #....  #.#.#
#####  ####.  #....  #...#  ####.  ####.  #.###  #####  ..#..  ...#.  ##...  #....  #.#.#
#...#  #...#  #....  #...#  #....  #....  #...#  #...#  ..#..  ...#.  #.#..  #....  #...#
#...#  #...#  #...#  #...#  #....  #....  #...#  #...#  ..#..  #..#.  #..#.  #....  #...#
#...#  ####.  .###.  ####.  #####  #....  .####  #...#  .###.  .##..  #...#  #####  #...#

N      O      P      Q      R      S      T      U      V      W      X      Y      Z
#...#  .###.  ####.  .###.  ####.  .####  #####  #...#  #...#  #...#  #...#  #...#  #####
#...#  #...#  #...#  #...#  #...#  #....  ..#..  #...#  #...#  #...#  #...#  #...#  ....#
##..#  #...#  #...#  #...#  #...#  #....  ..#..  #...#  #...#  #...#  .#.#.  .#.#.  ...#.
#.#.#  #...#  ####.  #...#  ####.  .###.  ..#..  #...#  #...#  #.#.#  ..#..  ..#..  ..#..
#..##  #...#  #....  #.#.#  #.#..  ....#  ..#..  #...#  #...#  #.#.#  .#.#.  ..#..  .#...
#...#  #...#  #....  #..#.  #..#.  ....#  ..#..  #...#  .#.#.  #.#.#  #...#  ..#..  #....
#...#  .###.  #....  .##.#  #...#  ####.  ..#..  .###.  ..#..  .#.#.  #...#  ..#..  #####

0      1      2      3      4      5      6      7      8      9      #      b      .
.###.  ..#..  .###.  #####  ...#.  #####  ..##.  #####  .###.  .###.  .#.#.  #....  .....
#...#  .##..  #...#  ...#.  ..##.  #....  .#...  ....#  #...#  #...#  .#.#.  #....  .....
#..##  ..#..  ....#  ..#..  .#.#.  ####.  #....  ...#.  #...#  #...#  #####  #.##.  .....
#.#.#  ..#..  ...#.  ...#.  #..#.  ....#  ####.  ..#..  .###.  .####  .#.#.  ##..#  .....
##..#  ..#..  ..#..  ....#  #####  ....#  #...#  .#...  #...#  ....#  #####  #...#  .....
#...#  ..#..  .#...  #...#  ...#.  #...#  #...#  .#...  #...#  ...#.  .#.#.  #...#  .##..
.###.  .###.  #####  .###.  ...#.  .###.  .###.  .#...  .###.  .##..  .#.#.  ####.  .##..

,      :      ;      !      ?      '      "      -      _      +      =      /      \
.....  .....  .....  ..#..  .###.  ..#..  .#.#.  .....  .....  .....  .....  .....  .....
.....  .##..  .##..  ..#..  #...#  ..#..  .#.#.  .....  .....  ..#..  .....  ....#  #....
.....  .##..  .##..  ..#..  ....#  .#...  .#.#.  .....  .....  ..#..  #####  ...#.  .#...
.....  .....  .....  ..#..  ...#.  .....  .....  #####  .....  #####  .....  ..#..  ..#..
.##..  .##..  .##..  ..#..  ..#..  .....  .....  .....  .....  ..#..  #####  .#...  ...#.
..#..  .##..  ..#..  .....  .....  .....  .....  .....  .....  ..#..  .....  #....  ....#
.#...  .....  .#...  ..#..  ..#..  .....  .....  .....  #####  .....  .....  .....  .....

(      )      [      ]      <      >      &      *      %      @      $      ~      …
...#.  .#...  .###.  .###.  ...#.  .#...  .##..  .....  ##...  .###.  ..#..  .....  .....
..#..  ..#..  .#...  ...#.  ..#..  ..#..  #..#.  ..#..  ##..#  #...#  .####  .....  .....
.#...  ...#.  .#...  ...#.  .#...  ...#.  #.#..  #.#.#  ...#.  ....#  #.#..  .#...  .....
.#...  ...#.  .#...  ...#.  #....  ....#  .#...  .###.  ..#..  .##.#  .###.  #.#.#  .....
.#...  ...#.  .#...  ...#.  .#...  ...#.  #.#.#  #.#.#  .#...  #.#.#  ..#.#  ...#.  .....
..#..  ..#..  .#...  ...#.  ..#..  ..#..  #..#.  ..#..  #..##  #.#.#  ####.  .....  .....
...#.  .#...  .###.  .###.  ...#.  .#...  .##.#  .....  ...##  .###.  ..#..  .....  #.#.#
"""
DOTS_WIDE, DOTS_HIGH, PITCH = 5, 7, 7  # in FONT a character begins every seven columns
SPACE = 3  # dots of a space
BREAKS = " -_"  # a long name may go on in the next line behind one of these
LARGEST = 8  # times


@cache
def glyphs() -> dict[str, tuple[str, ...]]:
    """The dots of every character, `#` and `.`; all but digits without the empty columns at their sides."""
    found = {}
    for strip in FONT.strip("\n").split("\n\n"):
        head, *rows = strip.split("\n")
        for number, character in enumerate(head.split()):
            dots = [row[number * PITCH : number * PITCH + DOTS_WIDE] for row in rows]
            used = [k for k in range(DOTS_WIDE) if any(row[k] == "#" for row in dots)]
            left, right = (0, DOTS_WIDE) if character.isdigit() else (used[0], used[-1] + 1)
            found[character] = tuple(row[left:right] for row in dots)
    return found | {" ": ("." * SPACE,) * DOTS_HIGH}


def in_letters(text: str) -> str | None:
    """The text in the characters of the font, accents left away; None: it has others, and is better shown as it is."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    known = "".join(c if c == "b" else c.upper() for c in plain.replace("...", "…"))
    return known if all(c in glyphs() for c in known) else None


def name_in_letters(text: str) -> str | None:
    """The same of a name, where a small b is a B."""
    return in_letters(text.upper())


def letters_wide(text: str) -> int:
    """Dots from the first to the last of a text."""
    return sum(len(glyphs()[c][0]) + 1 for c in text) - 1 if text else 0


@lru_cache(64)  # the same is asked for ten times a second
def letters(text: str, across: int, down: int, marks: Marks) -> tuple[str, ...]:
    """The rows of one line of text: each dot is so many cells wide and so many half cells high."""
    dots = [".".join(glyphs()[c][row] for c in text) for row in range(DOTS_HIGH)]
    dots = ["".join(dot * across for dot in row) for row in dots for _ in range(down)]
    if marks.is_plain:
        return tuple(row.replace("#", marks.full).replace(".", " ") for row in dots[:: 2 if down > 1 else 1])
    dots += ["." * len(dots[0])] * (len(dots) % 2)
    cell = {"##": marks.full, "#.": marks.upper, ".#": marks.lower, "..": " "}
    pairs = zip(dots[::2], dots[1::2], strict=True)
    return tuple("".join(cell[above + below] for above, below in zip(*pair, strict=True)) for pair in pairs)


def rows_high(down: int, marks: Marks) -> int:
    """Rows of one line of letters."""
    return DOTS_HIGH if marks.is_plain and down == 1 else (DOTS_HIGH * down + 1) // 2


@lru_cache(64)
def largest(text: str, width: int, height: int, marks: Marks, most: int = LARGEST) -> tuple[str, ...] | None:
    """The text as large as it fits, in several lines if that makes it larger; None: it does not fit at all.

    Letters may be up to twice as high as they are wide, or the other way round.
    """
    best, found = (0, 0, 0), None
    for across in range(1, most + 1):
        lines = _lines(text, width // across)
        for down in range(1, 2 * most + 1):
            size = across * down, -len(lines or ()), down
            high = rows_high(down, marks)
            fits = lines is not None and len(lines) * high + len(lines) - 1 <= height
            if fits and across <= 2 * down and down <= 2 * across and size > best:
                best, found = size, (lines, across, down)
    if found is None:
        return None
    rows: list[str] = []
    for line in found[0] or ():
        rows += [*([""] if rows else []), *letters(line, *found[1:], marks)]
    return tuple(rows)


def _lines(text: str, dots: int) -> list[str] | None:
    """Lines of so many dots, broken behind blanks and strokes only; None: a piece is wider than that."""
    pieces = [""]
    for character in text:
        pieces[-1] += character
        if character in BREAKS:
            pieces.append("")
    lines = [""]
    for piece in filter(None, pieces):
        if letters_wide(piece.rstrip()) > dots:
            return None
        if letters_wide((lines[-1] + piece).rstrip()) <= dots:
            lines[-1] += piece
        else:
            lines.append(piece)
    return [line.strip() for line in lines]
