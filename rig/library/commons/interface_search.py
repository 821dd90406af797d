"""Finds interfaces by words of their names, and what was meant where a word is mistyped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from ..interfaces import Interface, keys_of
from . import near_words
from .interface_names import key, word_keys

MOST_NEAR = 4
LIKENESS = 0.7  # of a word to one of a name


def search(words: Sequence[str], interfaces: Iterable[Interface]) -> list[Interface]:
    """Those of that name, if there are any; else those whose name, maker or other name holds each of the words."""
    listed = list(interfaces)
    wanted = key(" ".join(words))
    exact = [interface for interface in listed if wanted and wanted in keys_of(interface)]
    return exact or holding(words, listed)


def holding(words: Sequence[str], interfaces: Iterable[Interface]) -> list[Interface]:
    """Those whose name, maker or other name holds each of the words, or all of them as one; all, if there are none."""
    parts = word_keys(" ".join(words))
    return [
        interface
        for interface in interfaces
        if any(all(part in name for part in parts) for name in {*keys_of(interface), interface.name.casefold()})
    ]


def corrected(words: Sequence[str], interfaces: Iterable[Interface]) -> list[str]:
    """The words with those that stand in no name replaced by the nearest one that does; empty: nothing is near.

    >>> from ..interfaces import Interface
    >>> corrected(["focosrite", "2i2"], [Interface("Scarlett 2i2 4th Gen", "Focusrite")])
    ['focusrite', '2i2']
    """
    listed = list(interfaces)
    known = {word.casefold() for each in listed for name in (each.name, *each.aliases) for word in name.split()}
    return near_words.corrected(
        words, lambda word: bool(word_keys(word)) and bool(holding([word], listed)), known, LIKENESS
    )


def nearest(words: Sequence[str], interfaces: Iterable[Interface]) -> list[str]:
    """Names that may have been meant, the likeliest first."""
    listed = list(interfaces)
    better = corrected(words, listed)
    meant = [interface.name for interface in search(better, listed)] if better else []
    if not meant:
        by_key = {name: interface.name for interface in listed for name in keys_of(interface)}
        meant = [by_key[name] for name in difflib.get_close_matches(key(" ".join(words)), by_key, n=6, cutoff=0.5)]
    return list(dict.fromkeys(meant))[:MOST_NEAR]
