"""A search as it is typed on one line: words, and the wishes of `rig library find` by the same names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...errors import RigError
from ..words import Wanted

WISHES = ("--has-input-level", "--no-cabinet", "--gear-type TYPE", "--tone-type TYPE")


def parsed(text: str) -> tuple[str, Wanted]:
    """The words, and what must hold besides. Raises RigError for a wish that is none.

    >>> parsed("plexi --tone-type clean crunch")[0]
    'plexi crunch'
    """
    words, wanted, pieces = [], Wanted(), iter(text.split())
    for piece in pieces:
        if not piece.startswith("--"):
            words.append(piece)
        elif piece == "--has-input-level":
            wanted = replace(wanted, has_input_level=True)
        elif piece == "--no-cabinet":
            wanted = replace(wanted, has_cabinet=False)
        elif piece == "--gear-type":
            wanted = replace(wanted, gear_type=_type(piece, pieces))
        elif piece == "--tone-type":
            wanted = replace(wanted, tone_type=_type(piece, pieces))
        elif piece == "--under":
            raise RigError("--under is measured, which is not done while you play; rig library find takes it.")
        else:
            raise RigError(f"{piece} is no wish of a search; there are {', '.join(WISHES)}.")
    return " ".join(words), wanted


def _type(wish: str, pieces: Iterator[str]) -> str:
    value = next(pieces, None)
    if value is None:
        raise RigError(f"{wish} takes a type behind it, such as {wish} clean.")
    return value
