"""Searching by words and facts: `plexi crunch`, with an input level, cheaper than 3 % of a core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..library.commons.near_words import corrected

if TYPE_CHECKING:
    from .entry import Facts

CLOSE = 0.8  # of a word to one that is there, to be suggested


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must hold besides the words. None: whatever."""

    has_input_level: bool | None = None
    has_cabinet: bool | None = None
    gear_type: str | None = None
    tone_type: str | None = None
    most_macs: float | None = None  # multiply-adds per sample
    most_aliasing_db: float | None = None

    def fits(self, facts: Facts) -> bool:
        """Whether a model is one of those."""
        return (
            (self.has_input_level is None or (facts.input_level_dbu is not None) == self.has_input_level)
            and (self.has_cabinet is None or facts.has_cabinet == self.has_cabinet)
            and _is_called(self.gear_type, facts.gear_type)
            and _is_called(self.tone_type, facts.tone_type)
            and (self.most_macs is None or facts.macs_per_sample <= self.most_macs)
            and (
                self.most_aliasing_db is None
                or (facts.aliasing_db is not None and facts.aliasing_db <= self.most_aliasing_db)
            )
        )


def _is_called(wanted: str | None, stated: str | None) -> bool:
    return wanted is None or (stated is not None and wanted.casefold() in stated.casefold())


class Texts(NamedTuple):
    """Where words are looked for, in lower case: its name and those of its files, what it states, and its folders."""

    names: str
    stated: str
    places: str


def texts(name: str, stated: str, paths: Iterable[Path]) -> Texts:
    """Of whatever has a name, states something (in lower case), and lies in files. No word holds a line's end."""
    places = [path.as_posix().casefold() for path in paths]
    names = [name.casefold(), *(place.rsplit("/", 1)[-1] for place in places)]
    return Texts("\n".join(names), stated, "\n".join(places))


def rank(words: Sequence[str], within: Texts) -> int | None:
    """How well all words, in lower case, are found: 0 in names, 1 in what is stated, 2 in a folder; None: not all."""
    worst = 0
    for word in words:
        if word in within.names:
            continue
        if word in within.stated:
            worst = max(worst, 1)
        elif word in within.places:
            worst = 2
        else:
            return None
    return worst


def suggestion(query: str, models: Mapping[str, Facts]) -> str | None:
    """The query with the words that are nowhere put right; None: there is nothing like them."""
    return better_words(query, (facts.text for facts in models.values()))


def better_words(query: str, stated: Iterable[str]) -> str | None:
    """The same among the words of texts in lower case."""
    there = {word for text in stated for word in text.replace("-", " ").replace("_", " ").split()}
    words = query.casefold().split()
    better = corrected(words, lambda word: any(word in other for other in there), there, CLOSE)
    return " ".join(better) if better and better != words else None
