"""Another sample rate for a signal that comes in pieces: the samples of `resample`, bit by bit, never all at once.

Each piece is resampled with as much of its neighbours as the filter reaches, from a place where a sample of the one
rate and a sample of the other stand at the same time; so every sample is the same sum of the same products.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .resample import HALF_LENGTH, common_ratio, resample, resampled_length

LEAST = 1 << 17  # samples that are resampled at once


def resample_pieces(pieces: Iterable[NDArray[Any]], from_hz: int, to_hz: int) -> Iterator[NDArray[Any]]:
    """What `resample` makes of all pieces, one behind the other, shape (n, ...) each; in pieces of other lengths.

    Raises RigError for rates that cannot be converted.
    """
    ratio = common_ratio(from_hz, to_hz)
    step = ratio.denominator  # samples of the old rate between two places where both rates have one
    reach = -(-HALF_LENGTH * max(ratio.numerator, ratio.denominator) // ratio.numerator)
    margin = (reach // step + 2) * step
    at_once = max(1, LEAST // step) * step
    held: list[NDArray[Any]] = []
    length = before = taken = given = 0  # of what is held; of that, what was resampled already; samples in and out
    for piece in pieces:
        held.append(piece)
        length, taken = length + len(piece), taken + len(piece)
        while length >= before + at_once + margin:
            x = np.concatenate(held)
            y = resample(x[: before + at_once + margin], from_hz, to_hz)
            first, last = (count * ratio.numerator // step for count in (before, before + at_once))
            yield y[first:last]
            given += last - first
            rest = x[before + at_once - margin :] if before + at_once > margin else x
            before = min(margin, before + at_once)
            held, length = [rest], len(rest)
    if taken:
        y = resample(np.concatenate(held), from_hz, to_hz)
        first, wanted = before * ratio.numerator // step, resampled_length(taken, from_hz, to_hz) - given
        end = y[first : first + wanted]
        missing = np.zeros((wanted - len(end), *end.shape[1:]), end.dtype)  # only where the ratio was rounded
        yield np.concatenate([end, missing]) if len(missing) else end


def regrouped(pieces: Iterable[NDArray[Any]], length: int) -> Iterator[NDArray[Any]]:
    """The same samples in pieces of `length`; the last may be shorter."""
    held: list[NDArray[Any]] = []
    count = 0
    for piece in pieces:
        held.append(piece)
        count += len(piece)
        if count >= length:
            x = np.concatenate(held)
            for start in range(0, count - length + 1, length):
                yield x[start : start + length]
            count %= length
            held = [x[len(x) - count :]] if count else []
    if count:
        yield np.concatenate(held)
