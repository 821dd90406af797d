"""How scores are spread: median, quartiles, mean, interval; from the formulas of ITU-R BS.1534-3, 4.1.2 and 9.

Quartiles are those of 4.1.2: the medians of the lower and the upper half, each with the middle one where their number
is odd. The interval of the mean is Student's: mean +- t(0.975, n - 1) s / sqrt(n), s with n - 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEVEL = 0.95
OUTLYING = 1.5  # interquartile ranges beyond a quartile (4.1.2)
MULTIMODAL = 5 / 9  # of the coefficient of 9.1; more may be several opinions instead of one


@dataclass(frozen=True, slots=True)
class Spread:
    """Of so many scores. `interval` None: of one there is none. `outliers`: how many lie beyond the fences."""

    count: int
    median: float
    lower_quartile: float
    upper_quartile: float
    mean: float
    interval: tuple[float, float] | None
    lowest: float
    highest: float
    outliers: int
    multimodality: float | None  # None: too few for it, or all equal

    @property
    def interquartile_range(self) -> float:
        """From quartile to quartile."""
        return self.upper_quartile - self.lower_quartile

    @classmethod
    def of(cls, scores: Sequence[float]) -> Spread:
        """Of one score or more."""
        x = sorted(float(score) for score in scores)
        n, middle = len(x), (len(x) + 1) // 2
        low, high = median(x[:middle]), median(x[n - middle :])
        mean = math.fsum(x) / n
        beyond = OUTLYING * (high - low)
        return cls(
            *(n, median(x), low, high, mean, interval_of_mean(x), x[0], x[-1]),
            outliers=sum(not low - beyond <= score <= high + beyond for score in x),
            multimodality=multimodality(x),
        )


def median(x: Sequence[float]) -> float:
    """Of sorted values: the middle one, or the mean of both.

    >>> median([1.0, 2.0, 4.0]), median([1.0, 2.0, 4.0, 8.0])
    (2.0, 3.0)
    """
    n = len(x)
    return float(x[n // 2]) if n % 2 else (x[n // 2 - 1] + x[n // 2]) / 2


def interval_of_mean(x: Sequence[float], level: float = LEVEL) -> tuple[float, float] | None:
    """Where the mean of all there could be lies, if these are a sample of them; None for fewer than two."""
    from scipy.special import stdtrit

    n = len(x)
    if n < 2:
        return None
    mean = math.fsum(x) / n
    deviation = math.sqrt(math.fsum((each - mean) ** 2 for each in x) / (n - 1))
    half = float(stdtrit(n - 1, (1 + level) / 2)) * deviation / math.sqrt(n)
    return mean - half, mean + half


def multimodality(x: Sequence[float]) -> float | None:
    """b = (g^2 + 1) / (k + 3 (n - 1)^2 / ((n - 2)(n - 3))): 9.1, with skewness g and excess kurtosis k of a sample."""
    n = len(x)
    if n < 4:
        return None
    mean = math.fsum(x) / n
    m2, m3, m4 = (math.fsum((each - mean) ** power for each in x) / n for power in (2, 3, 4))
    if m2 <= 0:
        return None
    skewness = m3 / m2**1.5 * math.sqrt(n * (n - 1)) / (n - 2)
    kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (m4 / m2**2 - 3) + 6)
    return (skewness**2 + 1) / (kurtosis + 3 * (n - 1) ** 2 / ((n - 2) * (n - 3)))
