"""Binding by doing: the player names a command, moves a knob or presses a switch, and `midi.toml` has one entry more.

A request is a line of text: the command (as much of its name as it takes), and what belongs to it:

    volume -40 0        a knob from -40 to 0 dB; then log or exp for the curve, jump where it need not pick up
    output_trim -       a switch that steps the trim down
    preset 3            an action with its number
    mute change         a switch that latches; without the word rig finds out when it is pressed twice
    bypass on           a switch that turns it on, whatever it was; bypass state: on and off with the switch
    mute lamp           a switch with a lamp, which shows whether it is muted
    search_ir v30 57    an action with its text
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from ...files.atomic_write import write_text
from ...files.lock import locked
from ...files.toml_file import MAX_BYTES, Table, parsed, read_toml_if_any, shown, written
from ..command import Command
from .mapping import (
    CURVES,
    HIGHEST_DATA,
    KINDS,
    NUMBERED,
    NUMBERS,
    ONS,
    SWITCH_ON,
    TURNS,
    WHAT,
    Binding,
    Kind,
    Mapping,
    checked,
    command_named,
    mapping_in,
)

HEADING = "# What MIDI does in rig; `rig midi` shows it, `rig midi learn` and the key M add to it.\n"


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that may be bound. `channel` 1 to 16. `data`: velocity or position; 0 for a program change."""

    kind: Kind
    number: int
    channel: int
    data: int = 0

    @property
    def source(self) -> tuple[Kind, int, int]:
        """What sends it."""
        return self.kind, self.number, self.channel

    @property
    def is_released(self) -> bool:
        """Whether it is the end of a press."""
        return self.kind == "control" and self.data < SWITCH_ON


@dataclass(frozen=True, slots=True)
class LearnRequest:
    """What the next message shall do."""

    command: Command[Any]
    words: tuple[str, ...]

    def binding(self, heard: Heard) -> Binding:
        """That message, bound; raises ConfigError where it cannot do that."""
        return checked(_with(Binding(heard.kind, heard.number, self.command.name, heard.channel), self))

    @property
    def names_kind(self) -> bool:
        """Whether the player says which kind of switch it is; else it is found out."""
        return bool(set(ONS) & set(self.words))

    def suits(self, heard: Heard) -> bool:
        """Whether this message is meant: letting go of a switch is not."""
        return not (heard.is_released and (self.command.is_action or {"+", "-"} & set(self.words)))


def learn_request(text: str) -> LearnRequest:
    """Read a request. Raises ConfigError for one that nothing can do."""
    name, *words = text.split() or [""]
    command = command_named(name, short=True)
    if command.name == "midi_learn":
        raise ConfigError("midi_learn asks for a text; it can only be a key.")
    request = LearnRequest(command, tuple(words))
    request.binding(Heard("control", 0, 1))  # what is wrong with it is said before anything is moved
    return request


def _with(binding: Binding, request: LearnRequest) -> Binding:
    command, words = request.command, list(request.words)
    if command.prompt is not None:
        return replace(binding, text=" ".join(words)) if words else binding
    numbers = [word for word in words if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", word)]
    for word in words:
        if word in CURVES:
            binding = replace(binding, curve=word)
        elif word in ONS:
            binding = replace(binding, on=word)
        elif word in TURNS and command.kind == "switch":
            binding = replace(binding, turn=word)
        elif word == "lamp":
            binding = replace(binding, lamp=True)
        elif word in ("jump", "pickup"):
            binding = replace(binding, pickup=word == "pickup")
        elif word in ("+", "-"):
            binding = replace(binding, step=1 if word == "+" else -1)
        elif word not in numbers:
            raise ConfigError(f'"{word}" says nothing about {command.name}; a range is two numbers, a step + or -.')
    if command.name in NUMBERED and numbers:
        if len(numbers) > 1 or not numbers[0].isdigit() or int(numbers[0]) > 127:
            raise ConfigError(f"{command.name} takes one number from 0 to 127.")
        return replace(binding, argument=int(numbers[0]))
    if numbers:
        if len(numbers) != 2:
            low, high = binding.ends
            raise ConfigError(f"A range is two numbers, like {command.name} {low:g} {high:g}.")
        return replace(binding, low=float(numbers[0]), high=float(numbers[1]))
    return binding


def entry(binding: Binding) -> str:
    """A binding as it is written in `midi.toml`."""
    lines = [f"[[{binding.kind}]]", f"{NUMBERS[binding.kind]} = {binding.number}"]
    lines += [f"channel = {binding.channel}"] if binding.channel is not None else []
    lines.append(f'command = "{binding.command}"')
    if binding.is_knob:
        low, high = binding.ends
        lines += [f"low = {low!r}", f"high = {high!r}", f'curve = "{binding.curve}"']
        lines.append(f"pickup = {str(binding.pickup).lower()}")
    elif binding.kind == "control":
        lines.append(f'on = "{binding.on}"')
    if (binding.lowest, binding.highest) != (0, HIGHEST_DATA):
        lines += [f"lowest = {binding.lowest}", f"highest = {binding.highest}"]
    lines += [f'turn = "{binding.turn}"'] if binding.turn is not None else []
    lines += [f"rest_ms = {binding.rest_ms!r}"] if binding.rest_ms is not None else []
    lines += ["lamp = true"] if binding.lamp else []
    lines += [f"step = {binding.step}"] if binding.step else []
    lines += [f"number = {binding.argument}"] if binding.command in NUMBERED else []
    if binding.text is not None:
        lines.append(f"text = {written(binding.text)}")
    return "\n".join(lines) + "\n"


def keep(path: Path, binding: Binding) -> list[Binding]:
    """Add an entry to the file at `path`; those it replaces are taken out and returned, all else stays as written.

    Raises ConfigError for a file that is damaged or cannot be written; it is left alone then.
    """
    try:
        with locked(path.parent):  # another rig may learn as well
            return _added(path, binding)
    except ValueError as error:  # bytes that are no text
        raise ConfigError(f"{path.name} cannot hold {shown(binding.text)}: it is no text in UTF-8.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from error


def _added(path: Path, binding: Binding) -> list[Binding]:
    table = read_toml_if_any(path, WHAT, ConfigError)
    before = Mapping() if table is None else mapping_in(table)
    replaced = [other for other in before.bindings if other.overlaps(binding)]
    lines = [HEADING] if table is None else table.content.split("\n")
    for first, last in sorted(_places(table, before, replaced), reverse=True):
        del lines[first - 1 : last]
    text = "\n".join(lines).rstrip("\n") + f"\n\n{entry(binding)}"
    _check(text, path, before, replaced)
    write_text(path, text)
    return replaced


def _places(table: Table | None, mapping: Mapping, wanted: list[Binding]) -> list[tuple[int, int]]:
    """First and last line of some of the bindings in a file."""
    if table is None:
        return []
    entries = [entry for kind in KINDS for entry in table.tables(kind)]
    spans = [entry.span for entry, binding in zip(entries, mapping.bindings, strict=True) if binding in wanted]
    return [span for span in spans if span is not None]


def _check(text: str, path: Path, before: Mapping, replaced: list[Binding]) -> None:
    """Refuse a text that would not hold, beside one new binding, what was in the file and was not replaced."""
    if len(text.encode()) > MAX_BYTES:
        raise ConfigError(f"{path.name} is full ({MAX_BYTES >> 10} KiB); take out what you no longer use.")
    kept = [binding for binding in before.bindings if binding not in replaced]
    try:
        after = mapping_in(parsed(text.encode(), path, WHAT, ConfigError))
    except ConfigError:
        after = Mapping()
    if len(after.bindings) != len(kept) + 1 or not set(kept) <= set(after.bindings):
        raise ConfigError(
            f"{path.name} is left as it is: one more entry would not fit into it as it is written. Begin each entry "
            "with a line of its own, like [[control]]."
        )
