"""`rig info FILE...`: what models are, what they say about their levels, and what they cost on this machine."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ModelError, RigError
from ...files.folders import files_in, telling_names
from ...files.row_path import shown_path
from ...levels import MEASURED
from ..options import add_json_option, add_size_option
from ..tables import fitted, name_width
from ..terminal import Progress

if TYPE_CHECKING:
    from ...library.measured_loudness import Measured
    from ...nam import Model


SORTS = ("file", "shape", "cost", "input", "loudness")
LEVELS = {"input": "input_level_dbu", "output": "output_level_dbu", "loudness": "loudness_db", "rate": "sample_rate_hz"}


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "info",
        help="show what a model is, its levels and its cost here",
        description="Show architecture, shape, levels, receptive field and cost of .nam files; of a folder, a table.",
        examples=(
            "rig info crunch.nam",
            "rig info models/ --sort cost",
            "rig info models/ --lacking input --json",
        ),
    )
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a .nam file, or a folder of them")
    add_size_option(command)
    command.add_argument("--sort", choices=SORTS, default="file", help="order of a table (default file)")
    command.add_argument("--lacking", choices=LEVELS, help="only models that do not state this")
    command.add_argument(
        "--measure", action="store_true", help="of a folder too: measure what no file states, loudness and delay"
    )
    add_json_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; a file that cannot be used does not stop the others."""
    from ...nam import load_model

    paths = [path for given in options.files for path in _models_in(given)]
    as_table = any(os.path.isdir(path) for path in options.files)
    progress = Progress("info") if len(paths) > 50 and not options.json else None
    told = not as_table or (options.measure and options.json)
    costs: dict[str, float] = {}  # models of one shape cost the same
    reports, errors = [], []
    for i, (path, name) in enumerate(zip(paths, telling_names([shown_path(path) for path in paths]), strict=True)):
        try:
            report = describe(load_model(path, options.size), costs, options.measure or not as_table, told)
            reports.append({**report, "file": name})
        except RigError as error:
            if len(paths) == 1:
                raise
            errors.append({"file": name, "error": str(error)})
        if progress is not None:
            progress((i + 1) / len(paths))
    if options.lacking is not None:
        reports = [report for report in reports if report[LEVELS[options.lacking]] is None]
    reports.sort(key=_sort_key(options.sort))
    if options.json:
        print(json.dumps([*reports, *errors], indent=2))
    else:
        for line in table(reports) if as_table else map(as_text, reports):
            print(line)
        for problem in errors:
            print(f"rig: {problem['error']}", file=sys.stderr)
    return 2 if errors else 0


def _models_in(path: Path) -> list[Path]:
    if not os.path.isdir(path):  # of a path no system allows, too
        return [path]
    found = files_in(path, (".nam",), below=True).files
    if not found:
        raise ModelError(f"{path}: this folder holds no .nam file; name a file or another folder.")
    return found


def _sort_key(by: str) -> Callable[[dict[str, Any]], Any]:
    field = {**LEVELS, "file": "file", "shape": "shape", "cost": "ns_per_sample", "loudness": "played_loudness_db"}[by]

    def key(report: dict[str, Any]) -> tuple[bool, Any, str]:
        value = report[field]
        return value is None, value.casefold() if isinstance(value, str) else value or 0.0, report["file"].casefold()

    return key


def table(reports: list[dict[str, Any]]) -> list[str]:
    """One line per model; a dash where the file says nothing, a star where rig measured."""
    rows = [("file", "what it is", "Hz", "in dBu", "out dBu", "loudness", "of real time")]
    for report in reports:
        loudness_db, star = report["played_loudness_db"], "*" if report["loudness_basis"] == MEASURED else ""
        rows.append(
            (
                report["file"],
                report["family"] or report["shape"],
                "-" if report["sample_rate_hz"] is None else f"{report['sample_rate_hz']:g}",
                *(
                    "-" if dbu is None else f"{dbu:.1f}"
                    for dbu in (report["input_level_dbu"], report["output_level_dbu"])
                ),
                "-" if loudness_db is None else f"{loudness_db:.1f}{star}",
                f"{report['share_of_real_time']:.2%}",
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    widths[0] = name_width([row[0] for row in rows], sum(widths[1:]) + 2 * len(widths[1:]))
    lines = []
    for row in rows:
        right = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        lines.append("  ".join((fitted(row[0], widths[0]), row[1].ljust(widths[1]), *right)))
    if any(row[5].endswith("*") for row in rows):
        lines.append("* loudness measured by rig: the file states none")
    return lines


def describe(model: Model, costs: dict[str, float], measure: bool, aliasing: bool = True) -> dict[str, Any]:
    """Everything `rig info` knows, as plain data; None where the file says nothing.

    `costs`: nanoseconds per sample by shape, as far as they were measured; a new shape is measured and added.
    `measure`: loudness and delay are measured where that was never done; else they are shown as far as known.
    `aliasing`: what the model folds back is measured and told, which a table has no room for.
    """
    from ...bench import network_cost
    from ...library import entered_levels, measured_loudness
    from ...nam import Pair
    from ...sound import Sound

    rate = model.rate
    if model.shape not in costs:
        costs[model.shape] = network_cost(model.network(), block=64)
    cost = costs[model.shape]
    found = measured_loudness.measure(model) if measure else measured_loudness.known(model)
    sound = Sound(model, measured=found, model_input_dbu=entered_levels.input_level(model.heard_hash))
    loudness, calibration = sound.loudness, sound.calibration
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
        "entered_input_level_dbu": sound.model_input_dbu,
        "input_gain_db": None if calibration.missing else calibration.gain_db,  # with the interface that is kept
        "calibration": str(calibration),
        "output_level_dbu": model.output_level_dbu,
        "between": model.together if isinstance(model, Pair) else None,
        "loudness_db": model.loudness_db,
        "played_loudness_db": None if loudness is None else loudness.db,  # the file's, else the measured one
        "loudness_basis": None if loudness is None else loudness.basis,
        "measured": _measured_json(found, rate),
        "gear": {
            "type": model.gear_type,
            "make": model.gear_make,
            "model": model.gear_model,
            "tone": model.tone_type,
            "modeled_by": model.modeled_by,
        },
        "has_cabinet": model.has_cabinet,
        "aliasing": _aliasing(model, cost, costs) if aliasing else [],
        "ns_per_sample": cost,
        "share_of_real_time": cost * rate * 1e-9,
        "sha256": model.content_hash,
        "warnings": list(model.warnings),
    }


def _aliasing(model: Model, cost: float, costs: dict[str, float]) -> list[dict[str, Any]]:
    """What it folds back at each quality, and what that costs here; as trained comes first."""
    from ...bench import network_cost
    from ...dsp.network.quality import QUALITIES
    from ...library import measured_aliasing

    rows = []
    for quality, aliasing_db in measured_aliasing.measure(model, QUALITIES[:3]).items():
        key = f"{model.shape} at {quality}x"
        if quality != 1 and key not in costs:
            costs[key] = network_cost(model.network(None, quality), block=64)
        ns = cost if quality == 1 else costs[key]
        share = ns * model.rate * 1e-9
        rows.append({"quality": quality, "aliasing_db": aliasing_db, "ns_per_sample": ns, "share_of_real_time": share})
    return rows


def _measured_json(found: Measured | None, rate_hz: float) -> dict[str, Any] | None:
    if found is None:
        return None
    delay_ms = None if found.delay_samples is None else 1000 * found.delay_samples / rate_hz
    return {**asdict(found), "delay_ms": delay_ms, "delay_is_clear": found.delay_is_clear}


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
        ("input gain here", report["calibration"]),
        ("output level", _stated(report["output_level_dbu"], "dBu", "not stated")),
        *([("between", report["between"])] if report["between"] else []),
        ("loudness", _loudness_text(report)),
        ("own delay", _delay_text(report["measured"])),
        ("folds back", _aliasing_text(report["aliasing"])),
        ("cabinet", "in the capture" if report["has_cabinet"] else "none stated in the capture"),
        ("cost here", f"{report['ns_per_sample']:.0f} ns per sample, {report['share_of_real_time']:.2%} of real time"),
        *(("note", warning) for warning in report["warnings"]),
    ]
    lines = [report["file"]]
    lines += [f"  {name:<16} {value}" for name, value in rows if value]
    return "\n".join(lines)


def _loudness_text(report: dict[str, Any]) -> str:
    if report["loudness_basis"] != MEASURED:
        return _stated(report["played_loudness_db"], "dB", "not stated")
    nothing = "none: it answers rig's test signal with silence or with what is not a number"
    return _stated(report["played_loudness_db"], f"dB ({MEASURED})", nothing)


def _delay_text(measured: dict[str, Any] | None) -> str:
    if measured is None or measured["delay_samples"] is None:
        return ""
    polarity = "as played" if measured["polarity"] > 0 else "upside down"
    unclear = "" if measured["delay_is_clear"] else ", not clear"
    return (
        f"{measured['delay_samples']:.2f} samples, {measured['delay_ms']:.2f} ms; polarity {polarity}{unclear} "
        f"(measured by rig, confidence {measured['confidence']:.2f})"
    )


def _aliasing_text(rows: list[dict[str, Any]]) -> str:
    """Like "-42 dB as trained; 2x: -92 dB for 0.9 % of real time more"."""
    from ...nam.aliasing import HZ, PEAK_DBFS

    known = [row for row in rows if row["aliasing_db"] is not None]
    if not known or known[0]["quality"] != 1:
        return ""
    parts = [f"{known[0]['aliasing_db']:.0f} dB as trained"]
    for row in known[1:]:
        more = row["share_of_real_time"] - known[0]["share_of_real_time"]
        parts.append(f"{row['quality']}x: {row['aliasing_db']:.0f} dB for {more:.1%} of real time more")
    return f"{'; '.join(parts)} (a sine of {HZ:.0f} Hz at {PEAK_DBFS:g} dBFS, measured by rig)"


def _stated(value: float | None, unit: str, otherwise: str) -> str:
    return f"{value:.2f} {unit}" if value is not None else otherwise
