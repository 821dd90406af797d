"""Sequential models: complete networks one after the other."""

from __future__ import annotations

from dataclasses import dataclass

from ...dsp.network.program import Program, Signal
from ..format.weights import Weights
from .base import Leaf

SHOWN = 4  # of a chain, for people


@dataclass(frozen=True, slots=True)
class SequentialConfig:
    """A chain; it has no weights of its own."""

    models: tuple[Leaf, ...]

    @property
    def inputs(self) -> int:
        """Channels in."""
        return self.models[0].config.inputs

    @property
    def outputs(self) -> int:
        """Channels out."""
        return self.models[-1].config.outputs

    @property
    def weight_count(self) -> int:
        """None of its own."""
        return 0

    @property
    def nested(self) -> tuple[Leaf, ...]:
        """The chain."""
        return self.models

    @property
    def macs_per_sample(self) -> int:
        """Multiply-adds of all matrices."""
        return sum(model.config.macs_per_sample for model in self.models)

    @property
    def receptive_field_samples(self) -> int:
        """The newest sample and everything before it that still matters."""
        return 1 + sum(model.config.receptive_field_samples - 1 for model in self.models)

    @property
    def prewarm_samples(self) -> int:
        """The first hears silence from the start, the others what the one before makes of it."""
        first, *others = (model.config for model in self.models)
        return max(1, first.prewarm_samples) + sum(config.receptive_field_samples for config in others)

    @property
    def recurrent(self) -> bool:
        """If a network inside is."""
        return any(leaf.config.recurrent for leaf in self.nested)

    @property
    def history_floats(self) -> int:
        """Numbers of signal it keeps."""
        return sum(model.config.history_floats for model in self.models)

    @property
    def shape(self) -> str:
        """For people."""
        shapes = [model.config.shape for model in self.models[:SHOWN]]
        more = len(self.models) - len(shapes)
        return "; then ".join(shapes + [f"{more} more"] * (more > 0))

    def write(self, program: Program, weights: Weights, x: Signal, out: Signal) -> None:
        """Add the operations of one after the other."""
        for model in self.models:
            behind = out if model is self.models[-1] else program.signal(model.config.outputs)
            model.write(program, x, behind)
            x = behind
