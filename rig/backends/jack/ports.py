"""Which ports to connect: the sound card's first ones, or those the player names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...errors import BackendError

LISTED = 12  # port names in a message


def matching(pattern: str, names: Sequence[str]) -> list[str]:
    """The names a player means by `pattern`: that very name, else those that contain it, else a regular expression.

    Upper and lower case are the same.

    >>> matching("capture", ["system:capture_1", "system:capture_2"])
    ['system:capture_1', 'system:capture_2']
    >>> matching("capture_[2-9]", ["system:capture_1", "system:capture_2"])
    ['system:capture_2']
    """
    if pattern in names:
        return [pattern]
    plain = [name for name in names if pattern.casefold() in name.casefold()]
    if plain:
        return plain
    try:
        expression = re.compile(pattern, re.IGNORECASE)
    except re.error:
        return []
    return [name for name in names if expression.search(name)]


def chosen(
    option: str, pattern: str | None, names: Sequence[str], physical: Sequence[str], direction: str
) -> list[str]:
    """Ports for one side: by the player's pattern if there is one, else the sound card's.

    Raises `BackendError` if the pattern matches nothing; `option` names the setting it came from.
    """
    if not pattern:
        return list(physical)
    found = matching(pattern, names)
    if found:
        return found
    shown = ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")
    there = f"there are: {shown}" if names else f"there is no {direction} port at all"
    raise BackendError(f"No {direction} port matches {option} {pattern!r}; {there}.")
