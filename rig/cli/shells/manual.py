"""Manual pages in the man language of troff: one for rig, one for each command, with its parts as sections."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from ... import __version__
from ..command_line import CommandLine, value_of
from .words import help_of

EXIT_CODES = (
    ("0", "done; also after Ctrl-C while playing"),
    ("1", "something was judged, and a check failed: a take, the machine (rig doctor)"),
    ("2", "not done; the sentence on stderr says why"),
    ("130", "stopped with Ctrl-C"),
)
FILES = (
    ("~/.config/rig", "interfaces, calibration, keys, MIDI mapping, favourites"),
    ("~/.local/state/rig", "what was played last"),
    ("~/.local/share/rig", "entered levels of models, blind tests, the trainer's environment"),
    ("~/.cache/rig", "compiled code, measured loudness; may be deleted"),
)


def pages(top: CommandLine) -> dict[str, str]:
    """Each page by the name of its file."""
    commands = list(_parts_of(top))
    overview = _overview(top, commands)
    found = {"rig.1": overview, "amprig.1": overview}
    for name, told, command in commands:
        found[f"rig-{name}.1"] = _page(command, told)
    return found


def _overview(top: CommandLine, commands: list[tuple[str, str, CommandLine]]) -> str:
    lines = [*_head("rig", "play, capture and compare NAM models and cabinet IRs"), *_synopsis(top)]
    lines += [".SH DESCRIPTION", _text(top.description or ""), ".SH COMMANDS"]
    for name, told, _ in commands:
        lines += [".TP", rf"\fBrig\-{_text(name)}\fR(1)", _text(told)]
    lines += [*_options(top, ".SH"), *_examples(top, ".SH"), ".SH FILES"]
    lines += [line for path, told in FILES for line in (".TP", rf"\fI{_text(path)}\fR", _text(told))]
    lines += [*_exit_codes(), ".SH SEE ALSO", ", ".join(rf"\fBrig\-{_text(name)}\fR(1)" for name, _, _ in commands)]
    return "\n".join(lines) + "\n"


def _page(command: CommandLine, told: str) -> str:
    lines = [*_head(command.prog.replace(" ", "-"), told), *_synopsis(command)]
    lines += [".SH DESCRIPTION", _text(command.description or ""), *_options(command, ".SH")]
    for _, _, part in _parts_of(command):
        lines += [f'.SH "{_text(part.prog.upper())}"', rf"\fB{_text(part.usage or part.summary())}\fR", ".PP"]
        lines += [_text(part.description or ""), *_options(part, ".SS"), *_examples(part, ".SS")]
    lines += [*_examples(command, ".SH"), *_exit_codes(), ".SH SEE ALSO", r"\fBrig\fR(1)"]
    return "\n".join(lines) + "\n"


def _parts_of(command: CommandLine) -> Iterator[tuple[str, str, CommandLine]]:
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {choice.dest: choice.help or "" for choice in action._choices_actions}
            yield from ((name, told.get(name, ""), sub) for name, sub in action.choices.items())


def _head(name: str, told: str) -> Iterator[str]:
    yield f'.TH {_text(name.upper())} 1 "" "rig {_text(__version__)}" "rig"'
    yield from (".SH NAME", rf"{_text(name)} \- {_text(told)}")


def _synopsis(command: CommandLine) -> Iterator[str]:
    yield from (".SH SYNOPSIS", rf"\fB{_text(command.usage or command.summary())}\fR")


def _options(command: CommandLine, heading: str) -> Iterator[str]:
    """Arguments and options, each group under its title."""
    for group in command._action_groups:
        shown = [
            action
            for action in group._group_actions
            if not isinstance(action, argparse._SubParsersAction) and action.help != argparse.SUPPRESS
        ]
        if not shown:
            continue
        title = "arguments" if group.title == "positional arguments" else group.title or "options"
        yield f'{heading} "{_text(title.upper() if heading == ".SH" else title.capitalize())}"'
        for action in shown:
            yield from (".TP", _ways(action), _text(help_of(action)))


def _ways(action: argparse.Action) -> str:
    if not action.option_strings:
        return rf"\fI{_text(value_of(action))}\fR"
    value = "" if action.nargs == 0 else rf" \fI{_text(value_of(action))}\fR"
    return ", ".join(rf"\fB{_text(name)}\fR{value}" for name in action.option_strings)


def _examples(command: CommandLine, heading: str) -> Iterator[str]:
    if command.examples:
        yield from (f"{heading} {'EXAMPLES' if heading == '.SH' else 'Examples'}", ".nf")
        yield from map(_text, command.examples)
        yield ".fi"


def _exit_codes() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for code, meaning in EXIT_CODES:
        yield from (".TP", rf"\fB{code}\fR", _text(meaning))


def _text(text: str) -> str:
    r"""Text in which troff finds no command.

    >>> print(_text("-a\\b"), _text(".nam"))
    \-a\eb \&.nam
    """
    text = " ".join(text.split()) if "  " not in text else text
    text = text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq").replace("`", r"\(ga")
    return rf"\&{text}" if text.startswith((".", "'")) else text
