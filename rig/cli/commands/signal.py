"""`rig signal OUT.wav`: the training signal that is played through the gear."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..options import add_json_option, add_overwrite_option


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "signal",
        help="write a training signal for captures",
        description="Write the signal that a capture plays through the gear: mono, 48 kHz, 24 bit, in the layout of "
        "the official trainer's version 3. The same length and seed give the same file.",
        examples=(
            "rig signal sweep.wav",
            "rig signal short.wav --length-s 60 --seed 2",
        ),
    )
    command.add_argument("output", type=Path, metavar="OUT.wav", help="where to write")
    command.add_argument(
        "--length-s", type=float, default=190.0, metavar="S", help="from 35 s (default 190, as the official one)"
    )
    command.add_argument("--seed", type=int, default=1, metavar="N", help="another signal of the same kind")
    add_overwrite_option(command, "OUT.wav")
    add_json_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    from ...capture.signal.training_signal import check_target, own_signal, write_signal

    check_target(options.output, options.overwrite)
    signal = own_signal(options.length_s, options.seed)
    write_signal(options.output, signal, options.overwrite)
    if options.json:
        print(json.dumps({"file": str(options.output), **signal.to_json()}, indent=2))
        return 0
    print(
        f"{options.output}: {signal.length} samples, {signal.seconds:g} s, mono, 48000 Hz, 24 bit; seed {signal.seed}"
    )
    return 0
