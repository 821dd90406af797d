"""Models compared with gear by number, as the page shows it: the table, and excerpts to hear."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ...compare.excerpts import Excerpt
from ...compare.score import Comparison
from ...player.command import Command, Commands, Value, action, table_of
from ...player.events import Event
from ..merge_patch import Json
from .shown import Nothing, described, finite, report_address


class Table:
    """What is known of a comparison so far. `is_over`: somebody in the page has ended it."""

    def __init__(self) -> None:
        self.progress = 0.0
        self.comparison: Comparison | None = None
        self.excerpts: tuple[Excerpt, ...] = ()
        self.report: bytes | None = None  # the page that `--html` writes
        self.report_at: str | None = None  # and its address
        self.is_over = threading.Event()

    def reported(self, report: bytes) -> None:
        """The report is there."""
        self.report, self.report_at = report, report_address(report)


COMMANDS: dict[str, Command[Table]] = table_of(
    {"": (action("quit", "end rig compare", lambda table: table.is_over.set(), danger=True),)}
)


def _nobody(event: Event) -> None:
    """What goes wrong is answered to whoever asked."""


class CompareShown(Nothing):
    """A table that is filled."""

    view = "compare"
    meter_names: Sequence[str] = ()

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table
        self._commands: Commands[Table] = Commands(table, COMMANDS, _nobody)

    def commands(self) -> list[Json]:
        """The table of commands."""
        return described(COMMANDS)

    def carry_out(self, name: str, value: Value | None) -> None:
        """Do it."""
        self._commands.carry_out(name, value)

    def state(self) -> Json:
        """See docs/developer/protocol.md."""
        table = self._table
        return finite(
            {
                "view": self.view,
                "values": {},
                "progress": round(table.progress, 3),
                "comparison": None if table.comparison is None else table.comparison.to_json(),
                "excerpts": [
                    {"file": one.file, "kind": one.kind, "seconds": round(one.seconds, 3)} for one in table.excerpts
                ],
                "report": table.report_at,
            }
        )

    def meters(self) -> tuple[int, list[float]]:
        """Nothing sounds."""
        return 0, []

    def report(self, address: str) -> bytes | None:
        """The page that `--html` writes."""
        return self._table.report if address == self._table.report_at else None

    def excerpt(self, name: str) -> bytes | None:
        """`0/model.wav`, `0/gear.wav` or `0/difference.wav`."""
        number, _, which = name.partition("/")
        kind = which.removesuffix(".wav")
        if not (number.isascii() and number.isdecimal() and len(number) < 4 and which.endswith(".wav")):
            return None
        excerpts = self._table.excerpts
        return excerpts[int(number)].wavs.get(kind) if int(number) < len(excerpts) else None
