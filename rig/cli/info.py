"""`rig info FILE...`: what a model is, what it says about its levels, and what it costs on this machine."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import RigError

if TYPE_CHECKING:
    from ..nam import Model


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "info",
        help="show what a model is, its levels and its cost here",
        description="Show architecture, shape, levels, receptive field and cost of .nam files.",
    )
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a .nam file")
    command.add_argument(
        "--size", type=float, default=1.0, metavar="V", help="size of a model that has several, 0 to 1"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; a file that cannot be used does not stop the others."""
    from ..nam import Model

    reports, failed = [], False
    for path in options.files:
        try:
            reports.append(describe(Model.load(path, options.size)))
        except RigError as error:
            failed = True
            reports.append({"file": path.name, "error": str(error)})
    if options.json:
        print(json.dumps(reports, indent=2))
    else:
        for report in reports:
            if "error" in report:
                print(f"rig: {report['error']}", file=sys.stderr)
            else:
                print(as_text(report))
    return 2 if failed else 0


def describe(model: Model) -> dict[str, Any]:
    """Everything `rig info` knows, as plain data; None where the file says nothing."""
    from .. import remembered
    from ..bench import network_cost

    rate = model.rate
    cost = network_cost(model.network(), block=64)
    return {
        "file": model.path.name,
        "name": model.name,
        "architecture": model.architecture,
        "shape": model.shape,
        "family": model.family,
        "size": model.size,
        "sizes": [{"up_to": up_to, "shape": shape} for up_to, shape in model.sizes],
        "version": model.version,
        "weights": model.weight_count,
        "macs_per_sample": model.macs_per_sample,
        "receptive_field_samples": model.receptive_field_samples,
        "receptive_field_ms": 1000 * model.receptive_field_samples / rate,
        "sample_rate_hz": model.sample_rate,
        "input_level_dbu": model.input_level_dbu,
        "entered_input_level_dbu": remembered.input_level(model.content_hash),
        "output_level_dbu": model.output_level_dbu,
        "loudness_db": model.loudness_db,
        "gear": {
            "type": model.gear_type,
            "make": model.gear_make,
            "model": model.gear_model,
            "tone": model.tone_type,
            "modeled_by": model.modeled_by,
        },
        "has_cabinet": model.has_cabinet,
        "ns_per_sample": cost,
        "share_of_real_time": cost * rate * 1e-9,
        "sha256": model.content_hash,
        "warnings": list(model.warnings),
    }


def as_text(report: dict[str, Any]) -> str:
    """The report for people."""
    gear = report["gear"]
    family = f" ({report['family']})" if report["family"] else ""
    rate = report["sample_rate_hz"]
    sizes = ", ".join(f"up to {s['up_to']:g}: {s['shape']}" for s in report["sizes"])
    rows = [
        ("name", report["name"]),
        ("gear", " ".join(part for part in (gear["make"], gear["model"], gear["type"], gear["tone"]) if part)),
        ("modeled by", gear["modeled_by"]),
        ("architecture", f"{report['shape']}{family}, file version {report['version']}"),
        ("sizes", f"{sizes}; showing size {report['size']:g}" if sizes else ""),
        ("weights", f"{report['weights']}, {report['macs_per_sample']} multiply-adds per sample"),
        ("receptive field", f"{report['receptive_field_samples']} samples, {report['receptive_field_ms']:.0f} ms"),
        ("sample rate", f"{rate:g} Hz" if rate else "not stated, 48000 Hz assumed"),
        ("input level", _stated(report["input_level_dbu"], "dBu", "not stated: no calibration (--model-input-dbu X)")),
        ("entered by you", _stated(report["entered_input_level_dbu"], "dBu input level", "")),
        ("output level", _stated(report["output_level_dbu"], "dBu", "not stated")),
        ("loudness", _stated(report["loudness_db"], "dB", "not stated: played raw")),
        ("cabinet", "in the capture" if report["has_cabinet"] else "none stated in the capture"),
        ("cost here", f"{report['ns_per_sample']:.0f} ns per sample, {report['share_of_real_time']:.2%} of real time"),
        *(("note", warning) for warning in report["warnings"]),
    ]
    lines = [report["file"]]
    lines += [f"  {name:<16} {value}" for name, value in rows if value]
    return "\n".join(lines)


def _stated(value: float | None, unit: str, otherwise: str) -> str:
    return f"{value:.2f} {unit}" if value is not None else otherwise
