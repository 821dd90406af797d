"""`rig doctor [MODEL] [IR]`: what stands between this machine and low latency, and the way out."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import BackendError, ConfigError
from ...files import bundled
from ..knob_watch import knob_asked, row_of
from ..options import (
    add_ir_argument,
    add_json_option,
    add_level_options,
    add_size_option,
    check_levels,
    interface_level,
    irs_from,
    is_interface_named,
    models_from,
    take_ir,
)
from ..tables import columns

if TYPE_CHECKING:
    from ...doctor.finding import Finding

SIGNS = {"ok": "ok", "warn": "warn", "problem": "PROBLEM", "unknown": "unknown"}
INDENT = 21  # columns in front of a sentence
PROBLEMS = 1  # exit code: looked at everything, and found a problem
SECONDS = 3.0


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "doctor",
        help="say what stands between this machine and low latency, and the way out",
        description="Look at the audio server, the system's settings and what would be played, and say in sentences "
        "what is in order, what is not, and what to do. Nothing is changed, and without --noise nothing sounds.",
        examples=(
            "rig doctor",
            "rig doctor crunch.nam 4x12.wav --noise",
        ),
    )
    command.add_argument("model", nargs="?", type=Path, metavar="MODEL", help="a .nam file (default as in rig play)")
    add_ir_argument(command, "IR", "a cabinet IR")
    add_size_option(command)
    add_level_options(command, follows=True)
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
    """Carry the command out; 1 where a problem was found."""
    check_levels(options)
    take_ir(options)
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
            knob=knob_asked(options),
            row=row_of(options) if problem is None else None,
            model_input_dbu=options.model_input_dbu,
            input=options.input,
            output=options.output,
            seconds=options.seconds,
            noise=options.noise,
        ),
        lambda text: print(text, file=sys.stderr, flush=True),
    )
    code = PROBLEMS if any(finding.state == "problem" for finding in findings) else 0
    if options.json:
        print(json.dumps({"findings": [each.to_json() for each in findings], "summary": summary(findings)}, indent=2))
        return code
    width = columns()
    for finding in findings:
        print(*lines(finding, width), sep="\n")
    print(f"\n{summary(findings)}")
    return code


def lines(finding: Finding, width: int | None = None) -> list[str]:
    """A finding with its limit, and the way out below it; wrapped at `width` columns, None: not at all."""
    limit = f" ({finding.limit})" if finding.limit is not None else ""
    head = f"{SIGNS[finding.state]:8} {finding.topic:11} "
    shown = _wrapped(head, f"{finding.text.removesuffix('.')}{limit}." if limit else finding.text, width)
    if finding.way_out is not None:
        shown += _wrapped(f"{'':{INDENT - 1}} -> ", finding.way_out, width)
    return shown


def _wrapped(head: str, text: str, width: int | None) -> list[str]:
    if width is None:
        return [f"{head}{text}"]
    return textwrap.wrap(
        text, max(width, INDENT + 30), initial_indent=head, subsequent_indent=" " * INDENT, break_long_words=False
    )
