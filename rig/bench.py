"""How fast rig is here: networks against this machine's own multiply-add peak, the convolver against SciPy's.

Everything is measured in rounds, one after the other, and the medians are reported: machines are noisy, and a ratio of
two things measured in the same minute says more than a time. A loop flatters everybody, as the caches stay warm; the
cold figure empties them before every block, which is what a real audio server does to us.
"""

from __future__ import annotations

import json
import platform
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numba import types

from .dsp.convolve import Filter, Line, convolve_all
from .dsp.jit import cpu_name, entry
from .dsp.load import LOAD, clock_ns, prepare
from .dsp.memory import Layout
from .dsp.pointers import FLUSH_BITS, floats, foreign, get_float_control, ints, record, set_float_control
from .dsp.rate import Playable
from .dsp.roofline import fma_peak_gmacs
from .dsp.simd import W
from .nam import Model

BLOCKS = (16, 32, 64, 128, 256)
ROUNDS = 9
SECONDS = 0.25  # of audio per measurement
RATE_HZ = 48000
COLD_BYTES = 16 << 20  # written between two blocks: more than any second-level cache
CONVOLVER_TAPS = (512, 2048, 8192)
CONVOLVER_BLOCKS = (64, 128)

_call_run = foreign("v", "l", "l", "l", "l")


@entry(types.void(types.int64, types.int64, types.int64, types.int64, types.int64, types.int64))
def _play(function: int, network: int, x: int, y: int, frames: int, block: int) -> None:
    """Run a network over `frames` samples, block by block."""
    control = get_float_control()
    set_float_control(control | FLUSH_BITS)
    at = 0
    while at < frames:
        _call_run(function, network, x + 4 * at, y + 4 * at, min(block, frames - at))
        at += block
    set_float_control(control)


@entry(types.void(types.int64, types.int64, types.int64, types.int64, types.int64, types.int64, types.int64))
def _play_cold(function: int, network: int, x: int, block: int, rubbish: int, clock: int, times: int) -> None:
    """Run a network over one block after the caches were filled with `rubbish`; the time goes to int64 times[0]."""
    load, filler = record(clock, LOAD), floats(rubbish)
    for i in range(0, COLD_BYTES // 4, 16):
        filler[i] += np.float32(1)
    before = clock_ns(load, load.wall_clock)
    _call_run(function, network, x, x + 4 * block, block)
    ints(times)[0] = clock_ns(load, load.wall_clock) - before


def _noise(samples: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return (np.random.default_rng(1).standard_normal(samples) * 0.1).astype(np.float32)


def network_cost(network: Playable, block: int = 64, rounds: int = 5) -> float:
    """Nanoseconds per sample of one network, played in blocks; the median of some rounds."""
    return median(_cost(network, block) for _ in range(rounds))


def _cost(network: Playable, block: int) -> float:
    frames = int(SECONDS * RATE_HZ) // block * block
    x = _noise(frames)
    y = np.empty_like(x)
    started = perf_counter()
    _play(network.run_address, network.address, x.ctypes.data, y.ctypes.data, frames, block)
    return (perf_counter() - started) / frames * 1e9


class _Cold:
    """Times single blocks with empty caches."""

    def __init__(self) -> None:
        layout = Layout()
        clock, times = layout.reserve(LOAD), layout.reserve(np.int64)
        rubbish = layout.reserve(np.float32, COLD_BYTES // 4)
        self._arena = layout.allocate()
        self._clock, self._times = self._arena.address_of(clock), self._arena.address_of(times)
        self._rubbish, self._result = self._arena.address_of(rubbish), self._arena[times]
        prepare(self._arena[clock][0], self._clock, RATE_HZ)

    def block_us(self, network: Playable, block: int) -> float:
        """Microseconds for one block."""
        x = np.concatenate([_noise(block), np.zeros(block, np.float32)])
        _play_cold(network.run_address, network.address, x.ctypes.data, block, self._rubbish, self._clock, self._times)
        return float(self._result[0]) / 1000


def bench(
    models: Sequence[Path] = (), rounds: int = ROUNDS, progress: Callable[[float], None] | None = None
) -> dict[str, Any]:
    """Measure models (without any: the official shapes with random weights) and the convolver; plain data."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = [Model.load(path) for path in (models or official_shapes(Path(folder)))]
    networks = [model.network() for model in loaded]
    cold = _Cold()
    peaks: list[float] = []
    ns: list[dict[int, list[float]]] = [{block: [] for block in BLOCKS} for _ in loaded]
    cold_us: list[dict[int, list[float]]] = [{16: [], 64: []} for _ in loaded]
    cabinets = _ConvolverBench()
    for network in networks:
        _cost(network, 64)  # warm
    for round_ in range(rounds):
        peaks.append(fma_peak_gmacs())
        for i, network in enumerate(networks):
            for block in BLOCKS:
                ns[i][block].append(_cost(network, block))
            for block, times in cold_us[i].items():
                times += [cold.block_us(network, block) for _ in range(5)]
        cabinets.round()
        if progress is not None:
            progress((round_ + 1) / rounds)
    peak = median(peaks)
    return {
        "machine": {"cpu": cpu_name(), "system": platform.system(), "lanes": W, "peak_gmacs": peak, "rounds": rounds},
        "models": [_report(model, peak, ns[i], cold_us[i]) for i, model in enumerate(loaded)],
        "convolver": cabinets.report(),
    }


def _report(model: Model, peak: float, ns: dict[int, list[float]], cold: dict[int, list[float]]) -> dict[str, Any]:
    typical = {block: median(times) for block, times in ns.items()}
    return {
        "file": model.path.name,
        "shape": model.shape,
        "macs_per_sample": model.macs_per_sample,
        "ns_per_sample": {str(block): cost for block, cost in typical.items()},
        "share_of_peak": {str(block): model.macs_per_sample / cost / peak for block, cost in typical.items()},
        "times_real_time": 1e9 / RATE_HZ / typical[64],
        "block_16_to_64": typical[16] / typical[64],
        "cold_us_per_block": {str(block): median(times) for block, times in cold.items()},
    }


class _ConvolverBench:
    """Our convolver and `scipy.signal.oaconvolve` on the same float32 signal, in turn."""

    def __init__(self) -> None:
        rng = np.random.default_rng(2)
        self._x = _noise(2 * RATE_HZ)
        self._taps = {
            n: (rng.standard_normal(n) * np.exp(-np.arange(n) / (n / 6)) * 0.1).astype(np.float32)
            for n in CONVOLVER_TAPS
        }
        self._y = np.empty_like(self._x)
        self._filters = {n: Filter(taps) for n, taps in self._taps.items()}
        self._lines = {n: Line() for n in CONVOLVER_TAPS}
        for n, line in self._lines.items():
            line.attach(0, self._filters[n])
        self._ours: dict[tuple[int, int], list[float]] = {(n, b): [] for n in CONVOLVER_TAPS for b in CONVOLVER_BLOCKS}
        self._scipy: dict[int, list[float]] = {n: [] for n in CONVOLVER_TAPS}

    def _time(self, call: Callable[[], Any]) -> float:
        started = perf_counter()
        call()
        return (perf_counter() - started) / self._x.size * 1e9

    def round(self) -> None:
        """Measure everything once."""
        from scipy.signal import oaconvolve

        x, y = self._x.ctypes.data, self._y.ctypes.data
        for n, taps in self._taps.items():
            for block in CONVOLVER_BLOCKS:
                ours = partial(convolve_all, self._lines[n].address, x, y, self._x.size, block)
                self._ours[n, block].append(self._time(ours))
            self._scipy[n].append(self._time(partial(oaconvolve, self._x, taps)))

    def report(self) -> list[dict[str, Any]]:
        """One row per length and block."""
        return [
            {
                "taps": n,
                "block": block,
                "ns_per_sample": median(times),
                "scipy_ns_per_sample": median(self._scipy[n]),
                "ratio_to_scipy": median(a / b for a, b in zip(times, self._scipy[n], strict=True)),
            }
            for (n, block), times in self._ours.items()
        ]


# ---------------------------------------------------------------- the official shapes
_ROUND, _SHORT = [2**i for i in range(10)], [2**i for i in range(7)]
_MIXED = [128, 256, 512, *_ROUND]
_A2 = [*[1, 3, 7, 17, 41, 101, 239] * 2, 1, 13, *[1, 3, 7, 17, 41, 101, 239]]
_A2_KERNELS = [*[6] * 14, 15, 15, *[6] * 7]


def official_shapes(folder: Path) -> list[Path]:
    """Write one `.nam` with random weights per official shape: speed depends on the shape alone."""
    shapes: dict[str, tuple[str, dict[str, Any], int]] = {
        "A1 standard": ("WaveNet", _a1(16, 8, _ROUND, _ROUND), 13802),
        "A1 lite": ("WaveNet", _a1(12, 6, _SHORT, _MIXED), 6554),
        "A1 feather": ("WaveNet", _a1(8, 4, _SHORT, _MIXED), 3026),
        "A1 nano": ("WaveNet", _a1(4, 2, _SHORT, _MIXED), 842),
        "A2": ("WaveNet", _a2(8), 12146),
        "A2 lite": ("WaveNet", _a2(3), 1871),
        "LSTM 1x16": ("LSTM", {"num_layers": 1, "input_size": 1, "hidden_size": 16}, 1201),
        "LSTM 2x8": ("LSTM", {"num_layers": 2, "input_size": 1, "hidden_size": 8}, 905),
    }
    rng = np.random.default_rng(3)
    paths = []
    for name, (architecture, config, count) in shapes.items():
        weights = (rng.standard_normal(count) * 0.1).astype(np.float32).tolist()
        path = folder / f"{name}.nam"
        document = {"version": "0.7.0", "architecture": architecture, "config": config, "weights": weights}
        path.write_text(json.dumps(document))
        paths.append(path)
    return paths


def _a1(channels: int, head: int, first: list[int], second: list[int]) -> dict[str, Any]:
    common = {"condition_size": 1, "kernel_size": 3, "activation": "Tanh", "gated": False}
    return {
        "layers": [
            {
                **common,
                "input_size": 1,
                "channels": channels,
                "head_size": head,
                "head_bias": False,
                "dilations": first,
            },
            {
                **common,
                "input_size": channels,
                "channels": head,
                "head_size": 1,
                "head_bias": True,
                "dilations": second,
            },
        ],
        "head": None,
        "head_scale": 0.02,
    }


def _a2(channels: int) -> dict[str, Any]:
    array = {
        "input_size": 1,
        "condition_size": 1,
        "channels": channels,
        "kernel_sizes": _A2_KERNELS,
        "dilations": _A2,
        "activation": {"type": "LeakyReLU", "negative_slope": 0.01},
        "head": {"out_channels": 1, "kernel_size": 16, "bias": True},
    }
    return {"layers": [array], "head": None, "head_scale": 0.01}
