"""Counts what rig executes per sample on the CPUs of Raspberry Pi 4 and 5, and writes tests/arm/counts.toml.

    python tests/arm/count.py            # both CPUs, some minutes
    python tests/arm/count.py --tables   # only the tables of docs/raspberry-pi.md, from the counts that are there

The machine code is compiled here for these CPUs (tests/support/arm/cross.py) and executed in an emulator
(tests/support/arm/counted.py), so the counts are exact and need no Raspberry Pi; how long an instruction takes is not
known from them. `make soak-arm` counts again and compares. Needs the package unicorn, which `make soak-arm` fetches.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
COUNTS = Path(__file__).with_name("counts.toml")
CPUS = ("cortex-a72", "cortex-a76")
SUPPORT = ("arm", "files", "machine", "rigs", "signals")
NETWORKS = (
    *("A1 standard", "A1 lite", "A1 feather", "A1 nano", "A2", "A2 lite"),
    *("WaveNet 20/8", "WaveNet 28/14", "LSTM 1x8", "LSTM 1x16", "LSTM 1x24", "LSTM 2x8", "LSTM 2x16", "LSTM 3x40"),
)
AT_QUALITIES = ("A1 standard", "A1 nano", "A2")
TAPS = (2048, 8192)
BLOCK, WARM, BLOCKS = 64, 4, 16  # frames of a call; calls before, and while it is counted
AS_COUNTED = 0.05
KEPT = ("instructions", "multiply_adds", "divisions", "scalar_divisions", "simd", "loads", "stores")


def count(cpu: str) -> str:
    """The counts of one CPU, as TOML; in a process of its own."""
    import cross

    cross.compile_for(cpu)
    import numpy as np
    from counted import Counted

    counted = Counted()
    from rig.bench.networks import RATE_HZ
    from rig.bench.qualities import SHAPES, network_at
    from rig.bench.shapes import subject
    from rig.dsp.convolver.convolver import Convolver
    from rig.dsp.convolver.filter import Filter
    from rig.dsp.convolver.kernels import convolve
    from rig.dsp.network.interpreter import run
    from rig.dsp.network.oversampled import OversampledNetwork, run_oversampled

    x = (np.random.default_rng(1).standard_normal(BLOCK * (WARM + BLOCKS)) * 0.1).astype(np.float32)
    y = np.empty(BLOCK, np.float32)
    lines: list[str] = []

    def note(name: str, quality: int, calls: list[tuple]) -> None:
        for i, (entry, *arguments) in enumerate(calls):
            if i == WARM:
                counted.forget()
            entry(*arguments)
        found = counted.kinds()
        assert counted.provided_calls == 0, name
        lines.extend(["", "[[counted]]", f'cpu = "{cpu}"', f'name = "{name}"', f"quality = {quality}"])
        lines.extend(f"{kind} = {found[kind] / (BLOCK * BLOCKS):.1f}" for kind in KEPT)
        print(
            f"{cpu} {name} at {quality}x: {found['instructions'] / (BLOCK * BLOCKS):.0f}", file=sys.stderr, flush=True
        )

    places = [x.ctypes.data + x.itemsize * BLOCK * i for i in range(WARM + BLOCKS)]
    for name in NETWORKS:
        network = subject(name).network
        note(name, 1, [(run, network.address, at, y.ctypes.data, BLOCK) for at in places])
    for name in AT_QUALITIES:
        for quality in (2, 4, 8):
            inner = network_at(SHAPES[name].leaf(np.random.default_rng(3)), quality)
            outer = OversampledNetwork(inner, quality, RATE_HZ)
            note(name, quality, [(run_oversampled, outer.address, at, y.ctypes.data, BLOCK) for at in places])
    for taps in TAPS:
        line = Convolver(taps)
        line.attach(0, Filter((np.random.default_rng(2).standard_normal(taps) * 0.1).astype(np.float32)))
        note(f"cabinet of {taps} taps", 1, [(convolve, line.address, at, BLOCK) for at in places])
    return "\n".join(lines) + "\n"


def count_all() -> None:
    """Write the file, one process for each CPU."""
    head = "# Per sample, in blocks of 64 at 48 kHz. Written by tests/arm/count.py.\n\n"
    head += "".join(f'{name} = "{version(name)}"\n' for name in ("llvmlite", "numba"))
    COUNTS.write_text(head + "".join(map(_printed, CPUS)), encoding="utf-8")


def differences() -> list[str]:
    """What is counted here and is not what stands in the file, beyond what another version of LLVM makes of it."""
    written = tomllib.loads(COUNTS.read_text(encoding="utf-8"))["counted"]
    there = {(each["cpu"], each["name"], each["quality"]): each["instructions"] for each in written}
    found = tomllib.loads("".join(_printed(cpu) for cpu in CPUS))["counted"]
    here = {(each["cpu"], each["name"], each["quality"]): each["instructions"] for each in found}
    changed = [key for key in here if abs(here[key] / there.get(key, 1.0) - 1) > AS_COUNTED]
    return [f"{key}: {here[key]} here, {there.get(key)} in {COUNTS.name}" for key in changed]


def _printed(cpu: str) -> str:
    command = [sys.executable, __file__, "--cpu", cpu]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    """Count, and write the tables."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--cpu", choices=CPUS, help="print the counts of this one, and write nothing")
    options.add_argument("--tables", action="store_true", help="only write the tables again")
    options.add_argument("--compare", action="store_true", help="fail where they are not those that are there")
    chosen = options.parse_args()
    sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / "support" / name) for name in SUPPORT)]
    if chosen.cpu:
        print(count(chosen.cpu), end="")
        return
    if chosen.compare:
        sys.exit("\n".join(differences()) or 0)
    if not chosen.tables:
        count_all()
    import raspberry_pi

    raspberry_pi.write(tomllib.loads(COUNTS.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
