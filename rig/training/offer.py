"""Have a model that is being trained heard: every rig that plays on this machine is offered it."""

from __future__ import annotations

import contextlib
import glob
from pathlib import Path

from ..errors import RigError, TrainingError
from ..files.atomic_write import reason, write_bytes
from ..files.hashing import sha256_of
from ..trainer.offered import offers_folder
from ..web.remote import Remote
from ..web.runs import Run, all_running

VIEWS = ("play", "audition")  # those that play a model and nothing else
KEPT = 3  # of one name: a rig may still be reading the one before


def offer(model: Path, name: str, epoch: int) -> list[str]:
    """Offer the file, the best after so many epochs; what each rig said, a sentence each.

    A rig that has gone, or does not answer, is passed over. Raises TrainingError where the file cannot be handed over.
    """
    rigs = [run for run in all_running() if run.view in VIEWS]
    if not rigs:
        return []
    folder = offers_folder()
    path = folder / f"{name} epoch {epoch}.nam"
    try:
        write_bytes(path, model.read_bytes())
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written{reason(path, error)}.") from error
    old = sorted(folder.glob(f"{glob.escape(name)} epoch *.nam"), key=lambda each: each.stat().st_mtime)[:-KEPT]
    for each in old:
        with contextlib.suppress(OSError):
            each.unlink()
    text = f"{path.stem} {sha256_of(path)}"
    return [said for run in rigs if (said := _offered(run, text))]


def _offered(run: Run, text: str) -> str:
    try:
        with Remote.of(run, name="rig train") as rig:
            rig.do("offer_trained", text)
            follow = rig.state["values"]["follow_training"]
    except (RigError, KeyError):
        return ""
    return f"         offered to the rig that plays (port {run.port}, it follows: {follow})"
