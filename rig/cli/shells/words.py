"""The command line as data: each command with its parts, its options, and what may stand for their values."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..command_line import CommandLine, value_of

Expand = Callable[[Sequence[str]], list[str]]
AUDIO = ("wav", "flac", "aif", "aiff")
ENDING = re.compile(r"\.(nam|toml|wav|json|zip|png|svg|html|csv)\b|\b(TOML|JSON|HTML|CSV|PNG|SVG)\b")


@dataclass(frozen=True, slots=True)
class Value:
    """What may stand for an argument, or for the value of an option."""

    kind: Literal["words", "files", "folders", "free"]
    label: str
    words: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()  # of files, without the dot; none: any file


@dataclass(frozen=True, slots=True)
class Option:
    """An option with all its spellings. `value`: None for a switch."""

    names: tuple[str, ...]
    help: str
    value: Value | None
    may_repeat: bool


@dataclass(frozen=True, slots=True)
class Command:
    """A command or a part of one; the program itself is the command with the empty path."""

    path: tuple[str, ...]
    help: str
    options: tuple[Option, ...]
    arguments: tuple[Value, ...]
    parts: tuple[Command, ...]
    takes_many: bool  # as its last argument
    usual: Command | None  # the part that is meant where none is named, as in `rig capture NAME`

    @property
    def words(self) -> str:
        """Its name without that of the program, like `capture take`."""
        return " ".join(self.path)

    def any_argument(self) -> Value | None:
        """What may stand for any of its arguments, for a shell that does not count them; None: nothing to offer."""
        words = [each for each in self.arguments if each.kind == "words"]
        if words:
            return words[0]
        files = [each for each in self.arguments if each.kind in ("files", "folders")]
        if not files:
            return None
        if any(each.kind == "files" and not each.endings for each in files):
            return Value("files", files[0].label)
        endings = tuple(dict.fromkeys(ending for each in files for ending in each.endings))
        return Value("files" if endings else "folders", files[0].label, (), endings)

    def all(self) -> list[Command]:
        """Itself and all below it."""
        return [self, *(each for part in self.parts for each in part.all())]


def command_words(parser: CommandLine, expand: Expand, path: tuple[str, ...] = (), told: str = "") -> Command:
    """A parser and those below it. `expand` adds the name of a part that may be left out."""
    named, arguments, parts = [], [], []  # type: list[Option], list[Value], list[Command]
    takes_many = False
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            parts = [command_words(p, expand, (*path, n), helps.get(n, "")) for n, p in action.choices.items()]
        elif action.help == argparse.SUPPRESS:
            continue
        elif not action.option_strings:
            arguments.append(_value(action))
            takes_many = action.nargs in ("*", "+")
        else:
            value = None if action.nargs == 0 else _value(action)
            named.append(Option(tuple(action.option_strings), help_of(action), value, _may_repeat(action)))
    meant = tuple(expand([*path, "x"])[: len(path) + 1])
    usual = next((part for part in parts if part.path == meant), None)
    return Command(path, told, tuple(named), tuple(arguments), tuple(parts), takes_many, usual)


def help_of(action: argparse.Action) -> str:
    """The help of an argument or option, with its values in their places."""
    return (action.help or "") % {**vars(action), "prog": "rig"}


def _may_repeat(action: argparse.Action) -> bool:
    return isinstance(action, argparse._AppendAction) or action.nargs in ("+", "*")


def _value(action: argparse.Action) -> Value:
    label = value_of(action).strip("[]").removesuffix("...")
    if action.choices is not None:
        return Value("words", action.dest, tuple(map(str, action.choices)))
    if action.type is not Path and label != "FILE":
        return Value("free", label)
    if "FOLDER" in label or label in ("CAPTURE", "TEST"):
        return Value("folders", label)
    return Value("files", label, (), _endings(label, help_of(action)))


def _endings(label: str, text: str) -> tuple[str, ...]:
    """The endings of files that a help text names; where it speaks of a preset too, also those of presets."""
    if label in ("IR", "IR2") or text.startswith("an impulse response"):
        return AUDIO
    found: dict[str, Any] = {(a or b.lower()): None for a, b in ENDING.findall(f"{label} {text}")}
    if "nam" in found and "preset" in text:
        found["toml"] = None
    return tuple(found)
