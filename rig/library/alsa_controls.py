"""Which controls of ALSA tell how the preamp of an interface is set: the table beside that of the interfaces.

The player's own table, `alsa_controls.toml` in the configuration folder, in the same form, wins over it; only source
and date may be left out there. What a key means stands at the top of the table that comes with rig.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..files.paths import config_folder
from ..files.toml_file import Table, read_toml_if_any
from .commons.interface_names import key

SHIPPED_CONTROLS = Path(__file__).with_name("alsa_controls.toml")
SCHEMA = 1
MAX_BYTES = 1 << 18
LONGEST = 600  # characters of a text
LONGEST_CONTROL = 43  # of the name of a control: SNDRV_CTL_ELEM_ID_NAME_MAXLEN less its end
MOST_INPUTS, MOST_VALUE, MOST_DB = 64, 1 << 20, 200.0
SLOT = "{}"  # in the name of a control, for the number of the input


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls of one interface; an empty name: its driver has no such control. `inputs` count from 1."""

    interface: str  # maker and model of a row of the table of interfaces
    inputs: tuple[int, ...]
    usb: tuple[str, ...] = ()  # like "1235:8219"
    card: str = ""  # its name, where it tells no USB id
    gain: str = ""
    gain_values: tuple[int, int] = (0, 0)  # the least and the most
    gain_db: tuple[float, float] = (0.0, 0.0)  # at these
    level: str = ""
    instrument: str = ""  # the word of `level` that is INST
    pad: str = ""
    pad_off: str = ""  # empty: it is a switch
    air: str = ""
    air_off: str = ""
    source: str = ""
    date: str = ""
    note: str = ""

    def name(self, control: str, number: int) -> str:
        """The whole name of a control of an input."""
        return control.replace(SLOT, str(number))

    def is_of(self, name: str) -> bool:
        """Whether that is the interface of this name, see `is_same`."""
        return is_same(self.interface, name)


def is_same(interface: str, name: str) -> bool:
    """Whether a name is that of an interface, its maker in front or not; case, spaces and dashes do not matter.

    >>> is_same("Focusrite Scarlett 2i2 4th Gen", "scarlett-2i2-4th-gen"), is_same("Focusrite Vocaster One", "Vocaster")
    (True, False)
    """
    return key(name) != "" and key(interface).endswith(key(name))


def user_controls() -> Path:
    """Where the player's own table lies, if there is one."""
    return config_folder() / "alsa_controls.toml"


def all_controls(own: Path | None = None) -> tuple[Controls, ...]:
    """Every interface whose controls are known, the player's own (`own`: another file) in place of ours.

    Raises ConfigError for a table of the player's that is wrong.
    """
    mine = _read(user_controls() if own is None else own, is_ours=False)
    taken = {key(controls.interface) for controls in mine}
    return mine + tuple(controls for controls in _shipped() if key(controls.interface) not in taken)


@cache
def _shipped() -> tuple[Controls, ...]:
    return _read(SHIPPED_CONTROLS, is_ours=True)


def _read(path: Path, is_ours: bool) -> tuple[Controls, ...]:
    table = read_toml_if_any(path, "table of controls", ConfigError, file=str(path), most_bytes=MAX_BYTES)
    if table is None:
        return ()
    if table.whole_number("schema", 1, 1 << 31) not in (None, SCHEMA):
        raise table.unexpected("schema", f"{SCHEMA}, which this rig reads")
    return tuple(_controls(entry, is_ours) for entry in table.tables("controls"))


def _controls(entry: Table, is_ours: bool) -> Controls:
    names = {name: _control(entry, name) for name in ("gain", "level", "pad", "air")}
    words = {name: entry.text(name, LONGEST) or "" for name in ("interface", "card", "source", "date", "note")}
    words |= {name: entry.text(name, LONGEST) or "" for name in ("instrument", "pad_off", "air_off")}
    usb = tuple(each.casefold() for each in _list(entry, "usb", str, 'ids like ["1235:8219"]'))
    inputs = tuple(_list(entry, "inputs", int, "numbers of inputs like [1, 2]"))
    values = tuple(_list(entry, "gain_values", int, "two whole numbers like [0, 70]"))
    db = tuple(map(float, _list(entry, "gain_db", (int, float), "two gains in dB like [0.0, 69.0]")))
    needed = ("interface", "inputs", *(("source", "date") if is_ours else ()))
    for name in needed:
        if not (inputs if name == "inputs" else words[name]):
            raise entry.error(f"these [[controls]] have no {name}; write {name} = ...")
    if not all(1 <= number <= MOST_INPUTS for number in inputs):
        raise entry.unexpected("inputs", f"numbers from 1 to {MOST_INPUTS}")
    if not any(names.values()):
        raise entry.error("these [[controls]] name no control; write gain, level, pad or air.")
    if names["level"] and not words["instrument"]:
        raise entry.error('level needs the word that is INST; write instrument = "Inst".')
    if names["gain"]:
        _check_scale(entry, values, db)
    unknown = sorted(entry.values.keys() - set(Controls.__dataclass_fields__))
    if unknown:
        raise entry.error(f"unknown key {unknown[0]}; the keys are {', '.join(Controls.__dataclass_fields__)}.")
    scale = {"gain_values": (values[0], values[1]), "gain_db": (db[0], db[1])} if names["gain"] else {}
    return Controls(**{**names, **words, **scale}, usb=usb, inputs=inputs)  # type: ignore[arg-type]


def _check_scale(entry: Table, values: tuple[int, ...], db: tuple[float, ...]) -> None:
    if len(values) != 2 or not -MOST_VALUE <= values[0] < values[1] <= MOST_VALUE:
        raise entry.error("gain needs its least and most value; write gain_values = [0, 70].")
    if len(db) != 2 or not -MOST_DB <= db[0] < db[1] <= MOST_DB:
        raise entry.error("gain needs the decibels at its least and most value; write gain_db = [0.0, 69.0].")


def _control(entry: Table, name: str) -> str:
    control = entry.text(name, LONGEST_CONTROL, 'the name of a control like "Line In {} Gain Capture Volume"')
    if control is not None and not control.strip():
        raise entry.unexpected(name, "the name of a control")
    return control or ""


def _list(entry: Table, name: str, kind: type | tuple[type, ...], expected: str) -> list[Any]:
    value = entry.values.get(name, [])
    if not isinstance(value, list) or not all(isinstance(e, kind) and not isinstance(e, bool) for e in value):
        raise entry.unexpected(name, f"a list of {expected}")
    return value
