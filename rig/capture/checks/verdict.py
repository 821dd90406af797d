"""What a check says: the figure, its limits, ok, unknown, warn or fail, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["ok", "unknown", "warn", "fail"]  # unknown: nothing was there to look at
SEVERITY: tuple[Verdict, ...] = ("ok", "unknown", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Limit:
    """What a check allows. `side`: on which side of a limit a figure is worse; a figure on the limit itself passes it.

    `warn` and `fail` are in `unit`; None: there is none.
    """

    side: Literal["above", "below"]
    warn: float | None
    fail: float | None
    unit: str

    def verdict(self, figure: float) -> Verdict:
        """What the figure is worth."""
        return "fail" if self._passed(figure, self.fail) else "warn" if self._passed(figure, self.warn) else "ok"

    def _passed(self, figure: float, limit: float | None) -> bool:
        return limit is not None and (figure > limit if self.side == "above" else figure < limit)

    def check(self, name: str, figure: float | None, text: str, advice: str, verdict: Verdict | None = None) -> Check:
        """The line of the table; `verdict` None: by the figure alone. `advice` is left out where nothing is to do."""
        if verdict is None:
            verdict = "ok" if figure is None else self.verdict(figure)
        advice = "" if verdict == "ok" else advice
        return Check(name, verdict, figure, self.unit, self.warn, self.fail, text, advice)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table of checks.

    `figure` None: nothing could be measured. `warn` and `fail` are the limits in `unit`; None: there is none. `text`
    says in words what was found; `advice` what to do about it, empty where nothing has to be done.
    """

    name: str
    verdict: Verdict
    figure: float | None
    unit: str
    warn: float | None
    fail: float | None
    text: str
    advice: str = ""

    def to_json(self) -> dict[str, Any]:
        """For the sidecar."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "figure": self.figure,
            "unit": self.unit,
            "warn": self.warn,
            "fail": self.fail,
            "text": self.text,
            "advice": self.advice,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Check:
        """What `to_json` wrote."""
        return cls(**values)

    def __str__(self) -> str:
        advice = f" {self.advice}" if self.advice else ""
        return f"{self.verdict:4}  {self.name:10}  {self.text}.{advice}"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on all of them together."""
    return max(verdicts, key=SEVERITY.index, default="ok")
