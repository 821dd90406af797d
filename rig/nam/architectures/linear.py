"""Linear models: an impulse response. Channel by channel, as far as there are both an input and an output."""

from __future__ import annotations

from dataclasses import dataclass

from ...dsp.network.program import Program, Signal, Source
from ..format.fields import Fields, shown
from ..format.limits import MAX_CHANNELS, MAX_RECEPTIVE_FIELD
from ..format.weights import Reader, Weights
from .base import Leaf

KNOWN = ("receptive_field", "bias", "in_channels", "out_channels", "implementation")
# How another program is to compute it; it changes no sound.
IMPLEMENTATIONS = ("auto", "direct", "legacy", "old", "fft", "partitioned_fft", "partitioned-fft")


@dataclass(frozen=True, slots=True)
class LinearConfig:
    """One filter, for all channels the same."""

    inputs: int
    outputs: int
    taps: int
    bias: bool
    oldest_first: bool = False  # the order of its taps in the file

    @property
    def weight_count(self) -> int:
        """The taps, and the bias if there is one."""
        return self.taps + self.bias

    @property
    def nested(self) -> tuple[Leaf, ...]:
        """None."""
        return ()

    @property
    def macs_per_sample(self) -> int:
        """Multiply-adds of all taps."""
        return self.taps * min(self.inputs, self.outputs)

    @property
    def receptive_field_samples(self) -> int:
        """The newest sample and everything before it that still matters."""
        return self.taps

    @property
    def prewarm_samples(self) -> int:
        """Silence is its state from the start."""
        return 0

    @property
    def recurrent(self) -> bool:
        """No."""
        return False

    @property
    def history_floats(self) -> int:
        """Numbers of signal it keeps."""
        return (self.taps - 1) * min(self.inputs, self.outputs)

    @property
    def shape(self) -> str:
        """For people."""
        return f"Linear, {self.taps} taps"

    def write(self, program: Program, weights: Weights, x: Signal, out: Signal) -> None:
        """Add the operations."""
        reader = Reader(weights)
        taps = reader.take(1, 1, self.taps)
        taps = taps if self.oldest_first else taps[:, :, ::-1]
        bias = reader.take(1) if self.bias else None
        both = min(self.inputs, self.outputs)
        for i in range(both):
            program.dense(out.rows(i, 1), [Source(x.rows(i, 1), taps)], bias)
        if self.outputs > both:
            program.clear(out.rows(both, self.outputs - both))


def read_linear(config: Fields, by_trainer: bool = False) -> LinearConfig:
    """Check `config`. `by_trainer`: the neural-amp-modeler trainer wrote it, which begins with the oldest tap.

    Its releases up to 0.13 do. NeuralAmpModelerCore and all others begin with the tap without delay.
    """
    config.warn_unknown(KNOWN)
    if by_trainer:
        config.warn(
            f"{config.where} is played as the trainer that wrote it computes it, the oldest tap first; "
            "NeuralAmpModelerCore, and players built on it, play its taps in reverse"
        )
    implementation = config.get("implementation")
    known = isinstance(implementation, str) and implementation.lower() in IMPLEMENTATIONS
    if implementation is not None and not known:
        config.warn(f"{config.at('implementation')} is {shown(implementation)}, unknown and ignored")
    return LinearConfig(
        inputs=config.whole("in_channels", MAX_CHANNELS, 1),
        outputs=config.whole("out_channels", MAX_CHANNELS, 1),
        taps=config.whole("receptive_field", MAX_RECEPTIVE_FIELD),
        bias=config.boolean("bias"),
        oldest_first=by_trainer,
    )
