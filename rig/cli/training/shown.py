"""What `rig train` shows while the trainer learns: a line with epoch, best ESR and time left, and sentences."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Protocol

from ...training.record import Epoch, Record
from ...training.run import seconds_left
from ..display.screen import Screen

BAR = 24


class Place(Protocol):
    """Where it is shown: a screen, or the part of one."""

    def say(self, text: str) -> None:
        """A sentence that stays."""

    def line(self, *forms: str) -> None:
        """The live line, the first of its forms that fits."""

    def end(self) -> None:
        """Leave the live line."""


class Shown:
    """The `Listener` at a terminal.

    `better`: called with the record whenever a better model lies there; `meanwhile`: now and then. Both answer with
    sentences.
    """

    def __init__(
        self,
        json: bool,
        better: Callable[[Record], list[str]],
        meanwhile: Callable[[Record], list[str]] = lambda record: [],
        place: Place | None = None,
    ) -> None:
        self._screen: Place = place or screen(json)
        self._better, self._meanwhile = better, meanwhile
        self._record: Record | None = None
        self._began_step, self._began_s = 0, 0.0

    def began(self, record: Record, resumed_step: int) -> None:
        """The trainer learns."""
        self._record, self._began_step, self._began_s = record, resumed_step, record.seconds
        goes_on = f", goes on after step {resumed_step}" if resumed_step else ""
        gear = "" if record.repeatability_esr is None else f"; the gear against itself: {record.repeatability_esr:.2g}"
        self._screen.say(
            f"{record.capture}: {record.plan.architecture}, {record.parameters} weights, on {record.device}"
            f"{goes_on}{gear}"
        )

    def step(self, step: int, seconds: float) -> None:
        """One live line."""
        record = self._record
        if record is None:
            return
        for sentence in self._meanwhile(record):
            self._screen.say(sentence)
        plan = record.plan
        share = min(1.0, max(step / plan.steps, seconds / (60 * plan.minutes) if plan.minutes else 0.0))
        left = seconds_left(plan, step, seconds, self._began_step, self._began_s)
        best = record.best
        esr = "" if best is None else f"  best ESR {best.esr:.4f} (epoch {best.epoch})"
        bar = "#" * round(BAR * share) + "." * (BAR - round(BAR * share))
        wait = "" if math.isinf(left) else f"  {in_words(left)} left"
        self._screen.line(
            f"{record.capture} [{bar}] {100 * share:3.0f} %{esr}{wait}", f"{record.capture} {100 * share:3.0f} %{esr}"
        )

    def epoch(self, record: Record, epoch: Epoch, is_best: bool) -> None:
        """A sentence for each that is better."""
        self._record = record
        if not is_best:
            return
        self._screen.say(f"Epoch {epoch.epoch:4d}  ESR {epoch.esr:.4f}  after {in_words(epoch.seconds)}")
        for sentence in self._better(record):
            self._screen.say(sentence)

    def note(self, text: str) -> None:
        """A sentence."""
        self._screen.say(text)

    def end(self) -> None:
        """Leave the live line."""
        self._screen.end()


def screen(json: bool) -> Screen:
    """The terminal; where standard output is for JSON, the standard error."""
    return Screen(sys.stderr if json else sys.stdout)


def in_words(seconds: float) -> str:
    """How long.

    >>> in_words(8), in_words(95), in_words(7500)
    ('0:08 min', '1:35 min', '2:05 h')
    """
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"
