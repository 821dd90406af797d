"""Which key stands for which command, and what a player's own `keys.toml` makes of it.

    [keys]                       # while playing
    "x" = "next_model"           # a command by its name; `rig midi --commands` lists them
    "+" = ["output_trim", 1]     # a value has a direction, 1 up or -1 down; a preset its number
    "z" = ""                     # a key that shall do nothing

    [ab]                         # the same for rig ab
    " " = "hear_x"

A key is one character, or up, down, left, right, home, end, pageup, pagedown, tab, enter, backspace or escape.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from ..errors import ConfigError
from ..files.paths import config_folder
from ..files.toml_file import Table, read_toml, read_toml_if_any, shown
from .command import Command

Way = tuple[str, int]  # a command, and the direction of its step or its number; 0: neither
Keys = Mapping[str, Way]
FILE_NAME = "keys.toml"
WHAT = "key map"
NAMED = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "tab", "enter", "backspace", "escape")

KEYS: dict[str, Way] = {
    **{str(number): ("preset", number) for number in range(10)},
    "pagedown": ("next_preset", 0),
    "pageup": ("previous_preset", 0),
    "P": ("save_preset", 0),
    "@": ("overwrite_preset", 0),
    "N": ("rename_preset", 0),
    "$": ("renumber_preset", 0),
    "D": ("delete_preset", 0),
    "Z": ("undo_preset", 0),
    "n": ("next_model", 0),
    "right": ("next_model", 0),
    "p": ("previous_model", 0),
    "left": ("previous_model", 0),
    "<": ("first_model", 0),
    ">": ("last_model", 0),
    "W": ("jump_model", 0),
    "\\": ("search_model", 0),
    "|": ("like_model", 0),
    "F": ("favourite_model", 0),
    "*": ("view_models", 0),
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
    "C": ("interface", 0),
    "G": ("gate", 0),
    '"': ("gate_threshold", 1),
    "'": ("gate_threshold", -1),
    "U": ("rumble", 0),
    "T": ("tuner", 0),
    "i": ("next_ir", 0),
    "down": ("next_ir", 0),
    "u": ("previous_ir", 0),
    "up": ("previous_ir", 0),
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
    ";": ("undo_choice", 0),
    "s": ("view", 0),
    "S": ("everything", 0),
    "A": ("mark_a", 0),
    "B": ("mark_b", 0),
    "tab": ("compare", 0),
    "a": ("compare", 0),
    "v": ("blind", 0),
    "o": ("record_loop", 0),
    "O": ("loop", 0),
    "&": ("backing", 0),
    " ": ("backing_play", 0),
    "%": ("backing_volume", 1),
    ":": ("backing_volume", -1),
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
    "Q": ("quality", 0),
    "H": ("take_trained", 0),
    "V": ("stage", 0),
    "h": ("help", 0),
    "?": ("help", 0),
    "q": ("quit", 0),
}

AB_KEYS: dict[str, Way] = {
    "a": ("hear_a", 0),
    "b": ("hear_b", 0),
    "d": ("hear_difference", 0),
    "x": ("hear_x", 0),
    "n": ("begin_test", 0),
    "o": ("answer_a", 0),
    "p": ("answer_b", 0),
    "enter": ("confirm_answer", 0),
    "+": ("match_trim", 1),
    "=": ("match_trim", 1),
    "-": ("match_trim", -1),
    "l": ("lock", 0),
    "m": ("measure", 0),
    "H": ("take_trained", 0),
    "r": ("restore", 0),
    "h": ("help", 0),
    "?": ("help", 0),
    "q": ("quit", 0),
}


def key_file() -> Path:
    """Where a player's own keys are kept."""
    return config_folder() / FILE_NAME


def load_keys(
    part: Literal["keys", "ab"], table: Mapping[str, Command[Any]], path: Path | None = None
) -> tuple[dict[str, Way], list[str]]:
    """The keys in force for a table of commands, and sentences about what is odd in the file.

    `path`: a file that must be there and right, else a ConfigError is raised; None: the player's own, if there is one.
    If that is wrong, it is said in one sentence and the usual keys are in force.
    """
    usual = KEYS if part == "keys" else AB_KEYS
    try:
        if path is not None:
            root: Table | None = read_toml(path, WHAT, ConfigError)
        else:
            root = read_toml_if_any(key_file(), WHAT, ConfigError)
        if root is None:
            return dict(usual), []
        changed = {name: root.table(name) for name in ("keys", "ab")}[part]
        root.warn_of_the_rest()
        keys = dict(usual)
        for key in () if changed is None else changed.values:
            assert changed is not None
            way = _way(changed, key, table)
            if way is None:
                keys.pop(key, None)
            else:
                keys[key] = way
        return keys, [f"{warning}." for warning in root.warnings]
    except ConfigError as error:
        if path is not None:
            raise
        return dict(usual), [f"{error} Until that is put right, the usual keys are in force."]


def _way(keys: Table, key: str, table: Mapping[str, Command[Any]]) -> Way | None:
    """What a key is to do; None: nothing. Raises ConfigError with file and line."""
    if key not in NAMED and not (len(key) == 1 and key.isprintable()):
        raise keys.error(f"{shown(key)} is no key; a key is one character, or {', '.join(NAMED)}.", key)
    value = keys.values[key]
    name, number = value if isinstance(value, list) and len(value) == 2 else (value, 0)
    if name == "" and number == 0:
        return None
    if not isinstance(name, str) or isinstance(number, bool) or not isinstance(number, int):
        raise keys.error(
            f'{shown(key)} is {shown(value)}, expected "COMMAND", ["COMMAND", NUMBER], or "" for nothing.', key
        )
    if name not in table:
        raise keys.error(f"there is no command {shown(name)}; `rig midi --commands` lists them.", key)
    command = table[name]
    if command.kind == "value" and number not in (1, -1):
        raise keys.error(f'{name} is a value; write ["{name}", 1] for up or ["{name}", -1] for down.', key)
    if number and not command.numbered and command.kind not in ("value", "choice"):
        raise keys.error(f'{name} takes no number; write "{name}".', key)
    return name, number


def _named(key: str) -> str:
    return "space" if key == " " else key


def key_of(name: str, direction: int, keys: Keys) -> str | None:
    """The first key of a command as it is shown, of one with a direction the key of that; None: it has none."""
    ways = {_named(key): number for key, (command, number) in keys.items() if command == name}
    return next((key for key, number in ways.items() if direction in (0, number)), None)


def keys_of(command: Command[Any], keys: Keys) -> str:
    """All keys of a command, as they are shown."""
    ways = {_named(key): way for key, (name, way) in keys.items() if name == command.name}
    if command.kind != "value":
        return "0 to 9" if set(ways) == set("0123456789") else ", ".join(ways)
    more = " ".join(key for key, way in ways.items() if way > 0)
    less = " ".join(key for key, way in ways.items() if way < 0)
    return ", ".join(text for text in (f"{more} more" * bool(more), f"{less} less" * bool(less)) if text)


def help_text(groups: Mapping[str, tuple[Command[Any], ...]], keys: Keys) -> str:
    """The keys in force, one command per line, in groups; a group without a name has no heading.

    A command without a key is left out, and so is a group of which nothing is left.
    """
    lines = []
    for title, commands in groups.items():
        shown_here = [command for command in commands if keys_of(command, keys)]
        lines += [title] if title and shown_here else []
        for command in shown_here:
            value = f" ({command.range})" if command.range else ""
            lines.append(f"  {keys_of(command, keys):<18} {command.text}{value}")
    return "\n".join(lines)
