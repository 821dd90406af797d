"""What is known of audio interfaces: the level in dBu at which each of their inputs is full.

The table that comes with rig names the basis, the source and the date of every figure; `commons/` knows what a row
of it may say, and `rig interfaces check` holds it to that. The player's own table, in the same form, wins over it, and
needs no more than a name and a level:

    [[interface]]
    maker = "Behringer"
    model = "UMC202HD"
    max_inst_dbu = 0.4
    basis = "measured"
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ..errors import ConfigError
from ..files.paths import config_folder
from ..files.toml_file import Table, read_toml_if_any, shown_name
from ..levels import Level
from ..scripting import notebook
from ..scripting.arguments import finite, path, text
from .commons.interface_names import key as _key
from .commons.row_fields import DISPUTED_DB, LEVELS, MAX_BYTES, OF_SCHEMA_1, OTHER, READ, ROW, Basis, Field

Origin = Literal["table", "yours"]

SHIPPED_TABLE = Path(__file__).with_name("interfaces.toml")
CALL = "rig.Interface"
WAY_OUT = "give its level with --max-input-dbu X"


def user_table() -> Path:
    """Where the player's own table lies, if there is one."""
    return config_folder() / "interfaces.toml"


@dataclass(frozen=True, slots=True)
class OtherFigures:
    """What another source says of an interface. Levels as in `Interface`; `None`: it says nothing of that one."""

    max_inst_dbu: float | None = None
    max_inst_pad_dbu: float | None = None
    max_line_dbu: float | None = None
    max_mic_dbu: float | None = None
    max_line_out_dbu: float | None = None
    basis: Basis | None = None
    source: str = ""
    date: str = ""
    method: str = ""
    meter: str = ""
    note: str = ""


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
    disputed: bool = False  # published figures differ by more than 1 dB; the others are in `other`
    other_dbu: tuple[float, ...] = ()  # those of the instrument input among them that differ so much
    source: str = ""
    note: str = ""
    origin: Origin = "table"
    date: str = ""  # when the source was read, or the unit measured
    method: str = ""  # of a measurement, and with what, through which driver, on which system
    meter: str = ""
    driver: str = ""
    system: str = ""
    other: tuple[OtherFigures, ...] = ()  # what other sources say
    chosen_because: str = ""  # of a disputed one: why the figure here is used

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
        if self.disputed and (
            self.other_dbu or not self.other
        ):  # what contradicts another level is not said of this one
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
            found = [interface for interface in interfaces if wanted in keys_of(interface)]
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
        taken = {key for interface in own for key in keys_of(interface)}
        return own + tuple(interface for interface in _shipped() if not keys_of(interface) & taken)

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
        rows = [*self._levels(), ("basis", basis), ("source", self.source), ("date", self.date), ("note", self.note)]
        return notebook.table(self.name, rows)


def keys_of(interface: Interface) -> set[str]:
    """What is left of each of its names, with its maker and without, see `interface_names.key`."""
    names = (interface.model, *interface.aliases)
    return {_key(name) for name in names} | {_key(f"{interface.maker} {name}") for name in names}


def _unknown(name: str, interfaces: Iterable[Interface]) -> str:
    by_key = {key: interface.name for interface in interfaces for key in keys_of(interface)}
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
    if table.whole_number("schema", 1, 1 << 31) not in (None, *READ):
        raise table.unexpected("schema", f"{' or '.join(map(str, READ))}, which this rig reads")
    return tuple(_checked(entry, origin) for entry in table.tables("interface"))


def _checked(entry: Table, origin: Origin) -> Interface:
    if "model" not in entry.values:
        raise entry.error('this [[interface]] has no name; write model = "...".')
    _check_keys(entry, {**ROW, **OF_SCHEMA_1})
    values: dict[str, Any] = dict(entry.values)
    other = tuple(_other(figures) for figures in entry.tables("other"))
    values["aliases"] = tuple(values.get("aliases", ()))
    values["other_dbu"] = tuple(values.get("other_dbu", _contradicting(values.get("max_inst_dbu"), other)))
    return Interface(**{**values, "other": other}, origin=origin)


def _check_keys(entry: Table, fields: Mapping[str, Field]) -> None:
    for key, value in entry.values.items():
        if key not in fields:
            raise entry.error(f"unknown key {shown_name(key)}; the keys are {', '.join(fields)}.", key)
        if not fields[key].fits(value):
            raise entry.unexpected(key, fields[key].expected)


def _other(entry: Table) -> OtherFigures:
    _check_keys(entry, OTHER)
    return OtherFigures(**entry.values)


def _contradicting(dbu: float | None, others: Iterable[OtherFigures]) -> list[float]:
    """Levels of the instrument input that other sources give and that contradict that of the row."""
    found = [other.max_inst_dbu for other in others if other.max_inst_dbu is not None]
    return [] if dbu is None else [other for other in dict.fromkeys(found) if abs(other - dbu) > DISPUTED_DB]
