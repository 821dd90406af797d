"""Activations as a `.nam` file writes them: a name, or an object with a type and parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...dsp.network import activations as numbers
from ...dsp.network.program import NOTHING, Function, Program, Signal
from ..format.fields import Fields, shown

KINDS = {
    "Tanh": numbers.TANH,
    "Hardtanh": numbers.HARDTANH,
    "Fasttanh": numbers.FAST_TANH,
    "ReLU": numbers.RELU,
    "LeakyReLU": numbers.LEAKY_RELU,
    "PReLU": numbers.LEAKY_RELU,
    "Sigmoid": numbers.SIGMOID,
    "SiLU": numbers.SILU,
    "Hardswish": numbers.HARDSWISH,
    "LeakyHardtanh": numbers.LEAKY_HARDTANH,
    "LeakyHardTanh": numbers.LEAKY_HARDTANH,
    "Softsign": numbers.SOFTSIGN,
}
DEFAULT_SLOPE = 0.01
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Activation:
    """One layer's activation; `functions` has one entry for all channels, or one for each."""

    name: str
    functions: tuple[Function, ...]

    def write(self, program: Program, out: Signal, a: Signal, *, total: Signal = NOTHING) -> None:
        """Add the operations: out = activation(a), and total += out; out may be a."""
        if len(self.functions) == 1:
            program.activate(out, a, self.functions[0], total=total)
            return
        for i, function in enumerate(self.functions):
            program.activate(out.rows(i, 1), a.rows(i, 1), function, total=total.rows(i, 1))

    def cut(self, channels: int) -> Activation:
        """That of the first channels."""
        return Activation(self.name, self.functions[:channels])


def read_activation(fields: Fields, key: str, value: Any, channels: int) -> Activation:
    """The activation at `key` (which may be `activation[3]`) of a layer with so many channels."""
    if isinstance(value, str):
        value = {"type": value}
    spec = fields.inside(key, value)
    name = spec.get("type") if spec.get("type") is not None else spec.get("name")
    if not isinstance(name, str) or name not in KINDS:
        raise fields.error(f"{fields.at(key)} is {shown(name)}, expected one of {', '.join(KINDS)}")
    parameters = _parameters(spec, name, channels)
    # With limits of its own it is a leaky one that does not leak.
    kind = numbers.LEAKY_HARDTANH if name == "Hardtanh" and parameters != [()] else KINDS[name]
    return Activation(name, tuple(Function(kind, p) for p in parameters))


def _parameters(spec: Fields, name: str, channels: int) -> list[tuple[float, ...]]:
    def number(key: str, default: float) -> float:
        value = spec.get(key)
        return default if value is None else _single(spec, key, value)

    if name == "PReLU" and spec.get("negative_slope") is None and spec.get("negative_slopes") is not None:
        slopes = spec.sequence("negative_slopes")
        if len(slopes) not in (1, channels):
            where = spec.at("negative_slopes")
            raise spec.error(f"{where} has {len(slopes)} slopes, expected 1 or {channels}, one per channel")
        return [(_single(spec, f"negative_slopes[{i}]", slope),) for i, slope in enumerate(slopes)]
    if name in ("LeakyReLU", "PReLU"):
        return [(number("negative_slope", DEFAULT_SLOPE),)]
    if name == "Hardtanh":
        return _hard_limits(spec, number("min_val", -1.0), number("max_val", 1.0))
    if KINDS[name] == numbers.LEAKY_HARDTANH:
        low, high = number("min_val", -1.0), number("max_val", 1.0)
        return [(low, high, number("min_slope", DEFAULT_SLOPE), number("max_slope", DEFAULT_SLOPE))]
    return [()]


def _hard_limits(spec: Fields, low: float, high: float) -> list[tuple[float, ...]]:
    if low >= high:
        raise spec.error(f"{spec.at('min_val')} is {low:g}, expected less than max_val, {high:g}")
    if (low, high) == (-1.0, 1.0):
        return [()]
    spec.warn(
        f"{spec.where} is limited to {low:g} and {high:g}, as the trainer computes it; NeuralAmpModelerCore, and "
        "players built on it, limit to -1 and 1"
    )
    return [(low, high, 0.0, 0.0)]


def _single(spec: Fields, key: str, value: Any) -> float:
    number = spec.number_value(key, value)
    if abs(number) > LARGEST:
        raise spec.error(f"{spec.at(key)} is {shown(value)}, more than float32 can hold")
    return number
