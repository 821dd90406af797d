"""The settings of a preset that other parts of the player own, carried to them by the command table.

In the file a setting has the name of its command with its unit: the command `gate_threshold` in dBFS is
`threshold_dbfs` in `[gate]`, `rumble` in Hz is `rumble_hz`. What is on or off is an action, whose part says `is_on`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import RigError
from ..preset import Preset
from .commands import COMMANDS, Command

if TYPE_CHECKING:
    from .player import Player

GROUP = "gate"
SWITCH = "on"
ALONE = "rumble"


def _gate_commands() -> Iterator[tuple[str, Command]]:
    for name, command in COMMANDS.items():
        if name == GROUP and command.is_action:
            yield SWITCH, command
        elif name.startswith(f"{GROUP}_") and not command.is_action:
            yield _key(name.removeprefix(f"{GROUP}_"), command), command


def _key(name: str, command: Command) -> str:
    return f"{name}_{command.unit.lower()}" if command.unit else name


def _part(player: Player, command: Command) -> Any:
    return getattr(player.handler(command.name), "__self__", None)


def settings_now(player: Player) -> dict[str, Any]:
    """Fields of a preset: the settings as they are now; nothing where nobody has them."""
    gate: dict[str, float | bool] = {}
    for key, command in _gate_commands():
        gate[key] = bool(_part(player, command).is_on) if command.is_action else player.value(command.name)
    rumble = COMMANDS.get(ALONE)
    rumble_hz = None
    if rumble is not None:
        if rumble.is_action:
            part = _part(player, rumble)
            rumble_hz = float(part.rumble_hz) if part.rumble_hz is not None else 0.0
        else:
            rumble_hz = player.value(ALONE)
    return {"gate": gate, "rumble_hz": rumble_hz}


def apply_settings(player: Player, preset: Preset) -> None:
    """Set what a preset says; what nobody knows is told, what it leaves out stays."""
    known = dict(_gate_commands())
    for key, value in preset.gate.items():
        command = known.get(key)
        if command is None:
            player.tell(f"         [{GROUP}] {key}: nobody here knows this setting; it is ignored.")
        else:
            _apply(player, command, value)
    rumble = COMMANDS.get(ALONE)
    if rumble is not None and preset.rumble_hz is not None:
        _apply(player, rumble, preset.rumble_hz)


def _apply(player: Player, command: Command, value: float | bool) -> None:
    try:
        if command.is_action:
            if bool(_part(player, command).is_on) != bool(value):
                player.do(command.name)
        elif player.value(command.name) != float(value):
            player.set(command.name, float(value))
    except RigError as error:
        player.tell(str(error))
