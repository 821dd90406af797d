"""What knobs, pedals and switches do: the player's `midi.toml`, in rig's configuration folder.

    program_change = true    # program change 0 to 127: the preset of that number (this is so without a file, too)

    [[control]]              # a knob or pedal: any command that has a value
    cc = 7
    channel = 1              # 1 to 16; without it: any
    command = "volume"
    low = -40.0              # in the unit of the command; low and high may change places
    high = 0.0
    curve = "linear"         # or log (quick at first), exp (slow at first)
    pickup = true            # the knob does nothing until it passes where the value is; false: the value jumps

    [[control]]              # a switch: any command that is an action
    cc = 64
    command = "mute"
    on = "press"             # which messages count, see below
    turn = "on"              # or off: what each press leads to, of a command that is on or off; without: the other
    rest_ms = 30             # so long after it was moved nothing counts, as contacts bounce
    lamp = true              # its lamp shows whether the command is on: rig sends 127 or 0 back

`on` is the kind of switch: `press` sends 127 when it is pressed and 0 when it is let go; `change` latches, 127 at one
press and 0 at the next; `any` sends the same at each press; `second` sends the same when it is pressed and when it is
let go; `state` stands where it stands, 127 is on and 0 is off.

    [[control]]              # a pedal that reaches neither 0 nor 127
    cc = 11
    command = "volume"
    lowest = 5               # what it sends at its ends
    highest = 119

    [[note]]
    note = 60
    command = "output_trim"
    step = -1                # a value one step down; actions that take one have `number`, those with a text `text`

    [[program]]
    program = 3
    command = "bypass"

An entry that cannot be right is refused with its line; a key that is not known is ignored with a warning.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ...errors import ConfigError
from ...files.paths import config_folder
from ...files.toml_file import Table, read_toml, read_toml_if_any, shown
from ..command import Command
from ..commands import COMMANDS

FILE_NAME = "midi.toml"
WHAT = "MIDI mapping"
CHANNELS, HIGHEST_DATA = 16, 127
LONGEST_TEXT = 4096  # characters: a text may be the name of a file
REST_MS, LONGEST_REST_MS = 30.0, 2000.0  # contacts of foot switches are quiet after 5 to 20 ms
SWITCH_ON = 64  # from here on a switch is pressed, as for sustain pedals
Kind = Literal["note", "control", "program"]
Curve = Literal["linear", "log", "exp"]
On = Literal["press", "change", "any", "second", "state"]
Turn = Literal["on", "off"]
KINDS: tuple[Kind, ...] = ("note", "control", "program")
NUMBERS: dict[Kind, str] = {"note": "note", "control": "cc", "program": "program"}
CURVES: tuple[Curve, ...] = ("linear", "log", "exp")
ONS: tuple[On, ...] = ("press", "change", "any", "second", "state")
TURNS: tuple[Turn, ...] = ("on", "off")
NUMBERED = {command.name for command in COMMANDS.values() if command.numbered}  # actions that take a number


@dataclass(frozen=True, slots=True)
class Binding:
    """One message, and the command it stands for. `channel` 1 to 16; None: any.

    A knob (a control of a command with a value and without a `step`) goes from `low` to `high` while its data byte goes
    from `lowest` to `highest`. All else is a switch: `on` which of its messages count, `turn` where each leads, None:
    to the other state. `rest_ms` None: as usual.
    """

    kind: Kind
    number: int
    command: str
    channel: int | None = None
    low: float | None = None
    high: float | None = None
    curve: Curve = "linear"
    pickup: bool = True
    step: int = 0
    argument: int = 0
    text: str | None = None
    on: On = "press"
    turn: Turn | None = None
    rest_ms: float | None = None
    lowest: int = 0
    highest: int = HIGHEST_DATA
    lamp: bool = False

    @property
    def rests_ms(self) -> float:
        """How long a switch rests; what is turned step by step sends as quickly as it is turned."""
        if self.rest_ms is not None:
            return self.rest_ms
        return 0.0 if self.step and self.on == "any" else REST_MS

    @property
    def on_from(self) -> int:
        """The data byte from which on a switch is pressed."""
        return SWITCH_ON if (self.lowest, self.highest) == (0, HIGHEST_DATA) else (self.lowest + self.highest + 1) // 2

    @property
    def is_knob(self) -> bool:
        """Whether it sets a value from the position of a controller."""
        return self.kind == "control" and not COMMANDS[self.command].is_action and not self.step

    @property
    def ends(self) -> tuple[float, float]:
        """What a knob sets at its lowest and at its highest position."""
        command = COMMANDS[self.command]
        low, high = command.low or 0.0, command.high or 0.0
        return float(low if self.low is None else self.low), float(high if self.high is None else self.high)

    def values(self) -> list[float]:
        """What a knob sets at each of its 128 positions."""
        low, high = self.ends
        reach = self.highest - self.lowest
        places = [min(max((k - self.lowest) / reach, 0.0), 1.0) for k in range(HIGHEST_DATA + 1)]
        bent = [_bent(place, self.curve) for place in places]
        if COMMANDS[self.command].in_octaves:
            return [float(low * (high / low) ** place) for place in bent]
        return [low + (high - low) * place for place in bent]

    @property
    def source(self) -> str:
        """The message in words."""
        name = {"note": "note", "control": "CC", "program": "program"}[self.kind]
        return f"{name} {self.number}, {'any channel' if self.channel is None else f'channel {self.channel}'}"

    @property
    def target(self) -> str:
        """What it does, in words."""
        if self.is_knob:
            low, high = self.ends
            pickup, unit = "picks up" if self.pickup else "jumps", COMMANDS[self.command].unit
            unit = f" {unit}" if unit else ""
            is_whole = (self.lowest, self.highest) == (0, HIGHEST_DATA)
            ends = "" if is_whole else f", ends at {self.lowest} and {self.highest}"
            return f"{self.command}, {low:g} to {high:g}{unit}, {self.curve}, {pickup}{ends}"
        more = f" {self.step:+d}" if self.step else f" {self.argument}" if self.command in NUMBERED else ""
        text = f" {self.text!r}" if self.text is not None else ""
        turn = f" {self.turn}" if self.turn is not None else ""
        on = f", on {self.on}" if self.kind == "control" else ""
        rest = f", rests {self.rest_ms:g} ms" if self.rest_ms is not None else ""
        return f"{self.command}{turn}{more}{text}{on}{rest}{', with its lamp' if self.lamp else ''}"

    def overlaps(self, other: Binding) -> bool:
        """Whether one message may mean both."""
        return (self.kind, self.number) == (other.kind, other.number) and (
            self.channel is None or other.channel is None or self.channel == other.channel
        )


def _bent(t: float, curve: Curve) -> float:
    """A position from 0 to 1 along a curve from 0 to 1; log and exp undo each other."""
    if curve == "log":
        return math.log10(1.0 + 9.0 * t)
    return (10.0**t - 1.0) / 9.0 if curve == "exp" else t


@dataclass(frozen=True, slots=True)
class Mapping:
    """All of `midi.toml`. `warnings`: sentences about what was ignored in it."""

    bindings: tuple[Binding, ...] = ()
    program_change: bool = True
    channel: int | None = None  # of program changes; None: any
    warnings: tuple[str, ...] = ()


def mapping_file() -> Path:
    """Where it is kept."""
    return config_folder() / FILE_NAME


def load_mapping(path: Path, *, needed: bool = False) -> Mapping:
    """Read it; without a file (unless it is `needed`) program changes choose presets. Raises ConfigError."""
    table = (read_toml if needed else read_toml_if_any)(path, WHAT, ConfigError)
    return Mapping() if table is None else mapping_in(table)


def checked(binding: Binding) -> Binding:
    """The same binding, if its command can do what it asks for; raises ConfigError with the way out."""
    command = COMMANDS[binding.command]
    if binding.highest <= binding.lowest:
        raise ConfigError(f"lowest ({binding.lowest}) has to be below highest ({binding.highest}).")
    if command.kind != "switch" and (binding.turn is not None or binding.on == "state" or binding.lamp):
        what = "turn" if binding.turn is not None else 'on = "state"' if binding.on == "state" else "lamp"
        raise ConfigError(f"{command.name} is neither on nor off; leave {what} out.")
    if binding.lamp and binding.kind == "program":
        raise ConfigError("A program change has no lamp; leave lamp out.")
    if command.is_action:
        if binding.step:
            raise ConfigError(f"{command.name} is an action and has no steps; leave step out.")
        if binding.low is not None or binding.high is not None:
            raise ConfigError(f"{command.name} is an action and has no range; leave low and high out.")
        if binding.text is not None and command.prompt is None:
            raise ConfigError(f"{command.name} takes no text; leave text out.")
        if binding.argument and command.name not in NUMBERED:
            raise ConfigError(f"{command.name} takes no number; leave number out.")
        return binding
    if binding.kind != "control" and not binding.step:
        raise ConfigError(f"A {binding.kind} cannot set {command.name}, only step it: write step = 1 or step = -1.")
    for end in (binding.low, binding.high):
        if end is not None and command.clamped(end) != end:
            unit = f" {command.unit}" if command.unit else ""
            raise ConfigError(
                f"{end:g}{unit} is out of range: {command.name} goes from {command.low:g} to {command.high:g}{unit}."
            )
    if binding.is_knob and binding.ends[0] == binding.ends[1]:
        raise ConfigError(f"low and high of {command.name} are the same; a knob needs a range.")
    return binding


def command_named(name: str, short: bool = False) -> Command[Any]:
    """The command of that name; where it may be `short`, the only one that begins so. Raises ConfigError."""
    beginning = [known for known in COMMANDS if known.startswith(name) and name]
    if name in COMMANDS or (short and len(beginning) == 1):
        return COMMANDS[name if name in COMMANDS else beginning[0]]
    near = beginning[:4] or difflib.get_close_matches(name, COMMANDS, n=3)
    hint = f" (nearest: {', '.join(near)})" if near else ""
    raise ConfigError(f"There is no command {shown(name)}{hint}; `rig midi --commands` lists them.")


def mapping_in(root: Table) -> Mapping:
    """The mapping in the root table of a file; its bindings stand in the order of `KINDS`, then in that of the file."""
    on, channel = root.flag("program_change"), root.whole_number("channel", 1, CHANNELS)
    bindings = tuple(_binding(kind, entry, channel) for kind in KINDS for entry in root.tables(kind))
    root.warn_of_the_rest()
    return Mapping(bindings, on is not False, channel, tuple(root.warnings))


def _binding(kind: Kind, entry: Table, channel: int | None) -> Binding:
    own_channel = entry.whole_number("channel", 1, CHANNELS)
    number = entry.whole_number(NUMBERS[kind], 0, HIGHEST_DATA)
    name = entry.text("command", LONGEST_TEXT, "the name of a command in quotes")
    step, argument = entry.choice("step", (1, -1)), entry.whole_number("number", 0, HIGHEST_DATA)
    text = entry.text("text", LONGEST_TEXT)
    turn, lamp = entry.choice("turn", TURNS), entry.flag("lamp")
    rest_ms = entry.number("rest_ms", 0.0, LONGEST_REST_MS, "ms")
    if number is None or name is None:
        raise entry.error(f"this [[{kind}]] has no {NUMBERS[kind] if number is None else 'command'}.")
    binding = Binding(
        kind,
        number,
        name,
        channel if own_channel is None else own_channel,
        step=step or 0,
        argument=argument or 0,
        text=text,
        turn=turn,
        rest_ms=rest_ms,
        lamp=lamp is True,
    )
    if kind == "control":
        lowest, highest = (entry.whole_number(end, 0, HIGHEST_DATA) for end in ("lowest", "highest"))
        binding = replace(
            binding,
            low=entry.number("low"),
            high=entry.number("high"),
            curve=entry.choice("curve", CURVES) or "linear",
            pickup=entry.flag("pickup") is not False,
            on=entry.choice("on", ONS) or "press",
            lowest=lowest or 0,
            highest=HIGHEST_DATA if highest is None else highest,
        )
    entry.warn_of_the_rest()
    try:
        command_named(name)
        return checked(binding)
    except ConfigError as error:
        raise entry.error(str(error), "command") from error
