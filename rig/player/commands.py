"""Everything that can be changed while playing: one table, behind keys today and any other controller later.

A command is a name with a unit and a range (a value to set or to step) or an action without a value. An action with a
`prompt` takes a line of text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..errors import RigError


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a player can do. `low`, `high` and `step` are in `unit`; an action has none."""

    name: str
    text: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    prompt: str | None = None  # what to ask for, where it takes a text

    @property
    def is_action(self) -> bool:
        """Whether it takes no value."""
        return self.low is None

    def clamped(self, value: float) -> float:
        """The nearest allowed value."""
        if self.low is None or self.high is None:
            raise RigError(f"{self.name} is an action and takes no value.")
        return min(max(value, self.low), self.high)

    def format(self, value: float) -> str:
        """A value with its unit."""
        digits = 1 if self.step is None or self.step >= 0.1 else 2
        return f"{value:+.{digits}f} {self.unit}".rstrip()


GROUPS: dict[str, tuple[Command, ...]] = {
    "Presets": (
        Command("preset", "preset by its number, 0 also the tenth"),
        Command("next_preset", "next preset"),
        Command("previous_preset", "previous preset"),
        Command("save_preset", "save what plays as a preset", prompt="Name"),
    ),
    "Model": (
        Command("next_model", "next model"),
        Command("previous_model", "previous model"),
        Command("first_model", "first model"),
        Command("last_model", "last model"),
        Command("bypass", "model bypass: the dry guitar through the cabinet"),
    ),
    "Levels": (
        Command("output_trim", "output trim", "dB", -40.0, 40.0, 1.0),
        Command("input_trim", "input trim", "dB", -20.0, 20.0, 0.5),
        Command("preamp_gain", "gain dialled in on the interface", "dB", 0.0, 80.0, 1.0),
        Command("level_mode", "next level mode: normalized, raw, calibrated"),
        Command("equal_loudness", "all cabinets equally loud, or each at its own level"),
        Command("mute", "mute"),
        Command("knob", "type the gain dialled in on the interface", prompt="Gain of the knob above its minimum (dB)"),
    ),
    "Noise and tuning": (
        Command("gate", "noise gate; the first time it is set by the noise: damp the strings"),
        Command("gate_threshold", "where the gate opens, peak of the guitar", "dBFS", -90.0, -20.0, 1.0),
        Command("rumble", "rumble filter in front of the model: 40, 60, 80 Hz, off"),
        Command("tuner", "tuner"),
    ),
    "Cabinets": (
        Command("next_ir", "next cabinet"),
        Command("previous_ir", "previous cabinet"),
        Command("first_ir", "first cabinet"),
        Command("last_ir", "last cabinet"),
        Command("jump_ir", "go to a cabinet by its number", prompt="Number"),
        Command("search_ir", "search by words of the name; without a text: the next one found", prompt="Search"),
        Command("no_cabinet", "cabinet off or on"),
        Command("open_irs", "another folder of cabinets", prompt="Folder"),
        Command("ir_problems", "which files cannot be used, and why"),
    ),
    "Choosing": (
        Command("favourite", "favourite or not; remembered"),
        Command("note", "a note about the cabinet; remembered", prompt="Note"),
        Command("keep", "keep it on the shortlist, or not"),
        Command("reject", "reject it and go on to the next"),
        Command("view", "step through all, the kept, the favourites"),
        Command("everything", "forget what was kept and rejected"),
        Command("mark_a", "what plays is A"),
        Command("mark_b", "what plays is B"),
        Command("compare", "A or B"),
        Command("blind", "blind: random order without names; again: the names"),
    ),
    "Loop": (
        Command("record_loop", "record the guitar into a loop: once to begin, once to end"),
        Command("loop", "the loop or the live guitar"),
    ),
    "Mix": (
        Command("mix_add", "hold this cabinet and hear another one with it, up to four"),
        Command("mix_part", "choose the next part; next and previous change its cabinet"),
        Command("mix_remove", "take the chosen part away"),
        Command("part_gain", "gain of the part", "dB", -40.0, 40.0, 0.5),
        Command("part_delay", "delay of the part", "ms", -20.0, 20.0, 0.02),
        Command("part_pan", "pan of the part, -1 left to 1 right", "", -1.0, 1.0, 0.1),
        Command("part_invert", "turn the part over"),
        Command("mix_align", "align all parts with the first in time and polarity, or not"),
        Command("mix", "the mix or the chosen part alone"),
        Command("export", "write what plays as one file", prompt="File (Enter: a new one in ./irs)"),
        Command("draw", "draw what plays into a picture"),
    ),
    "Recorder": (Command("record", "record the guitar and what is heard into files, or end the take"),),
    "Pedals": (
        Command("volume", "volume behind the cabinet; its lowest is silence", "dB", -60.0, 0.0, 1.0),
        Command("midi_learn", "let a MIDI knob or switch do something", prompt="Command for MIDI"),
    ),
    "Session": (
        Command("restore", "bring the sound back after an overload"),
        Command("help", "show the keys"),
        Command("quit", "quit"),
    ),
}
COMMANDS: dict[str, Command] = {command.name: command for group in GROUPS.values() for command in group}

# key -> command, and the direction of its step or the number it is given (0: neither)
KEYS: dict[str, tuple[str, int]] = {
    **{str(number): ("preset", number) for number in range(10)},
    "pagedown": ("next_preset", 0),
    "pageup": ("previous_preset", 0),
    "P": ("save_preset", 0),
    "right": ("next_model", 0),
    "n": ("next_model", 0),
    "left": ("previous_model", 0),
    "p": ("previous_model", 0),
    "<": ("first_model", 0),
    ">": ("last_model", 0),
    "b": ("bypass", 0),
    "+": ("output_trim", 1),
    "=": ("output_trim", 1),
    "-": ("output_trim", -1),
    "]": ("input_trim", 1),
    "[": ("input_trim", -1),
    "K": ("preamp_gain", 1),
    "k": ("preamp_gain", -1),
    "l": ("level_mode", 0),
    "e": ("equal_loudness", 0),
    "m": ("mute", 0),
    "E": ("knob", 0),
    "G": ("gate", 0),
    '"': ("gate_threshold", 1),
    "'": ("gate_threshold", -1),
    "U": ("rumble", 0),
    "T": ("tuner", 0),
    "down": ("next_ir", 0),
    "i": ("next_ir", 0),
    "up": ("previous_ir", 0),
    "u": ("previous_ir", 0),
    "home": ("first_ir", 0),
    "end": ("last_ir", 0),
    "g": ("jump_ir", 0),
    "/": ("search_ir", 0),
    "c": ("no_cabinet", 0),
    "I": ("open_irs", 0),
    "!": ("ir_problems", 0),
    "f": ("favourite", 0),
    "t": ("note", 0),
    "y": ("keep", 0),
    "x": ("reject", 0),
    "s": ("view", 0),
    "S": ("everything", 0),
    "A": ("mark_a", 0),
    "B": ("mark_b", 0),
    "tab": ("compare", 0),
    "a": ("compare", 0),
    "v": ("blind", 0),
    "o": ("record_loop", 0),
    "O": ("loop", 0),
    "j": ("mix_add", 0),
    "#": ("mix_part", 0),
    "J": ("mix_remove", 0),
    ".": ("part_gain", 1),
    ",": ("part_gain", -1),
    ")": ("part_delay", 1),
    "(": ("part_delay", -1),
    "}": ("part_pan", 1),
    "{": ("part_pan", -1),
    "~": ("part_invert", 0),
    "L": ("mix_align", 0),
    "z": ("mix", 0),
    "w": ("export", 0),
    "d": ("draw", 0),
    "R": ("record", 0),
    "^": ("volume", 1),
    "_": ("volume", -1),
    "M": ("midi_learn", 0),
    "r": ("restore", 0),
    "h": ("help", 0),
    "?": ("help", 0),
    "q": ("quit", 0),
}


def keys_of(command: Command, keys: Mapping[str, tuple[str, int]]) -> str:
    """The keys of a command, as they are shown."""
    ways = {key: way for key, (name, way) in keys.items() if name == command.name}
    if command.is_action:
        return "0 to 9" if set(ways) == set("0123456789") else ", ".join(ways)
    more = " ".join(key for key, way in ways.items() if way > 0)
    less = " ".join(key for key, way in ways.items() if way < 0)
    return f"{more} more, {less} less"


def help_text(groups: Mapping[str, Iterable[Command]] = GROUPS, keys: Mapping[str, tuple[str, int]] = KEYS) -> str:
    """The keys, one command per line, in groups; a group without a name has no heading."""
    lines = []
    for title, commands in groups.items():
        lines += [title] if title else []
        for command in commands:
            value = ""
            if not command.is_action:
                unit = f" {command.unit}" if command.unit else ""
                value = f" ({command.low:g} to {command.high:g}{unit})"
            lines.append(f"  {keys_of(command, keys):<18} {command.text}{value}")
    return "\n".join(lines)
