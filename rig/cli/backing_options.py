"""A track beside the guitar, as options of what is played live."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError

if TYPE_CHECKING:
    from ..player.player import Player
    from ..player.tools.backing_spots import Spot


def add_backing_options(command: Any) -> None:
    """The file, what is played of it, and how it is begun."""
    backing = command.add_argument_group("backing track")
    backing.add_argument(
        "--backing", type=Path, metavar="FILE", help="a file to play along to; the space key starts it"
    )
    backing.add_argument("--backing-db", type=float, metavar="X", help="its level, -60 to 12 dB (default -12)")
    backing.add_argument("--backing-from", metavar="S", help="where its section begins: in s, or a share, 25%%")
    backing.add_argument("--backing-to", metavar="S", help="where its section ends, likewise (default: its end)")
    backing.add_argument("--backing-once", action="store_true", help="do not play the section over and over")
    backing.add_argument(
        "--backing-count-in",
        type=int,
        metavar="N",
        help="beats that are counted in before it; 4 are a bar of 4/4 (default 0)",
    )
    backing.add_argument("--backing-bpm", type=float, metavar="X", help="at which tempo (default 120)")
    backing.add_argument(
        "--backing-follow", action="store_true", help="JACK: it starts, stops and moves with the transport"
    )


def check_backing(options: argparse.Namespace) -> None:
    """Raise a RigError for what cannot be, before a server is asked."""
    from ..library.preset_backing import FASTEST_BPM, HIGHEST_DB, LOWEST_DB, MOST_BEATS, SLOWEST_BPM

    first, last = spots_of(options)
    if first is not None and last is not None and first.is_share == last.is_share and first.amount >= last.amount:
        raise UsageError(f"--backing-from {options.backing_from} has to lie before --backing-to {options.backing_to}.")
    for option, value, low, high in (
        ("--backing-db", options.backing_db, LOWEST_DB, HIGHEST_DB),
        ("--backing-count-in", options.backing_count_in, 0, MOST_BEATS),
        ("--backing-bpm", options.backing_bpm, SLOWEST_BPM, FASTEST_BPM),
    ):
        if value is not None and not low <= value <= high:
            raise UsageError(f"{option} {value:g}: it takes {low:g} to {high:g}.")
    if options.backing is not None:
        from ..audio.wav import Reader

        with Reader(options.backing, counted=1):  # how long it is will be known soon enough
            pass


def begin_backing(options: argparse.Namespace, player: Player) -> None:
    """Have the player play it; what is not said is as a preset has it that plays first."""
    backing = player.backing
    if options.backing_bpm is not None:
        backing.set_tempo(options.backing_bpm)
    if options.backing_count_in is not None:
        backing.count(options.backing_count_in)
    if options.backing_once:
        backing.play_once(True)
    if options.backing_db is not None:
        backing.set_volume(options.backing_db)
    if options.backing is not None:
        backing.load(str(options.backing), *spots_of(options))
    if options.backing_follow:
        backing.follow(True)


def spots_of(options: argparse.Namespace) -> tuple[Spot | None, Spot | None]:
    """The ends of the section; raises a UsageError for what is none."""
    return _spot("--backing-from", options.backing_from), _spot("--backing-to", options.backing_to)


def _spot(option: str, text: str | None) -> Spot | None:
    from ..player.tools.backing_spots import Spot

    if text is None:
        return None
    is_share = text.strip().endswith("%")
    try:
        amount = float(text.strip().rstrip("%")) / (100 if is_share else 1)
    except ValueError:
        amount = math.nan
    if not 0 <= amount <= (1 if is_share else math.inf):
        raise UsageError(f"{option} {text}: write seconds, such as 12.5, or a share of the file, such as 25%.")
    return Spot(amount, is_share)
