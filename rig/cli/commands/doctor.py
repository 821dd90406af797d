"""`rig doctor [MODEL] [IR]`: what stands between this machine and low latency, and the way out."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import BackendError, ConfigError
from ...files import bundled
from ..options import (
    add_json_option,
    add_level_options,
    check_levels,
    interface_level,
    irs_from,
    is_interface_named,
    models_from,
)

if TYPE_CHECKING:
    from ...doctor.finding import Finding

SIGNS = {"ok": "ok", "note": "note", "problem": "PROBLEM", "unknown": "?"}
SECONDS = 3.0


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "doctor",
        help="say what stands between this machine and low latency, and the way out",
        description="Look at the audio server, the system's settings and what would be played, and say in sentences "
        "what is in order, what is not, and what to do. Nothing is changed, and without --noise nothing sounds.",
    )
    command.add_argument("model", nargs="?", type=Path, metavar="MODEL", help="a .nam file (default as in rig play)")
    command.add_argument("ir", nargs="?", type=Path, metavar="IR", help="a cabinet IR")
    command.add_argument("--no-ir", action="store_true", help="no cabinet")
    command.add_argument(
        "--size", type=float, default=1.0, metavar="V", help="size of a model that has several, 0 to 1"
    )
    add_level_options(command)
    command.add_argument("--input", metavar="PORT", help="JACK port (or part of its name) of the guitar")
    command.add_argument("--output", metavar="PORT", help="JACK port or ports that --noise goes to")
    command.add_argument(
        "--noise",
        action="store_true",
        help="play soft noise (-40 dBFS) to find inputs that are the card's own output, and the round trip of a cable",
    )
    command.add_argument(
        "--seconds", type=float, default=SECONDS, metavar="S", help=f"how long to listen (default {SECONDS:g})"
    )
    add_json_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; problems that are found are no failure of the command."""
    check_levels(options)
    if not 0.1 <= options.seconds <= 3600:
        raise BackendError(f"Listening for {options.seconds:g} s is not possible: give 0.1 to 3600 seconds.")
    models = models_from(options.model, bundled.models())
    irs = [] if options.no_ir else irs_from(options.ir, bundled.irs()).files
    if not models:
        raise BackendError("There is no model to look at: name a .nam file.")
    from ...doctor.examination import Question, examine
    from ...doctor.finding import summary

    kept, problem = None, None
    try:
        kept = interface_level(options)
    except ConfigError as error:
        if is_interface_named(options):
            raise
        problem = str(error)
    findings = examine(
        Question(
            model=models[0],
            ir=irs[0] if irs else None,
            ir_named=options.ir is not None,
            size=options.size,
            interface=kept,
            interface_problem=problem,
            preamp_gain_db=options.preamp_gain_db,
            model_input_dbu=options.model_input_dbu,
            input=options.input,
            output=options.output,
            seconds=options.seconds,
            noise=options.noise,
        ),
        lambda text: print(text, file=sys.stderr, flush=True),
    )
    if options.json:
        print(json.dumps({"findings": [each.to_json() for each in findings], "summary": summary(findings)}, indent=2))
        return 0
    for finding in findings:
        print(*lines(finding), sep="\n")
    print(f"\n{summary(findings)}")
    return 0


def lines(finding: Finding) -> list[str]:
    """A finding, and the way out below it."""
    shown = [f"{SIGNS[finding.state]:8} {finding.topic:11} {finding.text}"]
    if finding.way_out is not None:
        shown.append(f"{'':20} -> {finding.way_out}")
    return shown
