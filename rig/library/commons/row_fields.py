"""What a row of the table of interfaces may hold: each key, what it means, what its value looks like.

`row_check.py` holds a row to it, `row_schema.py` writes it as a JSON Schema, and a player's own table is read with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ...files.numbers import is_number
from ...levels import MAX_LEVEL_DBU
from .interface_names import key

Basis = Literal["maker", "cites-maker", "measured", "article", "community", "inferred", "none"]
BASES: tuple[Basis, ...] = get_args(Basis)
BASIS_WORDS: dict[str, str] = {
    "maker": "the maker's own manual or page was read for this figure",
    "cites-maker": "another page gives the figure and names the maker's document, which was not read",
    "measured": "someone measured a unit and published the result",
    "article": "from an article on gain staging",
    "community": "a forum, blog, review or project note that names no document of the maker",
    "inferred": "worked out by someone from other figures; weakest",
    "none": "the device is known, but no figure was found",
}

SCHEMA = 2
READ = (1, SCHEMA)  # of a player's own table
LICENSE = "CC0-1.0"
MAX_BYTES = 1 << 20  # of a table: many times what comes with rig
# No input or output of an interface for music is full below or above: 0.08 V to 31 V RMS.
LEAST_DBU, MOST_DBU = -20.0, 32.0
MOST_READOUT_DB = 80.0
DISPUTED_DB = 1.0  # two figures that differ by more contradict each other
LONGEST_NAME, LONGEST_TEXT = 80, 600
SHORTEST_SOURCE = 8  # characters: less names nothing that somebody else could look up
DATE = r"^(19|20)\d\d-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$"

LEVELS = {  # the keys that are levels, and which input or output each is of
    "max_inst_dbu": "instrument",
    "max_inst_pad_dbu": "instrument with pad",
    "max_line_dbu": "line",
    "max_mic_dbu": "microphone",
    "max_line_out_dbu": "line out",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One key: what it means, what its value has to look like, in words, by a test, and as a JSON Schema."""

    meaning: str
    expected: str
    fits: Callable[[Any], bool]
    schema: dict[str, Any]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(key(value))


def _is_level(value: Any) -> bool:
    return is_number(value) and abs(value) <= MAX_LEVEL_DBU


def _all(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(fits(item) for item in value)


_TEXT_SCHEMA = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "pattern": r"^[^\u0000-\u001f\u007f]*$"}
_NAME_SCHEMA = {**_TEXT_SCHEMA, "maxLength": LONGEST_NAME}
_LEVEL_SCHEMA = {"type": "number", "minimum": LEAST_DBU, "maximum": MOST_DBU}


def _text(meaning: str, **more: Any) -> Field:
    return Field(meaning, "text in quotes", _is_text, {**_TEXT_SCHEMA, **more})


def _name(meaning: str) -> Field:
    return Field(meaning, "a name in quotes", _is_name, _NAME_SCHEMA)


def _level(meaning: str) -> Field:
    return Field(meaning, f"a level in dBu from -{MAX_LEVEL_DBU:g} to {MAX_LEVEL_DBU:g}", _is_level, _LEVEL_SCHEMA)


def _flag(meaning: str) -> Field:
    return Field(meaning, "true or false", lambda value: isinstance(value, bool), {"type": "boolean"})


_BASIS = Field(
    f"how the figure is known: {'; '.join(f'{name}: {words}' for name, words in BASIS_WORDS.items())}",
    f"one of {', '.join(BASES)}",
    lambda value: value in BASES,
    {"enum": list(BASES)},
)
_SOURCE = _text("where the figure stands, so that others find it", minLength=SHORTEST_SOURCE)
_DATE = Field(
    "when the source was read, or the unit measured: year and month, or the day",
    'a day such as "2026-11-30", or a month, "2026-11"',
    _is_text,
    {"type": "string", "pattern": DATE},
)
_NOTE = _text("what else one has to know")
_METHOD = _text("how it was measured")
_METER = _text("what it was measured with: maker and type of the meter; never its serial number")

_LEVEL_FIELDS = {
    "max_inst_dbu": _level(
        "largest sine (dBu RMS) that the instrument input takes before 0 dBFS peak, "
        "at minimum gain, pad, air and boost off"
    ),
    "max_inst_pad_dbu": _level("the same with the pad on"),
    "max_line_dbu": _level("the same of the line input"),
    "max_mic_dbu": _level("the same of the microphone input"),
    "max_line_out_dbu": _level("line output at 0 dBFS, output knob fully up"),
}

OTHER: dict[str, Field] = {  # of [[interface.other]]: what another source says
    **_LEVEL_FIELDS,
    "basis": _BASIS,
    "source": _SOURCE,
    "date": _DATE,
    "method": _METHOD,
    "meter": _METER,
    "note": _NOTE,
}
ROW: dict[str, Field] = {  # of [[interface]]
    "maker": _name("who makes it"),
    "model": _name("what stands on it"),
    "aliases": Field(
        "other names of the same device",
        'a list of names like ["Volt 1"]',
        _all(_is_name),
        {"type": "array", "items": _NAME_SCHEMA, "uniqueItems": True},
    ),
    **_LEVEL_FIELDS,
    "line_settings": Field(
        "levels of a level switch, by its positions",
        "levels by name like { plus4dbu = 20.0 }",
        lambda value: isinstance(value, dict) and all(_is_level(level) for level in value.values()),
        {"type": "object", "additionalProperties": _LEVEL_SCHEMA},
    ),
    "inst_min_readout_db": Field(
        "what the maker's software shows as gain when the instrument gain is at its minimum",
        "a gain in dB",
        _is_level,
        {"type": "number", "minimum": -MOST_READOUT_DB, "maximum": MOST_READOUT_DB},
    ),
    "alsa_gain": _flag("the Linux driver shows the preamp gain in dB"),
    "alsa_mode": _flag("the Linux driver shows INST / LINE and, where fitted, pad and air"),
    "basis": _BASIS,
    "verified": _flag("the maker's own document was read; only with basis maker"),
    "source": _SOURCE,
    "date": _DATE,
    "method": _METHOD,
    "meter": _METER,
    "driver": _text("sound driver of a measurement, where it matters"),
    "system": _text("operating system of a measurement, where it matters"),
    "disputed": _flag(f"sources differ by more than {DISPUTED_DB:g} dB; the others stand in [[interface.other]]"),
    "chosen_because": _text("of a disputed row: why its own figure is used, and not another one"),
    "other": Field(
        "what other sources say of the same device",
        "tables that begin with [[interface.other]]",
        lambda value: isinstance(value, list) and all(isinstance(entry, dict) for entry in value),
        {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/other"}},
    ),
    "note": _NOTE,
}
OF_SCHEMA_1: dict[str, Field] = {  # what a player's own table of before may hold as well
    "other_dbu": Field("levels of other sources", "a list of levels in dBu", _all(_is_level), {}),
}
REFERENCE: dict[str, Field] = {  # of [[reference]]: what other programs take 0 dBFS to be
    "name": _name("of the program"),
    "dbu": _level("what it takes 0 dBFS to be"),
    "verified": _flag("its own source or manual was read"),
    "source": _SOURCE,
    "date": _DATE,
}
NEEDED = ("maker", "model", "basis", "source", "date")
NEEDED_OF_OTHER = ("basis", "source", "date")
NEEDED_OF_REFERENCE = ("name", "dbu", "source", "date")
TOP = ("schema", "license", "interface", "reference")


def is_date(value: str) -> bool:
    """Whether that is how a date is written; whether there is such a day is another question."""
    return re.match(DATE, value) is not None and "\n" not in value
