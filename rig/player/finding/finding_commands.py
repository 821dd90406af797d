"""The commands that look for models: by words and facts, and by what they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..command import Command, action, line
from .library_search import Finding

T = TypeVar("T")


def finding_commands(of: Callable[[T], Finding]) -> tuple[Command[T], ...]:
    """All of them, for whoever has a `Finding`, found by `of`."""
    return (
        line(
            "search_model",
            "search models here and in the library, by words and wishes; without a text: the next one found",
            "Search models",
            lambda p, text: of(p).search(text),
            preview=lambda p, text: of(p).preview(text),
        ),
        action("like_model", "more like this: the library's nearest to the model that plays", lambda p: of(p).like()),
    )
