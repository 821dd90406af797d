"""The sides of `rig ab --from`: what was named, what cannot go together, and both as loops."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CompareError, UsageError
from .display.screen import Screen
from .live.sentences import COLUMN
from .options import KEPT, capture_level
from .tone_options import is_tone_named

if TYPE_CHECKING:
    from ..compare.loops.answers import Answer, Side
    from ..compare.loops.file_sides import FileSides
    from ..compare.pair import Take
    from ..sound import Sound

# What has no meaning where no guitar and no gear takes part, by its option.
LIVE_ONLY = {
    "--send": "send",
    "--return": "return_port",
    "--split": "split",
    "--send-dbu": "send_dbu",
    "--against": "against",
    "--ir-against": "ir_against",
    "--di": "di",
    "--input": "input",
    "--max-input-dbu": "max_input_dbu",
    "--preamp-gain-db": "preamp_gain_db",
    "--level-mode": "level_mode",
}


def add_from_options(command: Any) -> None:
    """Declare them."""
    command.set_defaults(side_a=None, side_b=None)
    files = command.add_argument_group("files instead of gear")
    files.add_argument(
        "--from",
        dest="dry_from",
        type=Path,
        metavar="CAPTURE",
        help="nothing is plugged in: the dry file of a capture loops (or that file itself), and the two names are the "
        "sides: a .nam file, a recording of what something made of it, or the word gear, the take of the capture; one "
        "name alone is compared with the gear",
    )
    files.add_argument(
        "--capture-dbu",
        type=capture_level,
        default=KEPT,
        metavar="X",
        help="dBu at the gear's jack that 0 dBFS of the dry file was worth; none: not known (default kept)",
    )


def take_sides(options: argparse.Namespace) -> None:
    """With --from the two names are sides, and the cabinet is --ir. Raises CompareError for what means nothing then."""
    if options.dry_from is None:
        if options.capture_dbu != KEPT:
            raise CompareError("--capture-dbu is the level of a capture; name it (--from CAPTURE).")
        return
    named = [option for option, name in LIVE_ONLY.items() if getattr(options, name) not in (None, False, 0.0)]
    named += ["--interface"] if options.interface not in (KEPT, None) else []
    if named:
        raise CompareError(f"--from plays files, and neither guitar nor gear takes part: leave {named[0]} out.")
    if is_tone_named(options) or options.blend is not None:
        what = "--blend" if options.blend is not None else "--eq" if options.eq else "the tone controls"
        raise CompareError(f"--from plays files, and what would stand behind a model is not in them: leave {what} out.")
    if options.model is None:
        raise CompareError(
            f"Name the sides: rig ab --from {options.dry_from} A B. Each is a .nam file, a recording, or gear; one "
            "name alone is compared with the gear."
        )
    options.side_a, options.side_b = options.model, options.ir
    options.model, options.ir, options.ir_option = None, options.ir_option, None
    if options.ir is not None and options.no_ir:
        raise UsageError(f"--no-ir means no cabinet, and {options.ir} is one: leave one of them away.")


def read_sides(options: argparse.Namespace, screen: Screen) -> tuple[Take, list[Side], list[Answer | None]]:
    """The dry file and the sides that need not be rendered, before a server or a compiler is asked. Raises RigError."""
    from ..compare.loops.answers import GEAR, Side, answer_of, is_model, open_dry
    from ..nam import load_model

    named = [GEAR if path is None else path.name for path in (options.side_a, options.side_b)]
    screen.say(f"{'Files':<{COLUMN}}{named[0]} and {named[1]} are held against {options.dry_from.name}.")
    take = open_dry(options.dry_from, options.capture_dbu, options.channel)
    sides = [Side.named(options.side_a), Side.named(options.side_b)]
    for side in sides:
        if side.path is not None and is_model(side.path):
            load_model(side.path)
    return take, sides, [None if side.path and is_model(side.path) else answer_of(take, side) for side in sides]


def rendered(
    options: argparse.Namespace,
    screen: Screen,
    read: tuple[Take, list[Side], list[Answer | None]],
    sample_rate: float,
) -> tuple[Sound, FileSides]:
    """The cabinet behind both sides, as a sound without a model, and the sides as loops at a session's rate."""
    from ..cabinet.ir import IR
    from ..compare.loops.answers import answer_of
    from ..compare.loops.file_sides import FileSides
    from ..files import bundled
    from ..sound import Sound

    take, sides, answers = read
    length_s = len(take.dry) / take.sample_rate
    found = []
    for side, answer in zip(sides, answers, strict=True):
        if answer is None:
            assert side.path is not None
            screen.say(f"{'Render':<{COLUMN}}{side.path.name} plays the {length_s:.0f} s of {take.files.dry.name}.")
            size = options.size if side is sides[0] else 1.0
            answer = answer_of(take, side, size=size, quality=options.quality, entered_dbu=options.model_input_dbu)
        found.append(answer)
    files = FileSides.of(take, found[0], found[1], sample_rate)
    named = options.ir
    if named is None and not options.no_ir:
        with_cabinet = next((answer.name for answer in found if answer.has_cabinet), None)
        if with_cabinet is not None:
            screen.say(f"{with_cabinet} already holds a cabinet: none is added.")
        else:
            named = bundled.irs()[0]
            screen.say(f"{'Cabinet':<{COLUMN}}{named.name} behind both sides; --no-ir where they hold one already.")
    return Sound(None, IR.load(named, sample_rate=round(sample_rate)) if named is not None else None), files
