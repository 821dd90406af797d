"""`rig abx RESULT.json`: what a blind test showed, checked against the hash that was promised before it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..options import add_json_option


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "abx",
        help="show and check the result of a blind test",
        description="Check the result of a blind test that `rig ab --trials N` wrote: its order against the hash that "
        "was shown before the first trial, its answers, its figures.",
        examples=("rig abx abx-2026-01-31-201500.json",),
    )
    command.add_argument("result", type=Path, metavar="RESULT", help="the JSON file of a test")
    add_json_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; 1 if something does not fit."""
    from ...compare.abx import check

    found = check(options.result)
    if options.json:
        print(json.dumps(found.to_json(), indent=1))
        return 1 if found.problems else 0
    sides = found.setup.get("sides") or ["side A", "side B"]
    print(f"{found.file}: A is {sides[0]}, B is {sides[1]}")
    print(f"Promised  {found.commitment}")
    for problem in found.problems:
        print(f"Problem   {problem}")
    if found.problems:
        return 1
    if found.verdict is None:
        print(f"Answered  {found.answered} of {found.trials} trials; `rig ab --resume {options.result}` goes on")
        return 0
    print(f"Order     {found.order}")
    print(f"Answers   {found.answers}")
    print("Checked   the order is the promised one, and no answer was changed")
    print(found.verdict.sentence)
    return 0
