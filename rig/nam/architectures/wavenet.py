"""WaveNet models: the checked configuration, its arithmetic, and the network it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...dsp.network.program import NOTHING, Program, Signal
from ..format.weights import Reader, Weights
from ..layers.activation import Activation
from ..layers.convolution import Convolution, Taken
from ..layers.layers import LayerArray
from ..layers.write_layers import write_layers
from .base import Leaf

SHOWN = 8  # arrays, for people


@dataclass(frozen=True, slots=True)
class PostHead:
    """Behind the stack: an activation and a convolution, several times."""

    activation: Activation
    convolutions: tuple[Convolution, ...]

    def write(self, program: Program, reader: Reader, x: Signal, out: Signal) -> None:
        """Add the operations; x is overwritten."""
        for convolution in self.convolutions:
            self.activation.write(program, x, x)
            behind = out if convolution is self.convolutions[-1] else program.signal(convolution.outputs)
            taken = convolution.take(reader)
            program.dense(behind, [taken.of(x)], taken.bias)
            x = behind


@dataclass(frozen=True)
class WaveNetConfig:
    """A chain of layer arrays. The conditioning signal of all is the input, or what a nested network makes of it."""

    inputs: int
    arrays: tuple[LayerArray, ...]
    post_head: PostHead | None
    condition: Leaf | None

    @property
    def outputs(self) -> int:
        """Channels out."""
        return self.post_head.convolutions[-1].outputs if self.post_head else self.arrays[-1].head.out_channels

    @property
    def nested(self) -> tuple[Leaf, ...]:
        """The network of the conditioning signal."""
        return () if self.condition is None else (self.condition,)

    @cached_property
    def convolutions(self) -> tuple[Convolution, ...]:
        """Its own, in the order of the file."""
        found = [convolution for array in self.arrays for convolution in array.convolutions()]
        return (*found, *(self.post_head.convolutions if self.post_head else ()))

    @property
    def weight_count(self) -> int:
        """Those of the convolutions, and the output scale."""
        return sum(c.weight_count for c in self.convolutions) + 1

    @property
    def macs_per_sample(self) -> int:
        """Multiply-adds of all matrices."""
        return sum(c.macs_per_sample for c in self.convolutions) + sum(n.config.macs_per_sample for n in self.nested)

    @property
    def _lookback(self) -> int:
        return sum(c.lookback for c in self.convolutions)

    @property
    def receptive_field_samples(self) -> int:
        """The newest sample and everything before it that still matters."""
        return self._lookback + (self.condition.config.receptive_field_samples if self.condition else 1)

    @property
    def prewarm_samples(self) -> int:
        """The same but for nested networks that settle sooner."""
        return self._lookback + (max(1, self.condition.config.prewarm_samples) if self.condition else 1)

    @property
    def recurrent(self) -> bool:
        """If a network inside is."""
        return any(leaf.config.recurrent for leaf in self.nested)

    @property
    def history_floats(self) -> int:
        """Numbers of signal it keeps."""
        return sum(c.history_floats for c in self.convolutions) + sum(n.config.history_floats for n in self.nested)

    @property
    def shape(self) -> str:
        """For people."""
        return self.shape_of([array.channels for array in self.arrays])

    def shape_of(self, widths: list[int]) -> str:
        """The same with other channels."""
        condition = f", conditioned by {self.condition.config.shape}" if self.condition else ""
        if len(widths) > SHOWN:
            layers = sum(len(array.layers) for array in self.arrays)
            return (
                f"WaveNet {widths[0]} -> ... -> {widths[-1]} channels, {len(widths)} arrays, {layers} layers{condition}"
            )
        channels = " -> ".join(map(str, widths))
        counts = " + ".join(str(len(array.layers)) for array in self.arrays)
        return f"WaveNet {channels} channels, {counts} layers{condition}"

    def write(self, program: Program, weights: Weights, x: Signal, out: Signal) -> None:
        """Add the operations. The output scale, the last weight, goes into the last array's head."""
        reader = Reader(weights)
        condition = x
        if self.condition is not None:
            condition = program.signal(self.condition.config.outputs)
            self.condition.write(program, x, condition)
        residual, total = x, NOTHING
        for array in self.arrays:
            last = array is self.arrays[-1]
            residual, total = write_layers(program, reader, array, residual, condition, total, last)
            head = array.head_convolution.take(reader)
            if last:
                with np.errstate(over="ignore"):
                    head = Taken(head.matrix * weights[-1], head.bias * weights[-1])
            behind = out if last and self.post_head is None else program.signal(array.head.out_channels)
            program.dense(behind, [head.of(total, array.head.dilation)], head.bias)
            total = behind
        if self.post_head is not None:
            self.post_head.write(program, reader, total, out)
