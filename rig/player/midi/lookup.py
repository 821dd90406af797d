"""A mapping as the audio thread reads it: each binding with its curve as a table, found by message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...decibels import gain_from_db
from ...dsp.tone.knobs import KNOBS, root_from_db
from ...midi_actions import (
    ANY,
    BINDING,
    CHANGE,
    CHANNELS,
    GOES_ON,
    HELD,
    INPUT_TRIM,
    MUTE,
    OUTPUT_TRIM,
    PRESS,
    PROGRAM,
    SECOND,
    SET,
    STATE,
    STEPS,
    TELL,
    TOGGLE,
    TONE,
    VOLUME,
    Map,
)
from ..commands import COMMANDS
from ..tools.volume import volume_gain
from .mapping import KINDS, Binding, Mapping

# What the audio thread moves by itself. All other values and actions it tells Python.
MOVES = {"input_trim": INPUT_TRIM, "output_trim": OUTPUT_TRIM, "volume": VOLUME, "mute": MUTE}
MOVES |= {knob.name: TONE + at for at, knob in enumerate(KNOBS)}
PARAMETERS = (*(command.name for command in COMMANDS.values() if not command.is_action), "mute")
COUNTS = {"press": PRESS, "change": CHANGE, "any": ANY, "second": SECOND, "state": STATE}
TURNS = {None: GOES_ON, "off": 0, "on": 1}
LONG_AGO = -(1 << 40)  # by the clock of MIDI


@dataclass(frozen=True, slots=True)
class Compiled:
    """The map, and which binding each number in it is; behind them all, number `presets` is every program change."""

    map: Map
    bindings: tuple[Binding, ...]

    def binding(self, number: int, program: int) -> Binding:
        """What an event was bound to."""
        if number < len(self.bindings):
            return self.bindings[number]
        return Binding("program", program, "preset", argument=program)


def moves_of_parameters() -> list[int]:
    """What each of `PARAMETERS` moves in the audio thread."""
    return [MOVES.get(name, HELD) for name in PARAMETERS]


def compiled(mapping: Mapping, sample_rate: float) -> Compiled:
    """Make it for a session of this rate; on no account in the audio thread."""
    heads: dict[tuple[int, int, int], int] = {}
    rows: list[tuple[Binding | None, int]] = []  # with the number of the next one for the same message

    def put(binding: Binding | None, keys: Sequence[tuple[int, int, int]]) -> None:
        after = {heads.get(key, 0) for key in keys}
        for following in after:  # mostly one; channels that lead elsewhere need a row of their own
            rows.append((binding, following))
            heads.update({key: len(rows) for key in keys if heads.get(key, 0) == following})

    for binding in mapping.bindings:
        channels = range(CHANNELS) if binding.channel is None else (binding.channel - 1,)
        put(binding, [(KINDS.index(binding.kind), channel, binding.number) for channel in channels])
    if mapping.program_change:
        channels = range(CHANNELS) if mapping.channel is None else (mapping.channel - 1,)
        everywhere = [(PROGRAM, channel, number) for channel in channels for number in range(STEPS)]
        put(None, [key for key in everywhere if key not in heads])
    table = np.zeros(len(rows), BINDING)
    table["last"], table["left_at"], table["moved_at_samples"] = -1, np.nan, LONG_AGO
    for row, (bound, following) in zip(table, rows, strict=True):
        row["next"], row["does"] = following, TELL
        if bound is None:
            continue
        if bound.is_knob:
            row["does"], row["picks_up"] = SET, bound.pickup
            row["values"] = bound.values()
            row["gains"] = [_gain(bound.command, value) for value in bound.values()]
        elif bound.command == "mute":
            row["does"] = TOGGLE
        row["counts"], row["turns"], row["on_from"] = COUNTS[bound.on], TURNS[bound.turn], bound.on_from
        row["rest_samples"] = round(0.001 * bound.rests_ms * sample_rate)
        if bound.command in PARAMETERS:
            row["parameter"] = PARAMETERS.index(bound.command)
    return Compiled(Map(table, heads), tuple(binding for binding, _ in rows if binding is not None))


def _gain(command: str, value: float) -> float:
    if MOVES.get(command, HELD) >= TONE:
        return root_from_db(value)
    return volume_gain(value) if command == "volume" else gain_from_db(value)
