"""Events as they stand in the terminal: a label in a column of its own, and keys where a command is named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from ...player.events import Event, with_commands
from ...player.key_map import Keys, key_of

COLUMN = 9  # characters of the label
UNLABELLED = ("state", "value", "fault", "error", "trial", "help", "stage")
LABELS = {"midi": "MIDI", "eq": "EQ", "side_a": "Side A", "side_b": "Side B", "more": "", "part": ""}


def sentence(event: Event, way: Callable[[str, int], str | None]) -> str:
    """One event as a line of the terminal; `way` answers the key of a command."""
    text = with_commands(event.text, way)
    if event.kind in UNLABELLED:
        return text
    label = LABELS.get(event.kind, event.kind.capitalize())
    width = COLUMN - 2 if event.kind == "part" else COLUMN  # its mark and number stand in the column
    return f"{label:<{width}}{text}"


class Teller:
    """Writes what a player tells, line by line. `help_text`: what the help shows. `views` show themselves, by kind."""

    def __init__(
        self,
        say: Callable[[str], None],
        keys: Keys,
        commands: Collection[str],
        help_text: str,
        views: Mapping[str, Callable[[], None]] | None = None,
    ) -> None:
        self._say, self._keys, self._commands, self._help_text = say, keys, commands, help_text
        self._views = {} if views is None else views

    def way(self, name: str, direction: int = 0) -> str | None:
        """The key of a command; None: there is no such command."""
        if name not in self._commands:
            return None
        return key_of(name, direction, self._keys) or f"[no key: {name}]"

    def __call__(self, event: Event) -> None:
        """Write it."""
        if event.kind in self._views:
            self._views[event.kind]()
        elif event.kind == "help":
            self._say(self._help_text)
        else:
            self._say(sentence(event, self.way))
