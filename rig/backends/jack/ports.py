"""Which ports to connect: the sound card's first ones, or those the player names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...errors import BackendError

LISTED = 12  # port names in a message
ENDS = r"(?!\d)"  # playback_1 is no part of playback_10


def matching(pattern: str, names: Sequence[str]) -> list[str]:
    """The names a player means by `pattern`: a whole name first, then a part of one, then a regular expression.

    Whole is a name with its client, or a port without (`playback_1`). A number at the end of the pattern is a whole
    number. Upper and lower case are the same, unless they tell two names apart.

    >>> matching("capture", ["system:capture_1", "system:capture_2"])
    ['system:capture_1', 'system:capture_2']
    >>> matching("capture_1", ["system:capture_1", "system:capture_10"])
    ['system:capture_1']
    >>> matching("capture_[2-9]", ["system:capture_1", "system:capture_2"])
    ['system:capture_2']
    """
    if pattern in names:
        return [pattern]
    folded = pattern.casefold()
    for whole in (lambda name: name, _own_name):
        found = [name for name in names if whole(name).casefold() == folded]
        if found:
            return found
    plain = re.escape(pattern)
    for text in (plain + ENDS if pattern[-1:].isdecimal() else plain, f"(?:{pattern}){ENDS}", pattern):
        try:
            expression = re.compile(text, re.IGNORECASE)
        except re.error:
            continue
        found = [name for name in names if expression.search(name)]
        if found:
            return found
    return []


def _own_name(name: str) -> str:
    """The name of a port without that of its client."""
    return name.rpartition(":")[2]


def meant(option: str, pattern: str, found: Sequence[str], most: int) -> list[str]:
    """Of the names that match a pattern those that are taken, at most so many.

    A client or card that is named stands for its first ports. Raises `BackendError` where more match in another way:
    nobody can know which of them is meant.
    """
    clients = {name.rpartition(":")[0] for name in found}
    if len(found) <= most or (len(clients) == 1 and matching(pattern, list(clients))):
        return list(found[:most])
    raise BackendError(ambiguous(option, pattern, found, most))


def ambiguous(option: str, pattern: str, found: Sequence[str], most: int) -> str:
    """The sentence about a pattern that matches more than it may."""
    shown = ", ".join(found[:LISTED]) + (", ..." if len(found) > LISTED else "")
    wanted = "one is" if most == 1 else f"{most} at most are"
    return f"{option} {pattern!r} matches {len(found)}, and {wanted} wanted: {shown}. Write more of the name."


def chosen(
    option: str,
    pattern: str | None,
    names: Sequence[str],
    physical: Sequence[str],
    direction: str,
    most: int | None = None,
) -> list[str]:
    """Ports for one side: by the player's pattern if there is one, else the sound card's.

    `most`: how many a pattern may mean, see `meant`; None: any number. Raises `BackendError` if the pattern matches
    nothing, or more; `option` names the setting it came from.
    """
    if not pattern:
        return list(physical)
    found = matching(pattern, names)
    if found:
        return found if most is None else meant(option, pattern, found, most)
    shown = ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")
    there = f"there are: {shown}" if names else f"there is no {direction} port at all"
    raise BackendError(f"No {direction} port matches {option} {pattern!r}; {there}.")
