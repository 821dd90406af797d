"""Whether conditions differ, beyond chance: all at once (Friedman), two at a time (Wilcoxon, and by randomisation).

Every listener rates every condition, so scores are compared within a listener. Attachment 4 of ITU-R BS.1534-3 names
the Friedman test as the one that needs no normal distribution, and Hochberg's procedure for several comparisons; the
signed ranks of Wilcoxon are its companion for pairs. Attachment 3 has the randomisation test: both samples are put into
one, drawn apart at random 10,000 times, and the share of draws whose medians differ by more than those that were
observed is p. rig counts the size of the difference, whichever way it points (two-sided).

Blocks are listeners, each with the mean over his sections; of one listener alone they are his sections, and the result
holds for him.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
DRAWS = 10_000  # of attachment 3
SEED = 1534  # so that whoever draws again gets the same p
MOST_EXACT = 50  # pairs up to which signed ranks are counted out instead of approximated
Scores = NDArray[np.float64]


def friedman(scores: Scores) -> tuple[float, float] | None:
    """Chi-square and p of scores (blocks, conditions): ranks in each block, ties shared and corrected for.

    None: fewer than two blocks or three conditions, or all equal in every block.
    """
    from scipy.special import chdtrc

    n, k = scores.shape
    if n < 2 or k < 3:
        return None
    ranks = np.array([ranked(row) for row in scores])
    ties = sum(count**3 - count for row in scores for count in np.unique(row, return_counts=True)[1].tolist())
    correction = 1 - ties / (n * k * (k * k - 1))
    if correction <= 0:
        return None
    sums = ranks.sum(axis=0)
    chi = (12 / (n * k * (k + 1)) * float(np.square(sums).sum()) - 3 * n * (k + 1)) / correction
    return chi, float(chdtrc(k - 1, chi))


def ranked(x: Sequence[float] | Scores) -> Scores:
    """Ranks from 1, equal values sharing the mean of theirs.

    >>> ranked([10.0, 30.0, 10.0]).tolist()
    [1.5, 3.0, 1.5]
    """
    _, which, counts = np.unique(np.asarray(x, np.float64), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[which.reshape(-1)], np.float64)


def wilcoxon(differences: Sequence[float]) -> tuple[float, float] | None:
    """The smaller sum of signed ranks, and p, two-sided; differences of 0 are left out (Wilcoxon 1945).

    Up to 50 pairs p is exact, ties included: every way of giving the signs is counted. Beyond, by the normal
    approximation with the correction for ties. None: no difference is left.
    """
    x = np.array([each for each in differences if each != 0.0])
    n = len(x)
    if not n:
        return None
    ranks = ranked(np.abs(np.round(x, 9)))
    above, all_ = float(ranks[x > 0].sum()), n * (n + 1) / 2
    smaller = min(above, all_ - above)
    if n <= MOST_EXACT:
        doubled = np.rint(2 * ranks).astype(int)  # shared ranks may be halves
        ways = np.zeros(int(doubled.sum()) + 1)
        ways[0] = 1.0
        for rank in doubled.tolist():
            ways[rank:] = ways[rank:] + ways[: len(ways) - rank]
        tail = float(ways[: round(2 * smaller) + 1].sum()) / 2.0**n
        return smaller, min(1.0, 2 * tail)
    ties = sum(count**3 - count for count in np.unique(np.abs(x), return_counts=True)[1].tolist())
    deviation = math.sqrt(n * (n + 1) * (2 * n + 1) / 24 - ties / 48)
    z = (smaller - all_ / 2) / deviation
    return smaller, min(1.0, math.erfc(-z / math.sqrt(2)) if z < 0 else 1.0)


def randomised(a: Sequence[float], b: Sequence[float], draws: int = DRAWS, seed: int = SEED) -> float:
    """p of the difference between two medians by attachment 3; the draws are those of a fixed seed."""
    random, together = np.random.default_rng(seed), np.concatenate([a, b])
    actual = abs(float(np.median(a)) - float(np.median(b)))
    drawn = random.permuted(np.tile(together, (draws, 1)), axis=1)
    differences = np.abs(np.median(drawn[:, : len(a)], axis=1) - np.median(drawn[:, len(a) :], axis=1))
    return float(np.count_nonzero(differences > actual + 1e-9)) / draws


def hochberg(p_values: Sequence[float], alpha: float = ALPHA) -> list[bool]:
    """Which of several comparisons count (Hochberg 1988): the largest p against alpha, the next against alpha / 2, ...

    >>> hochberg([0.04, 0.03, 0.02]), hochberg([0.06, 0.03, 0.02]), hochberg([0.06, 0.03, 0.01])
    ([True, True, True], [False, False, False], [False, False, True])
    """
    counts = [False] * len(p_values)
    order = sorted(range(len(p_values)), key=lambda i: -p_values[i])
    for place, i in enumerate(order, 1):
        if p_values[i] < alpha / place:
            for smaller in order[place - 1 :]:
                counts[smaller] = True
            break
    return counts


def fewest_blocks(comparisons: int, alpha: float = ALPHA) -> int:
    """With fewer blocks not even one that all rate the same way can count beside so many other comparisons.

    >>> fewest_blocks(1), fewest_blocks(3)
    (6, 7)
    """
    return next(n for n in range(1, 100) if 2 * 0.5**n < alpha / comparisons)
