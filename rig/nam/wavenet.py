"""WaveNet models as they are: the checked configuration, its arithmetic, and the network it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np

from ..dsp.program import Program, Signal, Source
from .activation import Activation
from .weights import Reader, Weights


@dataclass(frozen=True, slots=True)
class Head:
    """The convolution that makes an array's output of the sum of its layers."""

    out_channels: int
    kernel: int
    dilation: int
    bias: bool


@dataclass(frozen=True, slots=True)
class LayerArray:
    """Residual layers of one width; each is a dilated convolution, an activation, and a 1x1."""

    inputs: int
    channels: int
    kernels: tuple[int, ...]  # per layer
    dilations: tuple[int, ...]  # per layer
    activations: tuple[Activation, ...]  # per layer
    head: Head
    allowed_channels: tuple[int, ...] | None  # slimmable: the widths it may be cut to, ascending

    @property
    def lookback(self) -> int:
        """Frames of past it needs, beside the newest."""
        layers = sum((k - 1) * d for k, d in zip(self.kernels, self.dilations, strict=True))
        return layers + (self.head.kernel - 1) * self.head.dilation

    @property
    def matrix_weights(self) -> int:
        """Weights that multiply a signal, each once per sample."""
        c = self.channels
        layers = sum(c * c * kernel + c + c * c for kernel in self.kernels)
        return c * self.inputs + layers + c * self.head.out_channels * self.head.kernel

    @property
    def weight_count(self) -> int:
        """All weights: the matrices and the biases."""
        biases = 2 * self.channels * len(self.kernels) + (self.head.out_channels if self.head.bias else 0)
        return self.matrix_weights + biases

    def is_full(self, size: float) -> bool:
        """Does this size leave the array as it is?"""
        allowed = self.allowed_channels
        return allowed is None or min(floor(size * len(allowed)), len(allowed) - 1) == len(allowed) - 1


@dataclass(frozen=True, slots=True)
class WaveNetConfig:
    """A chain of layer arrays, one channel in, one out."""

    arrays: tuple[LayerArray, ...]

    @property
    def weight_count(self) -> int:
        """Exactly as many the file must hold: the arrays' and the output scale."""
        return sum(array.weight_count for array in self.arrays) + 1

    @property
    def macs_per_sample(self) -> int:
        """Multiply-adds of all matrices."""
        return sum(array.matrix_weights for array in self.arrays)

    @property
    def receptive_field_samples(self) -> int:
        """The newest sample and everything before it that still matters."""
        return 1 + sum(array.lookback for array in self.arrays)

    @property
    def history_floats(self) -> int:
        """Numbers of past signal it keeps."""
        return sum(array.lookback * array.channels for array in self.arrays)

    @property
    def shape(self) -> str:
        """For people."""
        widths = " -> ".join(str(array.channels) for array in self.arrays)
        layers = " + ".join(str(len(array.dilations)) for array in self.arrays)
        return f"WaveNet {widths} channels, {layers} layers"

    def is_full(self, size: float) -> bool:
        """Does this size leave the network as it is?"""
        return all(array.is_full(size) for array in self.arrays)

    def program(self, weights: Weights) -> Program:
        """The network. The output scale, the last weight, goes into the last head; the last 1x1 reaches nothing."""
        program, reader = Program(), Reader(weights)
        source, total = program.input, None
        for array in self.arrays:
            last = array is self.arrays[-1]
            source, total = _write_layers(program, reader, array, source, total, last)
            matrix = reader.take(array.head.out_channels, array.channels, array.head.kernel)
            bias = (
                reader.take(array.head.out_channels)
                if array.head.bias
                else np.zeros(array.head.out_channels, np.float32)
            )
            if last:
                scale = reader.take(1)
                matrix, bias = matrix * scale, bias * scale
            out = program.output if last else program.signal(array.head.out_channels)
            program.dense(out, _taps(total, matrix, array.head.dilation), bias)
            total = out
        return program


def _taps(signal: Signal, weights: Weights, dilation: int) -> list[Source]:
    """A convolution as one source per tap; `weights` is (out, in, taps), the oldest first."""
    taps = weights.shape[2]
    return [Source(signal, weights[:, :, t], (taps - 1 - t) * dilation) for t in range(taps)]


def _write_layers(
    program: Program, reader: Reader, array: LayerArray, source: Signal, total: Signal | None, last: bool
) -> tuple[Signal, Signal]:
    """All layers of an array: the residual signal behind them, and the sum of their activations (onto `total`)."""
    c = array.channels
    x = program.signal(c)
    program.dense(x, [Source(source, reader.take(c, array.inputs))])
    if total is None:
        total = program.signal(c)
        program.clear(total)
    z = program.signal(c)
    for layer, (kernel, dilation) in enumerate(zip(array.kernels, array.dilations, strict=True)):
        matrix, bias = reader.take(c, c, kernel), reader.take(c)
        mixin = reader.take(c, 1)
        sources = [*_taps(x, matrix, dilation), Source(program.input, mixin)]
        functions = array.activations[layer].functions
        if len(functions) == 1:
            program.dense(z, sources, bias, function=functions[0], total=total)
        else:
            program.dense(z, sources, bias)
            for i, function in enumerate(functions):
                program.activate(z.rows(i, 1), z.rows(i, 1), function, total=total.rows(i, 1))
        matrix, bias = reader.take(c, c), reader.take(c)
        if not (last and layer == len(array.kernels) - 1):
            behind = program.signal(c)
            program.dense(behind, [Source(z, matrix)], bias, add=x)
            x = behind
    return x, total
