"""One thing that was looked at, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

# unknown: this system does not say, or nobody asked for the measurement that would tell.
State = Literal["ok", "warn", "problem", "unknown"]
STATES: tuple[State, ...] = ("problem", "warn", "ok", "unknown")


@dataclass(frozen=True, slots=True)
class Finding:
    """`topic` is a word; `text` a sentence for a player, `way_out` what to do about it; `figures` for programs.

    `limit`: where a figure decides, what is in order and what is not.
    """

    topic: str
    state: State
    text: str
    way_out: str | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    limit: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "topic": self.topic,
            "state": self.state,
            "text": self.text,
            "way_out": self.way_out,
            "limit": self.limit,
            **({"figures": dict(self.figures)} if self.figures else {}),
        }


def summary(findings: Sequence[Finding]) -> str:
    """How many of each, and where to begin.

    >>> summary([Finding("xruns", "problem", "3 xruns.", "Choose a larger period."), Finding("rate", "ok", "48 kHz.")])
    '1 problem, 1 in order. Begin with xruns: Choose a larger period.'
    """
    counts = {state: sum(finding.state == state for finding in findings) for state in STATES}
    names = {
        "problem": ("problem", "problems"),
        "warn": ("warning", "warnings"),
        "ok": ("in order", "in order"),
        "unknown": ("not known", "not known"),
    }
    parts = [f"{count} {names[state][count != 1]}" for state, count in counts.items() if count]
    first = next((f for state in ("problem", "warn") for f in findings if f.state == state and f.way_out), None)
    begin = f" Begin with {first.topic}: {first.way_out}" if first is not None else ""
    return f"{', '.join(parts)}.{begin}"
