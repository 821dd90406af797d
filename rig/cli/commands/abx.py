"""`rig abx RESULT.json`: what a blind test showed, checked against the hash that was promised before it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..options import add_json_option

if TYPE_CHECKING:
    from ...compare.abx import Checked


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "abx",
        help="show and check the result of a blind test",
        description="Check the result of a blind test that `rig ab --trials N` wrote: its order and setup against the "
        "hash that was promised before the first trial, its answers, its figures.",
        examples=("rig abx abx-2026-01-31-201500.json",),
    )
    command.add_argument("result", type=Path, metavar="RESULT", help="the JSON file of a test")
    command.add_argument(
        "--promised",
        metavar="HASH",
        help="the hash that was shown before the first trial, as somebody else has it (default: what was kept here)",
    )
    command.add_argument("--closing", metavar="HASH", help="the hash that was shown behind the last trial")
    add_json_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out; 2 if something does not fit."""
    from ...compare.abx import check

    found = check(options.result, promised=options.promised, closing=options.closing)
    if options.json:
        print(json.dumps(found.to_json(), indent=1))
        return 2 if found.problems else 0
    sides = found.setup.get("sides") or ["side A", "side B"]
    print(f"{found.file}: A is {sides[0]}, B is {sides[1]}")
    print(f"Promised  {found.commitment}")
    for problem in found.problems:
        print(f"Problem   {problem}")
    if found.problems:
        return 2
    if found.verdict is None:
        print(f"Answered  {found.answered} of {found.trials} trials; `rig ab --resume {options.result}` goes on")
        return 0
    print(f"Order     {found.order}")
    print(f"Answers   {found.answers}")
    print(f"Closing   {found.closing_hash}")
    print(f"Checked   {_checked(found)}")
    print(f"Proves    {_proved(found)}")
    print(found.verdict.sentence)
    return 0


def _checked(found: Checked) -> str:
    what = "order, setup, answers and figures" if found.setup_is_promised else "order, answers and figures"
    alone = "" if found.setup_is_promised else "; an earlier version of rig wrote it, whose promise left the setup out"
    return f"{what} fit each other and the promise in the file{alone}"


def _proved(found: Checked) -> str:
    if found.compared is None:
        return (
            "only that the file fits itself: whoever writes all of it anew can make it fit. Compare it with the hash "
            "that was shown before the first trial: --promised HASH"
        )
    whose = "the hash you gave" if found.compared == "given" else "what this machine kept of it"
    answers = (
        "and the answers are those of then"
        if found.closing_compared
        else "not that the answers are (--closing HASH, shown behind the last trial, would)"
    )
    what = "order and setup are" if found.setup_is_promised else "the order is"
    return (
        f"{what} those of before the first trial, by {whose}; {answers}; and never who answered, or how many tests "
        "were not shown"
    )
