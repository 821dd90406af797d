"""`rig interfaces`: a table of those that were found, or all that is known of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...library.commons.row_fields import BASIS_WORDS, LEVELS, SCHEMA
from ...library.interfaces import Interface, OtherFigures
from ..tables import fitted, name_width

COLUMNS = {"max_inst_dbu": "inst", "max_line_dbu": "line", "max_mic_dbu": "mic", "max_line_out_dbu": "out"}
REST = 48  # characters of a line beside the name
SHORT = {"max_inst_pad_dbu": "With pad"}
OWN = "your entry"
MEASURE = "rig calibrate interface --loop measures it, and rig calibrate --row makes a row of that to send to us"


def print_list(found: Sequence[Interface]) -> None:
    """One line each."""
    names = [interface.name for interface in found]
    width = name_width(names, REST)
    titles = "".join(f"{title:>7}" for title in COLUMNS.values())
    print(f"{'dBu at 0 dBFS'.ljust(width)[:width]}{titles}  basis        date")
    for interface in found:
        levels = "".join(f"{_figure(interface, key):>7}" for key in COLUMNS)
        print(f"{fitted(interface.name, width)}{levels}  {interface.basis or OWN:12} {interface.date}".rstrip())
    known = sum(interface.max_inst_dbu is not None for interface in found)
    disputed = "; * disputed" if any(interface.disputed for interface in found) else ""
    print(f"{_count(len(found))}, {known} with the level of the instrument input{disputed}.")
    print("`rig interfaces NAME` shows one with its sources.")


def _count(count: int) -> str:
    return f"{count} interface{'' if count == 1 else 's'}"


def _figure(interface: Interface, key: str) -> str:
    level = getattr(interface, key)
    if level is None:
        return "-"
    differs = any(getattr(other, key) is not None for other in interface.other)
    return f"{level:z.1f}{'*' if interface.disputed and (differs or not interface.other) else ''}"


def print_one(interface: Interface) -> None:
    """Levels, basis, source and date; what other sources say, and why they are not used."""
    print(interface.name)
    if interface.aliases:
        _line("Also", ", ".join(interface.aliases))
    for key, label in LEVELS.items():
        level = getattr(interface, key)
        if level is not None:
            _line(SHORT.get(key, label.capitalize()), f"{level:g} dBu at 0 dBFS")
    for position, level in interface.line_settings.items():
        _line("Switch", f"{position}: {level:g} dBu at 0 dBFS")
    if interface.max_inst_dbu is None:
        _line("Instrument", f"no level is known; {MEASURE}" if interface.basis == "none" else "no level is known")
    if interface.inst_min_readout_db is not None:
        _line("Readout", f"its software shows {interface.inst_min_readout_db:g} dB at minimum gain")
    _line("Basis", OWN if interface.basis is None else f"{interface.basis}: {BASIS_WORDS[interface.basis]}")
    if interface.origin == "yours" and interface.basis is not None:
        _line("", OWN)
    for label, text in (
        ("Source", interface.source),
        ("Date", interface.date),
        ("Method", interface.method),
        ("Meter", interface.meter),
        ("Driver", interface.driver),
        ("System", interface.system),
    ):
        if text:
            _line(label, text)
    for other in interface.other:
        _line("Elsewhere", _told(other))
    if interface.disputed:
        if not interface.other and interface.other_dbu:
            _line("Elsewhere", " or ".join(f"{dbu:g} dBu" for dbu in interface.other_dbu))
        _line(
            "Disputed", f"the figure above is used: {interface.chosen_because}" if interface.chosen_because else "yes"
        )
    if interface.note:
        _line("Note", interface.note)


def _told(other: OtherFigures) -> str:
    levels = ", ".join(
        f"{getattr(other, key):g} dBu ({label})" for key, label in LEVELS.items() if getattr(other, key) is not None
    )
    known = ", ".join(filter(None, [other.basis, other.date, other.method, other.meter]))
    return f"{levels}; {known}; {other.source}{f' ({other.note})' if other.note else ''}"


def _line(label: str, text: str) -> None:
    print(f"  {label:11} {text}")


def as_json(found: Sequence[Interface]) -> dict[str, Any]:
    """All of them, for programs."""
    return {"schema": SCHEMA, "interfaces": [_one_as_json(interface) for interface in found]}


def _one_as_json(interface: Interface) -> dict[str, Any]:
    return {
        "name": interface.name,
        "maker": interface.maker,
        "model": interface.model,
        "aliases": list(interface.aliases),
        **_levels(interface),
        "line_settings": dict(interface.line_settings),
        "inst_min_readout_db": interface.inst_min_readout_db,
        "basis": interface.basis,
        "verified": interface.verified,
        "source": interface.source,
        "date": interface.date,
        "method": interface.method,
        "meter": interface.meter,
        "disputed": interface.disputed,
        "chosen_because": interface.chosen_because,
        "other": [
            {
                **_levels(other),
                "basis": other.basis,
                "source": other.source,
                "date": other.date,
                "method": other.method,
                "meter": other.meter,
                "note": other.note,
            }
            for other in interface.other
        ],
        "note": interface.note,
        "origin": interface.origin,
    }


def _levels(of: Interface | OtherFigures) -> dict[str, float | None]:
    return {key: getattr(of, key) for key in LEVELS}
