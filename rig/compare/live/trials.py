"""The course of a blind test: one trial after the other, each answered by two presses that no slip can make.

The first press says what is thought, the second, another command, makes it final: neither a key that was meant for
listening, nor one that bounces or is held, can answer a trial. Whoever listens again has taken it back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from ...ab_switch import A, B
from ...player.events import Event, Tell
from ..abx import BlindTest, Side
from ..significance import needed, needed_in_words, too_few

CONFIRM_S = 8.0  # so long an answer waits to be confirmed
BOUNCE_S = 0.25  # a second tap that comes sooner was none


class Tested(Protocol):
    """The comparison that is heard blind."""

    tell: Tell
    locked: bool

    def press(self, label: Literal["A", "X"], side: int) -> None:
        """Hear a side, called so."""
        ...

    def levels(self) -> Mapping[str, Any]:
        """What the promise is to cover of them."""
        ...


class Trials:
    """The trials of one test, where there is one. `clock`: in seconds."""

    def __init__(self, comparison: Tested, clock: Callable[[], float] = time.monotonic) -> None:
        self._comparison, self._clock = comparison, clock
        self.test: BlindTest | None = None
        self.in_trial = False
        self._asked: tuple[Side, float] | None = None

    @property
    def in_test(self) -> bool:
        """Whether there is a test with trials to come."""
        return self.test is not None and not self.test.is_finished

    @property
    def asked(self) -> Side | None:
        """The answer that waits to be confirmed."""
        if self._asked is None or self._clock() - self._asked[1] > CONFIRM_S:
            return None
        return self._asked[0]

    def withdraw(self) -> None:
        """Somebody listens again: what was not confirmed is no answer."""
        self._asked = None

    def put(self, test: BlindTest) -> None:
        """A test to run; from its first trial on the levels are locked."""
        self.test = test
        least = needed(test.trials)
        if test.answered:
            self._comparison.locked = True
            self._promise()
            self._tell("blind", "{begin_test} goes on with it")
        else:
            self._tell("blind", f"{test.trials} trials; {{begin_test}} shows the promise and begins the first")
        if least is None:  # begun by an earlier version
            self._tell("warning", too_few(test.trials))
        else:
            self._tell("blind", needed_in_words(test.trials))

    def begin(self) -> None:
        """Begin the test, or go on with it."""
        if self.test is None:
            self._tell("trial", "No blind test: begin with --trials N.")
        elif self.test.is_finished:
            self._tell("trial", "All trials are answered.")
        elif self.in_trial:
            how = "{answer_a} or {answer_b}, then {confirm_answer}, answers it; the next one begins by itself."
            self._tell("trial", f"Trial {self.test.answered + 1} is not answered yet: {how}")
        else:
            if not self.test.answered:
                self.test.describe(self._comparison.levels())
                self._promise()
            self._comparison.locked = True
            how = "{hear_a}, {hear_b} and {hear_x} to listen; {answer_a} (X is A) or {answer_b} (X is B), then "
            self._next(f"{how}{{confirm_answer}}, to answer.")

    def hear_x(self) -> None:
        """Listen to X, which is one of the two."""
        if self.test is None:
            self._tell("trial", "No blind test: --trials N.")
        elif not self.in_trial:
            over = "There is no X any more: all trials are answered."
            self._tell("trial", over if self.test.is_finished else "There is no X yet: {begin_test} begins.")
        else:
            self._comparison.press("X", A if self.test.x == "A" else B)

    def answer(self, side: Side) -> None:
        """X is this side, as soon as it is confirmed; nothing is written yet."""
        if not self.in_trial:
            self._tell("trial", "There is nothing to answer" + (": {begin_test} begins." if self.in_test else "."))
            return
        is_new = side != self.asked
        self._asked = side, self._clock()
        if is_new:  # a key that is held says it once
            self._tell("trial", f"X is {side}? {{confirm_answer}} makes it final; listening on takes it back.")

    def confirm(self) -> None:
        """Make the answer final; the next trial begins."""
        side = self.asked
        if self.test is None or not self.in_trial or side is None or self._asked is None:
            if self.in_trial:
                how = "{answer_a} says that X is A, {answer_b} that it is B"
                self._tell("trial", f"There is no answer to confirm: {how}.")
            return
        if self._clock() - self._asked[1] < BOUNCE_S:
            return
        self._asked = None
        self.test.answer(side)
        if not self.test.is_finished:
            self._next("answer as before.")
            return
        self.in_trial = False
        self._comparison.press("A", A)
        self._tell("result", self.test.verdict.sentence)
        name = self.test.path.name
        self._tell("closing", f"hash {self.test.closing_hash}: it covers every answer")
        self._tell("checked", f"order and hashes are in {name}; `rig abx {name}` checks them.")
        self.test.forget_key()

    def _next(self, how: str) -> None:
        assert self.test is not None
        self.in_trial = True
        self._comparison.press("A", A)  # whatever X was before, every trial begins with A
        self._tell("trial", f"Trial {self.test.answered + 1} of {self.test.trials} begins with A: {how}")

    def _promise(self) -> None:
        assert self.test is not None
        done = f"{self.test.trials} trials, {self.test.answered} answered"
        keep = "whoever has it from you now can tell later that they are still the same"
        self._tell("blind", f"{done}; SHA-256 of {self.test.promised}: {self.test.commitment} ({keep})")

    def _tell(self, kind: str, sentence: str) -> None:
        self._comparison.tell(Event(kind, sentence))
