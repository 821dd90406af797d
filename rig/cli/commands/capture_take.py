"""`rig capture NAME`: play the training signal through the gear, record, check, write the pair."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..capturing.capture_options import add_pair_options
from ..console import add_desk_options, refuse_portaudio
from ..options import add_knob_option
from ..page_door import add_page_options


def add(parts: Any) -> None:
    """Declare it."""
    command = parts.add_parser(
        "take",
        help="play, record, check and write a capture, live over JACK",
        description="Play the training signal to the gear, record what comes back to the sample, check it and write "
        "the pair. What is not given as an option is asked.",
        examples=(
            "rig capture e570",
            "rig capture take e570 --send playback_3 --return capture_3 --send-dbu 12",
            "rig capture --self-test",
        ),
    )
    command.add_argument("name", nargs="?", metavar="NAME", help="name of the capture")
    add_desk_options(command)
    add_signal_options(command)
    add_knob_option(command)
    command.add_argument("--seed", type=int, default=1, metavar="N", help="another signal of the same kind")
    command.add_argument(
        "--second-take", action="store_true", help="take it twice, to know what the gear itself varies"
    )
    add_pair_options(command)
    add_page_options(command)
    command.set_defaults(run=run)


def add_signal_options(command: argparse.ArgumentParser) -> None:
    """What is played, and how often it is tried."""
    what = command.add_argument_group("signal")
    what.add_argument("--signal", type=Path, metavar="FILE", help="the official signal, or one that rig signal wrote")
    what.add_argument("--length-s", type=float, metavar="S", help="of rig's own signal, from 35 s (default 190)")
    what.add_argument(
        "--no-trial",
        dest="trial",
        action="store_false",
        help="leave out noise, tone and level search before the take",
    )
    what.add_argument("--retakes", type=int, default=5, metavar="N", help="after xruns or clipping (default 5)")


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    refuse_portaudio(options)
    from ..capturing.take_session import run_take

    return run_take(options)
