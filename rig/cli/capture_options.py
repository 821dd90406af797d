"""What several parts of `rig capture` share: gear, levels, the table of checks."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..capture.gear import Gear
    from ..capture.verdict import Check

REFUSED = 1  # exit code: the take was judged, and a check failed


def add_gear_options(command: argparse.ArgumentParser) -> None:
    """What was captured, for the metadata of the model."""
    gear = command.add_argument_group("gear")
    gear.add_argument("--modeled-by", metavar="WHO", help="who made the capture")
    gear.add_argument(
        "--gear-type", metavar="TYPE", help="amp, pedal, pedal_amp, amp_cab, amp_pedal_cab, preamp, studio"
    )
    gear.add_argument("--gear-make", metavar="MAKE", help="its maker")
    gear.add_argument("--gear-model", metavar="MODEL", help="its model")
    gear.add_argument("--tone-type", metavar="TYPE", help="clean, overdrive, crunch, hi_gain, fuzz")


def add_capture_level_options(command: argparse.ArgumentParser) -> None:
    """What 0 dBFS is worth on the way out and on the way back."""
    levels = command.add_argument_group("levels")
    for way in ("send", "return"):
        levels.add_argument(f"--{way}-dbu", type=float, metavar="X", help=f"level of the {way} in dBu at 0 dBFS")
        levels.add_argument(
            f"--{way}-method",
            choices=("multimeter", "loopback-to-known-input", "spec"),
            default="multimeter",
            help=f"how the {way} level became known (default multimeter)",
        )
    levels.add_argument("--send-trim-db", type=float, metavar="T", help="digital gain of what is played")


def gear_from(options: argparse.Namespace, name: str) -> Gear:
    """The gear options as they go into the sidecar."""
    from ..capture.gear import Gear

    return Gear(name, options.modeled_by, options.gear_type, options.gear_make, options.gear_model, options.tone_type)


def print_checks(checks: tuple[Check, ...]) -> None:
    """The table of checks."""
    for check in checks:
        print(check)
