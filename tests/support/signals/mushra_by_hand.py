"""The statistics of a listening test once more, from the formulas of ITU-R BS.1534-3 and the textbooks, slowly.

Nothing of rig is used, nor scipy: the distribution of t is integrated, ranks are counted, signs are listed one by one.
"""

from __future__ import annotations

import itertools
import math


def quartiles(scores):
    """Q1, median, Q3 as 4.1.2 defines them, with its indices from 1 to n."""
    x = [None, *sorted(scores)]
    n = len(scores)

    def middle(first, last):
        part = x[first : last + 1]
        m = len(part)
        return part[(m + 1) // 2 - 1] if m % 2 else 0.5 * (part[m // 2 - 1] + part[m // 2])

    if n % 2:
        half = (n + 1) // 2
        return middle(1, half), middle(1, n), middle(half, n)
    return middle(1, n // 2), middle(1, n), middle(n // 2 + 1, n)


def t_distribution(t, degrees):
    """The probability below t, by Simpson's rule over Student's density."""
    scale = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)
    steps = 4000
    width = t / steps
    density = [scale * (1 + (k * width) ** 2 / degrees) ** (-(degrees + 1) / 2) for k in range(steps + 1)]
    return 0.5 + width / 3 * (density[0] + density[-1] + 4 * sum(density[1:-1:2]) + 2 * sum(density[2:-1:2]))


def t_quantile(level, degrees):
    """t below which so much lies, by halving."""
    low, high = 0.0, 200.0
    for _ in range(60):
        at = (low + high) / 2
        low, high = (at, high) if t_distribution(at, degrees) < level else (low, at)
    return (low + high) / 2


def interval(scores):
    """Mean -+ t(0.975, n - 1) s / sqrt(n)."""
    n = len(scores)
    mean = sum(scores) / n
    s = math.sqrt(sum((each - mean) ** 2 for each in scores) / (n - 1))
    half = t_quantile(0.975, n - 1) * s / math.sqrt(n)
    return mean - half, mean + half


def ranks(values):
    """A rank is one more than how many are smaller, plus half of how many others are equal."""
    return [1 + sum(o < v for o in values) + (sum(o == v for o in values) - 1) / 2 for v in values]


def friedman_chi(rows):
    """Friedman 1937: between-condition spread of ranks over what chance alone would have; ties by their variance."""
    n, k = len(rows), len(rows[0])
    of = [ranks(row) for row in rows]
    sums = [sum(row[j] for row in of) for j in range(k)]
    between = sum((total - n * (k + 1) / 2) ** 2 for total in sums)
    within = sum((each - (k + 1) / 2) ** 2 for row in of for each in row)
    return (k - 1) * between / within


def wilcoxon_p(differences):
    """Two-sided and exact: of all ways to give the signs, how many reach as far from the middle."""
    x = [each for each in differences if each]
    size = ranks([abs(each) for each in x])
    middle = sum(size) / 2
    reached = abs(sum(r for r, each in zip(size, x, strict=True) if each > 0) - middle)
    ways = list(itertools.product((0, 1), repeat=len(x)))
    far = sum(abs(sum(r for r, sign in zip(size, way, strict=True) if sign) - middle) >= reached - 1e-9 for way in ways)
    return far / len(ways)


def all_partitions_p(a, b):
    """Attachment 3 with every partition in place of 10,000 random ones: the share whose medians lie further apart."""
    together, n = [*a, *b], len(a)
    actual = abs(quartiles(a)[1] - quartiles(b)[1])
    further = every = 0
    for chosen in itertools.combinations(range(len(together)), n):
        first = [together[i] for i in chosen]
        second = [together[i] for i in range(len(together)) if i not in chosen]
        further += abs(quartiles(first)[1] - quartiles(second)[1]) > actual + 1e-9
        every += 1
    return further / every


def left_out(reference, mid_anchor):
    """Who is left out by 4.1.2, and the items that do not count for the second rule; scores[listener][item]."""
    names, items = list(reference), len(next(iter(reference.values())))
    weak = {i for i in range(items) if sum(mid_anchor[name][i] > 90 for name in names) / len(names) > 0.25}
    out = set()
    for name in names:
        if sum(score < 90 for score in reference[name]) / items > 0.15:
            out.add(name)
        counted = [i for i in range(items) if i not in weak]
        if counted and sum(mid_anchor[name][i] > 90 for i in counted) / len(counted) > 0.15:
            out.add(name)
    return out, weak
