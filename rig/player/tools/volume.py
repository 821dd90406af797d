"""The volume of the whole rig: behind the cabinet, so that a pedal changes nothing but how loud it is."""

from __future__ import annotations

from ...decibels import gain_from_db
from ...engine import Engine
from ..commands import COMMANDS


class Volume:
    """Where it stands, in dB; its lowest is silence."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.db = engine, 0.0

    def set(self, db: float) -> None:
        """Fade to it, as near as its range allows."""
        self.db = COMMANDS["volume"].clamped(db)
        self.engine.set_volume(volume_gain(self.db))


def volume_gain(db: float) -> float:
    """The linear gain of a volume.

    >>> volume_gain(-60.0), volume_gain(0.0)
    (0.0, 1.0)
    """
    return 0.0 if db <= (COMMANDS["volume"].low or 0.0) else gain_from_db(db)
