"""LSTM models: configuration, checks, and the network they become."""

from __future__ import annotations

from dataclasses import dataclass

from ...dsp.network.lstm import LSTMLayer
from ...dsp.network.program import Program, Signal
from ..format.fields import Fields
from ..format.weights import Reader, Weights
from .base import Leaf

MAX_HIDDEN = 1024
MAX_LAYERS = 128  # each adds a step to every block, however small
UNKNOWN_RATE_HZ = 48000  # what a file without a rate was trained at
PREWARM_S = 0.5
KNOWN = ("num_layers", "input_size", "hidden_size", "in_channels", "out_channels")


@dataclass(frozen=True, slots=True)
class LSTMConfig:
    """A stack of equal layers."""

    inputs: int
    outputs: int
    layers: int
    hidden: int
    prewarm_samples: int  # half a second, as NeuralAmpModelerCore does

    @property
    def _widths(self) -> list[int]:
        """Inputs of each layer."""
        return [self.inputs] + [self.hidden] * (self.layers - 1)

    @property
    def nested(self) -> tuple[Leaf, ...]:
        """None."""
        return ()

    @property
    def weight_count(self) -> int:
        """Exactly as many the file must hold."""
        hidden = self.hidden
        return sum(4 * hidden * (d + hidden) + 6 * hidden for d in self._widths) + self.outputs * (hidden + 1)

    @property
    def macs_per_sample(self) -> int:
        """Multiply-adds of all matrices."""
        return sum(4 * self.hidden * (d + self.hidden) for d in self._widths) + self.outputs * self.hidden

    @property
    def receptive_field_samples(self) -> int:
        """Its memory never ends; so much silence settles it."""
        return self.prewarm_samples

    @property
    def recurrent(self) -> bool:
        """Yes."""
        return True

    @property
    def history_floats(self) -> int:
        """Its hidden state and its cells."""
        return 2 * self.layers * self.hidden

    @property
    def shape(self) -> str:
        """For people."""
        return f"LSTM {self.layers} x {self.hidden}"

    def write(self, program: Program, weights: Weights, x: Signal, out: Signal) -> None:
        """Add the one operation."""
        take, hidden = Reader(weights).take, self.hidden
        layers = [
            LSTMLayer(take(4, hidden, d + hidden), take(4, hidden), take(hidden), take(hidden)) for d in self._widths
        ]
        program.lstm(out, x, layers, take(self.outputs, hidden), take(self.outputs))


def read_lstm(config: Fields, sample_rate: float | None) -> LSTMConfig:
    """Check `config`."""
    config.warn_unknown(KNOWN)
    inputs = config.whole("in_channels", MAX_HIDDEN, 1)
    if config.whole("input_size", MAX_HIDDEN) != inputs:
        raise config.unexpected("input_size", f"{inputs}, the input channels of the model")
    rate = UNKNOWN_RATE_HZ if sample_rate is None else sample_rate
    return LSTMConfig(
        inputs=inputs,
        outputs=config.whole("out_channels", MAX_HIDDEN, 1),
        layers=config.whole("num_layers", MAX_LAYERS),
        hidden=config.whole("hidden_size", MAX_HIDDEN),
        prewarm_samples=int(PREWARM_S * rate),
    )
