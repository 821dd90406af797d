"""What several parts of `rig capture` share: where a pair goes, gear, levels, the table of checks, the verdict."""

from __future__ import annotations

import argparse
import json
import shlex
from typing import TYPE_CHECKING

from ..options import add_into_option, add_json_option

if TYPE_CHECKING:
    from ...capture.checks.verdict import Check
    from ...capture.result.gear_metadata import Gear
    from ...capture.result.save import Saved

REFUSED = 1  # exit code: the take was judged, and a check failed


def add_pair_options(command: argparse.ArgumentParser) -> None:
    """Everything about the pair that a take becomes."""
    add_into_option(command, "captures", "where captures are written")
    command.add_argument(
        "--latency-samples",
        type=int,
        metavar="N",
        help="to cut away, instead of rig's own figure; counted from the moment of playing, in a recording "
        "made elsewhere from the first sample of the file",
    )
    command.add_argument(
        "--repair-drift", action="store_true", help="undo two clocks of different speed, where the lag grows evenly"
    )
    command.add_argument("--accept", action="store_true", help="accept the take even if checks fail")
    command.add_argument("--self-test", action="store_true", help="a cable from send to return in place of gear")
    command.add_argument(
        "--architecture",
        choices=("standard", "lite", "feather", "nano"),
        default="standard",
        help="how large the WaveNet to train is (default standard)",
    )
    add_gear_options(command)
    add_capture_levels(command)
    add_json_option(command)


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


def add_capture_levels(command: argparse.ArgumentParser) -> None:
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
    from ...capture.result.gear_metadata import Gear

    return Gear(name, options.modeled_by, options.gear_type, options.gear_make, options.gear_model, options.tone_type)


def print_checks(checks: tuple[Check, ...]) -> None:
    """The table of checks."""
    for check in checks:
        print(check)


VERDICTS = {
    "ok": "everything is as it should be",
    "unknown": "what was looked at is as it should be; not known: {unknown}",
    "warn": "usable; what could be better: {warn}",
    "fail": "checks failed ({fail}), and it was accepted all the same, as asked",
}


def verdict_in_words(saved: Saved) -> str:
    """What a verdict means."""
    from ...capture.checks.verdict import SEVERITY

    names = {v: ", ".join(check.name for check in saved.judged.of(v)) for v in SEVERITY}
    return VERDICTS[saved.judged.verdict].format(**names)


def report_saved(
    saved: Saved, as_json: bool, self_test: bool = False, temporary: bool = False, is_followed: bool = False
) -> int:
    """Say what became of a take; the exit code.

    `temporary`: its folder is about to vanish, only the verdict counts. `is_followed`: somebody else says what comes
    next.
    """
    from ...capture.checks.verdict import SEVERITY

    if as_json:
        print(json.dumps(saved.to_json(), indent=2))
        return 0 if saved.accepted else REFUSED
    print_checks(saved.judged.checks)
    if not saved.judged.checks:  # one of them tells it
        print(saved.latency)
    if not saved.accepted:
        print(f"Not accepted: {saved.reason}")
        print("Nothing was kept." if temporary else f"The take is kept in {saved.folder}")
        return REFUSED
    names = {v: ", ".join(check.name for check in saved.judged.of(v)) for v in SEVERITY}
    said = verdict_in_words(saved)
    if self_test:
        print(f"Self-test: {SELF_TEST[saved.judged.verdict].format(**names)}")
    if not temporary:
        following = "" if is_followed else f"; rig train {shlex.quote(str(saved.folder))} makes a model of it"
        print(f"{saved.folder}: {saved.judged.verdict}: {said}{following}")
    return 0


SELF_TEST = {  # accepted; one that is not has ended before
    "ok": "a cable lies between send and return; rig, server and interface are ready.",
    "unknown": "a cable lies between send and return; rig, server and interface are ready. Not known: {unknown}.",
    "warn": "it passes as a cable, with reservations: {warn}.",
    "fail": "this is no cable, or not a good one: {fail}.",
}
