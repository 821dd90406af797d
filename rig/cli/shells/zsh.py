"""Completion for zsh: a function per command, which hands its options and arguments to zsh's own `_arguments`."""

from __future__ import annotations

from collections.abc import Iterator

from .words import Command, Option, Value

# `_files -g` would offer all files where none fits.
HEAD = """\
#compdef rig amprig
# Completion of rig for zsh; `rig completion zsh` prints it.

_rig_files() { # files with one of these endings, and folders
    local glob="*.(${(j:|:)@})"
    _alternative "files:file:_path_files -g '$glob'" 'folders:folder:_path_files -/'
}
"""
TAIL = """\
if [[ $funcstack[1] == _rig ]]; then # loaded from a folder of fpath
    _rig "$@"
else
    compdef _rig rig amprig
fi
"""


def script(program: Command) -> str:
    """The script."""
    return "\n".join([HEAD, *(_function(command) for command in program.all()), TAIL])


def _function(command: Command) -> str:
    lines = [f"{_name(command)}() {{"]
    if command.parts:
        lines += _parts(command)
    if command.usual is not None:
        lines.append(f"    {_name(command.usual)}")
    else:
        lines += ["    _arguments -S \\", *(f"        {each} \\" for each in _specs(command)), "        && return"]
    return "\n".join([*lines, "}", ""])


def _parts(command: Command) -> Iterator[str]:
    """Go on to the part that was named, or offer them all."""
    yield "    if (( CURRENT > 2 )); then"
    yield "        case $words[2] in"
    yield f"            {' | '.join(part.path[-1] for part in command.parts)})"
    yield f"                local part={_name(command)}_$words[2]"
    yield "                shift words"
    yield "                (( CURRENT-- ))"
    yield "                $part"
    yield "                return ;;"
    yield "        esac"
    yield "    else"
    yield "        local -a parts=("
    yield from (f"            {_quoted(part.path[-1] + ':' + part.help)}" for part in command.parts)
    yield "        )"
    yield f"        _describe -t commands {_quoted(' '.join(['rig', *command.path]) + ' command')} parts"
    yield "    fi"


def _name(command: Command) -> str:
    return "_".join(["_rig", *command.path])


def _specs(command: Command) -> Iterator[str]:
    """Options and arguments in the words of `_arguments`."""
    for option in command.options:
        yield from _option(option)
    for number, value in enumerate(command.arguments, 1):
        is_last = number == len(command.arguments)
        yield _quoted(f"{'*' if is_last and command.takes_many else number}{_what(value)}")


def _option(option: Option) -> Iterator[str]:
    others = "" if option.may_repeat else f"({' '.join(option.names)})"
    for name in option.names:
        takes = "" if option.value is None else "=" if name.startswith("--") else "+"
        value = "" if option.value is None else _what(option.value)
        repeated = "*" if option.may_repeat else ""
        yield _quoted(f"{others}{repeated}{name}{takes}[{_escaped(option.help)}]{value}")


def _what(value: Value) -> str:
    """`:what it is:how it is completed`."""
    label = _escaped(value.label)
    if value.kind == "words":
        return f":{label}:({' '.join(value.words)})"
    if value.kind == "folders":
        return f":{label}:_files -/"
    if value.kind == "files":
        both = [each for ending in value.endings for each in (ending, ending.upper())]
        return f":{label}:{{_rig_files {' '.join(both)}}}" if both else f":{label}:_files"
    return f":{label}: "


def _escaped(text: str) -> str:
    for each in ("\\", "[", "]", ":"):
        text = text.replace(each, f"\\{each}")
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
