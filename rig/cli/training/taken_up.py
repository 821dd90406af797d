"""The command line that takes a command up again: its name, its arguments and all options that were given to it."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from ..command_line import CommandLine

INDENT = "  "
GOES_ON = " \\"  # as shells read a line that is not at its end


def command_line(add: Callable[[Any], None], name: str, options: argparse.Namespace, columns: int) -> str:
    """It as a shell takes it, on several lines where it is wider than that; `add` declares the command `name`."""
    return _lines(_parts(_parser_of(add, name), name, options), columns)


def _parser_of(add: Callable[[Any], None], name: str) -> argparse.ArgumentParser:
    commands = CommandLine(prog="rig").add_subparsers(dest="command")
    add(commands)
    parser: argparse.ArgumentParser = commands.choices[name]
    return parser


def _parts(parser: argparse.ArgumentParser, name: str, options: argparse.Namespace) -> list[str]:
    """The command and its arguments; then each option with its value. An option at its default is left out."""
    first, more = ["rig", name], []
    for action in parser._actions:
        value = getattr(options, action.dest, None)
        if not action.option_strings:
            first.append(_typed(value))
        elif value is not None and value != parser.get_default(action.dest):
            if action.nargs != 0:
                more.append(shlex.join([action.option_strings[-1], _typed(value)]))
            elif value == action.const:
                more.append(action.option_strings[-1])
    return [shlex.join(first), *more]


def _typed(value: Any) -> str:
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _lines(parts: Sequence[str], columns: int) -> str:
    lines = [INDENT + parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + 1 + len(part) + len(GOES_ON) > columns:
            lines[-1] += GOES_ON
            lines.append(2 * INDENT + part)
        else:
            lines[-1] += f" {part}"
    return "\n".join(lines)
