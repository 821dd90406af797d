"""A capture, as the page shows it: steps, questions and their answers, progress, checks and the verdict."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import RigError
from ...player.command import Command, Commands, Value, action, line, table_of
from ...player.events import Event
from ..merge_patch import Json
from ..meters import UNKNOWN
from .shown import Nothing, described, report_address

MORE = re.compile(r"[(;] ?(\w): ")  # further answers of "... (p: other ports) [Y/n]"
STEPS = ("wiring", "silence", "tone", "level", "take", "checks", "done")
MOST_LINES, LONGEST_LINE = 200, 2000


@dataclass(frozen=True, slots=True)
class Question:
    """Something that is asked, at the terminal and in the page; whoever answers first is heard."""

    id: int
    text: str
    choices: tuple[str, ...]
    default: str | None


class Desk:
    """What stands on the desk of a capture, and what may be done there."""

    def __init__(self, name: str) -> None:
        self.name, self.step = name, STEPS[0]
        self.question: Question | None = None
        self.given: str | None = None  # the answer that came
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        self.checks: list[Json] = []
        self.result: Json | None = None
        self.wiring: Json | None = None  # the ports, once they are agreed to
        self.report: bytes | None = None  # the page that was written with the capture
        self.report_at: str | None = None  # and its address
        self.is_stopped = False
        self.progress = (0.0, UNKNOWN, UNKNOWN, UNKNOWN)  # done, peak, seconds, seconds left
        self._asked, self._what, self._began = 0, "", 0.0

    def say(self, text: str) -> None:
        """A sentence was said."""
        for piece in text.splitlines():
            self.lines.append(piece[:LONGEST_LINE])

    def ask(self, text: str, default: str | None) -> None:
        """A question is asked."""
        self._asked, self.given = self._asked + 1, None
        choices = ("y", "n", *MORE.findall(text)) if text.rstrip().endswith(("[Y/n]", "[y/N]")) else ()
        self.question = Question(self._asked, text, choices, default)

    def meter(self, what: str, done: float, peak_dbfs: float) -> None:
        """How far something has come, 0 to 1, and how loud it is."""
        now = time.monotonic()
        if what != self._what:
            self._what, self._began = what, now
            step = what.partition(" ")[0].casefold()
            is_begun = self.wiring is not None  # before, levels may be measured
            self.step = step if step in STEPS and is_begun else self.step
        if self.step in ("take", "checks"):  # it may be taken again
            self.step = "checks" if done >= 1.0 else "take"
        seconds = now - self._began
        self.progress = (done, peak_dbfs, seconds, seconds * (1 - done) / done if done > 0.01 else UNKNOWN)

    def judged(self, saved: Json, text: str, report: bytes | None = None) -> None:
        """The take has been judged; `saved` as it goes to `--json`, `report` the page that was written with it."""
        self.report, self.report_at = report, report_address(report)
        self.step = "done"
        self.checks = [
            {name: check.get(name) for name in ("name", "verdict", "text", "advice")} for check in saved["checks"]
        ]
        self.result = {name: saved[name] for name in ("accepted", "verdict", "reason")} | {"text": text}

    # ------------------------------------------------------------ what can be done
    def answer(self, text: str) -> None:
        """Answer the question."""
        if self.question is None:
            raise RigError("Nothing is asked just now.")
        if self.question.choices and text.strip().casefold() not in (*self.question.choices, "yes", "no", ""):
            raise RigError(f"Answer {' or '.join(self.question.choices)}.")
        self.given = text

    def stop(self) -> None:
        """End it, as Ctrl-C does."""
        self.is_stopped = True


GROUPS: dict[str, tuple[Command[Desk], ...]] = {
    "": (
        line("answer", "answer the question", "Answer", lambda d, text: d.answer(text)),
        action("stop", "end the capture; what was recorded is kept aside", lambda d: d.stop(), danger=True),
    )
}
COMMANDS: dict[str, Command[Desk]] = table_of(GROUPS)


def _nobody(event: Event) -> None:
    """What goes wrong is answered to whoever asked."""


class CaptureShown(Nothing):
    """The desk of a capture."""

    view = "capture"
    meter_names: Sequence[str] = ("done", "return_peak_dbfs", "seconds", "seconds_left")

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._commands: Commands[Any] = Commands(desk, COMMANDS, _nobody)

    def commands(self) -> list[Json]:
        """The table."""
        return described(COMMANDS)

    def carry_out(self, name: str, value: Value | None) -> None:
        """Do it."""
        self._commands.carry_out(name, value)

    def state(self) -> Json:
        """See docs/developer/protocol.md."""
        desk, asked = self._desk, self._desk.question
        question = None
        if asked is not None:
            choices, default = list(asked.choices), asked.default
            question = {"id": asked.id, "text": asked.text, "choices": choices, "default": default}
        return {
            "view": self.view,
            "values": {},
            "name": desk.name,
            "steps": list(STEPS),
            "step": desk.step,
            "question": question,
            "lines": list(desk.lines),
            "checks": list(desk.checks),
            "result": desk.result,
            "wiring": desk.wiring,
            "report": desk.report_at,
        }

    def report(self, address: str) -> bytes | None:
        """The page that was written with the capture."""
        return self._desk.report if address == self._desk.report_at else None

    def meters(self) -> tuple[int, list[float]]:
        """How far it has come."""
        return 0, list(self._desk.progress)
