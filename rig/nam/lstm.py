"""LSTM models: configuration, checks, and the network they become."""

from __future__ import annotations

from dataclasses import dataclass

from ..dsp.program import LSTMLayer, Program
from .fields import Fields
from .weights import Reader, Weights

MAX_HIDDEN = 1024
MAX_LAYERS = 1024
UNKNOWN_RATE_HZ = 48000  # what a file without a rate was trained at
PREWARM_S = 0.5
KNOWN = ("num_layers", "input_size", "hidden_size", "in_channels", "out_channels")


@dataclass(frozen=True, slots=True)
class LSTMConfig:
    """A stack of equal layers, one channel in, one out."""

    layers: int
    hidden: int
    prewarm_samples: int  # half a second, as NeuralAmpModelerCore does

    @property
    def inputs(self) -> list[int]:
        """Inputs of each layer."""
        return [1] + [self.hidden] * (self.layers - 1)

    @property
    def weight_count(self) -> int:
        """Exactly as many the file must hold."""
        hidden = self.hidden
        return sum(4 * hidden * (d + hidden) + 6 * hidden for d in self.inputs) + hidden + 1

    @property
    def macs_per_sample(self) -> int:
        """Multiply-adds of all matrices."""
        return sum(4 * self.hidden * (d + self.hidden) for d in self.inputs) + self.hidden

    @property
    def receptive_field_samples(self) -> int:
        """Its memory never ends; so much silence settles it."""
        return self.prewarm_samples

    @property
    def shape(self) -> str:
        """For people."""
        return f"LSTM {self.layers} x {self.hidden}"

    def program(self, weights: Weights) -> Program:
        """The network."""
        take, hidden = Reader(weights).take, self.hidden
        layers = [
            LSTMLayer(take(4, hidden, d + hidden), take(4, hidden), take(hidden), take(hidden)) for d in self.inputs
        ]
        program = Program()
        program.lstm(program.output, program.input, layers, take(hidden), take(1)[0])
        return program


def read_lstm(config: Fields, sample_rate: float | None) -> LSTMConfig:
    """Check `config`."""
    config.warn_unknown(KNOWN)
    for key, default in (("input_size", None), ("in_channels", 1), ("out_channels", 1)):
        channels = config.whole(key, MAX_HIDDEN, default)
        if channels != 1:
            raise config.error(f"{config.at(key)} is {channels}; rig plays mono models only")
    rate = UNKNOWN_RATE_HZ if sample_rate is None else sample_rate
    return LSTMConfig(
        layers=config.whole("num_layers", MAX_LAYERS),
        hidden=config.whole("hidden_size", MAX_HIDDEN),
        prewarm_samples=int(PREWARM_S * rate),
    )
