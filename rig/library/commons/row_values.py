"""The values of a row, one by one: keys, types, units, levels that cannot be, dates, texts that do harm."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from ...files.toml_file import shown, shown_name
from ..calibrated_levels import today
from .row_fields import BASES, LEAST_DBU, LONGEST_NAME, LONGEST_TEXT, MOST_DBU, ROW, SHORTEST_SOURCE, Field, is_date
from .row_problems import ASKED, Part
from .row_text import converted, hostile, level_in_words, look_alike, personal, unit_of_key

NAMES = ("maker", "model", "aliases", "name")
TEXT = '"..."'
WRITTEN_ABOUT = date(2026, 11, 30)  # a clock that is earlier is wrong, and no reason to call a row wrong


def check_fields(part: Part, fields: Mapping[str, Field], needed: Sequence[str]) -> None:
    """Every key of one table: that those it needs are there, and that each is known and its value can be right."""
    for key in needed:
        if key not in part.values:
            part.bad(key, f"there is no {key}, expected one; {ASKED[key]}.")
    for key, value in part.values.items():
        if key not in fields:
            _unknown_key(part, key, value, fields)
        elif key.endswith("_dbu") or key == "dbu":
            _check_level(part, key, value)
        elif key == "line_settings" and isinstance(value, dict):
            for position, level in value.items():
                _check_level(part, key, level, f"{key}.{shown_name(position)}")
                _check_text(part, key, position, LONGEST_NAME)
        elif not fields[key].fits(value):
            part.bad(key, _wrong(key, value, fields[key]))
        elif key == "inst_min_readout_db" and abs(value) > fields[key].schema["maximum"]:
            part.bad(
                key, f"{key} is {shown(value)}, expected a gain in dB from -80 to 80; take it away if it is not known."
            )
        elif key == "date":
            _check_date(part, value)
        else:
            for text in [value] if isinstance(value, str) else value if key == "aliases" else ():
                _check_text(part, key, text, LONGEST_NAME if key in NAMES else LONGEST_TEXT)
    source = part.values.get("source")
    if isinstance(source, str) and len(source.strip()) < SHORTEST_SOURCE:
        part.bad("source", f"source is {shown(source)}, which nobody can look up; name document, page and date of it.")


def _wrong(key: str, value: Any, field: Field) -> str:
    if key == "basis" and isinstance(value, str):
        near = difflib.get_close_matches(value.casefold(), BASES, n=1)
        way_out = f"did you mean {near[0]}?" if near else "write one of these."
        return f"basis is {shown(value)}, expected {field.expected}; {way_out}"
    return f"{key} is {shown(value)}, expected {field.expected}; write {_example(key)}."


def _example(key: str) -> str:
    kinds = {"aliases": '["Volt 1"]', "line_settings": "{ plus4dbu = 20.0 }", "inst_min_readout_db": "7.0"}
    if key == "other":
        return "[[interface.other]] above the figures of the other source"
    if key == "date":
        return 'date = "2026-11-30", in quotes'
    flag = key in ("alsa_gain", "alsa_mode", "verified", "disputed")
    return f"{key} = {'true' if flag else kinds.get(key, TEXT)}"


def _unknown_key(part: Part, key: str, value: Any, fields: Mapping[str, Field]) -> None:
    asked = unit_of_key(key)
    if asked and f"{asked[0]}_dbu" in fields:
        name, unit = asked
        level = converted(value, unit)
        way_out = f"write {name}_dbu = {level}" if level else f"convert it to dBu RMS and write {name}_dbu"
        part.bad(key, f"{shown_name(key)} is in {unit}, expected a level in dBu; {way_out}.")
    elif key == "other_dbu":
        part.bad(
            key, "other_dbu is of schema 1, expected each figure with its source; write them as [[interface.other]]."
        )
    else:
        near = difflib.get_close_matches(key, fields, n=1, cutoff=0.6)
        way_out = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(fields)}."
        part.bad(key, f"unknown key {shown_name(key)}; {way_out}")


def _check_level(part: Part, key: str, value: Any, name: str = "") -> None:
    name = name or key
    expected = f"a level in dBu from {LEAST_DBU:g} to {MOST_DBU:g}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        level = level_in_words(value) if isinstance(value, str) else None
        way_out = (
            f"write {name} = {level}" if level else "write the number alone, or take the line away if it is not known"
        )
        part.bad(key, f"{name} is {shown(value)}, expected {expected}, as a number without unit or quotes; {way_out}.")
    elif not LEAST_DBU <= value <= MOST_DBU:
        part.bad(
            key,
            f"{name} is {shown(value)}, expected {expected}: no interface for music is full outside of it; look "
            "whether the figure is in dBu RMS, of a sine of 0 dBFS peak.",
        )


def _check_date(part: Part, value: str) -> None:
    if not is_date(value):
        part.bad(
            "date", f"date is {shown(value)}, expected {ROW['date'].expected}; write year, month and day in this order."
        )
        return
    try:
        day = date.fromisoformat(value if len(value) > 7 else f"{value}-01")
    except ValueError:
        part.bad(
            "date", f"date is {shown(value)}, a day that no calendar has; write the right one, or the month alone."
        )
        return
    if day > max(date.fromisoformat(today()), WRITTEN_ABOUT) + timedelta(days=1):  # it is tomorrow already elsewhere
        part.bad("date", f"date is {shown(value)}, which is still to come; write the day on which the source was read.")


def _check_text(part: Part, key: str, text: str, longest: int) -> None:
    if not text.strip():
        part.bad(key, f"{key} is empty; {ASKED.get(key, 'take the line away, or write what it should say')}.")
    if len(text) > longest:
        part.bad(key, f"{key} has {len(text)} characters, expected at most {longest}; say it shorter.")
    harm = hostile(text) or (look_alike(text) if key in NAMES else None)
    if harm:
        part.bad(key, f"{key} is {shown(text)} and holds {harm}, expected plain text; write it by hand.")
    person = personal(text)
    if person:
        part.bad(key, f"{key} holds {person}, expected nothing that tells of a person or of one unit; take it out.")
