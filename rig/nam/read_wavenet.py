"""Reading a WaveNet's `config`: every rule of the format for what rig plays, and a refusal by name for the rest."""

from __future__ import annotations

from typing import Any

from .activation import Activation, read_activation
from .fields import Fields, shown
from .wavenet import Head, LayerArray, WaveNetConfig

MAX_CHANNELS = 1024
MAX_LAYERS = 1024
MAX_RECEPTIVE_FIELD = 1 << 20  # samples
MAX_HISTORY = 1 << 22  # numbers of past signal; the widest public model keeps 90,000

FILM_SITES = (
    "conv_pre_film",
    "conv_post_film",
    "input_mixin_pre_film",
    "input_mixin_post_film",
    "activation_pre_film",
    "activation_post_film",
    "layer1x1_post_film",
    "head1x1_post_film",
)
KNOWN = ("layers", "head_scale", "head", "in_channels", "condition_dsp")
KNOWN_IN_ARRAY = (
    *("input_size", "condition_size", "channels", "bottleneck", "kernel_size", "kernel_sizes", "dilations"),
    *("activation", "gating_mode", "gated", "secondary_activation", "groups_input", "groups_input_mixin"),
    *("layer1x1", "head1x1", "head", "head_size", "head_bias", "slimmable"),
    *FILM_SITES,
)


def read_wavenet(config: Fields) -> WaveNetConfig:
    """Check `config`; the limits come before anything is allocated."""
    config.warn_unknown(KNOWN)
    if config.get("condition_dsp") is not None:
        raise config.not_played("a conditioning network (condition_dsp)")
    if config.get("head") is not None:
        raise config.not_played("a head behind the stack (config.head)")
    channels = config.whole("in_channels", MAX_CHANNELS, 1)
    if channels != 1:
        raise config.error(f"{config.at('in_channels')} is {channels}; rig plays mono models only")
    if config.get("head_scale") is None:
        config.warn(f"{config.at('head_scale')} is missing; the last weight counts anyway")
    else:
        config.number("head_scale")
    arrays: list[LayerArray] = []
    for i, value in enumerate(config.sequence("layers")):
        arrays.append(_read_array(config.inside(f"layers[{i}]", value), arrays[-1] if arrays else None))
    if arrays[-1].head.out_channels != 1:
        raise config.error(f"the last head has {arrays[-1].head.out_channels} channels; rig plays mono models only")
    wavenet = WaveNetConfig(tuple(arrays))
    for what, found, limit in (
        ("layers", sum(len(array.dilations) for array in arrays), MAX_LAYERS),
        ("samples of receptive field", wavenet.receptive_field_samples, MAX_RECEPTIVE_FIELD),
        ("numbers of history", wavenet.history_floats, MAX_HISTORY),
    ):
        if found > limit:
            raise config.error(f"asks for {found} {what}, more than the {limit} a model may have")
    return wavenet


def _read_array(fields: Fields, before: LayerArray | None) -> LayerArray:
    fields.warn_unknown(KNOWN_IN_ARRAY)
    channels = fields.whole("channels", MAX_CHANNELS)
    inputs = fields.whole("input_size", MAX_CHANNELS)
    expected = before.channels if before else 1
    if inputs != expected:
        raise fields.unexpected("input_size", f"{expected}, the channels that enter this array")
    condition = fields.whole("condition_size", MAX_CHANNELS)
    if condition != 1:
        raise fields.unexpected("condition_size", "1, the input channels of the model")
    if before and before.head.out_channels != channels:
        heads = before.head.out_channels
        raise fields.unexpected("channels", f"{heads}, the head channels of the array before")
    dilations = fields.sequence("dilations")
    layers = len(dilations)
    _refuse_what_is_not_played(fields, channels, layers)
    return LayerArray(
        inputs=inputs,
        channels=channels,
        kernels=_read_kernels(fields, layers),
        dilations=tuple(fields.whole_value(f"dilations[{i}]", d, MAX_RECEPTIVE_FIELD) for i, d in enumerate(dilations)),
        activations=_read_activations(fields, layers, channels),
        head=_read_head(fields),
        allowed_channels=_read_slimmable(fields, channels),
    )


def _read_kernels(fields: Fields, layers: int) -> tuple[int, ...]:
    one, many = fields.get("kernel_size"), fields.get("kernel_sizes")
    if (one is None) == (many is None):
        both = "both are there" if many is not None else "both are missing"
        raise fields.error(f"{fields.where} needs either kernel_size or kernel_sizes, {both}")
    key = "kernel_size" if many is None else "kernel_sizes"
    values = _per_layer(fields, key, layers)
    return tuple(fields.whole_value(key, value, MAX_RECEPTIVE_FIELD) for value in values)


def _per_layer(fields: Fields, key: str, layers: int) -> list[Any]:
    """One value for all layers, or a list with one for each."""
    value = fields.required(key)
    if not isinstance(value, list):
        return [value] * layers
    if len(value) != layers:
        raise fields.error(f"{fields.at(key)} has {len(value)} entries, expected {layers}, one per dilation")
    return value


def _read_activations(fields: Fields, layers: int, channels: int) -> tuple[Activation, ...]:
    values = _per_layer(fields, "activation", layers)
    listed = isinstance(fields.get("activation"), list)
    return tuple(
        read_activation(fields, f"activation[{i}]" if listed else "activation", value, channels)
        for i, value in enumerate(values)
    )


def _read_head(fields: Fields) -> Head:
    if fields.get("head") is not None:
        head = fields.child("head")
        return Head(
            out_channels=head.whole("out_channels", MAX_CHANNELS),
            kernel=head.whole("kernel_size", MAX_RECEPTIVE_FIELD),
            dilation=head.whole("head_dilation", MAX_RECEPTIVE_FIELD, 1),
            bias=head.boolean("bias"),
        )
    if fields.get("head_size") is None:
        raise fields.error(f"{fields.where} has neither head nor head_size")
    return Head(fields.whole("head_size", MAX_CHANNELS), 1, 1, fields.boolean("head_bias"))


def _read_slimmable(fields: Fields, channels: int) -> tuple[int, ...] | None:
    if fields.get("slimmable") is None:
        return None
    slimmable = fields.child("slimmable")
    if slimmable.get("method") in (None, ""):
        return None
    if slimmable.get("method") != "slice_channels_uniform":
        raise slimmable.unexpected("method", "slice_channels_uniform")
    allowed = None
    if slimmable.get("kwargs") is not None:
        kwargs = slimmable.child("kwargs")
        if kwargs.get("allowed_channels") is not None:
            values = kwargs.sequence("allowed_channels")
            allowed = tuple(kwargs.whole_value(f"allowed_channels[{i}]", v, channels) for i, v in enumerate(values))
            if list(allowed) != sorted(set(allowed)) or allowed[-1] != channels:
                raise kwargs.error(f"{kwargs.at('allowed_channels')} must ascend and end with {channels}")
    return allowed or tuple(range(1, channels + 1))


def _refuse_what_is_not_played(fields: Fields, channels: int, layers: int) -> None:
    """Raise for every feature that is switched on; one that is there but inactive is fine."""
    if fields.get("gating_mode") is not None:
        for mode in _per_layer(fields, "gating_mode", layers):
            if mode not in ("none", "gated", "blended"):
                raise fields.error(f"{fields.at('gating_mode')} is {shown(mode)}, expected none, gated or blended")
            if mode != "none":
                raise fields.not_played("gating" if mode == "gated" else "blended gating")
    elif fields.boolean("gated", False):
        raise fields.not_played("gating")
    if fields.whole("bottleneck", MAX_CHANNELS, channels) != channels:
        raise fields.not_played("a bottleneck")
    groups = [fields.whole("groups_input", MAX_CHANNELS, 1), fields.whole("groups_input_mixin", MAX_CHANNELS, 1)]
    if fields.get("layer1x1") is not None:
        layer1x1 = fields.child("layer1x1")
        if not layer1x1.boolean("active"):
            raise fields.not_played("layers without a 1x1 (layer1x1 inactive)")
        groups.append(layer1x1.whole("groups", MAX_CHANNELS))
    if fields.get("head1x1") is not None and fields.child("head1x1").boolean("active"):
        raise fields.not_played("head1x1")
    if max(groups) > 1:
        raise fields.not_played("grouped convolutions")
    for site in FILM_SITES:
        value = fields.get(site)
        if value not in (None, False) and fields.child(site).boolean("active", True):
            raise fields.not_played(f"FiLM ({site})")
