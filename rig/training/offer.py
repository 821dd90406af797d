"""A better model is offered to every rig that plays on this machine, while it still learns."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from ..errors import RigError
from ..files.atomic_write import reason
from ..library.trained_offers import Offered, publish, thinned, training_folder
from ..web.remote import Remote
from ..web.runs import Run, all_running
from .record import Record

__all__ = ["Offers", "offer", "training_folder"]
PATIENCE_S = 2.0  # for all rigs together; one that does not answer keeps nobody from learning
VIEWS = ("play", "ab")  # who is offered it


class Offers:
    """What one training offers: each better epoch to all, and the best so far to a rig that begins to play later."""

    def __init__(self, model: Path, name: str) -> None:
        """`model`: the file of the best epoch. `name`: what it is called in the training folder."""
        self._model, self._name = model, name
        self._known: set[tuple[int, str]] = set()  # port and token of those that have been told

    def better(self, record: Record) -> list[str]:
        """Tell all of a better epoch; a sentence for each rig."""
        return self._offer(record, listeners())

    def to_newcomers(self, record: Record) -> list[str]:
        """Tell those of the best epoch that play since; each once, it hears of better ones anyway."""
        runs = [run for run in listeners() if (run.port, run.token) not in self._known]
        return self._offer(record, runs) if runs else []

    def _offer(self, record: Record, runs: list[Run]) -> list[str]:
        self._known.update((run.port, run.token) for run in runs if record.best is not None)
        return offer(self._model, self._name, record, runs)


def listeners() -> list[Run]:
    """The rigs on this machine that play or compare."""
    return [run for run in all_running() if run.view in VIEWS]


def offer(model: Path, name: str, record: Record, runs: list[Run] | None = None) -> list[str]:
    """Copy the best model as NAME.nam into the training folder, with its figures; offer it to `runs`, or to all.

    A sentence for each rig about what it did. Whatever goes wrong is a sentence, too; nothing is raised for it.
    """
    best = record.best
    if best is None or best.esr is None:
        return []
    judged = [(each.seconds, each.esr) for each in record.epochs if each.esr is not None]
    seconds, esrs = thinned([at for at, _ in judged], [esr for _, esr in judged])
    try:
        offered = publish(
            *(model, name, best.epoch, best.esr),
            seconds=seconds,
            esrs=esrs,
            repeatability_esr=record.repeatability_esr,
        )
    except OSError as error:
        return [f"{name} cannot be offered to a rig that plays{reason(training_folder() / name, error)}."]
    except RigError as error:
        return [f"{name} cannot be offered to a rig that plays: {error}"]
    return _told(listeners() if runs is None else runs, offered)


def _told(runs: list[Run], offered: Offered) -> list[str]:
    """All are told at once, and waited for together."""
    said: dict[int, str] = {}

    def tell(run: Run) -> None:
        said[run.port] = _tell(run, offered)

    threads = [threading.Thread(target=tell, args=(run,), name="rig offer", daemon=True) for run in runs]
    until = time.monotonic() + PATIENCE_S
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    silent = f"did not answer within {PATIENCE_S:g} s."
    return [f"rig {run.view} on port {run.port} {said.get(run.port, silent)}" for run in runs]


def _tell(run: Run, offered: Offered) -> str:
    """What one rig did, as the end of a sentence."""
    try:
        with Remote.of(run, "rig train", PATIENCE_S) as rig:
            rig.do("offer_trained", f"{offered.name} {offered.sha256}")
            state, values = rig.state, rig.state["values"]
            before = (state.get("training") or {}).get("playing_epoch")
    except RigError as error:
        return f"does not take epoch {offered.epoch}: {error}"
    except Exception as error:  # a rig that is odd is no reason to stop learning
        return f"does not take epoch {offered.epoch} ({type(error).__name__}: {error})."
    test, follows = state.get("test"), values.get("follow_training")
    if test is not None and test["result"] is None:
        return "goes on with its model, as a blind test is under way."
    if follows == "off":
        return "follows no training."
    if (follows == "on" or before is not None) and not values.get("lock"):
        return f"plays epoch {offered.epoch}."
    return f"asks whether to play epoch {offered.epoch}."
