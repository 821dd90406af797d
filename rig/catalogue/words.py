"""Searching by words and facts: `plexi crunch`, with an input level, cheaper than 3 % of a core."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

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


def rank(query: str, facts: Facts, paths: Iterable[Path]) -> int | None:
    """How well all words of the query are found: 0 in its name, 1 in what it states, 2 in a folder; None: not all."""
    words = query.casefold().split()
    name, stated = facts.name.casefold(), facts.text
    places = [path.as_posix().casefold() for path in paths]
    files = [place.rsplit("/", 1)[-1] for place in places]
    worst = 0
    for word in words:
        if word in name or any(word in file for file in files):
            continue
        if word in stated:
            worst = max(worst, 1)
        elif any(word in place for place in places):
            worst = 2
        else:
            return None
    return worst


def suggestion(query: str, models: Mapping[str, Facts]) -> str | None:
    """The query with the words that are nowhere put right; None: there is nothing like them."""
    there = {word for facts in models.values() for word in facts.text.replace("-", " ").replace("_", " ").split()}
    words, changed = [], False
    for word in query.casefold().split():
        if any(word in other for other in there):
            words.append(word)
            continue
        close = difflib.get_close_matches(word, there, 1, CLOSE)
        if not close:
            return None
        words, changed = [*words, close[0]], True
    return " ".join(words) if changed else None
