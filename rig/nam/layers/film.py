"""FiLM: a signal scaled, and shifted, by what a matrix makes of the conditioning signal."""

from __future__ import annotations

from dataclasses import dataclass

from ...dsp.network.program import NOTHING, Program, Signal
from .convolution import Convolution, Taken

# In the order in which their weights lie in the file.
SITES = (
    "conv_pre_film",
    "conv_post_film",
    "input_mixin_pre_film",
    "input_mixin_post_film",
    "activation_pre_film",
    "activation_post_film",
    "layer1x1_post_film",
    "head1x1_post_film",
)


@dataclass(frozen=True, slots=True)
class Film:
    """One active site."""

    site: str
    shift: bool
    groups: int

    def convolution(self, channels: int, condition: int) -> Convolution:
        """The matrix that makes the factors, and behind them the shifts, for so many channels."""
        return Convolution(2 * channels if self.shift else channels, condition, groups=self.groups)


def write_film(
    program: Program,
    matrix: Taken,
    condition: Signal,
    scratch: Signal,
    out: Signal,
    a: Signal,
    total: Signal = NOTHING,
) -> None:
    """Out = a * factors + shifts, and total += out; out may be a. `scratch` has as many rows as the matrix."""
    program.dense(scratch, [matrix.of(condition)], matrix.bias)
    channels = a.channels
    shifts = scratch.rows(channels, channels) if scratch.channels > channels else NOTHING
    program.multiply(out, a, scratch.rows(0, channels), add=shifts, total=total)
