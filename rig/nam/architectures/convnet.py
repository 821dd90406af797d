"""ConvNet models: a stack of two-tap convolutions, each with batch normalisation, if any, and an activation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...dsp.network.program import Program, Signal
from ...errors import ModelError
from ..format.fields import Fields
from ..format.limits import MAX_CHANNELS, MAX_LAYERS, MAX_LAYERS_IN_FILE, MAX_RECEPTIVE_FIELD
from ..format.weights import Reader, Weights
from ..layers.activation import Activation, read_activation
from ..layers.convolution import Convolution, Taken
from .base import Leaf

KERNEL = 2
KNOWN = ("channels", "dilations", "batchnorm", "activation", "groups", "in_channels", "out_channels")


@dataclass(frozen=True, slots=True)
class ConvNetConfig:
    """Blocks of one width and a head without a past."""

    inputs: int
    outputs: int
    channels: int
    dilations: tuple[int, ...]  # per block
    groups: int
    batchnorm: bool
    activation: Activation

    @property
    def blocks(self) -> Iterator[Convolution]:
        """The convolutions of the blocks."""
        for i, dilation in enumerate(self.dilations):
            inputs = self.channels if i else self.inputs
            yield Convolution(self.channels, inputs, KERNEL, dilation, self.groups, bias=not self.batchnorm)

    @property
    def head(self) -> Convolution:
        """The matrix behind the blocks."""
        return Convolution(self.outputs, self.channels)

    @property
    def weight_count(self) -> int:
        """Blocks, what normalises them, and the head."""
        norm = 4 * self.channels + 1 if self.batchnorm else 0
        return sum(block.weight_count + norm for block in self.blocks) + self.head.weight_count

    @property
    def nested(self) -> tuple[Leaf, ...]:
        """None."""
        return ()

    @property
    def macs_per_sample(self) -> int:
        """Multiply-adds of all matrices."""
        return sum(block.macs_per_sample for block in self.blocks) + self.head.macs_per_sample

    @property
    def receptive_field_samples(self) -> int:
        """The newest sample and everything before it that still matters."""
        return 1 + sum(self.dilations)

    @property
    def prewarm_samples(self) -> int:
        """The same."""
        return self.receptive_field_samples

    @property
    def recurrent(self) -> bool:
        """No."""
        return False

    @property
    def history_floats(self) -> int:
        """Numbers of signal it keeps."""
        return sum(block.history_floats for block in self.blocks)

    @property
    def shape(self) -> str:
        """For people."""
        return f"ConvNet {self.channels} channels, {len(self.dilations)} blocks"

    def check(self, weights: Weights, where: str) -> None:
        """Raise ModelError if a normalisation divides by zero, or by the root of a negative number."""
        reader = Reader(weights)
        for i, block in enumerate(self.blocks):
            self._take_block(reader, block, f"{where}, block {i}")

    def write(self, program: Program, weights: Weights, x: Signal, out: Signal) -> None:
        """Add the operations; the normalisation goes into the convolution in front of it."""
        reader = Reader(weights)
        for block in self.blocks:
            taken = self._take_block(reader, block)
            z = program.signal(self.channels)
            if len(self.activation.functions) == 1:
                program.dense(z, [taken.of(x, block.dilation)], taken.bias, function=self.activation.functions[0])
            else:
                program.dense(z, [taken.of(x, block.dilation)], taken.bias)
                self.activation.write(program, z, z)
            x = z
        head = self.head.take(reader)
        program.dense(out, [head.of(x)], head.bias)

    def _take_block(self, reader: Reader, block: Convolution, where: str = "") -> Taken:
        taken = block.take(reader)
        if not self.batchnorm:
            return taken
        mean, variance, gamma, beta = reader.take(4, self.channels).astype(np.float64)
        spread = reader.take(1).astype(np.float64) + variance
        if not (spread > 0).all():
            found = f"the variance and eps of a batch normalisation add up to {spread.min():g}"
            raise ModelError(f"{where}: {found}, expected more than 0")
        scale = gamma / np.sqrt(spread)
        with np.errstate(over="ignore"):
            matrix = (taken.matrix * scale[:, None, None]).astype(np.float32)
            bias = (beta - scale * mean).astype(np.float32)
        if not (np.isfinite(matrix).all() and np.isfinite(bias).all()):
            raise ModelError(f"{where}: a batch normalisation scales beyond float32")
        return Taken(matrix, bias)


def read_convnet(config: Fields) -> ConvNetConfig:
    """Check `config`."""
    config.warn_unknown(KNOWN)
    channels = config.whole("channels", MAX_CHANNELS)
    inputs = config.whole("in_channels", MAX_CHANNELS, 1)
    groups = config.whole("groups", MAX_CHANNELS, 1)
    for what, count in (("input", inputs), ("", channels)):
        if count % groups:
            raise config.unexpected("groups", f"a divisor of {count}, the {what} channels".replace("  ", " "))
    dilations = config.sequence("dilations")
    if len(dilations) > MAX_LAYERS:
        raise config.error(f"{config.where} asks for {len(dilations)} blocks, more than the {MAX_LAYERS} it may have")
    config.count("layers", len(dilations), MAX_LAYERS_IN_FILE)
    return ConvNetConfig(
        inputs=inputs,
        outputs=config.whole("out_channels", MAX_CHANNELS, 1),
        channels=channels,
        dilations=tuple(config.whole_value(f"dilations[{i}]", d, MAX_RECEPTIVE_FIELD) for i, d in enumerate(dilations)),
        groups=groups,
        batchnorm=config.boolean("batchnorm"),
        activation=read_activation(config, "activation", config.required("activation"), channels),
    )
