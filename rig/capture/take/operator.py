"""Operator interface of a capture: messages, questions, level meter.

The terminal is one (`rig.cli.console`), a script may be another. Every question can be answered by an option instead,
which is named in it, so that nothing has to be asked.
"""

from __future__ import annotations

from typing import Protocol


class Operator(Protocol):
    """See the module's text."""

    def say(self, text: str) -> None:
        """A sentence that stays."""

    def ask(self, question: str, option: str, default: str | None = None) -> str:
        """The answer to a question; `default` for an empty one, and where nobody wants to be asked.

        Raises CaptureError where there is nobody to answer and no default; it names `option`.
        """

    def meter(self, what: str, done: int, samples: int, peak_dbfs: float) -> None:
        """How far a recording has come, in samples, and how loud it is just now."""


def agreed(operator: Operator, question: str, option: str, default: str = "y") -> bool:
    """A question with yes or no."""
    other = {"y": "[Y/n]", "n": "[y/N]"}[default]
    return operator.ask(f"{question} {other}", option, default).strip().casefold() in ("y", "yes")
