"""The result of a listening test: typed, and as plain JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from .prepared import Condition
from .statistics.screening import Screening
from .statistics.spread import Spread

SCHEMA = 1
Blocks = Literal["listeners", "sections"]


@dataclass(frozen=True, slots=True)
class Heard:
    """One condition. `spread`: of all scores of those who count; `mean_interval`: see `Report.blocks`."""

    condition: Condition
    spread: Spread
    mean_interval: tuple[float, float] | None
    by_section: tuple[Spread, ...]  # over the listeners who count


@dataclass(frozen=True, slots=True)
class Pair:
    """Two conditions, by number. `difference`: mean of the first minus the second, within a block.

    `p` None: no block differs. `counts`: after Hochberg's procedure over all pairs of the report.
    """

    first: int
    second: int
    difference: float
    interval: tuple[float, float] | None
    p: float | None
    p_randomised: float  # attachment 3
    counts: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Everything. `blocks`: what intervals and comparisons are over: listeners, or the sections of a single one."""

    test: str
    hash: str
    setup: dict[str, Any]
    conditions: tuple[Condition, ...]
    scores: dict[str, list[list[int]]]  # of every finished listener: by section, by condition
    unfinished: tuple[str, ...]
    without_training: tuple[str, ...]
    comments: tuple[tuple[str, int, str], ...]  # listener, section from 0, text
    promises: dict[str, str]
    closings: dict[str, str]
    problems: tuple[str, ...]  # of files, as sentences; who has one does not count
    compared: tuple[str, ...]  # listeners whose promise this machine kept, or was given
    screening: Screening
    blocks: Blocks
    heard: tuple[Heard, ...]  # by condition; empty where nobody counts
    friedman: tuple[float, float] | None  # chi-square and p, over the reference and the candidates
    pairs: tuple[Pair, ...]
    sentences: tuple[str, ...] = ()  # what it shows, and what not (`wording.py`)
    notes: tuple[str, ...] = ()  # what a reader has to know beside the figures: clauses

    @property
    def counting(self) -> tuple[str, ...]:
        """The listeners whose scores count."""
        return self.screening.counting

    @property
    def ratings(self) -> int:
        """How many scores count."""
        return len(self.counting) * len(self.setup["sections"]) * len(self.conditions)

    @property
    def state(self) -> Literal["ok", "fail", "unknown"]:
        """Of the files: whether they are what was promised; unknown where a promise is not known here."""
        if self.problems:
            return "fail"
        return "ok" if self.scores and set(self.scores) <= set(self.compared) else "unknown"

    def of_kind(self, kind: str) -> list[int]:
        """The numbers of the conditions of a kind."""
        return [number for number, each in enumerate(self.conditions) if each.kind == kind]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {
            "schema": SCHEMA,
            "kind": "rig listen report",
            **asdict(self),
            "counting": list(self.counting),
            "sentences": list(self.sentences),
            "notes": list(self.notes),
            "ratings": self.ratings,
            "state": self.state,
        }
