"""`rig bench [MODEL...]`: how fast rig is on this machine."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from .terminal import Progress


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "bench",
        help="measure models and the convolver on this machine",
        description="Measure MODELs (without any: the official shapes) against this machine's own multiply-add peak, "
        "and the convolver against SciPy's. Medians over interleaved rounds.",
    )
    command.add_argument("models", nargs="*", type=Path, metavar="MODEL", help="a .nam file")
    command.add_argument("--rounds", type=int, default=9, metavar="N", help="rounds to take the median of (default 9)")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    from ..bench import bench

    result = bench(options.models, max(1, options.rounds), None if options.json else Progress("bench"))
    if options.json:
        print(json.dumps(result, indent=2))
        return 0
    machine = result["machine"]
    print(
        f"{machine['cpu']}, {machine['lanes']} lanes, peak {machine['peak_gmacs']:.1f} billion multiply-adds per second"
    )
    print("\nns per sample (share of the peak) when called with so many samples; cold: one block with empty caches")
    blocks = list(result["models"][0]["ns_per_sample"])
    print(
        f"{'':<24}" + "".join(f"{block:>14}" for block in blocks) + f"{'16 : 64':>9}{'x real time':>13}{'cold 64':>10}"
    )
    for model in result["models"]:
        cells = [f"{model['ns_per_sample'][b]:.0f} ({model['share_of_peak'][b]:.0%})" for b in blocks]
        cold = f"{model['cold_us_per_block']['64']:.0f} us"
        print(
            f"{Path(model['file']).stem[:23]:<24}"
            + "".join(f"{cell:>14}" for cell in cells)
            + f"{model['block_16_to_64']:>9.2f}{model['times_real_time']:>13.0f}{cold:>10}"
        )
    print("\nconvolver: ns per sample, and the ratio to scipy.signal.oaconvolve on the same signal")
    for row in result["convolver"]:
        cost, ratio = row["ns_per_sample"], row["ratio_to_scipy"]
        print(f"{row['taps']:>6} taps, block {row['block']:<4} {cost:7.1f} ns {ratio:7.2f}")
    return 0
