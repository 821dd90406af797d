"""Names from elsewhere that look like a command in a sentence: a file may be called `{mute}.wav`.

What is told while playing names commands in braces, and a front end puts the key in their place (`rig.player.events`).
So a name that holds a brace is noted where it is first read, and stands in a sentence as it is.
"""

from __future__ import annotations

import re
from pathlib import Path

from .printable import printable

MOST = 100_000  # a folder of more such names is nobody's
_noted: set[str] = set()


def note(name: str | Path) -> None:
    """Remember a name, or each part of a path, if it holds a brace."""
    if "{" in str(name) and len(_noted) < MOST:
        parts = name.parts if isinstance(name, Path) else (name,)
        _noted.update(printable(part) for part in parts if "{" in part)


def around_names(text: str) -> list[str]:
    """The text in pieces: between the names that were noted, and each of them; every second one is a name."""
    found = sorted((name for name in _noted if name in text), key=len, reverse=True) if "{" in text else []
    return re.split(f"({'|'.join(map(re.escape, found))})", text) if found else [text]
