"""`rig calibrate`: what 0 dBFS is worth at the interface, at the send and at the return, and how late the loop is."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ..console import add_desk_options
from ..options import add_json_option, add_knob_option, add_seconds_option

TONE_DBFS = -12.0
WITH_ROW = ("interface", "maker", "model", "meter", "driver", "send_is", "return_is")


def add(commands: Any) -> None:
    """Declare the command and its parts."""
    command = commands.add_parser(
        "calibrate",
        help="find out and keep the levels of your interface, of send and return, and the latency",
        description="Levels in dBu at 0 dBFS, and the latency of the loop; kept with method and date, and used by all "
        "that plays, renders or captures. Without a part: shows what is kept.",
        examples=(
            "rig calibrate                                   # what is kept",
            "rig calibrate interface --interface apollo-8x",
            "rig calibrate send --volts 1.95",
            "rig calibrate --row                             # the row to send",
        ),
    )
    _add_row(command)
    parts = command.add_subparsers(dest="part", metavar="WHAT", prog="rig calibrate")
    _add_interface(parts)
    _add_send(parts)
    _add_return(parts)
    _add_latency(parts)
    _add_tone(parts)
    show = parts.add_parser(
        "show", help="what is kept", description="What is kept.", examples=("rig calibrate show --json",)
    )
    for shown in (command, show):
        add_json_option(shown)
        shown.set_defaults(run=run)


def _add_row(command: argparse.ArgumentParser) -> None:
    """What goes into a row that is sent, beside what was measured."""
    row = command.add_argument_group("a row to send")
    row.add_argument(
        "--row",
        nargs="?",
        const=Path("interface-row.toml"),
        type=Path,
        metavar="FILE",
        help="write what was measured as a row of rig's table (default interface-row.toml): method, meter and date, "
        "nothing about you; see docs/interfaces.md",
    )
    row.add_argument("--interface", metavar="NAME", help="with --row: the interface that was measured")
    row.add_argument("--maker", metavar="NAME", help="with --row: who makes it, if rig's table does not have it")
    row.add_argument("--model", metavar="NAME", help="with --row: what stands on it")
    row.add_argument("--meter", metavar="NAME", help="with --row: maker and type of the multimeter")
    row.add_argument("--driver", metavar="NAME", help="with --row: its sound driver, where that matters")
    row.add_argument("--send-is", choices=("line-out",), help="with --row: the send was the bare line output, fully up")
    row.add_argument(
        "--return-is", choices=("line", "microphone"), help="with --row: the return was this input, gain at minimum"
    )


def _add_interface(parts: Any) -> None:
    command = parts.add_parser(
        "interface",
        help="the level of its instrument input",
        description="The level of the instrument input at 0 dBFS and minimum gain: from rig's table, from the manual, "
        "or measured with the send, whose level is known, plugged into it.",
        examples=(
            "rig calibrate interface --interface apollo-8x",
            "rig calibrate interface --max-input-dbu 12.2",
            "rig calibrate interface --loop",
        ),
    )
    command.add_argument("--interface", metavar="NAME", help="by name, from the table")
    command.add_argument("--max-input-dbu", type=float, metavar="X", help="from its manual")
    command.add_argument("--loop", action="store_true", help="measure: the send plugged into the instrument input")
    command.add_argument("--preamp-gain-db", type=float, default=0.0, metavar="G", help="dialled in meanwhile")
    add_knob_option(command)
    _add_loop_options(command)
    command.set_defaults(run=run)


def _add_send(parts: Any) -> None:
    command = parts.add_parser(
        "send",
        help="the level at the jack that feeds the gear",
        description="Plays 1 kHz and asks what a multimeter shows (volts RMS, tip to sleeve, the cable unplugged from "
        "the gear); or the send goes into an input whose level is published; or from published figures alone.",
        examples=(
            "rig calibrate send",
            "rig calibrate send --volts 1.95",
            "rig calibrate send --spec-dbu 16 --pad-db 20",
        ),
    )
    command.add_argument("--volts", type=float, metavar="V", help="what the meter shows")
    command.add_argument("--volts-200-hz", type=float, metavar="V", help="the same at 200 Hz: many meters err at 1 kHz")
    command.add_argument("--known-input-dbu", type=float, metavar="I", help="the send is in an input of this level")
    command.add_argument("--spec-dbu", type=float, metavar="O", help="line output at 0 dBFS, from its manual")
    command.add_argument(
        "--pad-db", type=float, default=0.0, metavar="P", help="with --spec-dbu: loss of the re-amp box"
    )
    _add_loop_options(command)
    command.set_defaults(run=run)


def _add_return(parts: Any) -> None:
    command = parts.add_parser(
        "return",
        help="the level of the input that the gear comes back to",
        description="The send, whose level is known, plugged straight into the return; or from published figures.",
        examples=(
            "rig calibrate return",
            "rig calibrate return --spec-dbu 22",
        ),
    )
    command.add_argument("--spec-dbu", type=float, metavar="I", help="maximum input level, from its manual")
    command.add_argument("--preamp-gain-db", type=float, default=0.0, metavar="G", help="gain dialled in above minimum")
    _add_loop_options(command)
    command.set_defaults(run=run)


def _add_latency(parts: Any) -> None:
    command = parts.add_parser(
        "latency",
        help="how late the loop is",
        description="From the send over a cable to the return, with noise.",
        examples=("rig calibrate latency --send playback_3 --return capture_3",),
    )
    add_desk_options(command)
    command.set_defaults(run=run)


def _add_tone(parts: Any) -> None:
    command = parts.add_parser(
        "tone",
        help="play a tone until Ctrl-C",
        description="Play a sine to the send, for a meter, until Ctrl-C.",
        examples=("rig calibrate tone --freq 200 --dbfs -12",),
    )
    command.add_argument("--freq", type=float, default=1000.0, metavar="HZ", help="default 1000")
    command.add_argument("--dbfs", type=float, default=TONE_DBFS, metavar="D", help=f"peak (default {TONE_DBFS:g})")
    add_seconds_option(command)
    add_desk_options(command)
    command.set_defaults(run=run)


def _add_loop_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--dbfs", type=float, default=TONE_DBFS, metavar="D", help=f"of the tone ({TONE_DBFS:g})")
    command.add_argument("--send-dbu", type=float, metavar="X", help="level of the send, if it is not kept already")
    add_desk_options(command)


def run(options: argparse.Namespace) -> int:
    """Carry the part out that was named."""
    from ..capturing.calibration_steps import STEPS

    if options.row is None:
        given = next((name for name in WITH_ROW if getattr(options, name, None) is not None), None)
        if options.part is None and given is not None:
            raise UsageError(f"--{given.replace('_', '-')} goes with --row, which writes a row of what was measured.")
    elif options.part not in (None, "show"):
        raise UsageError(
            f"--row writes what was measured before: first rig calibrate {options.part}, then --row alone."
        )
    return STEPS[options.part or "show"](options)
