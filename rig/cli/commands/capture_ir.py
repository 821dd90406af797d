"""`rig capture ir NAME`: the impulse response of a cabinet or a room, by sweeps, live over JACK."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..console import add_desk_options
from ..options import add_into_option, add_json_option


def add(parts: Any) -> None:
    """Declare it."""
    command = parts.add_parser(
        "ir",
        help="measure a cabinet or a room, live over JACK or from recordings",
        description="Sweep through power amp, loudspeaker and microphone, divide the sweep out, cut distortion off, "
        "and write the impulse response with what is known about it.",
        examples=("rig capture ir v30-57 --microphone SM57 --distance-cm 3",),
    )
    command.add_argument(
        "name", nargs="?", metavar="NAME", help="name of the impulse response: NAME.wav, NAME.json, NAME.png"
    )
    elsewhere = command.add_argument_group("recorded elsewhere")
    elsewhere.add_argument(
        "--from",
        dest="recorded",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="SWEEP RECORDING...: the sweep that was played, and one recording of it or several; nothing is played",
    )
    elsewhere.add_argument("--channel", type=int, metavar="N", help="of the recordings, from 1")
    elsewhere.add_argument("--write-sweep", type=Path, metavar="FILE", help="write the sweep to play, and end")
    add_desk_options(command)
    sweep = command.add_argument_group("sweep")
    sweep.add_argument("--length-s", type=float, default=10.0, metavar="S", help="of each sweep, 3 to 15 (default 10)")
    sweep.add_argument("--sweeps", type=int, default=2, metavar="N", help="to average (default 2)")
    sweep.add_argument("--dbfs", type=float, default=-6.0, metavar="D", help="peak of the sweep (default -6)")
    sweep.add_argument(
        "--no-softer",
        dest="softer",
        action="store_false",
        help="leave out the sweep 10 dB softer that shows compression",
    )
    result = command.add_argument_group("result")
    add_into_option(result, "irs", "where it is written")
    result.add_argument("--samples", type=int, default=8192, metavar="N", help="at 48 kHz (default 8192)")
    result.add_argument("--minimum-phase", action="store_true", help="for mixing; not for rooms or several microphones")
    result.add_argument("--rate", type=int, default=48000, metavar="HZ", help="of the file (default 48000)")
    result.add_argument("--peak-dbfs", type=float, default=-1.0, metavar="D", help="of the file (default -1)")
    about = command.add_argument_group("about")
    about.add_argument("--speaker", metavar="TEXT", help="cabinet and loudspeaker")
    about.add_argument("--microphone", metavar="TEXT", help="which one")
    about.add_argument("--distance-cm", type=float, metavar="D", help="from the loudspeaker")
    about.add_argument("--place", metavar="TEXT", help="where it stands: edge of the cap, room, ...")
    add_json_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    from ..capturing.sweep_session import run_sweeps, run_write_sweep

    return run_sweeps(options) if options.write_sweep is None else run_write_sweep(options)
