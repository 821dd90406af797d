"""Small `.nam` models for tests: dictionaries as the trainer would write them, from a seed.

write(tmp_path / "a.nam", wavenet([16, 8]))
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from rig.nam import Model

A1_DILATIONS = tuple(1 << i for i in range(10))
A2_ROUND = (1, 3, 7, 17, 41, 101, 239)
A2_DILATIONS = A2_ROUND + A2_ROUND + (1, 13) + A2_ROUND
A2_KERNELS = (6,) * 14 + (15,) * 2 + (6,) * 7


def write(path: Path, model: Any) -> Path:
    """Write a model (or any JSON) to a file."""
    path.write_text(json.dumps(model), encoding="utf-8")
    return path


def layer_array(
    channels: int,
    inputs: int,
    head: int,
    dilations: tuple[int, ...] = A1_DILATIONS,
    kernels: int | tuple[int, ...] = 3,
    activation: Any = "Tanh",
    head_bias: bool = False,
    head_kernel: int = 1,
    head_dilation: int = 1,
    **features: Any,
) -> dict[str, Any]:
    """One entry of `config.layers`; in the old spelling where that is enough. Features: further keys as they are."""
    array: dict[str, Any] = {
        "input_size": inputs,
        "condition_size": 1,
        "channels": channels,
        "dilations": list(dilations),
        "activation": activation,
        "gated": False,
    }
    if isinstance(kernels, int):
        array["kernel_size"] = kernels
    else:
        array["kernel_sizes"] = list(kernels)
    if head_kernel == head_dilation == 1:
        array |= {"head_size": head, "head_bias": head_bias}
    else:
        array["head"] = {"out_channels": head, "kernel_size": head_kernel, "bias": head_bias}
        array["head"] |= {"head_dilation": head_dilation} if head_dilation > 1 else {}
    return array | features


def chain(widths: list[int], **options: Any) -> list[dict[str, Any]]:
    """Arrays of these widths that fit each other; the options go to each."""
    last = len(widths) - 1
    heads, inputs = [*widths[1:], 1], [1, *widths]
    return [layer_array(c, inputs[i], heads[i], head_bias=i == last, **options) for i, c in enumerate(widths)]


def wavenet(widths: list[int], seed: int = 0, **options: Any) -> dict[str, Any]:
    """A WaveNet with random weights, about as loud as its input. Options as for `layer_array`."""
    return wavenet_of(chain(widths, **options), seed)


FILM_SITES = (
    *("conv_pre_film", "conv_post_film", "input_mixin_pre_film", "input_mixin_post_film"),
    *("activation_pre_film", "activation_post_film", "layer1x1_post_film", "head1x1_post_film"),
)


class RandomWeights:
    """Weights in the order of the file; a matrix keeps the loudness of what goes in, times `gain`."""

    def __init__(self, seed: int) -> None:
        self.rng, self.values = np.random.default_rng(seed), []

    def matrix(self, out: int, inputs: int, gain: float, taps: int = 1, groups: int = 1) -> None:
        fan_in = inputs * taps // groups
        self.values.extend(self.rng.standard_normal(out * fan_in) * gain / np.sqrt(fan_in))

    def bias(self, count: int, gain: float, around: float = 0.0) -> None:
        self.values.extend(around + self.rng.standard_normal(count) * gain)


def wavenet_of(
    arrays: list[dict[str, Any]],
    seed: int = 0,
    condition: dict[str, Any] | None = None,
    post_head: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A WaveNet of given layer arrays with random weights."""
    weights = RandomWeights(seed)
    for array in arrays:
        _array_weights(weights, array)
    if post_head:
        width, kernels = _head(arrays[-1])["out_channels"], post_head["kernel_sizes"]
        for i, kernel in enumerate(kernels):
            out = post_head["out_channels"] if i == len(kernels) - 1 else post_head["channels"]
            weights.matrix(out, width, 1.0, kernel)
            weights.bias(out, 0.1)
            width = out
    weights.values.append(0.5)
    config: dict[str, Any] = {"layers": arrays, "head": post_head, "head_scale": 0.02}
    if arrays[0]["input_size"] != 1:
        config["in_channels"] = arrays[0]["input_size"]
    if condition:
        config["condition_dsp"] = condition
    return finished("WaveNet", config, weights.values)


def _head(array: dict[str, Any]) -> dict[str, Any]:
    if "head" in array:
        return dict(array["head"])
    return {"out_channels": array.get("head_size"), "kernel_size": 1, "bias": array.get("head_bias")}


def _array_weights(weights: RandomWeights, array: dict[str, Any]) -> None:
    c, m, layers = array["channels"], array["condition_size"], len(array["dilations"])
    b = array.get("bottleneck", c)
    kernels = array.get("kernel_sizes", [array.get("kernel_size")] * layers)
    modes = array.get("gating_mode", "gated" if array.get("gated") else "none")
    layer1x1 = array.get("layer1x1") or {"active": True, "groups": 1}
    head1x1 = array.get("head1x1") or {"active": False}
    skip = head1x1["out_channels"] if head1x1["active"] else b
    weights.matrix(c, array["input_size"], 1.0)
    for i, kernel in enumerate(kernels):
        g = b if (modes[i] if isinstance(modes, list) else modes) == "none" else 2 * b
        weights.matrix(g, c, 0.8, kernel, array.get("groups_input", 1))
        weights.bias(g, 0.1)
        weights.matrix(g, m, 0.5, groups=array.get("groups_input_mixin", 1))
        if layer1x1["active"]:
            weights.matrix(c, b, 0.3, groups=layer1x1["groups"])
            weights.bias(c, 0.03)
        if head1x1["active"]:
            weights.matrix(skip, b, 0.7, groups=head1x1["groups"])
            weights.bias(skip, 0.1)
        for site, width in zip(FILM_SITES, (c, g, m, g, g, b, c, skip), strict=True):
            film = array.get(site)
            if isinstance(film, dict) and film.get("active", True):
                weights.matrix(width, m, 0.3, groups=film.get("groups", 1))
                if film.get("shift", True):
                    weights.matrix(width, m, 0.3, groups=film.get("groups", 1))
                weights.bias(width, 0.2, around=1.0)
                weights.bias(width if film.get("shift", True) else 0, 0.2)
    head = _head(array)
    weights.matrix(head["out_channels"], skip, 0.5, head["kernel_size"])
    weights.bias(head["out_channels"] if head["bias"] else 0, 0.1)


def convnet(
    channels: int,
    dilations: tuple[int, ...] = (1, 2, 4, 8),
    seed: int = 0,
    batchnorm: bool = True,
    activation: Any = "Tanh",
    groups: int = 1,
    inputs: int = 1,
    outputs: int = 1,
) -> dict[str, Any]:
    """A ConvNet with random weights."""
    weights, width = RandomWeights(seed), inputs
    for _ in dilations:
        weights.matrix(channels, width, 1.5, 2, groups)
        width = channels
        if batchnorm:
            weights.bias(channels, 0.1)
            weights.values.extend(weights.rng.uniform(0.3, 2, channels))
            weights.bias(channels, 0.2, around=1.0)
            weights.bias(channels, 0.1)
            weights.values.append(1e-5)
        else:
            weights.bias(channels, 0.1)
    weights.matrix(outputs, channels, 1.0)
    weights.bias(outputs, 0.1)
    config: dict[str, Any] = {"channels": channels, "dilations": list(dilations), "batchnorm": batchnorm}
    config |= {"activation": activation, "groups": groups, "in_channels": inputs, "out_channels": outputs}
    return finished("ConvNet", config, weights.values)


def linear(taps: int, seed: int = 0, bias: bool = True, inputs: int = 1, outputs: int = 1) -> dict[str, Any]:
    """A decaying impulse response."""
    response = np.random.default_rng(seed).standard_normal(taps) * np.exp(-np.arange(taps) / (taps / 4))
    config = {"receptive_field": taps, "bias": bias, "in_channels": inputs, "out_channels": outputs}
    return finished("Linear", config, [*response, *([0.05] if bias else [])])


def sequential(*models: dict[str, Any]) -> dict[str, Any]:
    """One after the other."""
    return finished("Sequential", {"models": list(models)}, [])


def a1_standard(seed: int = 0) -> dict[str, Any]:
    """The commonest shape of all."""
    return wavenet([16, 8], seed)


def a2(channels: int = 8, seed: int = 0) -> dict[str, Any]:
    """The A2 shape; 3 channels are its lite form."""
    leaky = {"type": "LeakyReLU", "negative_slope": 0.01}
    options = {"dilations": A2_DILATIONS, "kernels": A2_KERNELS, "activation": [leaky] * 23, "head_kernel": 16}
    return wavenet([channels], seed, **options)


def lstm(layers: int, hidden: int, seed: int = 0, inputs: int = 1, outputs: int = 1) -> dict[str, Any]:
    """An LSTM with random weights."""
    rng = np.random.default_rng(seed)
    weights: list[float] = []
    for layer in range(layers):
        width = inputs if layer == 0 else hidden
        weights.extend(rng.standard_normal(4 * hidden * (width + hidden)) * 0.8 / np.sqrt(hidden))
        weights.extend(rng.standard_normal(4 * hidden) * 0.1)
        weights.extend(rng.standard_normal(2 * hidden) * 0.2)
    weights.extend(rng.standard_normal(outputs * hidden) / np.sqrt(hidden))
    weights.extend([0.01] * outputs)
    config = {"num_layers": layers, "input_size": inputs, "hidden_size": hidden}
    if (inputs, outputs) != (1, 1):
        config |= {"in_channels": inputs, "out_channels": outputs}
    return finished("LSTM", config, weights)


def container(*sizes: tuple[float, dict[str, Any]]) -> dict[str, Any]:
    """A SlimmableContainer of (max_value, model)."""
    submodels = [{"max_value": limit, "model": model} for limit, model in sizes]
    return finished("SlimmableContainer", {"submodels": submodels}, [])


def finished(architecture: str, config: dict[str, Any], weights: list[float]) -> dict[str, Any]:
    """The outer object; weights are printed from float32, as files do."""
    return {
        "version": "0.7.0" if architecture in ("SlimmableContainer", "Sequential") else "0.5.4",
        "architecture": architecture,
        "config": config,
        "weights": np.asarray(weights, np.float32).astype(float).tolist(),
        "sample_rate": 48000,
    }


def linear_from(path, taps, bias=None, rate=48000):
    """A Linear model of these taps, newest sample first."""
    config = {"receptive_field": len(taps), "bias": bias is not None}
    weights = [*taps, *([] if bias is None else [bias])]
    model = finished("Linear", config, weights) | {"sample_rate": rate}
    return Model.load(write(path, model))
