"""What is known of audio interfaces: the level in dBu at which each of their inputs is full.

The table that comes with rig names the basis and the source of every figure. The player's own table, in the same
form, wins over it:

    [[interface]]
    maker = "Behringer"
    model = "UMC202HD"
    max_inst_dbu = 0.4
    basis = "measured"
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from ..errors import ConfigError
from ..files.numbers import is_number
from ..files.paths import config_folder
from ..files.toml_file import Table, read_toml_if_any, shown_name
from ..levels import MAX_LEVEL_DBU, Level
from ..scripting import notebook
from ..scripting.arguments import finite, path, text

Basis = Literal["maker", "cites-maker", "measured", "article", "community", "inferred", "none"]
Origin = Literal["table", "yours"]

SHIPPED_TABLE = Path(__file__).with_name("interfaces.toml")
SCHEMA = 1
MAX_BYTES = 1 << 20  # of a table: many times what comes with rig
CALL = "rig.Interface"
LEVELS = {  # the keys that are levels, and which input or output each is of
    "max_inst_dbu": "instrument",
    "max_inst_pad_dbu": "instrument with pad",
    "max_line_dbu": "line",
    "max_mic_dbu": "microphone",
    "max_line_out_dbu": "line out",
}
WAY_OUT = "give its level with --max-input-dbu X"


def user_table() -> Path:
    """Where the player's own table lies, if there is one."""
    return config_folder() / "interfaces.toml"


@dataclass(frozen=True, slots=True)
class Interface:
    """One audio interface. Levels are dBu RMS at 0 dBFS peak, knobs at minimum, pad and air off; `None`: not known."""

    model: str
    maker: str = ""
    aliases: tuple[str, ...] = ()
    max_inst_dbu: float | None = None
    max_inst_pad_dbu: float | None = None
    max_line_dbu: float | None = None
    max_mic_dbu: float | None = None
    max_line_out_dbu: float | None = None  # line output at 0 dBFS, output knob fully up
    line_settings: Mapping[str, float] = field(default_factory=dict, hash=False)  # position of a level switch -> dBu
    inst_min_readout_db: float | None = None  # what the maker's software shows with the instrument gain at minimum
    alsa_gain: bool | None = None  # the Linux driver shows the preamp gain in dB
    alsa_mode: bool | None = None  # the Linux driver shows INST / LINE, pad and air
    basis: Basis | None = None  # None: an entry of the player's that does not say
    verified: bool = False  # the maker's own document was read
    disputed: bool = False  # published figures differ by more than 1 dB; the others are in `other_dbu`
    other_dbu: tuple[float, ...] = ()
    source: str = ""
    note: str = ""
    origin: Origin = "table"

    def __post_init__(self) -> None:
        for key in ("model", "maker"):
            text(CALL, key, getattr(self, key))
        for key in LEVELS:
            if getattr(self, key) is not None:
                finite(CALL, key, getattr(self, key))

    @property
    def name(self) -> str:
        """Maker and model."""
        return f"{self.maker} {self.model}".strip()

    def level(self) -> Level:
        """The level that is 0 dBFS at the instrument input; ConfigError where no figure is known.

        >>> print(Interface("Apollo 8x", max_inst_dbu=12.2, basis="article").level())
        12.2 dBu (Apollo 8x, article)
        """
        if self.max_inst_dbu is None:
            note = f" ({self.note})" if self.note else ""
            raise ConfigError(
                f"{self.name}: no level of its instrument input is known{note}; {WAY_OUT}, or in your own entry "
                f"in {user_table()}."
            )
        parts = [self.model]
        if self.origin == "yours":
            parts.append("your entry")
        if self.basis is not None:
            parts.append(self.basis)
        if self.disputed:
            others = " or ".join(f"{dbu:g}" for dbu in self.other_dbu)
            parts.append(f"disputed: {others} elsewhere" if others else "disputed")
        return Level(self.max_inst_dbu, ", ".join(parts))

    @classmethod
    def named(cls, name: str, *, table: str | os.PathLike[str] | None = None) -> Interface:
        """The interface of that name: case, spaces, dashes and the maker do not matter ("apollo-8x").

        `table` stands for the player's own file. ConfigError for a name that fits none, or several.
        """
        wanted = _key(text("Interface.named", "name", name))
        table = None if table is None else path("Interface.named", "table", table)
        for interfaces in (_read(user_table() if table is None else table, "yours"), _shipped()):
            found = [interface for interface in interfaces if wanted in _keys(interface)]
            if len(found) == 1:
                return found[0]
            if found:
                names = ", ".join(f'"{interface.name}"' for interface in found)
                raise ConfigError(f'"{name}" may be {names}: give the name in full.')
        raise ConfigError(_unknown(name, cls.all(table=table)))

    @classmethod
    def all(cls, *, table: str | os.PathLike[str] | None = None) -> tuple[Interface, ...]:
        """Every interface that can be named; the player's own first, in place of ours of the same name."""
        own = _read(user_table() if table is None else path("Interface.all", "table", table), "yours")
        taken = {key for interface in own for key in _keys(interface)}
        return own + tuple(interface for interface in _shipped() if not _keys(interface) & taken)

    def _levels(self) -> list[tuple[str, str | None]]:
        """The levels that are known, by what they are of."""
        known = ((label, getattr(self, key)) for key, label in LEVELS.items())
        return [(label, None if dbu is None else f"{dbu:g} dBu") for label, dbu in known]

    def __repr__(self) -> str:
        basis = f"basis {self.basis}{', disputed' if self.disputed else ''}" if self.basis is not None else None
        own = "your entry" if self.origin == "yours" else None
        levels = [f"{label} {level}" for label, level in self._levels() if level]
        return notebook.line(CALL, self.name, [*(levels or ["no level known"]), basis, own])

    def _repr_html_(self) -> str:
        basis = None if self.basis is None else f"{self.basis}{' (disputed)' if self.disputed else ''}"
        rows = [*self._levels(), ("basis", basis), ("source", self.source), ("note", self.note)]
        return notebook.table(self.name, rows)


def _key(name: str) -> str:
    """What is left of a name when case, spaces, dashes and the ways to write a generation are gone.

    >>> _key("Scarlett 2i2 (3rd Gen)") == _key("scarlett-2i2-gen3") == "scarlett2i2gen3"
    True
    """
    text = re.sub(r"[\s_-]+", " ", name.casefold())
    text = re.sub(r"\b(\d+)(?:st|nd|rd|th) ?gen(?:eration)?\b", r"gen\1", text)
    text = re.sub(r"\bgen(?:eration)? ?(\d+)\b", r"gen\1", text)
    return re.sub(r"[^\w+@]", "", text)  # "SSL 2+" is not "SSL 2"


def _keys(interface: Interface) -> set[str]:
    names = (interface.model, *interface.aliases)
    return {_key(name) for name in names} | {_key(f"{interface.maker} {name}") for name in names}


def _unknown(name: str, interfaces: Iterable[Interface]) -> str:
    by_key = {key: interface.name for interface in interfaces for key in _keys(interface)}
    wanted = _key(name)
    holding = [key for key in by_key if wanted and wanted in key]
    close = holding or difflib.get_close_matches(wanted, by_key, n=6, cutoff=0.5)
    nearest = list(dict.fromkeys(by_key[key] for key in close))[:4]
    hint = f" (nearest: {', '.join(nearest)})" if nearest else ""
    return f'No interface "{name}" is known{hint}; {WAY_OUT}, or add your own entry to {user_table()}.'


@cache
def _shipped() -> tuple[Interface, ...]:
    return _read(SHIPPED_TABLE, "table")


def _read(path: Path, origin: Origin) -> tuple[Interface, ...]:
    """All entries of one table; a file that is not there has none."""
    table = read_toml_if_any(path, "table of interfaces", ConfigError, file=str(path), most_bytes=MAX_BYTES)
    if table is None:
        return ()
    if table.whole_number("schema", 1, 1 << 31) not in (None, SCHEMA):
        raise table.unexpected("schema", f"{SCHEMA}, which this rig reads")
    return tuple(_checked(entry, origin) for entry in table.tables("interface"))


def _checked(entry: Table, origin: Origin) -> Interface:
    if "model" not in entry.values:
        raise entry.error('this [[interface]] has no name; write model = "...".')
    for key, value in entry.values.items():
        if key not in _CHECKS:
            raise entry.error(f"unknown key {shown_name(key)}; the keys are {', '.join(_CHECKS)}.", key)
        expected, fits = _CHECKS[key]
        if not fits(value):
            raise entry.unexpected(key, expected)
    values: dict[str, Any] = dict(entry.values)
    for key in ("aliases", "other_dbu"):
        values[key] = tuple(values.get(key, ()))
    return Interface(**values, origin=origin)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(_key(value))


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_level(value: Any) -> bool:
    return is_number(value) and abs(value) <= MAX_LEVEL_DBU


def _all(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(fits(item) for item in value)


_TEXT = ("text in quotes", _is_text)
_FLAG = ("true or false", _is_flag)
_LEVEL = (f"a level in dBu from -{MAX_LEVEL_DBU:g} to {MAX_LEVEL_DBU:g}", _is_level)
_CHECKS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "maker": _TEXT,
    "model": ("a name in quotes", _is_name),
    "aliases": ('a list of names like ["Volt 1"]', _all(_is_name)),
    "max_inst_dbu": _LEVEL,
    "max_inst_pad_dbu": _LEVEL,
    "max_line_dbu": _LEVEL,
    "max_mic_dbu": _LEVEL,
    "max_line_out_dbu": _LEVEL,
    "line_settings": (
        "levels by name like { plus4dbu = 20.0 }",
        lambda value: isinstance(value, dict) and all(_is_level(level) for level in value.values()),
    ),
    "inst_min_readout_db": ("a gain in dB", _is_level),
    "alsa_gain": _FLAG,
    "alsa_mode": _FLAG,
    "basis": (f"one of {', '.join(get_args(Basis))}", lambda value: value in get_args(Basis)),
    "verified": _FLAG,
    "disputed": _FLAG,
    "other_dbu": ("a list of levels in dBu", _all(_is_level)),
    "source": _TEXT,
    "note": _TEXT,
}
