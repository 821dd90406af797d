"""Reading a WaveNet's `config`: the arrays one after the other, the head behind them, the conditioning network."""

from __future__ import annotations

from ..format.fields import Fields
from ..format.limits import MAX_CHANNELS, MAX_LAYERS, MAX_LAYERS_IN_FILE, MAX_SLOPES, MAX_TAPS
from ..layers.activation import read_activation
from ..layers.convolution import Convolution
from ..layers.layers import LayerArray
from ..layers.read_layers import read_array
from .base import Leaf
from .wavenet import PostHead, WaveNetConfig

KNOWN = ("layers", "head_scale", "head", "in_channels", "condition_dsp")
KNOWN_IN_HEAD = ("channels", "out_channels", "kernel_sizes", "activation", "in_channels")


def read_wavenet(config: Fields, condition: Leaf | None) -> WaveNetConfig:
    """Check `config`; `condition`: what its `condition_dsp` is, checked."""
    config.warn_unknown(KNOWN)
    inputs = config.whole("in_channels", MAX_CHANNELS, 1)
    if config.get("head_scale") is None:
        config.warn(f"{config.at('head_scale')} is missing; the last weight counts anyway")
    else:
        config.number("head_scale")
    if condition is not None and condition.config.inputs != inputs:
        found = f"{config.at('condition_dsp')} has {condition.config.inputs} input channels"
        raise config.error(f"{found}, expected {inputs}, those of the model")
    condition_channels = inputs if condition is None else condition.config.outputs
    arrays: list[LayerArray] = []
    layers = 0
    for i, value in enumerate(config.sequence("layers")):
        before = arrays[-1] if arrays else None
        entering = before.channels if before else inputs
        arrays.append(read_array(config.inside(f"layers[{i}]", value), entering, condition_channels, before))
        layers += len(arrays[-1].layers)
        if layers > MAX_LAYERS:
            raise config.error(f"{config.where} asks for {layers} layers, more than the {MAX_LAYERS} a model may have")
    post_head = _read_post_head(config, arrays)
    return WaveNetConfig(inputs, tuple(arrays), post_head, condition)


def _read_post_head(config: Fields, arrays: list[LayerArray]) -> PostHead | None:
    if config.get("head") is None:
        return None
    if any(array.allowed_channels for array in arrays):
        raise config.error(f"{config.at('head')} is there, which a slimmable WaveNet cannot have")
    head = config.child("head")
    head.warn_unknown(KNOWN_IN_HEAD)
    inputs = arrays[-1].head.out_channels
    if head.whole("in_channels", MAX_CHANNELS, inputs) != inputs:
        raise head.unexpected("in_channels", f"{inputs}, the head channels of the last array")
    channels, outputs = head.whole("channels", MAX_CHANNELS), head.whole("out_channels", MAX_CHANNELS)
    kernels = head.sequence("kernel_sizes")
    if len(kernels) > MAX_LAYERS:
        raise head.error(f"{head.where} asks for {len(kernels)} layers, more than the {MAX_LAYERS} a model may have")
    head.count("layers", len(kernels), MAX_LAYERS_IN_FILE)
    for entering in [inputs, *[channels] * (len(kernels) > 1)]:
        activation = read_activation(head, "activation", head.required("activation"), entering)
    if len(activation.functions) > 1:
        head.count("slopes", len(activation.functions) * len(kernels), MAX_SLOPES)
    convolutions = []
    for i, value in enumerate(kernels):
        kernel = head.whole_value(f"kernel_sizes[{i}]", value, MAX_TAPS)
        head.count("taps", kernel, MAX_TAPS)
        last = i == len(kernels) - 1
        convolutions.append(Convolution(outputs if last else channels, channels if i else inputs, kernel))
    return PostHead(activation, tuple(convolutions))
