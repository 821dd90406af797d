"""A log-spectrum distance that is too simple to be wrong: every frame, bin and sum by itself, in float64."""

from __future__ import annotations

import cmath
import math


def naive_log_spectrum_distance_db(model, gear, rate, windows_s=(0.005, 0.0125, 0.025), floor_db=-40.0):
    """By docs/figures.md, of two lists of samples."""
    return sum(_one(model, gear, rate, seconds, floor_db) for seconds in windows_s) / len(windows_s)


def _one(model, gear, rate, seconds, floor_db):
    n = 2 * round(seconds * rate / 2)
    bins = [k for k in range(n // 2 + 1) if 20.0 <= k * rate / n <= 20000.0]
    starts = range(0, len(gear) - n + 1, n // 2)
    of_model, of_gear = ([[_power(x, start, n, k) for k in bins] for start in starts] for x in (model, gear))
    mean = sum(map(sum, of_gear)) / (len(of_gear) * len(bins))
    floor = mean * 10 ** (floor_db / 10)
    total = count = 0
    for row_model, row_gear in zip(of_model, of_gear, strict=True):
        for p, q in zip(row_model, row_gear, strict=True):
            if p > floor or q > floor:
                total += abs(10 * math.log10(max(p, floor) / max(q, floor)))
                count += 1
    return total / count


def _power(x, start, n, k):
    """|sum of hann x exp(-2 pi i k m / n)|^2."""
    value = 0j
    for m in range(n):
        hann = 0.5 - 0.5 * math.cos(2 * math.pi * m / n)
        value += hann * x[start + m] * cmath.exp(-2j * math.pi * k * m / n)
    return abs(value) ** 2
