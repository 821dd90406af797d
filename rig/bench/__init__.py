"""How fast rig is here: networks against this machine's own multiply-add peak, the convolver against SciPy's.

Everything is measured in rounds, one after the other, and the medians are reported: machines are noisy, and a ratio of
two things measured in the same minute says more than a time. Times are CPU times, so a busy machine does little harm.
"""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from ..dsp.native.cpu import cpu_name
from ..dsp.native.roofline import fma_peak_gmacs
from ..dsp.native.simd import W
from ..dsp.network.instance import Network
from ..errors import RigError
from ..files.folders import telling_names
from ..nam import load_model
from .cabinet import CabinetBench, cabinets
from .networks import NetworkBench, compare_with_yardstick, network_cost
from .peers import compare_with_peers
from .qualities import QualityBench, qualities
from .shapes import SHAPES, Subject, subject
from .throughput import ThroughputBench, throughputs
from .timing import Stopwatch

__all__ = ["ROUNDS", "bench", "network_cost"]

ROUNDS = 9
Part = NetworkBench | CabinetBench | QualityBench | ThroughputBench


def bench(
    models: Sequence[Path] = (),
    rounds: int = ROUNDS,
    *,
    only: Sequence[str] = (),
    start: bool = False,
    peers: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Measure models (without any: the known shapes with random weights) and the convolver; plain data.

    `only`: names of shapes, or beginnings of them, and `cabinet`; nothing else is measured. `start`: measure starts
    of the program too, which compiles everything once more. `peers`: a folder with other players' benchmark programs;
    these are measured beside rig, and nothing else. Raises RigError for a name that fits nothing.
    """
    from .start import measure_start  # reads and writes audio files: a library that `rig info` does not wait for

    if peers is not None:
        beside = compare_with_peers(peers, models, rounds, only=only, progress=progress)
        peak = median(fma_peak_gmacs() for _ in range(3))
        return _result(peak, rounds, peers=beside)
    named = list(zip(models, telling_names(models), strict=True))
    subjects = [_of_file(path, name) for path, name in named] or [subject(name) for name in _chosen(only)]
    stopwatch = Stopwatch()
    networks = [NetworkBench(each, stopwatch) for each in subjects]
    lengths = cabinets(stopwatch) if not only or "cabinet" in only else []
    shapes = [] if models else [each.name for each in subjects]
    faster = qualities(shapes)
    with tempfile.TemporaryDirectory() as written:
        offline = [ThroughputBench(name, path) for path, name in named] or throughputs(shapes, Path(written))
        peak = _measure([*networks, *faster, *lengths, *offline], rounds, progress)
    reports = [network.report(peak) for network in networks]
    compare_with_yardstick(reports)
    return _result(
        peak,
        rounds,
        models=reports,
        quality=[part.report() for part in faster],
        convolver=[length.report() for length in lengths],
        offline=[part.report() for part in offline],
        start=measure_start(progress) if start else None,
    )


def _measure(parts: Sequence[Part], rounds: int, progress: Callable[[float], None] | None) -> float:
    """All rounds of all parts; the peak in billion multiply-adds per second, the median of one value per round."""
    peaks: list[float] = []
    for done in range(rounds):
        peaks.append(fma_peak_gmacs())
        for i, part in enumerate(parts):
            part.round()
            if progress is not None:
                progress((done + (i + 1) / len(parts)) / rounds)
    return median(peaks)


def _result(peak_gmacs: float, rounds: int, **measured: Any) -> dict[str, Any]:
    """What was measured, and on what; what was not is empty, or None where it is one thing."""
    machine = {
        "cpu": cpu_name(),
        "system": platform.system(),
        "lanes": W,
        "peak_gmacs": peak_gmacs,
        "rounds": rounds,
    }
    nothing: dict[str, Any] = {
        "models": [],
        "quality": [],
        "convolver": [],
        "offline": [],
        "start": None,
        "peers": None,
    }
    return {"machine": machine, **nothing, **measured}


def _of_file(path: Path, name: str) -> Subject:
    model = load_model(path)
    network = model.network()
    assert isinstance(network, Network)  # at its own rate
    return Subject(name, model.shape, model.macs_per_sample, network)


def _chosen(only: Sequence[str]) -> list[str]:
    wanted = [name.casefold() for name in only if name != "cabinet"]
    for name in wanted:
        if not any(shape.casefold().startswith(name) for shape in SHAPES):
            raise RigError(f"No shape is called {name!r}; there are cabinet, {', '.join(SHAPES)}.")
    return [shape for shape in SHAPES if not only or shape.casefold().startswith(tuple(wanted) or ("\0",))]
