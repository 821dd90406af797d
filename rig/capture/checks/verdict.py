"""What a check says: the figure, its limits, ok, unknown, warn or fail, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

Verdict = Literal["ok", "unknown", "warn", "fail"]  # unknown: nothing was there to look at
Side = Literal["above", "below"]
SEVERITY: tuple[Verdict, ...] = ("ok", "unknown", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Limit:
    """What a check allows. `side`: on which side of a limit a figure is worse; a figure on the limit itself passes it.

    `warn` and `fail` are in `unit`; None: there is none.
    """

    side: Side
    warn: float | None
    fail: float | None
    unit: str

    def verdict(self, figure: float) -> Verdict:
        """What the figure is worth."""
        return "fail" if self._passed(figure, self.fail) else "warn" if self._passed(figure, self.warn) else "ok"

    def _passed(self, figure: float, limit: float | None) -> bool:
        return limit is not None and (figure > limit if self.side == "above" else figure < limit)

    def check(self, name: str, figure: float | None, text: str, advice: str, verdict: Verdict | None = None) -> Check:
        """The line of the table; `verdict` None: by the figure alone, and unknown where there is none.

        `advice` is left out where nothing is to do.
        """
        if verdict is None:
            verdict = "unknown" if figure is None else self.verdict(figure)
        advice = "" if verdict == "ok" else advice
        return Check(name, verdict, figure, self.unit, self.warn, self.fail, text, advice, self.side)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table of checks.

    `figure` None: nothing could be measured. `warn` and `fail` are the limits in `unit`; None: there is none. `text`
    says in words what was found; `advice` what to do about it, empty where nothing has to be done. `side`: on which
    side of its limits a figure is worse; None: there are no limits, or an earlier version of rig did not say.
    """

    name: str
    verdict: Verdict
    figure: float | None
    unit: str
    warn: float | None
    fail: float | None
    text: str
    advice: str = ""
    side: Side | None = None

    @property
    def allowed(self) -> str:
        """The limits in words, with their direction; empty where there are none.

        >>> Check("hum", "ok", -90.0, "dBFS RMS", -70.0, -50.0, "no hum", side="above").allowed
        'at most -70 dBFS RMS, fails above -50'
        """
        if self.side is None:
            return ""
        good, worse = ("at most", "above") if self.side == "above" else ("at least", "below")
        unit = f" {self.unit}" if self.unit else ""
        if self.warn is None:
            return "" if self.fail is None else f"{good} {self.fail:g}{unit}"
        return f"{good} {self.warn:g}{unit}" + ("" if self.fail is None else f", fails {worse} {self.fail:g}")

    def to_json(self) -> dict[str, Any]:
        """For the sidecar."""
        content: dict[str, Any] = {
            "name": self.name,
            "verdict": self.verdict,
            "figure": self.figure,
            "unit": self.unit,
            "warn": self.warn,
            "fail": self.fail,
            "text": self.text,
            "advice": self.advice,
        }
        return content if self.side is None else {**content, "side": self.side}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Check:
        """What `to_json` wrote; what a later version of rig added is left out. TypeError where something is missing."""
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})

    def __str__(self) -> str:
        allowed = f" ({self.allowed})" if self.allowed and self.verdict in ("warn", "fail") else ""
        advice = f" {self.advice}" if self.advice else ""
        return f"{self.verdict:7}  {self.name:12}  {self.text}{allowed}.{advice}"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on all of them together."""
    return max(verdicts, key=SEVERITY.index, default="ok")
