"""The settings of a preset that other parts of the player own, carried to them by the command table.

In the file a setting has the name of its command with its unit: the value of `gate_threshold` in dBFS is
`threshold_dbfs` in `[gate]`, that of `gate` (1 on, 0 off) is `on`, and that of `rumble` is `rumble_hz`.
"""

from __future__ import annotations

from typing import Any

from ...library.preset import Preset
from ..commands import COMMANDS
from ..live_rig import LiveRig

GATE, RUMBLE, SWITCH = "gate", "rumble", "on"


def _gate_commands() -> dict[str, str]:
    """The command of each key of `[gate]`, the switch last, so that a gate opens where it is to open."""
    commands = {}
    for name, command in COMMANDS.items():
        if name.startswith(f"{GATE}_"):
            unit = f"_{command.unit.lower()}" if command.unit else ""
            commands[f"{name.removeprefix(f'{GATE}_')}{unit}"] = name
    return {**commands, **({SWITCH: GATE} if GATE in COMMANDS else {})}


def settings_now(rig: LiveRig) -> dict[str, Any]:
    """Fields of a preset: the settings as they are now; nothing where nobody has them."""
    gate: dict[str, float | bool] = {key: rig.noise.value(name) for key, name in _gate_commands().items()}
    if SWITCH in gate:
        gate[SWITCH] = bool(gate[SWITCH])
    return {"gate": gate, "rumble_hz": rig.noise.value(RUMBLE)}


def apply_settings(rig: LiveRig, preset: Preset) -> list[str]:
    """Set what a preset says, what it leaves out stays; what is to be told of it."""
    known, noise = _gate_commands(), rig.noise
    said = [
        f"         [{GATE}] {key}: nobody here knows this setting; it is ignored."
        for key in preset.gate
        if key not in known
    ]
    wanted = {name: float(preset.gate[key]) for key, name in known.items() if key in preset.gate}
    if preset.rumble_hz is not None:
        wanted[RUMBLE] = preset.rumble_hz
    changed = [name for name, value in wanted.items() if noise.value(name) != value]
    for name in changed:
        noise.put(name, wanted[name])
    return said + [noise.sentence(name) for name in changed]
