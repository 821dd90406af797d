"""The flat list of weights: checked as a whole, then taken piece by piece in the order of the file."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .fields import Fields, shown
from .limits import MAX_WEIGHTS
from .number_list import NumberList

Weights = NDArray[np.float32]


def read_weights(fields: Fields) -> Weights:
    """All weights as float32, finite and read-only."""
    values = fields.required("weights")
    if isinstance(values, NumberList):  # no longer than that, as `parsed` reads them
        return values.numbers
    if not isinstance(values, list):
        raise fields.unexpected("weights", "a list of numbers")
    if len(values) > MAX_WEIGHTS:
        found = f"{fields.at('weights')} is a list of {len(values)}"
        raise fields.error(f"{found}, more than the {MAX_WEIGHTS} weights a model may have")
    if not set(map(type, values)) <= {int, float}:
        i = next(i for i, value in enumerate(values) if type(value) not in (int, float))
        raise fields.error(f"{fields.at('weights')}[{i}] is {shown(values[i])}, expected a number")
    try:
        with np.errstate(over="ignore"):
            weights = np.array(values, np.float64).astype(np.float32)
    except OverflowError:
        raise fields.error(f"{fields.at('weights')} has a number beyond float32") from None
    bad = np.flatnonzero(~np.isfinite(weights))
    if bad.size:
        first = f"{fields.at('weights')}[{bad[0]}]"
        raise fields.error(f"{bad.size} of {weights.size} weights are not finite in float32 (first: {first})")
    weights.setflags(write=False)
    return weights


NO_WEIGHTS: Weights = np.zeros(0, np.float32)
NO_WEIGHTS.setflags(write=False)


def check_count(fields: Fields, weights: Weights, expected: int, shape: str) -> Weights:
    """The same weights; ModelError unless there are exactly as many as a network of that shape asks for."""
    if weights.size != expected:
        asked = f"its configuration ({shown(shape, 100)}) asks for {expected}"
        raise fields.error(f"{fields.where or 'the file'} holds {weights.size} weights, {asked}")
    return weights


class Reader:
    """Takes the weights apart; the counts were compared before."""

    def __init__(self, weights: Weights) -> None:
        self._weights, self._at = weights, 0

    def take(self, *shape: int) -> Weights:
        """The next weights, in C order."""
        start = self._at
        self._at += math.prod(shape)
        return self._weights[start : self._at].reshape(shape)
