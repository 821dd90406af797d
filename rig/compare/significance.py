"""What so many right answers of so many trials show, and what they do not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

from ..errors import CompareError

Finding = Literal["heard", "not shown", "too few trials"]

LEVEL = 0.95  # of the confidence interval
CUSTOMARY = 0.05  # p at or below this is commonly called a heard difference
KEEN = 0.7  # the rate of right answers of somebody who hears a small difference
POWER = 0.8  # a test that finds such a listener so often is commonly called large enough


def p_value(right: int, trials: int) -> float:
    """The probability of at least `right` of `trials` by guessing alone: the exact binomial test, one-sided."""
    return sum(math.comb(trials, k) for k in range(right, trials + 1)) / 2**trials


def confidence_interval(right: int, trials: int, level: float = LEVEL) -> tuple[float, float]:
    """Where the listener's true rate of right answers lies: Clopper and Pearson (1934), exact, two-sided."""
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(right, trials - right + 1, tail)) if right else 0.0
    high = float(betaincinv(right + 1, trials - right, 1 - tail)) if right < trials else 1.0
    return low, high


@cache
def needed(trials: int) -> int | None:
    """The fewest right answers that count as a heard difference; None where not even all of them do."""
    ways, least = 0, None
    for right in range(trials, -1, -1):  # from the end, where the sums are those of `p_value` and grow one by one
        ways += math.comb(trials, right)
        if ways / 2**trials > CUSTOMARY:
            break
        least = right
    return least


def power(trials: int, rate: float) -> float:
    """How often somebody who is right at this rate gets as far as `needed`."""
    least = needed(trials)
    if least is None:
        return 0.0
    return sum(math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(least, trials + 1))


def fewest_trials() -> int:
    """With fewer trials not even all answers right count as a heard difference."""
    return next(trials for trials in range(1, 100) if needed(trials) is not None)


def too_few(trials: int) -> str:
    """Why so few trials are none, as the rest of a sentence."""
    return (
        f"{trials} trial{'s' if trials != 1 else ''} can show nothing: by guessing alone all answers are right in "
        f"{_percent(p_value(trials, trials))} of such tests, and more than {100 * CUSTOMARY:.0f} % do not count. At "
        f"least {fewest_trials()} are needed; 16 find a large difference, {large_enough()} a small one"
    )


def needed_in_words(trials: int) -> str:
    """How many right answers of so many trials it takes, and why; `needed` has to know it."""
    least = needed(trials)
    assert least is not None
    how = "all of them right" if least == trials else f"at least {least} of {trials} right"
    return (
        f"a heard difference takes {how}: guessing gets that far in {_percent(p_value(least, trials))} of such tests "
        f"(at most {100 * CUSTOMARY:.0f} % counts)"
    )


def refused_trials(trials: int) -> str | None:
    """The sentence with which so few trials that nothing can come of them are refused; None: they are enough."""
    return f"{too_few(trials)}." if trials >= 1 and needed(trials) is None else None


def check_trials(trials: int) -> None:
    """Raise a CompareError for so few trials that nothing can come of them."""
    why = refused_trials(trials)
    if why is not None:
        raise CompareError(why)


@cache
def large_enough() -> int:
    """The fewest trials in which a KEEN listener passes with a POWER that is customary."""
    return next(trials for trials in range(1, 1000) if power(trials, KEEN) >= POWER)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a finished test shows."""

    right: int
    trials: int
    p_value: float
    interval: tuple[float, float]  # of the rate of right answers, 95 %

    @classmethod
    def of(cls, right: int, trials: int) -> Verdict:
        """From the count."""
        return cls(right, trials, p_value(right, trials), confidence_interval(right, trials))

    @property
    def finding(self) -> Finding:
        """What it shows, in a word: a difference that was heard, none, or nothing at all."""
        if needed(self.trials) is None:
            return "too few trials"
        return "heard" if self.p_value <= CUSTOMARY else "not shown"

    @property
    def sentence(self) -> str:
        """What it shows, and what it does not."""
        low, high = (100 * rate for rate in self.interval)
        count = f"{self.right} of {self.trials} right"
        chance = f"guessing alone gets that far in {_percent(self.p_value)} of such tests"
        if self.finding == "too few trials":
            return (
                f"{count}: so few trials show nothing, since guessing alone gets all of them right in "
                f"{_percent(p_value(self.trials, self.trials))} of such tests. At least {fewest_trials()} are needed, "
                f"all of them right; with {large_enough()} somebody who is right 7 times in 10 passes in "
                f"{_percent(power(large_enough(), KEEN))} of cases."
            )
        if self.finding == "heard":
            return (
                f"{count}: {chance}, so you most likely heard a difference (your rate lies between {low:.0f} and "
                f"{high:.0f} %). It holds for this listener, sound and room, and does not say which of the two is "
                "better, or closer to anything."
            )
        more = ""
        if self.trials < large_enough():
            more = f"; with {large_enough()} in {_percent(power(large_enough(), KEEN))}"
        return (
            f"{count}: {chance}, so this test shows no difference that you can hear. It does not show that there is "
            f"none: your rate may lie anywhere between {low:.0f} and {high:.0f} %, and somebody who is right 7 times "
            f"in 10 passes a test of {self.trials} trials in {_percent(power(self.trials, KEEN))} of cases only{more}."
        )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 else "less than 0.1 %"
