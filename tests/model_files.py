"""Small `.nam` models for tests: dictionaries as the trainer would write them, from a seed.

write(tmp_path / "a.nam", wavenet([16, 8]))
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

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
) -> dict[str, Any]:
    """One entry of `config.layers`; in the old spelling where that is enough."""
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
    return array


def chain(widths: list[int], **options: Any) -> list[dict[str, Any]]:
    """Arrays of these widths that fit each other; the options go to each."""
    last = len(widths) - 1
    heads, inputs = [*widths[1:], 1], [1, *widths]
    return [layer_array(c, inputs[i], heads[i], head_bias=i == last, **options) for i, c in enumerate(widths)]


def wavenet(widths: list[int], seed: int = 0, **options: Any) -> dict[str, Any]:
    """A WaveNet with random weights, about as loud as its input. Options as for `layer_array`."""
    return wavenet_of(chain(widths, **options), seed)


def wavenet_of(arrays: list[dict[str, Any]], seed: int = 0) -> dict[str, Any]:
    """A WaveNet of given layer arrays with random weights."""
    rng = np.random.default_rng(seed)
    weights: list[float] = []

    def matrix(out: int, fan_in: int, gain: float) -> None:
        weights.extend(rng.standard_normal(out * fan_in) * gain / np.sqrt(fan_in))

    for array in arrays:
        c = array["channels"]
        kernels = array.get("kernel_sizes", [array.get("kernel_size")] * len(array["dilations"]))
        head = array.get(
            "head", {"out_channels": array.get("head_size"), "kernel_size": 1, "bias": array.get("head_bias")}
        )
        matrix(c, array["input_size"], 1.0)
        for kernel in kernels:
            matrix(c, c * kernel, 0.8)
            weights.extend(rng.standard_normal(c) * 0.1)
            matrix(c, 1, 0.5)
            matrix(c, c, 0.3)
            weights.extend(rng.standard_normal(c) * 0.03)
        matrix(head["out_channels"], c * head["kernel_size"], 0.5)
        weights.extend(rng.standard_normal(head["out_channels"] if head["bias"] else 0) * 0.1)
    weights.append(0.5)
    return finished("WaveNet", {"layers": arrays, "head": None, "head_scale": 0.02}, weights)


def a1_standard(seed: int = 0) -> dict[str, Any]:
    """The commonest shape of all."""
    return wavenet([16, 8], seed)


def a2(channels: int = 8, seed: int = 0) -> dict[str, Any]:
    """The A2 shape; 3 channels are its lite form."""
    leaky = {"type": "LeakyReLU", "negative_slope": 0.01}
    options = {"dilations": A2_DILATIONS, "kernels": A2_KERNELS, "activation": [leaky] * 23, "head_kernel": 16}
    return wavenet([channels], seed, **options)


def lstm(layers: int, hidden: int, seed: int = 0) -> dict[str, Any]:
    """An LSTM with random weights."""
    rng = np.random.default_rng(seed)
    weights: list[float] = []
    for layer in range(layers):
        inputs = 1 if layer == 0 else hidden
        weights.extend(rng.standard_normal(4 * hidden * (inputs + hidden)) * 0.8 / np.sqrt(hidden))
        weights.extend(rng.standard_normal(4 * hidden) * 0.1)
        weights.extend(rng.standard_normal(2 * hidden) * 0.2)
    weights.extend(rng.standard_normal(hidden) / np.sqrt(hidden))
    weights.append(0.01)
    return finished("LSTM", {"num_layers": layers, "input_size": 1, "hidden_size": hidden}, weights)


def container(*sizes: tuple[float, dict[str, Any]]) -> dict[str, Any]:
    """A SlimmableContainer of (max_value, model)."""
    submodels = [{"max_value": limit, "model": model} for limit, model in sizes]
    return finished("SlimmableContainer", {"submodels": submodels}, [])


def finished(architecture: str, config: dict[str, Any], weights: list[float]) -> dict[str, Any]:
    """The outer object; weights are printed from float32, as files do."""
    return {
        "version": "0.7.0" if architecture == "SlimmableContainer" else "0.5.4",
        "architecture": architecture,
        "config": config,
        "weights": np.asarray(weights, np.float32).astype(float).tolist(),
        "sample_rate": 48000,
    }
