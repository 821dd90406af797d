"""What makes a row of the table of interfaces a bad one: each with what was found, expected, and a way out.

A player's own table needs no more than a name and a level. What is given to everybody is held to all of this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from ...files.numbers import is_number
from ...files.toml_file import Table, read_toml_if_any, shown, shown_name
from .interface_names import key as key_of_name
from .row_fields import (
    BASES,
    DISPUTED_DB,
    LEVELS,
    LICENSE,
    MAX_BYTES,
    NEEDED,
    NEEDED_OF_OTHER,
    NEEDED_OF_REFERENCE,
    OTHER,
    REFERENCE,
    ROW,
    SCHEMA,
    TOP,
)
from .row_problems import ASKED, Part, Report
from .row_values import check_fields


def check_file(path: Path) -> Report:
    """Every problem of a table, or of a row that is to be sent. Raises ConfigError for what is no table at all."""
    table = read_toml_if_any(path, "table of interfaces", ConfigError, most_bytes=MAX_BYTES)
    if table is None:
        raise ConfigError(f"{path.name}: there is no such file in {path.parent.absolute()}; give the name of a table.")
    return check_table(table)


def check_table(table: Table) -> Report:
    """The same of a table that was read. Raises ConfigError where its rows are no tables."""
    report = Report(table.file)
    top = Part(table, report, "")
    _check_top(top)
    seen: dict[str, Part] = {}
    for number, entry in enumerate(table.tables("interface"), 1):
        name = _name_of(entry)
        part = Part(entry, report, f", row {number}{f' ({name})' if name else ''}", number, name)
        report.rows += 1
        check_fields(part, ROW, NEEDED)
        _check_row(part)
        _check_names(part, seen)
    if not report.rows:
        top.bad(
            "interface", "there is no row, expected one that begins with [[interface]]; docs/interfaces.md shows one."
        )
    for entry in table.tables("reference"):
        given = entry.values.get("name")
        what = f", reference {shown(given)}" if isinstance(given, str) else ", a reference"
        check_fields(Part(entry, report, what), REFERENCE, NEEDED_OF_REFERENCE)
    return report


def _name_of(entry: Table) -> str:
    parts = [entry.values.get(key) for key in ("maker", "model")]
    return shown(" ".join(part for part in parts if isinstance(part, str)).strip())[1:-1]


def _check_top(part: Part) -> None:
    for key in part.values:
        if key not in TOP:
            near = " A row begins with [[interface]]." if key in ROW else ""
            part.bad(
                key, f"unknown key {shown_name(key)}, expected {', '.join(TOP)} and nothing else; take it away.{near}"
            )
    schema = part.values.get("schema")
    if schema is None:
        part.bad("schema", f"no version, expected that of this form; write schema = {SCHEMA} at the top.")
    elif schema != SCHEMA or isinstance(schema, bool | float):
        part.bad("schema", f"schema is {shown(schema)}, expected {SCHEMA}; docs/interfaces.md says what changed.")
    given = part.values.get("license")
    if given is None:
        part.bad("license", f'no licence, expected that everybody may use the rows; write license = "{LICENSE}".')
    elif given != LICENSE:
        part.bad("license", f'license is {shown(given)}, expected "{LICENSE}": rows under other terms cannot be taken.')


def _levels(values: Mapping[str, Any]) -> dict[str, float]:
    return {key: float(values[key]) for key in LEVELS if is_number(values.get(key))}


def _check_row(part: Part) -> None:
    """What the keys of one row say together."""
    values, levels = part.values, _levels(part.values)
    others = list(_others(part))
    basis = values.get("basis")
    if basis == "none" and (levels or others or "line_settings" in values):
        key = next(iter([*levels, *(["line_settings"] if "line_settings" in values else []), "other"]))
        part.bad(key, f"basis is none, which means that no figure was found, and there is {key}; say how it is known.")
    if basis in BASES and basis != "none" and not any(key in values for key in (*LEVELS, "line_settings")):
        part.bad("basis", f'basis is {basis} and there is no level, expected one; write it, or basis = "none".')
    if values.get("verified") is True and basis in BASES and basis != "maker":
        part.bad(
            "verified",
            f"verified is true and basis is {basis}, expected maker; only the maker's own document verifies.",
        )
    _check_measured(part)
    inst, pad = levels.get("max_inst_dbu"), levels.get("max_inst_pad_dbu")
    if inst is not None and pad is not None and pad < inst:
        part.bad(
            "max_inst_pad_dbu",
            f"max_inst_pad_dbu is {pad:g}, less than max_inst_dbu ({inst:g}), expected more: a pad lets an input take "
            "more; look whether the two are exchanged.",
        )
    _check_disputes(part, levels, others)


def _check_measured(part: Part) -> None:
    if part.values.get("basis") == "measured":
        for key in ("method", "meter"):
            if key not in part.values:
                part.bad(key, f"basis is measured and there is no {key}; {ASKED[key]}.")


def _others(part: Part) -> Iterator[Part]:
    """The tables of other sources, each checked on its own."""
    entries = part.values.get("other")
    if not ROW["other"].fits(entries):  # said already, if there is one
        return
    for number, entry in enumerate(part.table.tables("other"), 1):
        other = Part(entry, part.report, f"{part.what}, other source {number}", part.row, part.name)
        check_fields(other, OTHER, NEEDED_OF_OTHER)
        _check_measured(other)
        if other.values.get("basis") == "none" or not any(key in other.values for key in LEVELS):
            other.bad("basis", "another source without a level says nothing; write its level, or take it away.")
        yield other


def _check_disputes(part: Part, levels: Mapping[str, float], others: Sequence[Part]) -> None:
    """Sources that contradict each other stand side by side, and it is said which one is used and why."""
    said = [
        (key, levels[key], dbu)
        for other in others
        for key, dbu in _levels(other.values).items()
        if key in levels and abs(dbu - levels[key]) > DISPUTED_DB + 1e-9
    ]
    disputed = part.values.get("disputed")
    if said and disputed is not True:
        key, dbu, other_dbu = said[0]
        part.bad(
            key,
            f"{key} is {dbu:g}, and another source of this row says {other_dbu:g}, more than {DISPUTED_DB:g} dB away, "
            "without a word; write disputed = true, and chosen_because with the reason.",
        )
    if disputed is True and not said:
        part.bad(
            "disputed",
            f"disputed is true and no other source differs by more than {DISPUTED_DB:g} dB; write what the other one "
            "says as [[interface.other]], or take the line away.",
        )
    if disputed is True and "chosen_because" not in part.values:
        part.bad("disputed", f"disputed is true and there is no chosen_because; {ASKED['chosen_because']}.")
    if "chosen_because" in part.values and disputed is not True:
        part.bad("chosen_because", "chosen_because without disputed = true; write both, or none.")


def _check_names(part: Part, seen: dict[str, Part]) -> None:
    """No two rows of one name: what the second one says stands beside the first, in the same row."""
    model, maker, aliases = (part.values.get(key) for key in ("model", "maker", "aliases"))
    names = [model, *(aliases if isinstance(aliases, list) else [])]
    known = [name for name in names if isinstance(name, str) and key_of_name(name)]
    by_maker = key_of_name(maker) if isinstance(maker, str) else ""
    own = {f"{by_maker} {key_of_name(name)}": name for name in reversed(known)}
    twice = next((name for name in known if known.count(name) > 1), None)
    if twice is not None:
        part.bad("aliases", f"the name {shown(twice)} stands twice in this row; take one away.")
    taken = next((key for key in own if key in seen), None)
    if taken is not None:
        _same_name(part, seen[taken], own[taken])
    for key in own:
        seen.setdefault(key, part)


def _same_name(part: Part, first: Part, name: str) -> None:
    key = "model" if name == part.values.get("model") else "aliases"
    here, there = _levels(part.values), _levels(first.values)
    for level in LEVELS:
        if level in here and level in there and abs(here[level] - there[level]) > DISPUTED_DB:
            part.bad(
                level,
                f"{level} is {here[level]:g}, and row {first.row} of the same name {shown(name)} says "
                f"{there[level]:g}; keep one row, and write the other figure in it as [[interface.other]], with "
                "disputed = true and chosen_because.",
            )
            return
    line = first.table.where("model").rpartition(" ")[2]
    part.bad(key, f"the name {shown(name)} is that of row {first.row} (line {line}) already; keep one of the two rows.")
