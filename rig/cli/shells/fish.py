"""Completion for fish: a line per word that may follow."""

from __future__ import annotations

from collections.abc import Iterator

from .words import Command, Option, Value

HEAD = """\
# Completion of rig for fish; `rig completion fish` prints it.

function __rig_at --description 'Whether one of these commands of rig is being written'
    set -l at ''
    set -l words (commandline -opc)
    for each in $words[2..-1]
        switch "$at|$each"
"""
TAIL = """\
        end
    end
    contains -- "$at" $argv
end

function __rig_files --description 'Folders, and files with one of these endings'
    set -l word (commandline -ct | string replace -r '^-[^=]*=' '')
    set -l endings (string join '|' $argv)
    complete -C "__fish_command_without_completions $word" | string match --entire -ri "(/|\\.($endings))(\\t.*)?\\$"
end

complete -c rig -f
complete -c amprig -w rig
"""


def script(program: Command) -> str:
    """The script."""
    commands = program.all()
    ways = []
    for each in commands:
        if each.path:
            ways += [f"            case {_quoted(' '.join(each.path[:-1]) + '|' + each.path[-1])}\n"]
            ways += [f"                set at {_quoted(each.words)}\n"]
    for each in commands:
        if each.usual is not None:
            ways += [f"            case {_quoted(each.words + '|*')}\n"]
            ways += [f"                set at {_quoted(each.usual.words)}\n"]
    return "".join([HEAD, *ways, TAIL, *(f"{line}\n" for command in commands for line in _lines(command, commands))])


def alias() -> str:
    """What fish finds for the second name of the command."""
    return "complete -c amprig -w rig\n"


def _lines(command: Command, commands: list[Command]) -> Iterator[str]:
    here = f"complete -c rig -n {_quoted('__rig_at ' + _quoted(command.words))}"
    for part in command.parts:
        yield f"{here} -a {part.path[-1]} -d {_quoted(part.help)}"
    if command.usual is not None:
        return
    also = [command.words, *(each.words for each in commands if each.usual is command)]
    here = f"complete -c rig -n {_quoted('__rig_at ' + ' '.join(map(_quoted, also)))}"
    for option in command.options:
        yield f"{here}{_names(option)}{_what(option.value)} -d {_quoted(option.help)}"
    argument = command.any_argument()
    if argument is not None:
        yield f"{here} -a {_quoted(' '.join(argument.words))}" if argument.words else f"{here}{_files(argument)}"


def _names(option: Option) -> str:
    return "".join(f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in option.names)


def _what(value: Value | None) -> str:
    if value is None:
        return ""
    if value.kind == "words":
        return f" -x -a {_quoted(' '.join(value.words))}"
    return " -x" if value.kind == "free" else f" -r{_files(value)}"


def _files(value: Value) -> str:
    if value.kind == "folders":
        return " -a '(__fish_complete_directories)'"
    if value.endings:
        return f" -a '(__rig_files {' '.join(value.endings)})'"
    return " -F"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
