"""The settings of a preset that the command table carries: gate, rumble filter, and whatever it gains later.

A command says where a preset holds it (`PresetLine`). All that does not belong to the sound itself, as trims, cabinet
and bypass do, is set from here, without a word, while the sound is handed over. What a preset leaves out is as the
player has it, see `own_values.py`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from ...errors import RigError
from ...library.preset import Preset
from ..command import Command, Commands, PresetLine
from ..events import Event, Tell
from .own_values import OwnValues


class PresetSettings:
    """Carries settings between presets and the commands of a table."""

    def __init__(self, commands: Commands[Any], tell: Tell) -> None:
        self._commands, self._tell, self.own = commands, tell, OwnValues()
        self._lines = {
            command.preset: command
            for command in commands.table.values()
            if command.preset is not None and not command.preset.of_sound
        }

    def _ordered(self) -> list[tuple[PresetLine, Command[Any]]]:
        """A switch comes last, so that a gate opens where it is to open."""
        return sorted(self._lines.items(), key=lambda item: item[1].kind == "switch")

    def now(self) -> dict[str, Any]:
        """Fields of a preset: the settings as they are."""
        found: dict[str, Any] = {"gate": {}, "settings": {}}
        for line, command in self._ordered():
            value = self._commands.value(command.name)
            if not line.section:
                found[line.key] = value
            elif line.section == "gate":
                found["gate"][line.key] = value
            else:
                found["settings"].setdefault(line.section, {})[line.key] = value
        return found

    def standing(self) -> dict[str, Any]:
        """How all of them stand, by the names of their commands."""
        return {command.name: self._commands.value(command.name) for _, command in self._ordered()}

    def valid(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Those of some values that a command of a preset can have, by its name."""
        found = {}
        for name, value in values.items():
            command = self._commands.table.get(name)
            if command is not None and command.preset is not None:
                with contextlib.suppress(RigError):
                    found[name] = command.checked(value)
        return found

    def apply(self, preset: Preset) -> list[str]:
        """Set what a preset says, and what it leaves out as the player has it, without a word: what has changed."""
        sections: dict[str, Mapping[str, Any]] = {"gate": preset.gate, **preset.settings}
        for section, values in sections.items():
            for key in values:
                if PresetLine(key, section) not in self._lines:
                    text = f"[{section}] {key}: nobody here knows this setting; it is ignored."
                    self._tell(Event("more", text))
        standing, changed = self.standing(), []
        for line, command in self._ordered():
            here = sections.get(line.section, {})
            said = here.get(line.key) if line.section else getattr(preset, line.key, None)
            now = standing[command.name]
            try:
                value = self.own.take(command.name, now, None if said is None else command.checked(said))
                if now != value:
                    self._commands.put_quietly(command.name, value)
                    changed.append(command.name)
            except RigError as error:
                self._tell(Event("error", str(error)))
        return changed

    def say(self, names: list[str]) -> None:
        """Tell how these stand; those that share a sentence, as the gate and its threshold do, once."""
        sentences = {self._commands.table[name].say or name: name for name in names}
        for name in sentences.values():
            self._commands.say(name)
