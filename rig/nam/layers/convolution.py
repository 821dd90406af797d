"""A convolution as the format knows it: its arithmetic, its weights in the file, and the sources it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...dsp.network.program import BLOCK, Signal, Source
from ..format.weights import Reader, Weights


class Taken(NamedTuple):
    """Weights of one convolution: (out, in, taps), the oldest tap first, and (out,)."""

    matrix: Weights
    bias: Weights

    def of(self, signal: Signal, dilation: int = 1) -> Source:
        """The convolution of a signal."""
        return Source(signal, self.matrix, dilation=dilation)


@dataclass(frozen=True, slots=True)
class Convolution:
    """Of `groups` groups, each from its share of the inputs to its share of the outputs."""

    outputs: int
    inputs: int
    kernel: int = 1
    dilation: int = 1
    groups: int = 1
    bias: bool = True

    @property
    def weight_count(self) -> int:
        """In the file."""
        matrix = self.outputs * self.inputs * self.kernel // self.groups
        return matrix + (self.outputs if self.bias else 0)

    @property
    def macs_per_sample(self) -> int:
        """Multiply-adds: what lies between the groups is multiplied, too."""
        return self.outputs * self.inputs * self.kernel

    @property
    def lookback(self) -> int:
        """Frames of past it needs, beside the newest."""
        return (self.kernel - 1) * self.dilation

    @property
    def history_floats(self) -> int:
        """Numbers of the signal it reads that are kept: the past and a block."""
        return (self.lookback + BLOCK) * self.inputs

    def take(self, reader: Reader) -> Taken:
        """Its weights: groups filled up with zeros, a missing bias as zeros."""
        rows, columns = self.outputs // self.groups, self.inputs // self.groups
        matrix = reader.take(self.outputs, columns, self.kernel)
        if self.groups > 1:
            full = np.zeros((self.outputs, self.inputs, self.kernel), np.float32)
            for g in range(self.groups):
                of_group = slice(g * rows, (g + 1) * rows)
                full[of_group, g * columns : (g + 1) * columns] = matrix[of_group]
            matrix = full
        bias = reader.take(self.outputs) if self.bias else np.zeros(self.outputs, np.float32)
        return Taken(matrix, bias)
