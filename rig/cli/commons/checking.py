"""`rig interfaces check`: the problems of a table, or of a row that is to be sent, and how it stands to rig's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ...errors import ConfigError, UsageError
from ...library.commons.row_check import check_file
from ...library.commons.row_fields import DISPUTED_DB, LEVELS, LICENSE, SCHEMA
from ...library.commons.row_problems import MOST_PROBLEMS, Report
from ...library.interfaces import SHIPPED_TABLE, Interface, user_table

FAILED = 2


def check(path: Path | None, as_json: bool) -> int:
    """Say what is wrong, each in a sentence on stderr; 2 where something is."""
    report = check_file(SHIPPED_TABLE if path is None else path)
    beside = [] if path is None or report.problems else _beside_ours(path)
    if as_json:
        print(json.dumps({**_as_json(report), "beside_ours": beside}, indent=2))
    for problem in report.problems:
        print(f"rig: {problem.text}", file=sys.stderr)
    if report.problems:
        more = " or more" if len(report.problems) == MOST_PROBLEMS else ""
        if len(report.problems) > 1:
            print(f"rig: {report.file}: {len(report.problems)}{more} problems.", file=sys.stderr)
        return FAILED
    if not as_json:
        rows = f"{report.rows} row{'' if report.rows == 1 else 's'}"
        print(f"{report.file}: {rows}, nothing wrong with {'it' if report.rows == 1 else 'them'}.")
        print(f"Form of version {SCHEMA}, licence {LICENSE}. Whether a figure is right, only its source can say.")
        for sentence in beside:
            print(sentence)
        if path is None and user_table().is_file():
            print(f"Your own: {user_table()}; it needs no more than names and levels, and this check asks for more.")
    return 0


def _beside_ours(path: Path) -> list[str]:
    """What rig's own table says of the same interfaces."""
    nothing = path.parent / "no own table"  # so that only rig's are found
    told = []
    for theirs in Interface.all(table=path):
        if theirs.origin != "yours":
            continue
        try:
            ours = Interface.named(theirs.name, table=nothing)
        except (ConfigError, UsageError):
            told.append(f"{theirs.name}: new; rig's table does not have it.")
            continue
        told += [text for key in LEVELS if (text := _compared(theirs, ours, key))]
    return told


def _compared(theirs: Interface, ours: Interface, key: str) -> str | None:
    dbu, known = getattr(theirs, key), getattr(ours, key)
    if dbu is None:
        return None
    what = f"{theirs.name}, {LEVELS[key]}"
    if known is None:
        return f"{what}: {dbu:g} dBu; rig's table has no figure yet."
    if abs(dbu - known) <= DISPUTED_DB:
        return f"{what}: {dbu:g} dBu; rig's table has {known:g} dBu ({ours.basis}), and the two agree."
    return (
        f"{what}: {dbu:g} dBu; rig's table has {known:g} dBu ({ours.basis}), {abs(dbu - known):.1f} dB away: both will "
        "stand side by side, as disputed."
    )


def _as_json(report: Report) -> dict[str, object]:
    problems = [
        {"line": each.line, "row": each.row, "name": each.name, "key": each.key, "text": each.text}
        for each in report.problems
    ]
    return {"file": report.file, "rows": report.rows, "problems": problems}
