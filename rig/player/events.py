"""What is told while playing or comparing: a kind and a sentence; whoever shows it adds label, column and keys.

A command is named in braces, like `{record_loop}`, its steps up and down like `{input_trim-}`: the front end puts what
carries it out there in its place, such as a key. A name that looks like one is no command (`braced_names`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..scripting.braced_names import around_names
from ..scripting.printable import printable

KINDS = (
    # what plays, and how loud
    *("preset", "model", "cabinet", "input", "output", "loudness", "value", "state"),
    # parts of a player
    *("bank", "mix", "part", "loop", "take", "gate", "rumble", "tuner", "midi", "setlist", "backing", "eq", "tone"),
    # choosing
    *("search", "choice", "noted", "compare", "blind"),
    # files that were written
    *("written", "drawn", "saved"),
    # comparing with gear
    *("side_a", "side_b", "send", "return", "delay", "noise", "trial", "result", "closing", "checked", "ports"),
    # what belongs to the event before, what is odd, what went wrong, what can be done, another view
    *("more", "warning", "fault", "error", "help", "stage"),
)
_NAMED = re.compile(r"\{([a-z_]+)([+-]?)\}")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing to tell. `text` has no label, no column and no key in it."""

    kind: str  # one of `KINDS`
    text: str

    def __post_init__(self) -> None:
        assert self.kind in KINDS, self.kind
        object.__setattr__(self, "text", printable(self.text, keep="\n"))

    def shown(self, way: Callable[[str, int], str | None]) -> str:
        """The text, each command in it as `way(name, direction)` calls it; None: that is no command."""
        return with_commands(self.text, way)


Tell = Callable[[Event], None]


def with_commands(text: str, way: Callable[[str, int], str | None]) -> str:
    """A text, each command in it as `way(name, direction)` calls it: direction 1 up, -1 down, 0 neither."""
    directions = {"+": 1, "-": -1, "": 0}
    pieces = around_names(text)
    pieces[::2] = [_NAMED.sub(lambda found: way(found[1], directions[found[2]]) or found[0], p) for p in pieces[::2]]
    return "".join(pieces)
