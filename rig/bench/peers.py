"""rig beside other players' benchmark programs, on the same models: who takes how long, and how many times rig's time.

The machine changes from minute to minute, more than compilers differ. So each run of a program follows a run of rig,
the ratio is that of such a pair, and the median of the pairs of all rounds is reported. Both play as many samples, at
the priority that this process has, and both are measured in real time, as the programs do. What else the machine does
only ever adds to such times, so there is also the ratio of the least ones.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from ..errors import RigError
from ..files.folders import telling_names
from ..nam import load_model
from .model_files import OFFICIAL, write_shape
from .networks import callback_of
from .peer_programs import FRAMES, PROGRAMS, SAMPLES, PeerProgram, find_programs, run_program
from .timing import ns_per_sample

SHAPES = ("A1 standard", "A1 feather", "A1 nano", "A2", "LSTM 1x16", "LSTM 2x8")  # where nothing else is asked for


@dataclass
class _Pairs:
    """One implementation in one program on one model: its times, and rig's right before each."""

    general: bool
    ns: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)


class _Subject:
    """One model, and what everybody took for it."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path.resolve()
        model = load_model(path)
        self._network = model.network()
        self.callback = callback_of(self._network)
        self.shape, self.macs_per_sample = model.shape, model.macs_per_sample
        self.rig_ns: list[float] = []
        self.pairs: dict[tuple[str, str], _Pairs] = {}

    def measure(self, program: PeerProgram) -> tuple[str | None, bool]:
        """A pair; what kept the program from it, and whether that will be so with every model."""
        ours = ns_per_sample(self.callback, FRAMES, SAMPLES[program.kind], time.perf_counter)
        self.rig_ns.append(ours)
        run = run_program(program, self.path, self.name)
        for each in run.times:
            pairs = self.pairs.setdefault((program.name, each.implementation), _Pairs(each.general))
            pairs.ns.append(each.ns_per_sample)
            pairs.ratios.append(each.ns_per_sample / ours)
        return run.fault, run.hopeless

    def report(self) -> dict[str, Any]:
        """The fastest peer first."""
        peers = [
            {
                "program": program,
                "implementation": implementation or None,
                "general_code": pairs.general,
                "ns_per_sample": _spread(pairs.ns),
                "ratio_to_rig": _spread(pairs.ratios),
                "ratio_of_least": min(pairs.ns) / min(self.rig_ns),
            }
            for (program, implementation), pairs in self.pairs.items()
        ]
        return {
            "name": self.name,
            "shape": self.shape,
            "macs_per_sample": self.macs_per_sample,
            "rig_ns_per_sample": _spread(self.rig_ns) if self.rig_ns else None,
            "peers": sorted(peers, key=lambda peer: (peer["ratio_to_rig"]["median"], peer["program"])),
        }


def compare_with_peers(
    folder: Path,
    models: Sequence[Path] = (),
    rounds: int = 9,
    *,
    only: Sequence[str] = (),
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Every benchmark program below `folder` beside rig, on models (without any: official shapes); plain data.

    `only`: names of official shapes, or beginnings of them. A program that crashes, hangs, or prints what is no time is
    told of under `faults`, one sentence each, and the others go on. Raises RigError for a name that fits nothing,
    FileError for a folder that cannot be read, and RigError for one without such a program.
    """
    programs = find_programs(folder)
    if not programs:
        raise RigError(
            f"{folder}: neither {' nor '.join(PROGRAMS)} is in it or below it as a program that can be run; "
            "docs/developer/benchmarks.md says how to build them."
        )
    with tempfile.TemporaryDirectory() as written:
        named = list(zip(telling_names(models), models, strict=True))
        named = named or [(name, write_shape(name, Path(written))) for name in _chosen(only)]
        subjects = [_Subject(name, path) for name, path in named]
        faults = _measure(subjects, programs, rounds, progress)
    return {
        "folder": str(folder),
        "frames_per_block": FRAMES,
        "programs": [program.name for program in programs],
        "models": [subject.report() for subject in subjects],
        "faults": faults,
    }


def _measure(
    subjects: list[_Subject], programs: list[PeerProgram], rounds: int, progress: Callable[[float], None] | None
) -> list[str]:
    """All rounds; a sentence for each program and model that cannot be measured."""
    faults: dict[tuple[str, str], str] = {}
    hopeless: set[str] = set()
    for done in range(rounds):
        for i, subject in enumerate(subjects):
            for program in programs:
                if program.name in hopeless or (program.name, subject.name) in faults:
                    continue
                fault, no_hope = subject.measure(program)
                if fault is not None:
                    faults[program.name, subject.name] = fault
                if no_hope:
                    hopeless.add(program.name)
            if progress is not None:
                progress((done + (i + 1) / len(subjects)) / rounds)
    return list(faults.values())


def _chosen(only: Sequence[str]) -> list[str]:
    wanted = tuple(name.casefold() for name in only)
    for name in wanted:
        if not any(shape.casefold().startswith(name) for shape in OFFICIAL):
            raise RigError(f"No shape that other players know is called {name!r}; there are {', '.join(OFFICIAL)}.")
    return [shape for shape in OFFICIAL if shape.casefold().startswith(wanted)] if wanted else list(SHAPES)


def _spread(values: list[float]) -> dict[str, float]:
    return {"least": min(values), "median": median(values), "most": max(values)}
