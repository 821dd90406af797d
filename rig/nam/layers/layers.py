"""Layer arrays as they are: what a WaveNet is a chain of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .activation import Activation
from .convolution import Convolution
from .film import Film


@dataclass(frozen=True, slots=True)
class Layer:
    """A dilated convolution and what follows it; gated and blended layers have a second activation."""

    kernel: int
    dilation: int
    activation: Activation
    gating: str  # none, gated or blended
    secondary: Activation | None


@dataclass(frozen=True, slots=True)
class Head:
    """The convolution that makes an array's output of the sum of its layers."""

    out_channels: int
    kernel: int
    dilation: int
    bias: bool


@dataclass(frozen=True, slots=True)
class LayerArray:
    """Residual layers of one width."""

    inputs: int
    condition: int  # channels of the conditioning signal
    channels: int
    bottleneck: int  # channels behind the activation
    layers: tuple[Layer, ...]
    groups_input: int
    groups_mixin: int
    layer1x1_groups: int | None  # None: there is none
    head1x1: tuple[int, int] | None  # channels, groups
    films: tuple[Film, ...]  # the active ones
    head: Head
    allowed_channels: tuple[int, ...] | None  # slimmable: the widths it may be cut to, ascending

    @property
    def skip_channels(self) -> int:
        """Of what the layers add up and the head reads."""
        return self.head1x1[0] if self.head1x1 else self.bottleneck

    @property
    def rechannel(self) -> Convolution:
        """The matrix in front of the layers."""
        return Convolution(self.channels, self.inputs, bias=False)

    @property
    def head_convolution(self) -> Convolution:
        """The head, as a convolution."""
        head = self.head
        return Convolution(head.out_channels, self.skip_channels, head.kernel, head.dilation, bias=head.bias)

    def parts(self, layer: Layer) -> dict[str, Convolution]:
        """The convolutions of one layer, in the order of the file."""
        c, b, m = self.channels, self.bottleneck, self.condition
        g = b if layer.gating == "none" else 2 * b
        parts = {
            "conv": Convolution(g, c, layer.kernel, layer.dilation, self.groups_input),
            "mixin": Convolution(g, m, groups=self.groups_mixin, bias=False),
        }
        if self.layer1x1_groups is not None:
            parts["layer1x1"] = Convolution(c, b, groups=self.layer1x1_groups)
        if self.head1x1 is not None:
            parts["head1x1"] = Convolution(self.head1x1[0], b, groups=self.head1x1[1])
        widths = {
            "conv_pre_film": c,
            "conv_post_film": g,
            "input_mixin_pre_film": m,
            "input_mixin_post_film": g,
            "activation_pre_film": g,
            "activation_post_film": b,
            "layer1x1_post_film": c,
            "head1x1_post_film": self.skip_channels,
        }
        return parts | {film.site: film.convolution(widths[film.site], m) for film in self.films}

    def convolutions(self) -> Iterator[Convolution]:
        """All, in the order of the file."""
        yield self.rechannel
        for layer in self.layers:
            yield from self.parts(layer).values()
        yield self.head_convolution
