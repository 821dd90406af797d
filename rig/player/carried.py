"""What outlives a restart at another sample rate: each part names the attributes that are carried over.

A snapshot is plain data without a reference to the part or its engine, so nothing of the old engine is kept by it.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar

Snapshot = dict[str, Any]
State = Mapping[str, Any]  # a snapshot that is only read
CHANGEABLE = (set, list, dict, deque, random.Random)  # what a part goes on changing; all else is replaced as a whole


class Carried:
    """A part whose state can be taken down and set up again on an engine of another rate.

    `CARRIED`: the attributes that are carried. `REMADE`: those that belong to one engine, or are found anew.
    `restore` is overridden where a value has to be made again for the new rate, or handed to the engine.
    """

    CARRIED: ClassVar[tuple[str, ...]] = ()
    REMADE: ClassVar[tuple[str, ...]] = ()

    def snapshot(self) -> Snapshot:
        """The carried attributes as they are now."""
        return {name: _apart(getattr(self, name)) for name in self.CARRIED}

    def restore(self, state: State) -> None:
        """Set the attributes as they were."""
        for name in self.CARRIED:
            setattr(self, name, _apart(state[name]))


def _apart(value: Any) -> Any:
    return copy(value) if isinstance(value, CHANGEABLE) else value
