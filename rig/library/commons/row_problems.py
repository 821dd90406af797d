"""What is wrong with a table of interfaces: each problem with file, line, row, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...files.toml_file import Table
from .row_fields import BASES

MOST_PROBLEMS = 100  # of one file: who has more corrects these first
ASKED = {
    "maker": 'write maker = "..."',
    "model": 'write the name that stands on it: model = "..."',
    "name": 'write name = "..."',
    "basis": f"say how the figure is known: basis = one of {', '.join(BASES)}",
    "source": 'say where the figure stands, so that others find it: source = "..."',
    "date": 'say when the source was read or the unit measured: date = "2026-11-30", or "2026-11"',
    "dbu": "write dbu = ...",
    "method": 'say how it was measured: method = "..."',
    "meter": 'say what it was measured with: meter = "...", maker and type',
    "chosen_because": 'say why this figure is used and not another one: chosen_because = "..."',
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `row` counts from 1; None: it is about the whole file. `text`: the whole sentence."""

    line: int
    row: int | None
    name: str
    key: str
    text: str


@dataclass(slots=True)
class Report:
    """What the check of a file found; `rows`: how many it holds."""

    file: str
    rows: int = 0
    problems: list[Problem] = field(default_factory=list)

    def add(self, table: Table, what: str, key: str, text: str, row: int | None = None, name: str = "") -> None:
        """One more problem, at the line of its key."""
        if len(self.problems) < MOST_PROBLEMS:
            where = table.where(key)
            line = int(where.rpartition(" ")[2])
            self.problems.append(Problem(line, row, name, key, f"{where}{what}: {text}"))


@dataclass(frozen=True, slots=True)
class Part:
    """A table of a file that is being checked, and where its problems go. `what`: ", row 3 (MOTU M2)"."""

    table: Table
    report: Report
    what: str
    row: int | None = None
    name: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """What stands in it."""
        return self.table.values

    def bad(self, key: str, text: str) -> None:
        """One more problem, of a key."""
        self.report.add(self.table, self.what, key, text, self.row, self.name)
