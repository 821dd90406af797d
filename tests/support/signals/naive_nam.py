"""NAM models in float64, one formula after the other: too simple to be wrong, and slow. The judge of the kernels."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

LONG_SILENCE = 1 << 13  # more than any receptive field in the tests


def render(model: dict[str, Any], x: np.ndarray, size: float = 1.0) -> np.ndarray:
    """The output for x, after the state has settled on silence. `size`: that of a slimmable WaveNet."""
    silence = LONG_SILENCE
    if '"LSTM"' in json.dumps(model):
        silence = model.get("sample_rate", 48000) // 2 + (0 if model["architecture"] == "LSTM" else silence)
    return play(model, np.concatenate([np.zeros(silence), x])[None, :], size)[0, silence:]


def play(model: dict[str, Any], x: np.ndarray, size: float = 1.0) -> np.ndarray:
    """The output (channels, n) of any architecture for the input (channels, n), from its initial state."""
    config, weights = model["config"], Weights(model["weights"])
    if model["architecture"] == "SlimmableContainer":
        submodels = config["submodels"]
        return play(next((s["model"] for s in submodels if size < s["max_value"]), submodels[-1]["model"]), x)
    if model["architecture"] == "Sequential":
        for part in config["models"]:
            x = play(part, x)
        return x
    if model["architecture"] == "WaveNet":
        y = wavenet(config, weights, x, size)
    else:
        y = {"LSTM": lstm, "ConvNet": convnet, "Linear": linear}[model["architecture"]](config, weights, x)
    assert weights.at == weights.values.size
    return y


class Weights:
    def __init__(self, values: list[float]) -> None:
        self.values, self.at = np.asarray(values, np.float32).astype(np.float64), 0

    def take(self, *shape: int) -> np.ndarray:
        start = self.at
        self.at += int(np.prod(shape))
        return self.values[start : self.at].reshape(shape)

    def matrix(self, out: int, inputs: int, taps: int = 1, groups: int = 1) -> np.ndarray:
        """The weights of a convolution, straight from the formula for their index."""
        values = self.take(out * inputs * taps // groups)
        full = np.zeros((out, inputs, taps))
        rows, columns = out // groups, inputs // groups
        for g in range(groups):
            for o in range(rows):
                for i in range(columns):
                    for t in range(taps):
                        index = ((g * rows + o) * columns + i) * taps + t
                        full[g * rows + o, g * columns + i, t] = values[index]
        return full


def convolve(x: np.ndarray, weights: np.ndarray, dilation: int = 1) -> np.ndarray:
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
        slope = np.array(spec["negative_slopes"][: len(x)])[:, None]
    if name == "Tanh":
        return np.tanh(x)
    if name == "Hardtanh":
        return np.clip(x, spec.get("min_val", -1), spec.get("max_val", 1))
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


def each(value: Any, layers: int) -> list[Any]:
    return value if isinstance(value, list) else [value] * layers


def slim_width(array: dict[str, Any], size: float) -> int:
    slimmable = array.get("slimmable")
    if not slimmable:
        return array["channels"]
    allowed = slimmable.get("kwargs", {}).get("allowed_channels") or list(range(1, array["channels"] + 1))
    return allowed[min(int(np.floor(size * len(allowed))), len(allowed) - 1)]


def wavenet(config: dict[str, Any], weights: Weights, x: np.ndarray, size: float) -> np.ndarray:
    u = play(config["condition_dsp"], x) if config.get("condition_dsp") else x
    signal, total = x, np.zeros((1, 1))
    widths = [slim_width(array, size) for array in config["layers"]]
    for i, array in enumerate(config["layers"]):
        following = widths[i + 1] if i + 1 < len(widths) else None
        signal, total = layer_array(array, weights, signal, total, u, widths[i], following)
    y = weights.values[-1] * total
    if config.get("head"):
        y = post_head(config["head"], weights, y)
    weights.take(1)
    return y


def layer_array(
    array: dict[str, Any],
    weights: Weights,
    signal: np.ndarray,
    total: np.ndarray,
    u: np.ndarray,
    slim: int,
    slim_head: int | None,
) -> tuple[np.ndarray, np.ndarray]:
    c, layers = array["channels"], len(array["dilations"])
    b, m = array.get("bottleneck", c), array["condition_size"]
    layer1x1 = array.get("layer1x1") or {"active": True, "groups": 1}
    head1x1 = array.get("head1x1") or {"active": False}
    slim_b = max(1, b * slim // c) if layer1x1["active"] else slim

    def convolution(x: np.ndarray, out: int, inputs: int, slim_out: int, bias: bool = True, **kind: int) -> np.ndarray:
        matrix = weights.matrix(out, inputs, kind.get("taps", 1), kind.get("groups", 1))
        offset = weights.take(out) if bias else np.zeros(out)
        y = convolve(x, matrix[:slim_out, : len(x)], kind.get("dilation", 1))
        return y + offset[:slim_out, None]

    kernels = each(array.get("kernel_sizes", array.get("kernel_size")), layers)
    modes = each(array.get("gating_mode", "gated" if array.get("gated") else "none"), layers)
    activations = each(array["activation"], layers)
    seconds = each(array.get("secondary_activation") or "Sigmoid", layers)
    x = convolution(signal, c, array["input_size"], slim, bias=False)
    for k, d, mode, first, second in zip(kernels, array["dilations"], modes, activations, seconds, strict=True):
        g, slim_g = (b, slim_b) if mode == "none" else (2 * b, 2 * slim_b)
        s = head1x1["out_channels"] if head1x1["active"] else slim_b
        # The weights lie in the order of the file: taken first, used later.
        conv, conv_bias = weights.matrix(g, c, k, array.get("groups_input", 1)), weights.take(g)
        mix = weights.matrix(g, m, 1, array.get("groups_input_mixin", 1))
        one = one_bias = skip_one = skip_bias = np.zeros(0)
        if layer1x1["active"]:
            one, one_bias = weights.matrix(c, b, 1, layer1x1["groups"]), weights.take(c)
        if head1x1["active"]:
            skip_one, skip_bias = weights.matrix(s, b, 1, head1x1["groups"]), weights.take(s)
        films = {}
        for site, width in (
            ("conv_pre_film", c),
            ("conv_post_film", g),
            ("input_mixin_pre_film", m),
            ("input_mixin_post_film", g),
            ("activation_pre_film", g),
            ("activation_post_film", b),
            ("layer1x1_post_film", c),
            ("head1x1_post_film", s),
        ):
            spec = array.get(site)
            if isinstance(spec, dict) and spec.get("active", True):
                rows = width * (2 if spec.get("shift", True) else 1)
                films[site] = spec, weights.matrix(rows, m, 1, spec.get("groups", 1)), weights.take(rows)

        def film(site: str, v: np.ndarray, films: Any = films) -> np.ndarray:
            if site not in films:
                return v
            spec, matrix, bias = films[site]
            rows = len(v) * (2 if spec.get("shift", True) else 1)
            e = convolve(u, matrix[:rows]) + bias[:rows, None]
            return v * e[: len(v)] + (e[len(v) :] if spec.get("shift", True) else 0)

        z = convolve(film("conv_pre_film", x), conv[:slim_g, :slim], d) + conv_bias[:slim_g, None]
        z = film("conv_post_film", z)
        mixed = film("input_mixin_post_film", convolve(film("input_mixin_pre_film", u), mix[:slim_g]))
        z = film("activation_pre_film", z + mixed)
        if mode == "none":
            p = activate(first, z)
        elif mode == "gated":
            p = activate(first, z[:slim_b]) * activate(second, z[slim_b:])
        else:
            share = activate(second, z[slim_b:])
            p = share * activate(first, z[:slim_b]) + (1 - share) * z[:slim_b]
        p = film("activation_post_film", p)
        if layer1x1["active"]:
            x = x + film("layer1x1_post_film", convolve(p, one[:slim, :slim_b]) + one_bias[:slim, None])
        else:
            x = x + p
        if head1x1["active"]:
            total = total + film("head1x1_post_film", convolve(p, skip_one[:, :slim_b]) + skip_bias[:, None])
        else:
            total = total + p
    head = array.get("head") or {"out_channels": array["head_size"], "kernel_size": 1, "bias": array["head_bias"]}
    s = head1x1["out_channels"] if head1x1["active"] else b
    total = convolution(
        total,
        head["out_channels"],
        s,
        slim_head or head["out_channels"],
        bias=head["bias"],
        taps=head["kernel_size"],
        dilation=head.get("head_dilation", 1),
    )
    return x, total


def post_head(config: dict[str, Any], weights: Weights, y: np.ndarray) -> np.ndarray:
    for i, kernel in enumerate(config["kernel_sizes"]):
        end = i == len(config["kernel_sizes"]) - 1
        out = config["out_channels"] if end else config["channels"]
        y = convolve(activate(config["activation"], y), weights.matrix(out, len(y), kernel))
        y = y + weights.take(out)[:, None]
    return y


def convnet(config: dict[str, Any], weights: Weights, x: np.ndarray) -> np.ndarray:
    c = config["channels"]
    for dilation in config["dilations"]:
        z = convolve(x, weights.matrix(c, len(x), 2, config.get("groups", 1)), dilation)
        if config["batchnorm"]:
            mean, variance, gamma, beta = weights.take(4, c)
            scale = gamma / np.sqrt(weights.take(1)[0] + variance)
            z = scale[:, None] * z + (beta - scale * mean)[:, None]
        else:
            z = z + weights.take(c)[:, None]
        x = activate(config["activation"], z)
    out = config.get("out_channels", 1)
    return weights.take(out, c) @ x + weights.take(out)[:, None]


def linear(config: dict[str, Any], weights: Weights, x: np.ndarray) -> np.ndarray:
    h = weights.take(config["receptive_field"])
    bias = weights.take(1)[0] if config["bias"] else 0.0
    y = np.zeros((config.get("out_channels", 1), x.shape[1]))
    for c in range(min(len(x), len(y))):
        y[c] = np.convolve(x[c], h)[: x.shape[1]] + bias
    return y


def lstm(config: dict[str, Any], weights: Weights, x: np.ndarray) -> np.ndarray:
    hidden, outputs, take = config["hidden_size"], config.get("out_channels", 1), weights.take
    layers = []
    for layer in range(config["num_layers"]):
        inputs = config["input_size"] if layer == 0 else hidden
        layers.append([take(4 * hidden, inputs + hidden), take(4 * hidden), take(hidden), take(hidden)])
    head, bias = take(outputs, hidden), take(outputs)
    y = np.zeros((outputs, x.shape[1]))
    rests = False
    for n in range(x.shape[1]):
        if rests and np.array_equal(x[:, n], x[:, n - 1]):
            y[:, n] = y[:, n - 1]  # nothing changes any more: so it stays
            continue
        u, rests = x[:, n], True
        for layer in layers:
            matrix, offset, h, c = layer
            z = matrix @ np.concatenate([u, h]) + offset
            i, f, _, o = (1 / (1 + np.exp(-z))).reshape(4, hidden)
            layer[3] = f * c + i * np.tanh(z[2 * hidden : 3 * hidden])
            layer[2] = u = o * np.tanh(layer[3])
            rests = rests and np.array_equal(u, h) and np.array_equal(layer[3], c)
        y[:, n] = head @ u + bias
    return y
