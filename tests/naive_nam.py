"""NAM models in float64, one formula after the other: too simple to be wrong, and slow. The judge of the kernels."""

from __future__ import annotations

from typing import Any

import numpy as np


def render(model: dict[str, Any], x: np.ndarray) -> np.ndarray:
    """The output for x, after the state has settled on silence."""
    weights = np.asarray(model["weights"], np.float32).astype(np.float64)
    if model["architecture"] == "LSTM":
        silence = model.get("sample_rate", 48000) // 2
        return lstm(model["config"], weights, np.concatenate([np.zeros(silence), x]))[silence:]
    silence = 1 << 13  # more than any receptive field in the tests
    return wavenet(model["config"], weights, np.concatenate([np.zeros(silence), x]))[silence:]


def convolve(x: np.ndarray, weights: np.ndarray, dilation: int) -> np.ndarray:
    """Causal convolution of x (channels, n) with weights (out, in, taps); the last tap is the newest sample."""
    taps, n = weights.shape[2], x.shape[1]
    y = np.zeros((weights.shape[0], n))
    for t in range(taps):
        delay = (taps - 1 - t) * dilation
        delayed = np.concatenate([np.zeros((x.shape[0], delay)), x], axis=1)[:, :n]
        y += weights[:, :, t] @ delayed
    return y


def activate(spec: Any, x: np.ndarray) -> np.ndarray:
    spec = {"type": spec} if isinstance(spec, str) else spec
    name, slope = spec["type"], spec.get("negative_slope", 0.01)
    if name == "PReLU" and "negative_slopes" in spec:
        slope = np.array(spec["negative_slopes"])[:, None]
    if name == "Tanh":
        return np.tanh(x)
    if name == "Hardtanh":
        return np.clip(x, -1, 1)
    if name == "Fasttanh":
        a, b, c, d, e = 2.45550750702956, 0.893229853513558, 0.821226666969744, 2.44506634652299, 0.814642734961073
        above = x * (a + a * abs(x) + (b + c * abs(x)) * x**2)
        return above / (d + (d + x**2) * abs(x + e * x * abs(x)))
    if name == "ReLU":
        return np.maximum(x, 0)
    if name in ("LeakyReLU", "PReLU"):
        return np.where(x > 0, x, slope * x)
    if name == "Sigmoid":
        return 1 / (1 + np.exp(-x))
    if name == "SiLU":
        return x / (1 + np.exp(-x))
    if name == "Hardswish":
        return x * np.clip(x + 3, 0, 6) / 6
    if name in ("LeakyHardtanh", "LeakyHardTanh"):
        low, high = spec.get("min_val", -1), spec.get("max_val", 1)
        below = (x - low) * spec.get("min_slope", 0.01) + low
        above = (x - high) * spec.get("max_slope", 0.01) + high
        return np.where(x < low, below, np.where(x > high, above, x))
    assert name == "Softsign"
    return x / (1 + abs(x))


def wavenet(config: dict[str, Any], weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    at = 0

    def take(*shape: int) -> np.ndarray:
        nonlocal at
        at += int(np.prod(shape))
        return weights[at - int(np.prod(shape)) : at].reshape(shape)

    condition = signal = x[None, :]
    total: Any = 0.0
    for array in config["layers"]:
        c, layers = array["channels"], len(array["dilations"])
        kernels = array["kernel_sizes"] if "kernel_sizes" in array else [array["kernel_size"]] * layers
        activations = array["activation"] if isinstance(array["activation"], list) else [array["activation"]] * layers
        signal = take(c, array["input_size"]) @ signal
        for kernel, dilation, activation in zip(kernels, array["dilations"], activations, strict=True):
            z = convolve(signal, take(c, c, kernel), dilation) + take(c)[:, None]
            z = activate(activation, z + take(c, 1) @ condition)
            total = total + z
            signal = signal + take(c, c) @ z + take(c)[:, None]
        head = array.get("head") or {"out_channels": array["head_size"], "kernel_size": 1, "bias": array["head_bias"]}
        matrix = take(head["out_channels"], c, head["kernel_size"])
        total = convolve(total, matrix, head.get("head_dilation", 1))
        if head["bias"]:
            total = total + take(head["out_channels"])[:, None]
    scale = take(1)[0]
    assert at == weights.size
    return scale * total[0]


def lstm(config: dict[str, Any], weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    at, hidden = 0, config["hidden_size"]

    def take(*shape: int) -> np.ndarray:
        nonlocal at
        at += int(np.prod(shape))
        return weights[at - int(np.prod(shape)) : at].reshape(shape)

    layers = []
    for layer in range(config["num_layers"]):
        inputs = config["input_size"] if layer == 0 else hidden
        layers.append([take(4 * hidden, inputs + hidden), take(4 * hidden), take(hidden), take(hidden)])
    head, bias = take(hidden), take(1)[0]
    assert at == weights.size
    y = np.zeros(x.size)
    for n in range(x.size):
        u = x[n : n + 1]
        for layer in layers:
            matrix, offset, h, c = layer
            i, f, g, o = np.split(matrix @ np.concatenate([u, h]) + offset, 4)
            c = activate("Sigmoid", f) * c + activate("Sigmoid", i) * np.tanh(g)
            u = activate("Sigmoid", o) * np.tanh(c)
            layer[2:] = u, c
        y[n] = head @ u + bias
    return y
