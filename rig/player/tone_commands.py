"""Tone as commands: one value for each tone control, and the bands of the equalizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from ..dsp.tone.knobs import KNOBS, MOST_DB, Knob
from ..sound import Sound
from .command import Command, PresetLine, value
from .tools.eq_bands import EqBands
from .tools.eq_commands import eq_commands

T = TypeVar("T")
STEP_DB = 0.5


class Toned(Protocol):
    """Whoever has tone controls and an equalizer: a rig that plays, or the models of a comparison."""

    eq_bands: EqBands

    @property
    def sound(self) -> Sound:
        """What plays, with its tone."""

    def change_levels(self, **fields: Any) -> None:
        """Change fields of the sound; what sounds follows smoothly."""


def tone_commands(rig_of: Callable[[T], Toned]) -> tuple[Command[T], ...]:
    """A command per knob, and those of the equalizer."""
    return (*(_command(rig_of, knob) for knob in KNOBS), *eq_commands(lambda p: rig_of(p).eq_bands))


def _command(rig_of: Callable[[T], Toned], knob: Knob) -> Command[T]:
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
