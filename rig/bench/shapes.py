"""What is measured when nobody names a file: each known shape, and one network for every other feature of the format.

The weights are random: speed depends on the shape alone.

`BARS` are shares of the machine's multiply-add peak, at 64 frames, that the known shapes reach with room to spare.

Every other shape reaches at least half of A1 standard's share, but for these (of A1's share, with 16 lanes and with 8):

    LSTM 1x8    0.1   0.2     A sample cannot begin before the one before it has been through matrix, logistic, cell
    LSTM 1x16   0.4   0.5     and tanh, a chain of about 100 cycles. The multiply-adds of few units hide in its shadow,
    LSTM 1x24   0.5   0.7     and the units that fill up a vector count for nothing. Layers do overlap.
    LSTM 2x8    0.2   0.4
    A1 nano     0.4   0.4     Two to four channels: a tanh for every dozen multiply-adds, and a division for every tanh.

A block of 16 frames may cost 1.8 times as much per frame as one of 64. With 16 lanes A1 nano and A2 lite come
near it, at 1.65 to 1.75: such a block is one vector, so nothing can be done at a time but the three or four channels;
every layer waits for the one before it, and each takes 30 to 40 ns from end to end. In the first blocks after other
work, while the processor still learns their branches, it is up to 1.9. With 8 lanes both stay below 1.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..dsp.network.instance import Network
from ..nam.architectures.base import Architecture, Leaf
from ..nam.architectures.convnet import read_convnet
from ..nam.architectures.linear import read_linear
from ..nam.architectures.lstm import read_lstm
from ..nam.architectures.read_wavenet import read_wavenet
from ..nam.architectures.slimming import slim
from ..nam.format.fields import Fields, Found


@dataclass(frozen=True, slots=True)
class Shape:
    """An architecture and its `config`, as in a file; `condition` is the nested network, `size` that of a slimmable."""

    architecture: str
    config: dict[str, Any]
    condition: Shape | None = None
    size: float = 1.0

    def leaf(self, rng: np.random.Generator) -> Leaf:
        """The network with random weights."""
        config = self._read(rng)
        leaf = Leaf(config, (rng.standard_normal(config.weight_count) * 0.1).astype(np.float32), None)
        return slim(leaf, self.size, self.architecture)

    def _read(self, rng: np.random.Generator) -> Architecture:
        fields = Fields(self.architecture, "config", self.config, Found())
        if self.architecture == "WaveNet":
            return read_wavenet(fields, self.condition.leaf(rng) if self.condition else None)
        if self.architecture == "LSTM":
            return read_lstm(fields, None)
        return read_convnet(fields) if self.architecture == "ConvNet" else read_linear(fields)


# ---------------------------------------------------------------- building blocks
_TEN, _SEVEN = [2**i for i in range(10)], [2**i for i in range(7)]
_THIRTEEN = [128, 256, 512, *_TEN]
_A2_ROUND = [1, 3, 7, 17, 41, 101, 239]
_A2 = [*_A2_ROUND, *_A2_ROUND, 1, 13, *_A2_ROUND]
_A2_KERNELS = [*[6] * 14, 15, 15, *[6] * 7]
FILM_SITES = (
    *("conv_pre_film", "conv_post_film", "input_mixin_pre_film", "input_mixin_post_film"),
    *("activation_pre_film", "activation_post_film", "layer1x1_post_film", "head1x1_post_film"),
)


def _array(inputs: int, channels: int, head: int, dilations: list[int], **features: Any) -> dict[str, Any]:
    return {
        "input_size": inputs,
        "condition_size": 1,
        "channels": channels,
        "kernel_size": 3,
        "dilations": dilations,
        "activation": "Tanh",
        "head_size": head,
        "head_bias": head == 1,
    } | features


def _wavenet(*arrays: dict[str, Any], condition: Shape | None = None, size: float = 1.0) -> Shape:
    return Shape("WaveNet", {"layers": list(arrays), "head": None, "head_scale": 0.02}, condition, size)


def _a1(
    channels: int, head: int, first: list[int] = _TEN, second: list[int] = _TEN, size: float = 1.0, **features: Any
) -> Shape:
    arrays = _array(1, channels, head, first, **features), _array(channels, head, 1, second, **features)
    return _wavenet(*arrays, size=size)


def _a2(channels: int) -> Shape:
    array = {
        "input_size": 1,
        "condition_size": 1,
        "channels": channels,
        "kernel_sizes": _A2_KERNELS,
        "dilations": _A2,
        "activation": {"type": "LeakyReLU", "negative_slope": 0.01},
        "head": {"out_channels": 1, "kernel_size": 16, "bias": True},
    }
    return _wavenet(array)


def _lstm(layers: int, hidden: int) -> Shape:
    return Shape("LSTM", {"num_layers": layers, "input_size": 1, "hidden_size": hidden})


def _linear(taps: int) -> Shape:
    return Shape("Linear", {"receptive_field": taps, "bias": True})


def _convnet(channels: int) -> Shape:
    config = {"channels": channels, "dilations": _TEN, "batchnorm": False, "activation": "Tanh"}
    return Shape("ConvNet", config)


_HEAD1X1 = {"active": True, "out_channels": 8, "groups": 1}

SHAPES = {
    "A1 standard": _a1(16, 8),
    "A1 lite": _a1(12, 6, _SEVEN, _THIRTEEN),
    "A1 feather": _a1(8, 4, _SEVEN, _THIRTEEN),
    "A1 nano": _a1(4, 2, _SEVEN, _THIRTEEN),
    "WaveNet 20/8": _a1(20, 8),
    "WaveNet 28/14": _a1(28, 14),
    "A2": _a2(8),
    "A2 lite": _a2(3),
    **{f"LSTM {n}x{h}": _lstm(n, h) for n, h in ((1, 8), (1, 16), (1, 24), (2, 8), (2, 16), (1, 40), (2, 24), (3, 40))},
    "gated": _a1(16, 8, gated=True),
    "blended": _a1(16, 8, gating_mode="blended", secondary_activation="Sigmoid"),
    "ReLU": _a1(16, 8, activation="ReLU"),
    "SiLU": _a1(16, 8, activation="SiLU"),
    "grouped": _a1(16, 8, groups_input=4),
    "bottleneck": _wavenet(_array(1, 16, 1, _TEN, bottleneck=4)),
    "head1x1": _wavenet(_array(1, 16, 1, _TEN, head1x1=_HEAD1X1)),
    "FiLM once": _wavenet(_array(1, 16, 1, _TEN, activation_pre_film={})),
    "FiLM everywhere": _wavenet(_array(1, 16, 1, _TEN, head1x1=_HEAD1X1, **{site: {} for site in FILM_SITES})),
    "conditioned": _wavenet(
        _array(1, 8, 1, _TEN, condition_size=4), condition=_wavenet(_array(1, 8, 4, _SEVEN, head_bias=True))
    ),
    "slimmable, half": _wavenet(_array(1, 16, 1, _TEN, slimmable={"method": "slice_channels_uniform"}), size=0.45),
    "ConvNet 8": _convnet(8),
    "ConvNet 16": _convnet(16),
    "Linear 2048": _linear(2048),
    "Linear 8192": _linear(8192),
}

# Least share of the peak at 64 frames, by lanes.
BARS: dict[str, dict[int, float]] = {
    "A1 standard": {16: 0.42, 8: 0.52},
    "A1 lite": {16: 0.33, 8: 0.45},
    "A1 feather": {16: 0.26, 8: 0.35},
    "WaveNet 28/14": {16: 0.50, 8: 0.60},
    "A2": {16: 0.43, 8: 0.53},
    "A2 lite": {16: 0.20, 8: 0.28},
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A network to measure."""

    name: str
    shape: str
    macs_per_sample: int
    network: Network


def subject(name: str) -> Subject:
    """One of SHAPES."""
    config = (leaf := SHAPES[name].leaf(np.random.default_rng(3))).config
    network = Network(leaf.program(), config.receptive_field_samples, config.prewarm_samples)
    return Subject(name, config.shape, config.macs_per_sample, network)
