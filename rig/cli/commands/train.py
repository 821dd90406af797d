"""`rig train`: from captures to models, by the official trainer in an environment of its own."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import RigError, TrainingError, UsageError
from ..options import add_into_option, add_json_option

if TYPE_CHECKING:
    from ...capture.result.finish import Finished
    from ...training.environment import Trainer
    from ...training.offer import Offers
    from ...training.record import Plan, Record
    from ...training.run import Training

ARCHITECTURES = ("a2", "standard", "lite", "feather", "nano", "lstm")  # of rig.trainer.configurations
FAILED, INTERRUPTED = 2, 130  # exit codes


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "train",
        help="train models of captures with the official trainer, and hear them while they learn",
        usage="rig train CAPTURE... [options], or --from SOUND NAME, or --set-up",
        description="Train a model of each CAPTURE, a folder that rig capture wrote, one after the other. It ends when "
        "the model is as near to the gear as the gear is to itself, when it gets no better, or at a limit; the best "
        "epoch by the nine seconds that are held out is the model. Ctrl-C keeps what was learnt; the same command "
        "goes on.",
        examples=(
            "rig train --set-up                          # once: the trainer's environment",
            "rig train captures/e570                     # standard, until it is good",
            "rig train captures/e570 --architecture nano --minutes 10",
            "rig train captures/*                        # one after the other",
            "rig train captures/* --cluster tcp://192.168.1.20:8786",
            "rig train --from drive.nam+amp.nam both --architecture nano",
            "rig train --from presets/lead.toml lead --architecture nano",
        ),
    )
    command.add_argument("captures", nargs="*", type=Path, metavar="CAPTURE", help="folder of a capture")
    command.add_argument("--architecture", choices=ARCHITECTURES, default="standard", help="(default standard)")
    limits = command.add_argument_group("when it ends")
    limits.add_argument("--minutes", type=positive, metavar="M", help="at most so long for each capture")
    limits.add_argument("--until-esr", type=positive, metavar="X", help="as soon as the ESR is X or less")
    limits.add_argument("--steps", type=whole, metavar="N", help="at most so many steps (default by architecture)")
    command.add_argument("--second-wet", type=Path, metavar="FILE", help="the same gear once more, to tell how near")
    command.add_argument("--start-from", type=Path, metavar="CKPT", help="checkpoint of a related model")
    command.add_argument("--seed", type=int, default=1, metavar="N", help="of what is drawn at random (default 1)")
    command.add_argument("--threads", type=whole, metavar="N", help="of the processor (default half of its cores)")
    command.add_argument("--accept", action="store_true", help="train also on a take that failed its checks")
    command.add_argument("--restart", action="store_true", help="forget what was learnt before")
    command.add_argument("--python", type=Path, metavar="PYTHON", help="an environment of yours that has the trainer")
    command.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler, whose workers have the trainer")
    baking = command.add_argument_group("baking: one model of another, of two, or of a preset")
    baking.add_argument(
        "--from", dest="source", type=Path, metavar="SOUND", help="a model, two in a row (A.nam+B.nam), or a preset"
    )
    baking.add_argument("--with-cabinet", action="store_true", help="of a preset, too")
    baking.add_argument("--length-s", type=float, metavar="S", help="of the training signal (default 190)")
    add_into_option(baking, "captures", "where NAME is made")
    set_up = command.add_argument_group("set-up")
    set_up.add_argument("--set-up", action="store_true", help="make the trainer's environment, after a question")
    set_up.add_argument("--variant", choices=("cpu", "gpu"), help="of the environment (default by this machine)")
    set_up.add_argument("--yes", action="store_true", help="ask nothing")
    add_json_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Set up, or train."""
    if options.set_up:
        from ..training.set_up import set_up

        if options.captures:
            raise UsageError("--set-up makes the trainer's environment and trains nothing: give it no CAPTURE.")
        return set_up(variant=options.variant, python=options.python, yes=options.yes)
    if options.variant is not None or options.yes:
        raise UsageError("--variant and --yes belong to --set-up, which trains nothing.")
    if options.source is None and options.length_s is not None:
        raise UsageError("--length-s belongs to --from; a capture has the length that it was taken with.")
    if options.source is None and options.with_cabinet:
        raise UsageError("--with-cabinet belongs to --from; a capture holds a cabinet where it was taken with one.")
    if not options.captures:
        raise UsageError("Name the folder of at least one capture, or --set-up.")
    if options.source is not None:
        from ...training.environment import find_trainer
        from ..training.baking import baked_capture

        if options.cluster is None:
            find_trainer(options.python)  # before the time that a bake takes
        options.captures = [baked_capture(options, lambda text: _tell(options, text))]
        options.accept = True  # what a sound answers is what there is to learn
    results, status = [], 0
    for capture, result in _on_cluster(options) if options.cluster else _in_turn(options):
        if isinstance(result, RigError):
            if len(options.captures) == 1:
                raise result
            results.append({"capture": str(capture), "error": str(result)})
            status = status or FAILED
        else:
            results.append(result)
            if result["state"] != "done":
                status = INTERRUPTED if result["state"] == "stopped" else status or FAILED
    if options.json:
        print(json.dumps(results, indent=2))
    return status


def _in_turn(options: argparse.Namespace) -> Iterator[tuple[Path, dict[str, Any] | RigError]]:
    """What comes of each capture here, until Ctrl-C; one that cannot be trained does not keep the others from it."""
    from ...training.environment import find_trainer

    trainer = find_trainer(options.python)
    for capture in options.captures:
        try:
            result = _trained(capture, trainer, options)
        except RigError as error:
            if len(options.captures) > 1:
                _tell(options, str(error))
            yield capture, error
        else:
            yield capture, result
            if result["state"] == "stopped":
                return


def _on_cluster(options: argparse.Namespace) -> list[tuple[Path, dict[str, Any] | RigError]]:
    from ..training.on_cluster import trained_on_cluster

    return trained_on_cluster(
        options.cluster,
        options.captures,
        lambda capture: _training(capture, options),
        _offers,
        lambda training, ended, say: _result(training, *ended.outcome, say),
        json=options.json,
        threads=options.threads,
        python=options.python,
        restart=options.restart,
    )


def _training(folder: Path, options: argparse.Namespace) -> Training:
    from ...capture.result.sidecar import Capture
    from ...training.run import Training

    return Training(Capture.load(folder), _plan(options), second_wet=options.second_wet, accept=options.accept)


def _offers(training: Training) -> Offers:
    """What the rigs that play hear of it."""
    from ...training.judge import BEST
    from ...training.offer import Offers

    return Offers(training.folder / BEST, training.target.stem)


def _trained(folder: Path, trainer: Trainer, options: argparse.Namespace) -> dict[str, Any]:
    from ..training.shown import Shown

    training = _training(folder, options)
    offers = _offers(training)
    shown = Shown(options.json, offers.better, offers.to_newcomers)
    try:
        record, finished = training.run([str(trainer.python), "-I"], shown, restart=options.restart)
    finally:
        shown.end()
    return _result(training, record, finished, lambda text: _tell(options, text))


def _result(
    training: Training, record: Record, finished: Finished | None, say: Callable[[str], None]
) -> dict[str, Any]:
    """What came of a training: told, and for `--json`."""
    from ...training.curve import write_curve

    page = write_curve(record, training.folder)
    say(f"{_said(record, finished)}\nCurve    {page}")
    return {
        "capture": str(training.capture.folder),
        "state": record.state,
        "reason": record.reason,
        "record": str(training.folder / "training.json"),
        "curve": str(page),
        "model": None if finished is None else finished.to_json(),
    }


def _plan(options: argparse.Namespace) -> Plan:
    from ...training.record import Plan

    if options.start_from is not None and not options.start_from.is_file():
        raise TrainingError(f"{options.start_from}: there is no such checkpoint; it is a .ckpt file of the trainer.")
    cores = os.cpu_count() or 1
    return Plan.of(
        options.architecture,
        steps=options.steps,
        minutes=options.minutes,
        until_esr=options.until_esr,
        seed=options.seed,
        threads=options.threads or max(1, cores // 2),
        start_from=None if options.start_from is None else str(options.start_from.absolute()),
    )


def _said(record: Record, finished: Finished | None) -> str:
    if finished is None:
        return f"{record.capture}: {record.reason}; no epoch was learnt yet, the same command begins again."
    more = "" if record.state == "done" else " The same command goes on."
    kept = record.best_epoch
    against = "" if record.source is None else f"; against {record.source['source']} itself, not the gear that it is of"
    return (
        f"{record.capture}: {record.reason}.{more}\n"
        f"Model    {finished.path}: epoch {kept}, {finished.reason}{against}\n"
        f"         rig play {finished.path}   rig compare {finished.path.parent} {finished.path}"
    )


def _tell(options: argparse.Namespace, text: str) -> None:
    if not options.json:
        print(text)


def positive(text: str) -> float:
    """A figure above 0 among the options."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return value


def whole(text: str) -> int:
    """A whole number above 0 among the options."""
    if not (text.isdecimal() and len(text) < 8 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)
