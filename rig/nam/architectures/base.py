"""What every architecture answers, and a network: one of them with its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ...dsp.network.program import Program, Signal
from ..format.weights import Weights


class Architecture(Protocol):
    """A checked configuration. Figures include the networks nested in it, except `weight_count`."""

    @property
    def inputs(self) -> int:
        """Channels in."""

    @property
    def outputs(self) -> int:
        """Channels out."""

    @property
    def weight_count(self) -> int:
        """Exactly as many weights its own list must hold."""

    @property
    def nested(self) -> tuple[Leaf, ...]:
        """The networks inside, with weights of their own."""

    @property
    def macs_per_sample(self) -> int:
        """Multiply-adds of all matrices, the zeros between the groups of grouped ones included."""

    @property
    def receptive_field_samples(self) -> int:
        """The newest sample and everything before it that still matters."""

    @property
    def prewarm_samples(self) -> int:
        """So much silence at the input settles it."""

    @property
    def recurrent(self) -> bool:
        """Whether silence has to be played to it, sample by sample, until it settles."""

    @property
    def history_floats(self) -> int:
        """Numbers of signal it keeps."""

    @property
    def shape(self) -> str:
        """For people."""

    def write(self, program: Program, weights: Weights, x: Signal, out: Signal) -> None:
        """Add the operations that make out of x."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A network, checked."""

    config: Architecture
    weights: Weights
    sample_rate: float | None  # Hz

    @property
    def weight_count(self) -> int:
        """Its weights, and those of the networks inside."""
        return self.weights.size + sum(leaf.weight_count for leaf in self.config.nested)

    def write(self, program: Program, x: Signal, out: Signal) -> None:
        """Add the operations that make out of x."""
        self.config.write(program, self.weights, x, out)

    def program(self) -> Program:
        """A program of this network alone."""
        program = Program()
        self.write(program, program.input, program.output)
        return program
