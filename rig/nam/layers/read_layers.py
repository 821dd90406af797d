"""Reading one layer array of a WaveNet: every rule of the format."""

from __future__ import annotations

from typing import Any

from ..format.fields import Fields, shown
from ..format.limits import MAX_CHANNELS, MAX_LAYERS, MAX_LAYERS_IN_FILE, MAX_RECEPTIVE_FIELD, MAX_SLOPES, MAX_TAPS
from .activation import Activation, read_activation
from .film import SITES, Film
from .layers import Head, Layer, LayerArray

KNOWN = (
    *("input_size", "condition_size", "channels", "bottleneck", "kernel_size", "kernel_sizes", "dilations"),
    *("activation", "gating_mode", "gated", "secondary_activation", "groups_input", "groups_input_mixin"),
    *("layer1x1", "head1x1", "head", "head_size", "head_bias", "slimmable"),
    *SITES,
)
MODES = ("none", "gated", "blended")


def read_array(fields: Fields, inputs: int, condition: int, before: LayerArray | None) -> LayerArray:
    """Check one entry of `layers`. `inputs`: channels that enter it; `condition`: those of the conditioning signal."""
    fields.warn_unknown(KNOWN)
    channels = fields.whole("channels", MAX_CHANNELS)
    if fields.whole("input_size", MAX_CHANNELS) != inputs:
        raise fields.unexpected("input_size", f"{inputs}, the channels that enter this array")
    if fields.whole("condition_size", MAX_CHANNELS) != condition:
        raise fields.unexpected("condition_size", f"{condition}, the channels of the conditioning signal")
    bottleneck = fields.whole("bottleneck", MAX_CHANNELS, channels)
    head1x1 = _read_head1x1(fields, bottleneck)
    if before:
        heads = before.head.out_channels
        if heads != channels:
            raise fields.unexpected("channels", f"{heads}, the head channels of the array before")
        skips = head1x1[0] if head1x1 else bottleneck
        if heads != skips:
            what = "head1x1.out_channels" if head1x1 else "bottleneck"
            raise fields.error(f"{fields.at(what)} is {skips}, expected {heads}, the head channels of the array before")
    layer1x1 = _read_layer1x1(fields, channels, bottleneck)
    layers = _read_layers(fields, bottleneck)
    gated = any(layer.gating != "none" for layer in layers)
    ungated = any(layer.gating == "none" for layer in layers)
    inner = [bottleneck] * ungated + [2 * bottleneck] * gated  # behind the convolution
    array = LayerArray(
        inputs=inputs,
        condition=condition,
        channels=channels,
        bottleneck=bottleneck,
        layers=layers,
        groups_input=_read_groups(fields, "groups_input", channels, *inner),
        groups_mixin=_read_groups(fields, "groups_input_mixin", condition, *inner),
        layer1x1_groups=layer1x1,
        head1x1=head1x1,
        films=tuple(film for site in SITES if (film := _read_film(fields, site)) is not None),
        head=_read_head(fields),
        allowed_channels=_read_slimmable(fields, channels),
    )
    _check_films(fields, array)
    return array


def _read_layers(fields: Fields, bottleneck: int) -> tuple[Layer, ...]:
    dilations = fields.sequence("dilations")
    count = len(dilations)
    if count > MAX_LAYERS:
        raise fields.error(f"{fields.where} asks for {count} layers, more than the {MAX_LAYERS} a model may have")
    fields.count("layers", count, MAX_LAYERS_IN_FILE)
    kernels = _read_kernels(fields, count)
    fields.count("taps", sum(kernels), MAX_TAPS)
    modes = _read_modes(fields, count)
    activations = _Activations(fields, bottleneck)
    firsts = _listed(fields, "activation", count)
    seconds = _secondaries(fields, modes)
    return tuple(
        Layer(
            kernel=kernels[i],
            dilation=fields.whole_value(f"dilations[{i}]", dilations[i], MAX_RECEPTIVE_FIELD),
            activation=activations.read(*firsts[i]),
            gating=modes[i],
            secondary=None if modes[i] == "none" else activations.read(*seconds[i]),
        )
        for i in range(count)
    )


class _Activations:
    """Reads those of an array; what stands there once for all layers is read once."""

    def __init__(self, fields: Fields, channels: int) -> None:
        self._fields, self._channels = fields, channels
        self._known: dict[str, Activation] = {}

    def read(self, key: str, value: Any) -> Activation:
        """As `read_activation`."""
        if key not in self._known:
            self._known[key] = read_activation(self._fields, key, value, self._channels)
        activation = self._known[key]
        if len(activation.functions) > 1:
            self._fields.count("slopes", len(activation.functions), MAX_SLOPES)
        return activation


def _read_kernels(fields: Fields, layers: int) -> list[int]:
    one, many = fields.get("kernel_size"), fields.get("kernel_sizes")
    if (one is None) == (many is None):
        both = "both are there" if many is not None else "both are missing"
        raise fields.error(f"{fields.where} needs either kernel_size or kernel_sizes, {both}")
    key = "kernel_size" if many is None else "kernel_sizes"
    values = _per_layer(fields, key, layers)
    return [fields.whole_value(key, value, MAX_TAPS) for value in values]


def _per_layer(fields: Fields, key: str, layers: int) -> list[Any]:
    """One value for all layers, or a list with one for each."""
    value = fields.required(key)
    if not isinstance(value, list):
        return [value] * layers
    if len(value) != layers:
        raise fields.error(f"{fields.at(key)} has {len(value)} entries, expected {layers}, one per dilation")
    return value


def _read_modes(fields: Fields, layers: int) -> list[str]:
    if fields.get("gating_mode") is None:
        return ["gated" if fields.boolean("gated", False) else "none"] * layers
    modes = _per_layer(fields, "gating_mode", layers)
    for mode in modes:
        if mode not in MODES:
            raise fields.error(f"{fields.at('gating_mode')} is {shown(mode)}, expected none, gated or blended")
    return [str(mode) for mode in modes]


def _secondaries(fields: Fields, modes: list[str]) -> list[tuple[str, Any]]:
    """Where the second activation of each layer stands, and what; layers that are not gated have no use for it."""
    key = "secondary_activation"
    if fields.get(key) is None or all(mode == "none" for mode in modes):
        return [(key, "Sigmoid")] * len(modes)
    if isinstance(fields.get(key), list) and not isinstance(fields.get("gating_mode"), list):
        raise fields.unexpected(key, "one activation, as gating_mode is no list")
    return _listed(fields, key, len(modes))


def _listed(fields: Fields, key: str, layers: int) -> list[tuple[str, Any]]:
    """Where each layer's value stands, and the value."""
    listed = isinstance(fields.get(key), list)
    return [(f"{key}[{i}]" if listed else key, value) for i, value in enumerate(_per_layer(fields, key, layers))]


def _read_groups(fields: Fields, key: str, *channels: int) -> int:
    groups = fields.whole(key, MAX_CHANNELS, 1)
    for count in channels:
        if count % groups:
            raise fields.error(f"{fields.at(key)} is {groups}, expected a divisor of the channels, {count}")
    return groups


def _read_layer1x1(fields: Fields, channels: int, bottleneck: int) -> int | None:
    if fields.get("layer1x1") is None:
        return 1
    layer1x1 = fields.child("layer1x1")
    layer1x1.required("groups")
    if layer1x1.boolean("active"):
        return _read_groups(layer1x1, "groups", bottleneck, channels)
    layer1x1.whole("groups", MAX_CHANNELS)
    if bottleneck != channels:
        found = f"{layer1x1.at('active')} is false and bottleneck {bottleneck}"
        raise fields.error(f"{found}, expected {channels}, as there is no 1x1 between")
    fields.warn(
        f"{layer1x1.at('active')} is false: the activation is added to what the next layer reads, as the trainer "
        "computes it; NeuralAmpModelerCore, and players built on it, leave it out"
    )
    return None


def _read_head1x1(fields: Fields, bottleneck: int) -> tuple[int, int] | None:
    if fields.get("head1x1") is None:
        return None
    head1x1 = fields.child("head1x1")
    active, channels = head1x1.boolean("active"), head1x1.whole("out_channels", MAX_CHANNELS)
    head1x1.whole("groups", MAX_CHANNELS)
    return (channels, _read_groups(head1x1, "groups", bottleneck, channels)) if active else None


def _read_film(fields: Fields, site: str) -> Film | None:
    if fields.get(site) is None or fields.get(site) is False:
        return None
    film = fields.child(site)
    shift, groups = film.boolean("shift", True), film.whole("groups", MAX_CHANNELS, 1)
    return Film(site, shift, groups) if film.boolean("active", True) else None


def _check_films(fields: Fields, array: LayerArray) -> None:
    needs = {"layer1x1_post_film": array.layer1x1_groups, "head1x1_post_film": array.head1x1}
    for film in array.films:
        if film.site in needs and needs[film.site] is None:
            raise fields.error(f"{fields.at(film.site)} is active, but {film.site[:8].rstrip('_')} is not")
        if film.site == "layer1x1_post_film" and any(layer.gating != "blended" for layer in array.layers):
            fields.warn(
                f"{fields.at(film.site)} is played as the trainer computes it; NeuralAmpModelerCore up to 0.5.5, and "
                "players built on it, leave it out of layers that do not blend"
            )
        for layer in array.layers:
            matrix = array.parts(layer)[film.site]
            for count in (matrix.inputs, matrix.outputs):
                if count % film.groups:
                    where = fields.inside(film.site, fields.values[film.site]).at("groups")
                    raise fields.error(f"{where} is {film.groups}, expected a divisor of the channels, {count}")


def _read_head(fields: Fields) -> Head:
    if fields.get("head") is not None:
        head = fields.child("head")
        return Head(
            out_channels=head.whole("out_channels", MAX_CHANNELS),
            kernel=_read_head_kernel(head),
            dilation=head.whole("head_dilation", MAX_RECEPTIVE_FIELD, 1),
            bias=head.boolean("bias"),
        )
    if fields.get("head_size") is None:
        raise fields.error(f"{fields.where} has neither head nor head_size")
    return Head(fields.whole("head_size", MAX_CHANNELS), 1, 1, fields.boolean("head_bias"))


def _read_head_kernel(head: Fields) -> int:
    kernel = head.whole("kernel_size", MAX_TAPS)
    head.count("taps", kernel, MAX_TAPS)
    return kernel


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
