"""The volume of the whole rig: behind the cabinet, so that a pedal changes nothing but how loud it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...decibels import gain_from_db
from ...engine import Engine
from ..carried import Carried

LOWEST_DB, HIGHEST_DB = -60.0, 0.0


class Volume(Carried):
    """Where it stands, in dB; its lowest is silence."""

    CARRIED = ("db",)
    REMADE = ("engine",)

    def __init__(self, engine: Engine) -> None:
        self.engine, self.db = engine, 0.0

    def set(self, db: float) -> None:
        """Fade to it, as near as its range allows."""
        self.db = min(max(db, LOWEST_DB), HIGHEST_DB)
        self.engine.set_volume(volume_gain(self.db))

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand where it stood."""
        self.set(state["db"])


def volume_gain(db: float) -> float:
    """The linear gain of a volume.

    >>> volume_gain(-60.0), volume_gain(0.0)
    (0.0, 1.0)
    """
    return 0.0 if db <= LOWEST_DB else gain_from_db(db)
