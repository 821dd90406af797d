"""What holds where a preset says nothing: what the player set by hand, or at the start; never what another preset set.

So a preset sounds the same whatever was called before it, and a hand on a knob still counts:

    own.take("preamp_gain", now=0.0, said=12.0)     # 12.0: the preset says it
    own.take("preamp_gain", now=12.0, said=None)    # 0.0: the player's own; 12 was the preset's
    own.take("preamp_gain", now=5.0, said=None)     # 5.0: turned by hand meanwhile
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..carried import Carried


class OwnValues(Carried):
    """The player's own values by the names of their commands, beside those that presets have set."""

    CARRIED = ("_own", "_called", "_given")

    def __init__(self) -> None:
        self._own: dict[str, Any] = {}
        self._called: dict[str, Any] = {}  # what the last preset made of it
        self._given: dict[str, Any] = {}  # of an earlier session, until the first preset is called

    def begin(self, values: Mapping[str, Any]) -> None:
        """They were these in the session that goes on."""
        self._given = dict(values)

    def value(self, name: str, now: Any, said: Any) -> Any:
        """What a preset that says `said` (None: nothing) makes of a value that stands at `now`."""
        if said is not None:
            return said
        if name not in self._called:
            return self._given.get(name, now)
        return self._own[name] if now == self._called[name] else now

    def take(self, name: str, now: Any, said: Any) -> Any:
        """The same, as a preset is called: from now on that value is the preset's."""
        own, called = self.value(name, now, None), self.value(name, now, said)
        self._own[name], self._called[name] = own, called
        return called

    def standing(self, now: Mapping[str, Any]) -> dict[str, Any]:
        """All of the player's own values, where those of `now` hold at the moment."""
        return {name: self.value(name, value, None) for name, value in now.items()}
