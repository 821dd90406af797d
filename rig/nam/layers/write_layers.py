"""From the layers of one array and their weights to the operations that play them."""

from __future__ import annotations

from dataclasses import dataclass

from ...dsp.network.program import NOTHING, Program, Signal
from ..format.weights import Reader
from .convolution import Taken
from .film import write_film
from .layers import Layer, LayerArray


def write_layers(
    program: Program,
    reader: Reader,
    array: LayerArray,
    source: Signal,
    condition: Signal,
    total: Signal,
    last: bool,
) -> tuple[Signal, Signal]:
    """All layers of an array: the residual signal behind them, and the sum of what skips to the head (onto `total`)."""
    x = program.signal(array.channels)
    program.dense(x, [array.rechannel.take(reader).of(source)])
    if total == NOTHING:
        total = program.signal(array.skip_channels)
        program.clear(total)
    scratches: dict[tuple[str, int], Signal] = {}
    for layer in array.layers:
        weights = {name: convolution.take(reader) for name, convolution in array.parts(layer).items()}
        writer = _LayerWriter(program, layer, weights, condition, total, scratches)
        goes_on = not (last and layer is array.layers[-1])  # what follows the last layer of the last array is nothing
        if goes_on and writer.plain:
            x = writer.write_plain(x)
            continue
        p = writer.write_activation(x)
        if array.head1x1 is not None:
            writer.write_skip(p)
        if goes_on:
            x = writer.write_residual(p, x)
    return x, total


@dataclass(frozen=True, slots=True)
class _LayerWriter:
    """Adds the operations of one layer."""

    program: Program
    layer: Layer
    weights: dict[str, Taken]  # those of the active parts
    condition: Signal
    total: Signal
    scratches: dict[tuple[str, int], Signal]  # signals without a past, shared by all layers

    @property
    def plain(self) -> bool:
        """Whether there is nothing but a convolution, one activation, and the 1x1 behind it."""
        return set(self.weights) == {"conv", "mixin", "layer1x1"} and self._simple

    @property
    def _simple(self) -> bool:
        return self.layer.gating == "none" and len(self.layer.activation.functions) == 1

    def write_plain(self, x: Signal) -> Signal:
        """All of a plain layer."""
        conv, mixin, matrix = (self.weights[name] for name in ("conv", "mixin", "layer1x1"))
        behind = self.program.signal(x.channels)
        self.program.layer(
            behind,
            [mixin.of(self.condition), conv.of(x, self.layer.dilation)],
            conv.bias,
            matrix.of(self._scratch("z", len(conv.bias))),
            matrix.bias,
            add=x,
            function=self.layer.activation.functions[0],
            total=self.total,
        )
        return behind

    def write_activation(self, x: Signal) -> Signal:
        """The layer up to its activation; what has no 1x1 in its way goes onto the total."""
        program, layer, activation = self.program, self.layer, self.layer.activation
        total = NOTHING if "head1x1" in self.weights else self.total
        total_here = NOTHING if "activation_post_film" in self.weights else total
        if "conv_pre_film" in self.weights:
            behind = program.signal(x.channels)  # the convolution looks back at it
            self._film("conv_pre_film", behind, x)
            x = behind
        conv, mixin = self.weights["conv"], self.weights["mixin"]
        z = self._scratch("z", len(conv.bias))
        source = conv.of(x, layer.dilation)
        if self._has("conv_post_film", "input_mixin_pre_film", "input_mixin_post_film"):
            program.dense(z, [source], conv.bias)
            self._film("conv_post_film", z, z)
            u = self.condition
            if "input_mixin_pre_film" in self.weights:
                u = self._scratch("condition", u.channels)
                self._film("input_mixin_pre_film", u, self.condition)
            mixed = self._scratch("mixed", z.channels)
            program.dense(mixed, [mixin.of(u)])
            self._film("input_mixin_post_film", mixed, mixed)
            program.add(z, z, mixed)
        elif self._simple and not self._has("activation_pre_film"):
            sources = [mixin.of(self.condition), source]
            program.dense(z, sources, conv.bias, function=activation.functions[0], total=total_here)
            self._film("activation_post_film", z, z, total)
            return z
        else:
            program.dense(z, [mixin.of(self.condition), source], conv.bias)
        self._film("activation_pre_film", z, z)
        if layer.secondary is None:
            p = z
            activation.write(program, p, z, total=total_here)
        else:
            half = z.channels // 2
            p, gate = z.rows(0, half), z.rows(half, half)
            layer.secondary.write(program, gate, gate)
            if layer.gating == "gated":
                activation.write(program, p, p)
                program.multiply(p, p, gate, total=total_here)
            else:
                activated = self._scratch("activated", half)
                activation.write(program, activated, p)
                program.blend(p, activated, p, gate, total=total_here)
        self._film("activation_post_film", p, p, total)
        return p

    def write_skip(self, p: Signal) -> None:
        """What goes onto the total, through its 1x1."""
        matrix = self.weights["head1x1"]
        skip = self._scratch("skip", len(matrix.bias))
        total = NOTHING if self._has("head1x1_post_film") else self.total
        self.program.dense(skip, [matrix.of(p)], matrix.bias, total=total)
        self._film("head1x1_post_film", skip, skip, self.total)

    def write_residual(self, p: Signal, x: Signal) -> Signal:
        """What the next layer reads."""
        behind = self.program.signal(x.channels)
        if "layer1x1" not in self.weights:
            self.program.add(behind, p, x)
            return behind
        matrix = self.weights["layer1x1"]
        if self._has("layer1x1_post_film"):
            self.program.dense(behind, [matrix.of(p)], matrix.bias)
            self._film("layer1x1_post_film", behind, behind)
            self.program.add(behind, behind, x)
        else:
            self.program.dense(behind, [matrix.of(p)], matrix.bias, add=x)
        return behind

    def _has(self, *sites: str) -> bool:
        return any(site in self.weights for site in sites)

    def _film(self, site: str, out: Signal, a: Signal, total: Signal = NOTHING) -> None:
        """Out = a with FiLM, onto the total if there is one; nothing where the site is inactive."""
        if site in self.weights:
            matrix = self.weights[site]
            scratch = self._scratch("film", len(matrix.bias))
            write_film(self.program, matrix, self.condition, scratch, out, a, total)

    def _scratch(self, name: str, channels: int) -> Signal:
        if (name, channels) not in self.scratches:
            self.scratches[name, channels] = self.program.signal(channels)
        return self.scratches[name, channels]
