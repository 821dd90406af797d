"""One command: what it is called, what values it takes, who carries it out, and who knows how it stands.

    action("next_model", "next model", lambda p: p.models.step(1))
    switch("mute", "mute", lambda p: p.rig.muted, ...)               # on or off
    choice("rumble", "rumble filter", (0.0, 40.0), ...)              # one of a few
    value("volume", "volume", "dB", (-60.0, 0.0), 1.0, ...)          # a number in a range
    line("search_ir", "search", "Search", lambda p, text: ...)       # a line of text

Switches, choices and values take absolute values (`Commands.set`) and can be read (`Commands.value`); a key toggles or
steps them (`Commands.do`). A front end that is not a key asks by `Commands.carry_out`, with absolute values only: what
is asked twice by mistake is then no other thing. `T` is whoever is commanded: a player, or two sides that are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeVar

from ..errors import RigError
from .events import Event, Tell

T = TypeVar("T")
Value = float | bool | str
LONGEST_TEXT = 1000  # characters
Kind = Literal["action", "switch", "choice", "value", "text"]


@dataclass(frozen=True, slots=True)
class PresetLine:
    """Where a preset holds the value: a key, in a table of the file or ("") outside all tables.

    `of_sound`: the sound or its cabinet takes it over by itself; else the command is asked to `apply` it.
    """

    key: str
    section: str = ""
    of_sound: bool = False


@dataclass(frozen=True, slots=True)
class Command(Generic[T]):
    """One thing that can be done. `low`, `high` and `step` are in `unit`.

    `get` answers the value; `set` sets it and says so. Where a preset carries the value by itself there is `apply`
    instead, which sets it without a word, and `say`, which tells how it stands. `run` carries out an action: it takes
    the text of a text command, and the number of one that is `numbered`. `press`: what a key does with a switch or
    choice, if that is more than going on to the next value. `preview`: what a text would do, while it is typed;
    `check` raises a RigError, before it is asked for, where none would be taken.
    `danger`: it ends or loses something, so a front end may ask first. `path`: its text names a `file`, of which
    somebody elsewhere may give the bare name only, or a `folder`, which nobody elsewhere may. `in_octaves`: its
    range is evenly divided in octaves, and `step` is a share of the value.
    """

    name: str
    text: str  # what it does, for the help
    unit: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    prompt: str | None = None  # what to ask for, where it takes a text
    group: str = ""
    kind: Kind = "action"
    choices: tuple[float, ...] | tuple[str, ...] = ()
    default: Value | None = None
    numbered: bool = False
    danger: bool = False
    preset: PresetLine | None = None
    get: Callable[[T], Value] | None = None
    set: Callable[[T, Any], None] | None = None
    apply: Callable[[T, Any], None] | None = None
    say: Callable[[T], None] | None = None
    run: Callable[..., None] | None = None
    press: Callable[[T], None] | None = None
    preview: Callable[[T, str], str] | None = None
    check: Callable[[T], None] | None = None
    path: Literal["", "file", "folder"] = ""
    in_octaves: bool = False

    @property
    def is_action(self) -> bool:
        """Whether a key or a foot switch does all of it; else it has a range that a knob can go through."""
        return self.kind != "value"

    @property
    def title(self) -> str:
        """Its name as it begins a sentence."""
        return self.name.replace("_", " ").capitalize()

    def clamped(self, value: float) -> float:
        """The nearest allowed value."""
        if self.low is None or self.high is None:
            raise RigError(f"{self.name} is {_a(self.kind)} and takes no value of a range.")
        return min(max(value, self.low), self.high)

    def checked(self, value: Value) -> Value:
        """An absolute value, as near as the range allows; raises RigError for what cannot be one."""
        if self.kind == "value" and _is_number(value):
            return self.clamped(float(value))
        if self.kind == "switch" and value in (0, 1):
            return bool(value)
        if self.kind == "choice":
            numbers = [known for known in self.choices if not isinstance(known, str)]
            if numbers and _is_number(value):
                return min(numbers, key=lambda known: abs(known - float(value)))
            if value in self.choices:
                return value
            raise RigError(f"{self.name} is one of {', '.join(map(_shown, self.choices))}, not {_shown(value)}.")
        if self.kind in ("action", "text"):
            raise RigError(f"{self.name} is {_a(self.kind)} and takes no value.")
        raise RigError(f"{self.name} takes {'a number' if self.kind == 'value' else 'on or off'}, not {_shown(value)}.")

    def format(self, value: float) -> str:
        """A value with its unit."""
        if self.in_octaves:  # they are never negative
            return f"{value:.4g} {self.unit}".rstrip()
        digits = 1 if self.step is None or self.step >= 0.1 else 2
        return f"{value:+z.{digits}f} {self.unit}".rstrip()

    @property
    def range(self) -> str:
        """Its range in words, like `-60 to 0 dB`; empty if it has none."""
        return "" if self.low is None else f"{self.low:g} to {self.high:g} {self.unit}".rstrip()

    def following(self, value: Value, direction: int) -> Value:
        """The value a key leads to: the other state, the next choice, or a step up (1) or down (-1)."""
        if self.kind == "switch":
            return not value
        if self.kind == "choice":
            at = [i for i, known in enumerate(self.choices) if known == value]
            return self.choices[((at[0] if at else -1) + (direction or 1)) % len(self.choices)]
        step = self.step or 0.0
        return float(value) * (1.0 + step) ** direction if self.in_octaves else float(value) + direction * step


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _a(kind: str) -> str:
    return "an action" if kind == "action" else f"a {kind}"


def _one_line(command: Command[Any], value: Value | None) -> str:
    """The text of a text command, as somebody elsewhere may give it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:g}"
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value.isprintable():
        raise RigError(f"{command.name} takes one line of text, at most {LONGEST_TEXT} characters.")
    if command.path == "file" and value and (set(value) & set("/\\:") or value.strip()[:1] in (".", "~", "")):
        raise RigError(f"{command.name} takes the bare name of a file; its folder was fixed when rig started.")
    return value


def _whole(name: str, value: Value | None) -> int:
    if value is None:
        return 0
    if not _is_number(value) or float(value) % 1 or not 0 <= float(value) < 1e9:
        raise RigError(f"{name} takes a whole number from 0.")
    return int(value)


def _shown(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def action(name: str, text: str, run: Callable[[T], None], *, danger: bool = False) -> Command[T]:
    """Something that is done."""
    return Command(name, text, run=run, danger=danger)


def numbered(name: str, text: str, run: Callable[[T, int], None]) -> Command[T]:
    """Something that is done with a number; 0 where none is given."""
    return Command(name, text, run=run, numbered=True)


def line(
    name: str,
    text: str,
    prompt: str,
    run: Callable[[T, str], None],
    *,
    preview: Callable[[T, str], str] | None = None,
    check: Callable[[T], None] | None = None,
    danger: bool = False,
    path: Literal["", "file", "folder"] = "",
) -> Command[T]:
    """Something that is done with a line of text."""
    return Command(
        *(name, text), prompt=prompt, kind="text", run=run, preview=preview, check=check, danger=danger, path=path
    )


def switch(
    name: str,
    text: str,
    get: Callable[[T], bool],
    set: Callable[[T, bool], None] | None = None,
    *,
    apply: Callable[[T, bool], None] | None = None,
    say: Callable[[T], None] | None = None,
    press: Callable[[T], None] | None = None,
    preset: PresetLine | None = None,
) -> Command[T]:
    """Something that is on or off; off at the start."""
    return Command(
        *(name, text), kind="switch", default=False, get=get, set=set, apply=apply, say=say, press=press, preset=preset
    )


def choice(
    name: str,
    text: str,
    choices: tuple[float, ...] | tuple[str, ...],
    get: Callable[[T], Value],
    set: Callable[[T, Any], None] | None = None,
    *,
    unit: str = "",
    apply: Callable[[T, Any], None] | None = None,
    say: Callable[[T], None] | None = None,
    press: Callable[[T], None] | None = None,
    preset: PresetLine | None = None,
) -> Command[T]:
    """One of a few values, in the order in which a key goes through them; the first one at the start."""
    return Command(
        *(name, text, unit),
        kind="choice",
        choices=choices,
        default=choices[0],
        get=get,
        set=set,
        apply=apply,
        say=say,
        press=press,
        preset=preset,
    )


def value(
    name: str,
    text: str,
    unit: str,
    limits: tuple[float, float],
    step: float,
    get: Callable[[T], float],
    set: Callable[[T, float], None] | None = None,
    *,
    apply: Callable[[T, float], None] | None = None,
    say: Callable[[T], None] | None = None,
    default: float = 0.0,
    in_octaves: bool = False,
    preset: PresetLine | None = None,
) -> Command[T]:
    """A number in a range, in `unit`. Without `say`, its name and value are told after `apply`."""
    return Command(
        *(name, text, unit, *limits, step),
        kind="value",
        default=default,
        in_octaves=in_octaves,
        get=get,
        set=set,
        apply=apply,
        say=say,
        preset=preset,
    )


def table_of(groups: Mapping[str, tuple[Command[T], ...]]) -> dict[str, Command[T]]:
    """The commands of all groups by their names, each with the name of its group."""
    return {command.name: replace(command, group=group) for group, some in groups.items() for command in some}


class Commands(Generic[T]):
    """A table of commands, and the one they are for."""

    def __init__(self, target: T, table: Mapping[str, Command[T]], tell: Tell) -> None:
        self._target, self.table, self._tell = target, table, tell

    def do(self, name: str, direction: int = 0, text: str | None = None) -> None:
        """What a key does: an action (with its number or text), a switch, the next choice, a step up (1) or down (-1).

        What goes wrong is told.
        """
        command = self.table[name]
        try:
            if command.run is not None:
                more = [text or ""] if command.kind == "text" else [direction] if command.numbered else []
                command.run(self._target, *more)
            elif command.press is not None:
                command.press(self._target)
            else:
                self.put(name, command.following(self.value(name), direction))
        except RigError as error:
            self._tell(Event("error", str(error)))

    def carry_out(self, name: str, value: Value | None = None) -> None:
        """What a front end elsewhere asks for: an action, with its number or text, or where a value shall stand.

        Raises RigError for what cannot be done, and for a path.
        """
        command = self.table.get(name)
        if command is None:
            raise RigError(f"There is no command {name[:40]!r}.")
        if command.path == "folder":
            raise RigError(f"{name} takes a folder: that is for rig's own keys.")
        if command.get is not None:
            if value is None:
                raise RigError(f"{name} is {_a(command.kind)}: say where it shall stand.")
            self.put(name, value)
            return
        assert command.run is not None
        if command.kind == "text":
            text = _one_line(command, value)
            if command.check is not None:
                command.check(self._target)
            command.run(self._target, text)
        elif command.numbered:
            command.run(self._target, _whole(name, value))
        elif value is not None:
            raise RigError(f"{name} is an action and takes no value.")
        else:
            command.run(self._target)

    def may_ask(self, name: str) -> bool:
        """Whether a text would be taken for this command now; why not is told."""
        check = self.table[name].check
        try:
            if check is not None:
                check(self._target)
        except RigError as error:
            self._tell(Event("error", str(error)))
            return False
        return True

    def value(self, name: str) -> Value:
        """How a switch, choice or value stands. Raises RigError for what has none."""
        command = self.table[name]
        if command.get is None:
            raise RigError(f"{name} is {_a(command.kind)} and has no value.")
        return command.get(self._target)

    def put(self, name: str, value: Value) -> None:
        """Set a switch, choice or value, as near as its range allows, and say so. Raises RigError."""
        command = self.table[name]
        wanted = command.checked(value)
        if command.kind == "value" or wanted != self.value(name):
            self.put_quietly(name, wanted)
            if command.set is None:
                self.say(name)

    def put_quietly(self, name: str, value: Value) -> None:
        """The same, without a word where the command has an `apply`."""
        command = self.table[name]
        change = command.apply if command.set is None else command.set
        if change is not None:
            change(self._target, command.checked(value))

    def say(self, name: str) -> None:
        """Tell how a value stands."""
        command = self.table[name]
        if command.say is not None:
            command.say(self._target)
        elif command.kind == "value":
            self._tell(Event("value", f"{command.title} {command.format(float(self.value(name)))}"))

    def values(self) -> dict[str, Value]:
        """Everything that can be read, by name."""
        return {name: command.get(self._target) for name, command in self.table.items() if command.get is not None}
