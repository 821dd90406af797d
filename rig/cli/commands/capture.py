"""`rig capture`: from a recording to a pair to train from, and from the trained model to a finished one."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..capturing.capture_options import REFUSED, add_pair_options, gear_from, print_checks, report_saved
from ..options import add_json_option
from . import capture_ir, capture_take

PARTS = ("take", "cut", "check", "finish", "ir")


def add(commands: Any) -> None:
    """Declare the command and what can be done with it."""
    command = commands.add_parser(
        "capture",
        help="capture gear: play, record, check and write a training pair; measure a cabinet",
        usage="rig capture NAME [options], or rig capture {take,ir,cut,check,finish}",
        description="Captures of gear: pairs of dry.wav and wet.wav to train a model from. `rig capture NAME` is short "
        "for `rig capture take NAME`.",
        examples=(
            "rig capture e570                            # play, record, check, write",
            "rig capture cut sweep.wav take.wav --name e570 # from a recording",
            "rig capture check captures/e570",
            "rig capture finish captures/e570 trained.nam",
        ),
    )
    parts = command.add_subparsers(dest="part", metavar="WHAT", required=True, prog="rig capture")
    capture_take.add(parts)
    capture_ir.add(parts)
    _add_cut(parts)
    _add_check(parts)
    _add_finish(parts)


def with_take(arguments: Sequence[str]) -> list[str]:
    """`rig capture NAME` means `rig capture take NAME`.

    >>> with_take(["capture", "e570", "--yes"])
    ['capture', 'take', 'e570', '--yes']
    >>> with_take(["capture", "check", "e570"])
    ['capture', 'check', 'e570']
    """
    given = list(arguments)
    if given[:1] == ["capture"] and (len(given) == 1 or given[1] not in (*PARTS, "-h", "--help")):
        given.insert(1, "take")
    return given


def _add_cut(parts: Any) -> None:
    command = parts.add_parser(
        "cut",
        help="make a capture of a recording that was made elsewhere",
        description="Align RECORDING to SIGNAL, cut it to exactly the same length, check it, and write the capture.",
        examples=("rig capture cut sweep.wav take.wav --name e570",),
    )
    command.add_argument("signal", type=Path, metavar="SIGNAL", help="the training signal that was played")
    command.add_argument("recording", type=Path, metavar="RECORDING", help="what came back, at 48 kHz")
    command.add_argument(
        "--channel", type=int, metavar="N", help="of RECORDING, from 1 (default: the one that has sound on it)"
    )
    command.add_argument("--name", metavar="NAME", help="name of the capture (default: that of RECORDING)")
    add_pair_options(command)
    command.set_defaults(run=_cut)


def _cut(options: argparse.Namespace) -> int:
    from ...capture.levels import CaptureLevels
    from ...capture.result.foreign_recording import load_recording
    from ...capture.result.save import save_capture
    from ...capture.signal.training_signal import load_signal

    name = options.name or options.recording.stem
    gear = gear_from(options, name)  # what cannot be written is refused first
    signal = load_signal(options.signal)
    recording = load_recording(options.recording, signal, options.channel)
    saved = save_capture(
        options.into,
        name,
        signal,
        recording,
        levels=CaptureLevels(
            options.send_dbu,
            options.send_method,
            options.return_dbu,
            options.return_method,
            options.send_trim_db or 0.0,
        ),
        gear=gear,
        latency_samples=options.latency_samples,
        accept=options.accept,
        self_test=options.self_test,
        repair_drift=options.repair_drift,
        architecture=options.architecture,
        tell=None if options.json else print,
    )
    return report_saved(saved, options.json, options.self_test)


def _add_check(parts: Any) -> None:
    command = parts.add_parser(
        "check",
        help="check a capture on disk again",
        description="Check the pair of a capture again, as it lies on disk. What only the audio server knew while it "
        "was recorded is taken from its capture.json.",
        examples=("rig capture check captures/e570",),
    )
    command.add_argument("capture", type=Path, metavar="CAPTURE", help="its folder")
    add_json_option(command)
    command.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from ...capture.result.foreign_recording import check_again
    from ...trainer.capture_fields import finite

    judged, trainer = check_again(options.capture)
    good = judged.verdict != "fail" and all(check.passed for check in trainer)
    if options.json:
        report = {
            "verdict": judged.verdict,
            "quality": judged.quality,
            "checks": [check.to_json() for check in judged.checks],
            "trainer_checks": [check.to_json() for check in trainer],
        }
        print(json.dumps(finite(report), indent=2))
        return 0 if good else REFUSED
    print_checks(judged.checks)
    for check in trainer:
        print(f"{'ok' if check.passed else 'fail':7}  trainer: {check.name}: {check.text}.")
    return 0 if good else REFUSED


def _add_finish(parts: Any) -> None:
    command = parts.add_parser(
        "finish",
        help="write names, levels and latency of a capture into a copy of its trained model",
        description="Write what CAPTURE knows into a copy of MODEL.nam, and hold the model against the take. MODEL.nam "
        "itself stays as it is.",
        examples=("rig capture finish captures/e570 trained.nam",),
    )
    command.add_argument("capture", type=Path, metavar="CAPTURE", help="its folder")
    command.add_argument("model", type=Path, metavar="MODEL.nam", help="the model that was trained from it")
    command.add_argument("--export", type=Path, metavar="FILE", help="default: NAME.nam in the folder of the capture")
    command.add_argument("--overwrite", action="store_true", help="replace FILE if already there")
    command.add_argument("--accept", action="store_true", help="accept a model that sounds different")
    add_json_option(command)
    command.set_defaults(run=_finish)


def _finish(options: argparse.Namespace) -> int:
    from ...capture.result.finish import finish

    done = finish(
        options.capture,
        options.model,
        options.export,
        overwrite=options.overwrite,
        accept=options.accept,
    )
    if options.json:
        print(json.dumps(done.to_json(), indent=2))
        return 0
    print(
        f"ESR      {done.esr:.4f} on the 9 s it never heard ({done.words}), by the trainer's rule: the first "
        f"{done.left_out_samples} samples left out; {done.esr_aligned:.4f} with lag and gain taken out"
    )
    if done.esr_by_level_db:
        print(f"By level {', '.join(f'{level} dBFS {figure:.4f}' for level, figure in done.esr_by_level_db.items())}")
    print(f"Lag      {done.lag_samples:+z.2f} samples; the take is {done.gain_db:+z.2f} dB louder than the model")
    for what, level in (("Input", done.input_level_dbu), ("Output", done.output_level_dbu)):
        print(f"{what:8} {'level not known' if level is None else f'{level:.2f} dBu at 0 dBFS'}")
    print(f"{done.path}: written; {done.verdict}: {done.reason}")
    return 0
