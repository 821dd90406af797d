"""Completion for bash, 3.2 (that of macOS) and later; nothing of the package bash-completion is needed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from .words import Command, Value

HEAD = """\
# Completion of rig for bash; `rig completion bash` prints it.

_rig() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} at= each ending
    local options= parts= kind= values= endings= after=
    local -i i
    if [[ $word == = ]]; then # --option=value is three words to bash
        word=
    elif [[ $previous == = && COMP_CWORD -gt 1 ]]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        each=${COMP_WORDS[i]}
        case "$at|$each" in
"""
MIDDLE = """\
        esac
    done
    case $at in
"""
TAIL = """\
    esac
    COMPREPLY=()
    if [[ -n $after ]]; then
        kind=$after # the value of an option
    elif [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$word"))
        return
    else
        COMPREPLY=($(compgen -W "$parts" -- "$word"))
    fi
    case $kind in
    words) COMPREPLY=($(compgen -W "$values" -- "$word")) ;;
    files | folders)
        compopt -o filenames 2>/dev/null
        while IFS= read -r each; do COMPREPLY+=("$each"); done < <(compgen -d -- "$word")
        if [[ $kind == files && -z $endings ]]; then
            COMPREPLY=()
            while IFS= read -r each; do COMPREPLY+=("$each"); done < <(compgen -f -- "$word")
        fi
        for ending in $endings; do
            while IFS= read -r each; do COMPREPLY+=("$each"); done < <(compgen -f -X "!*.$ending" -- "$word")
        done
        ;;
    esac
}

complete -F _rig rig amprig
"""


def script(program: Command) -> str:
    """The script."""
    commands = program.all()
    named = [f"{' '.join(c.path[:-1])}|{c.path[-1]}" for c in commands if c.path]
    ways = [f"        {shlex.quote(each)}) at={shlex.quote(each.replace('|', ' ').strip())} ;;\n" for each in named]
    usual = [
        f"        {shlex.quote(c.words + '|')}*) at={shlex.quote(c.usual.words)} ;;\n" for c in commands if c.usual
    ]
    return "".join([HEAD, *ways, *usual, MIDDLE, *(line for c in commands for line in _case(c)), TAIL])


def alias() -> str:
    """What bash finds for the second name of the command: the file of the first one, which lies beside it."""
    return '. "${BASH_SOURCE[0]%/*}/rig"\n'


def _case(command: Command) -> Iterator[str]:
    """What may follow a command."""
    meant = command.usual or command
    yield f"    {shlex.quote(command.words)})\n"
    yield f"        options={shlex.quote(' '.join(name for each in meant.options for name in each.names))}\n"
    if command.parts:
        yield f"        parts={shlex.quote(' '.join(part.path[-1] for part in command.parts))}\n"
    if (argument := meant.any_argument()) is not None:
        yield f"        {_kind('kind', argument)}\n"
    ways: dict[str, list[str]] = {}
    for option in meant.options:
        if option.value is not None:
            ways.setdefault(_kind("after", option.value), []).extend(option.names)
    if ways:
        yield "        case $previous in\n"
        yield from (f"        {' | '.join(names)}) {way} ;;\n" for way, names in ways.items())
        yield "        esac\n"
    yield "        ;;\n"


def _kind(variable: str, value: Value) -> str:
    set_to = [f"{variable}={value.kind}"]
    if value.words:
        set_to.append(f"values={shlex.quote(' '.join(value.words))}")
    if value.kind == "files":
        both = [each for ending in value.endings for each in (ending, ending.upper())]
        set_to.append(f"endings={shlex.quote(' '.join(both))}")
    return " ".join(set_to)
