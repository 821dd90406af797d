"""What a check says: the figure, its limits, ok, warn or fail, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["ok", "warn", "fail"]
SEVERITY: tuple[Verdict, ...] = ("ok", "warn", "fail")


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


def above(figure: float, warn: float | None, fail: float | None) -> Verdict:
    """A figure that should be small."""
    if fail is not None and figure > fail:
        return "fail"
    return "warn" if warn is not None and figure > warn else "ok"


def below(figure: float, warn: float | None, fail: float | None) -> Verdict:
    """A figure that should be large."""
    return above(-figure, None if warn is None else -warn, None if fail is None else -fail)
