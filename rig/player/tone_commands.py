"""The tone controls as commands: one value each, behind the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..dsp.tone.knobs import KNOBS, MOST_DB, Knob
from .command import Command, PresetLine, value
from .live_rig import LiveRig

T = TypeVar("T")
STEP_DB = 0.5


def tone_commands(rig_of: Callable[[T], LiveRig]) -> tuple[Command[T], ...]:
    """A command per knob."""
    return tuple(_command(rig_of, knob) for knob in KNOBS)


def _command(rig_of: Callable[[T], LiveRig], knob: Knob) -> Command[T]:
    name_db = f"{knob.name}_db"

    def get(parts: T) -> float:
        return float(getattr(rig_of(parts).sound, name_db))

    def apply(parts: T, gain_db: float) -> None:
        rig_of(parts).change_levels(**{name_db: gain_db})

    return value(
        *(knob.name, f"{knob.name} behind the model, {knob.text}", "dB", (-MOST_DB, MOST_DB), STEP_DB),
        get,
        apply=apply,
        preset=PresetLine(name_db, "tone", of_sound=True),
    )
