"""`rig library like --send PORT --return PORT`: the models nearest to the gear on the desk."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import UsageError
from ...levels import Level, entered_level
from ..console import Console, add_desk_options, refuse_portaudio
from ..options import KEPT, interface_level
from ..terminal import Progress

if TYPE_CHECKING:
    from ...catalogue.found import Found
    from ...catalogue.gear.hearing import HeardGear
    from ...catalogue.library import Library


def add_gear_options(command: argparse.ArgumentParser) -> None:
    """Ports, levels, and where the pair goes."""
    add_desk_options(command)
    gear = command.add_argument_group("gear between --send and --return")
    gear.add_argument(
        "--send-dbu",
        type=float,
        metavar="X",
        help="level of the send in dBu at 0 dBFS (default: what rig calibrate send keeps)",
    )
    known = gear.add_mutually_exclusive_group()
    known.add_argument(
        "--interface",
        default=KEPT,
        metavar="NAME",
        help="your audio interface, at whose level models are played; none: not known (default: the one that rig "
        "calibrate interface keeps)",
    )
    known.add_argument("--max-input-dbu", type=float, metavar="X", help="its level in dBu at 0 dBFS, gain at minimum")
    gear.add_argument("--send-trim-db", type=float, metavar="T", help="digital gain of what is played, 0 or less")
    gear.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the ten seconds, as dry.wav and wet.wav")
    gear.add_argument("--accept", action="store_true", help="go on with a path that is noisy or hums")


def asks_gear(options: argparse.Namespace) -> bool:
    """Whether gear is meant. Raises UsageError where files are named as well, or nothing is."""
    if options.send is None and options.returned is None:
        if not options.files:
            raise UsageError("Name one model, one capture, a dry and a wet file, or gear by --send PORT --return PORT.")
        return False
    if options.files:
        raise UsageError("Name either files, or gear by --send PORT --return PORT.")
    return True


def like_gear(options: argparse.Namespace, library: Library) -> tuple[list[Found], HeardGear]:
    """Ask, play, rank; what is said on the way goes to stderr with --json."""
    refuse_portaudio(options)
    send: Level | str | None = "kept"
    if options.send_dbu is not None:
        send = entered_level(options.send_dbu, "send level")
    operator = Console(options.yes, options.json)
    progress = Progress("compare")
    found, heard = library.like_gear(
        *(options.send, options.returned, options.most),
        send_level=send,  # type: ignore[arg-type]
        interface=interface_level(options),
        send_trim_db=options.send_trim_db,
        keep=options.keep,
        operator=operator,
        client=options.client,
        freewheel=options.freewheel,
        accept=options.accept,
        on_compare=progress,
    )
    if options.keep is not None:
        dbu = heard.probed[0].level.dbu
        level = "" if dbu is None else f"; for rig compare it is --capture-dbu {dbu:.2f}"
        operator.say(f"Kept      {options.keep}: dry.wav and wet.wav{level}")
    if len(library.models) > len(found) and found and found[0].esr is not None:
        operator.say(f"Nearest   of {len(library.models)} models, compared on ten seconds of guitar:")
    return found, heard
