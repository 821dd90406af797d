"""Everything that can be changed while playing: one table, behind keys today and any other controller later.

A command is a name with a unit and a range (a value to set or to step) or an action without a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import RigError


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a player can do. `low`, `high` and `step` are in `unit`; an action has none."""

    name: str
    text: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None

    @property
    def is_action(self) -> bool:
        """Whether it takes no value."""
        return self.low is None

    def clamped(self, value: float) -> float:
        """The nearest allowed value."""
        if self.low is None or self.high is None:
            raise RigError(f"{self.name} is an action and takes no value.")
        return min(max(value, self.low), self.high)


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("next_model", "next model"),
        Command("previous_model", "previous model"),
        Command("first_model", "first model"),
        Command("last_model", "last model"),
        Command("next_ir", "next cabinet"),
        Command("previous_ir", "previous cabinet"),
        Command("input_trim", "input trim", "dB", -20.0, 20.0, 0.5),
        Command("output_trim", "output trim", "dB", -40.0, 40.0, 1.0),
        Command("preamp_gain", "gain dialled in on the interface", "dB", 0.0, 80.0, 1.0),
        Command("level_mode", "next level mode: normalized, raw, calibrated"),
        Command("bypass", "model bypass: the dry guitar through the cabinet"),
        Command("no_cabinet", "cabinet off or on"),
        Command("mute", "mute"),
        Command("restore", "bring the sound back after an overload"),
        Command("help", "show the keys"),
        Command("quit", "quit"),
    )
}

# key -> command and direction of its step (0 for an action)
KEYS: dict[str, tuple[str, int]] = {
    "right": ("next_model", 0),
    "n": ("next_model", 0),
    "left": ("previous_model", 0),
    "p": ("previous_model", 0),
    "<": ("first_model", 0),
    ">": ("last_model", 0),
    "down": ("next_ir", 0),
    "i": ("next_ir", 0),
    "up": ("previous_ir", 0),
    "u": ("previous_ir", 0),
    "+": ("output_trim", 1),
    "=": ("output_trim", 1),
    "-": ("output_trim", -1),
    "]": ("input_trim", 1),
    "[": ("input_trim", -1),
    "K": ("preamp_gain", 1),
    "k": ("preamp_gain", -1),
    "l": ("level_mode", 0),
    "b": ("bypass", 0),
    "c": ("no_cabinet", 0),
    "m": ("mute", 0),
    "r": ("restore", 0),
    "h": ("help", 0),
    "?": ("help", 0),
    "q": ("quit", 0),
}


def help_text(commands: Mapping[str, Command] = COMMANDS, keys: Mapping[str, tuple[str, int]] = KEYS) -> str:
    """The keys, one command per line."""
    lines = []
    for command in commands.values():
        by_key = [
            key + {1: " more", -1: " less", 0: ""}[way] for key, (name, way) in keys.items() if name == command.name
        ]
        value = "" if command.is_action else f" ({command.low:g} to {command.high:g} {command.unit})"
        lines.append(f"  {', '.join(by_key):<28} {command.text}{value}")
    return "\n".join(lines)
