"""`rig audition MODEL IR_FOLDER`: choose a cabinet among hundreds, all equally loud, hands free if wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..options import add_session_options
from ..page_door import add_page_options
from . import play


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "audition",
        help="choose among the cabinets of a folder: equally loud, blind, on a loop, mixed",
        description="As rig play, for choosing a cabinet: all sound equally loud with this model and this playing (e: "
        "each at its own level). Record a few bars with o and they go round while you step, keep, reject and compare; "
        "h shows all keys. Folders below IR_FOLDER are read too.",
        examples=(
            "rig audition crunch.nam cabinets/",
            "rig audition crunch.nam cabinets/ --blind --di di.wav",
        ),
    )
    command.add_argument("model", type=Path, metavar="MODEL", help="a .nam file, or a folder of them")
    command.add_argument("ir", type=Path, metavar="IR_FOLDER", help="a folder of cabinet IRs")
    command.add_argument("--blind", action="store_true", help="begin in random order and without names")
    add_session_options(command)
    add_page_options(command)
    command.set_defaults(
        run=play.run,
        equal_loudness=True,
        no_ir=False,
        else_render=None,
        overwrite=False,
        presets=False,
        second=None,
        follow_training="off",
    )
