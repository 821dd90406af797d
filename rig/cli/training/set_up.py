"""`rig train --set-up` at a terminal: what it takes is said and asked before anything is fetched."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from ...errors import TrainingError
from ...training.environment import Trainer
from ...training.installing.disk_space import size_in_words
from ...training.installing.graphics import nvidia_gpu
from ...training.installing.locked_versions import TRAINER, disk_bytes, download_bytes, locked_on, locked_version
from ...training.installing.places import complete_in, folders, trainer_folder
from ...training.set_up import OnlyWithCuda, Plan, make, planned, set_up_already, variants_here
from ..display.screen import Screen
from ..terminal import end_if_asked

BAR = 24
WHAT = {"cpu": "trains on the processor", "gpu": "trains on an NVIDIA GPU, or on the processor"}


def set_up(*, variant: str | None = None, python: Path | None = None, yes: bool = False) -> int:
    """Set the trainer up after a question; the exit code: 0, also where it is there already, 1 if the answer is no.

    `variant`: "cpu" or "gpu"; None: for the GPU of this machine. `python`: what the environment is made with. `yes`:
    nothing is asked. Raises TrainingError.
    """
    screen = Screen(sys.stdout)
    plan = planned(variant, python)
    trainer = set_up_already(plan if variant else None)
    if trainer is not None:
        screen.say(f"The trainer is set up already: {_in_words(trainer)}.")
        return 0
    screen.say(_stated(plan, is_named=variant is not None))
    try:
        if not _agreed(screen, plan, yes):
            return 1
        try:
            trainer = _shown(screen, plan)
        except OnlyWithCuda as error:
            screen.end()
            larger = plan.with_cuda()
            screen.say(f"Note     {error}")
            if not _agreed(screen, larger, yes):
                return 1
            trainer = _shown(screen, larger)
    finally:
        screen.end()
    screen.say(f"The trainer is set up: {_in_words(trainer)}.")
    return 0


def _stated(plan: Plan, is_named: bool) -> str:
    """What will be fetched, how much that is, and where it goes."""
    lines = [
        f"The official trainer ({TRAINER} {locked_version(TRAINER)}, PyTorch {locked_version('torch')}) gets an "
        f"environment of its own in {trainer_folder()}."
    ]
    for variant in variants_here():
        mark = "*" if variant == plan.variant else " "
        lines.append(
            f"{mark} {variant}    {size_in_words(download_bytes(variant))} to fetch, "
            f"{size_in_words(disk_bytes(variant))} on the disk: {WHAT[variant]}"
        )
    day = locked_on()
    lines.append(
        f"The downloads are what the package index stated for this system on {day.day} {day:%B %Y}; the disk was "
        "measured on Linux x86_64 with Python 3.11. Versions and hashes of all files are locked."
    )
    if not is_named and len(variants_here()) > 1:
        gpu = nvidia_gpu()
        lines.append(
            f"There is an NVIDIA GPU ({gpu}), so gpu is taken; --variant cpu takes the other."
            if gpu
            else "No NVIDIA GPU was found, so cpu is taken; --variant gpu takes the other."
        )
    if any(folder != plan.folder and complete_in(folder) is not None for folder in folders()):
        lines.append("It takes the place of the environment that is there, which is removed when this one works.")
    return "\n".join(lines)


def _agreed(screen: Screen, plan: Plan, yes: bool) -> bool:
    """Whether that much may be fetched."""
    if yes:
        return True
    if not sys.stdin or not sys.stdin.isatty():
        raise TrainingError("Nobody can be asked here whether that may be fetched: say so with --yes.")
    free = shutil.disk_usage(next(path for path in (plan.folder, *plan.folder.parents) if path.exists())).free
    screen.say(
        f"Fetch {size_in_words(plan.download_bytes)}, and keep {size_in_words(plan.disk_bytes)} of the "
        f"{size_in_words(free)} that are free? (y/n)"
    )
    answer = sys.stdin.readline().strip().casefold()
    if answer not in ("y", "yes"):
        screen.say("Nothing was fetched.")
        return False
    return True


def _shown(screen: Screen, plan: Plan) -> Trainer:
    """Make it, with a line that says how far it is."""
    began = time.monotonic()

    def show(what: str, share: float) -> None:
        end_if_asked()
        took = f"{time.monotonic() - began:.0f} s"
        if what == "Fetching":
            done, of = size_in_words(share * plan.download_bytes), size_in_words(plan.download_bytes)
            filled = round(BAR * share)
            screen.line(f"{what} [{'#' * filled}{'.' * (BAR - filled)}] {done} of {of}, {took}", f"{what} {done}")
        else:
            share_text = f" {100 * share:.0f} %" if what == "Installing" else ""
            screen.line(f"{what}{share_text}, {took}")

    return make(plan, show)


def _in_words(trainer: Trainer) -> str:
    named = (TRAINER, "torch", "pytorch-lightning")
    return ", ".join(f"{name} {trainer.versions[name]}" for name in named) + f", Python {trainer.versions['python']}"
