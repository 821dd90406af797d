"""The reader of command lines: options named in full, standing anywhere, refused in a sentence that names the nearest.

argparse does the reading. What it lacks for a player is added here: options may stand before and after files, a word
that there is not is answered with the nearest one, a usage line fits the screen, and every help ends with examples.
"""

from __future__ import annotations

import argparse
import difflib
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ..errors import UsageError

WIDEST = 80  # columns of a help page, however wide the terminal is
KINDS: dict[Any, str] = {int: "a whole number", float: "a number"}  # what the values of a type are called
NAME = "\0"  # in front of a word that is no option; no argument of a program holds it
TO_PLAY = (".nam", ".toml")  # endings of what somebody may have meant to play


class HelpPage(argparse.HelpFormatter):
    """Help lines that wrap at 80 columns, or before the edge of a narrower terminal."""

    def __init__(self, prog: str, **layout: Any) -> None:
        columns = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
        super().__init__(prog, **{"width": max(20, columns - 2), "max_help_position": 28, **layout})

    def add_argument(self, action: argparse.Action) -> None:
        """Leave room for the names of commands, which stand further in than options do."""
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):
            longest = max(map(len, action.choices), default=0) + self._current_indent + 2 * self._indent_increment
            self._action_max_length = max(self._action_max_length, longest)


class CommandLine(argparse.ArgumentParser):
    """A parser of one command. `examples`: command lines for the end of its help.

    Whatever cannot be read raises a UsageError.
    """

    def __init__(self, *words: Any, examples: Sequence[str] = (), **more: Any) -> None:
        super().__init__(*words, **{"allow_abbrev": False, "formatter_class": HelpPage, **more})
        self.examples = tuple(examples)
        self._is_reading = False

    # ------------------------------------------------------------ help
    def format_usage(self) -> str:
        """The usage line, without a list of all options."""
        self.usage = self.usage or self.summary()
        return super().format_usage()

    def format_help(self) -> str:
        """The help page, with the examples at its end."""
        self.usage = self.usage or self.summary()
        examples = "".join(f"  {example}\n" for example in self.examples)
        return super().format_help() + (f"\nexamples:\n{examples}" if examples else "")

    def summary(self) -> str:
        """The command with its arguments, like `rig info FILE... [options]`."""
        words = [self.prog]
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                names = ",".join(action.choices)
                name = str(action.metavar) if len(action.choices) > 6 else f"{{{names}}}"
                words.append(name if action.required else f"[{name}]")
            elif not action.option_strings:
                words.append(value_of(action))
        return " ".join([*words, "[options]"] if self.options() else words)

    def options(self) -> list[str]:
        """All options that help shows, `--help` left out."""
        return [option for action in self._shown() for option in action.option_strings]

    def _shown(self) -> Iterator[argparse.Action]:
        for action in self._actions:
            if not isinstance(action, argparse._HelpAction) and action.help != argparse.SUPPRESS:
                yield action

    # ------------------------------------------------------------ reading
    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Read a command line; nothing is left over."""
        if self._is_reading:  # argparse reads options first, then what is left
            return super().parse_known_args(args, namespace)
        words = [str(word) for word in (sys.argv[1:] if args is None else args)]
        if any(isinstance(action, argparse._SubParsersAction) for action in self._actions):
            namespace, rest = super().parse_known_args(words, namespace)
        else:
            self._is_reading = True
            try:
                namespace, rest = self.parse_known_intermixed_args(self._lists_last(words), namespace)
            finally:
                self._is_reading = False
        if rest:
            self.error(self._surplus(rest))
        return namespace, rest

    def _lists_last(self, words: list[str]) -> list[str]:
        """Options that take several numbers, moved behind the files, which they would take for numbers too."""
        lists = {o: a.type for a in self._actions if a.nargs == "+" and a.type in KINDS for o in a.option_strings}
        first, last = [], []  # type: list[str], list[str]
        rest = iter_with_end(words)
        for word in rest:
            if word == "--":  # what follows is a name, whatever it begins with
                return [*first, *(f"{NAME}{word}" for word in rest), *last]
            if word not in lists:
                first.append(word)
                continue
            last.append(word)
            while rest.next_is(lists[word]):
                last.append(next(rest))
        return [*first, *last]

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        nearest = suggestion(str(value), known)
        if isinstance(action, argparse._SubParsersAction):
            if self.prog == "rig" and Path(str(value)).suffix.lower() in TO_PLAY:
                self.error(f"There is no command {value!r}; to play that file: rig play {value}")
            self.error(f"There is no {self.prog} {value}{nearest or f'; there are {listed(known)}.'}")
        self.error(f"{_name(action)} is {listed(known, 'or')}, not {value!r}{nearest or '.'}")

    def _get_value(self, action: argparse.Action, text: str) -> Any:
        text = text.removeprefix(NAME)
        try:
            return super()._get_value(action, text)
        except argparse.ArgumentError:
            if action.type not in KINDS:
                raise
            self.error(f"{_name(action)} takes {KINDS[action.type]}, not {text!r}.")

    def _surplus(self, words: Sequence[str]) -> str:
        """What to say of words that nothing takes."""
        word = next((word for word in words if word.startswith("-")), None)
        if word is None:
            return f"{self.prog} has no use for {words[0].removeprefix(NAME)!r}: it is one too many."
        option = word.partition("=")[0]
        return f"{self.prog} has no option {option}{suggestion(option, self.options()) or '.'}"

    def error(self, message: str) -> NoReturn:
        """Raise a UsageError."""
        raise UsageError(_plain(message), self.format_usage().rstrip())


class iter_with_end(Iterator[str]):
    """Words one by one, with a look at the next one."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words, self._at = words, 0

    def __next__(self) -> str:
        if self._at >= len(self._words):
            raise StopIteration
        self._at += 1
        return self._words[self._at - 1]

    def next_is(self, kind: Any) -> bool:
        """Whether there is a next word, and it is one of that type."""
        try:
            kind(self._words[self._at])
        except (IndexError, ValueError):
            return False
        return True


_REWRITTEN = (
    (r"the following arguments are required: (.+)", r"Missing: \1."),
    (r"argument (.+?): expected one argument", r"\1 needs a value."),
    (r"argument (.+?): expected at least one argument", r"\1 needs one value or more."),
    (r"argument (.+?): not allowed with argument (.+)", r"\1 and \2 exclude each other: give one of them."),
    (r"argument (.+?): ignored explicit argument (.+)", r"\1 takes no value, not \2."),
    (r"argument (.+?): (.+)", r"\1: \2."),
)


def _plain(message: str) -> str:
    """argparse's words as a sentence."""
    for pattern, sentence in _REWRITTEN:
        if re.fullmatch(pattern, message, re.DOTALL):
            return re.sub(pattern, sentence, message, count=1, flags=re.DOTALL)
    return message


def suggestion(word: str, known: Iterable[str]) -> str:
    """The known words nearest to one that there is not, as the end of a sentence; empty if none is near.

    >>> suggestion("--tial-s", ["--tail-s", "--bits"]), suggestion("--tail", ["--tail-s"])
    ('; did you mean --tail-s?', '; did you mean --tail-s?')
    >>> suggestion("--x", ["--bits"]), suggestion("16", ["1", "2"])
    ('', '')
    """
    if word.replace(".", "").isdigit():  # a number is another number, and not one that was mistyped
        return ""
    names = list(known)
    bare = word.lstrip("-")
    holding = [name for name in names if len(bare) > 2 and (bare in name or name.lstrip("-") in word)]
    close = {name.lstrip("-"): name for name in reversed(names)}  # dashes are no likeness
    near = [close[name] for name in difflib.get_close_matches(bare, close, n=1, cutoff=0.6)] or holding[:2]
    return f"; did you mean {' or '.join(near)}?" if near else ""


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words in a row.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " ".join(filter(None, [", ".join(words[:-1]), last if len(words) > 1 else "", *words[-1:]]))


def _name(action: argparse.Action) -> str:
    """What an argument or option is called."""
    return "/".join(action.option_strings) or value_of(action)


def value_of(action: argparse.Action) -> str:
    """What stands for the value of an argument or option."""
    name = str(action.metavar) if action.metavar else action.dest.upper()
    if action.choices and not action.metavar:
        name = "{" + ",".join(map(str, action.choices)) + "}"
    forms = {None: name, "?": f"[{name}]", "*": f"[{name}...]", "+": f"{name}..."}
    return forms[action.nargs] if action.nargs in forms else " ".join([name] * int(action.nargs or 0))
