"""What a worker of a Dask cluster does: one training, in a temporary folder, told through a queue of the scheduler."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from ..errors import RigError, TrainingError
from .environment import Trainer, find_trainer
from .judge import BEST
from .process import LOG
from .record import FILE, Epoch, Record
from .run import Training
from .sent import Request, hashes, learnt

MOST_WAITING = 64  # messages in the queue: who asked may be away for a while, and memory is finite
PATIENCE_S = 5.0  # before it is looked whether anybody still wants the training


class Unwanted(Exception):
    """Whoever asked for the training has gone, or has cancelled it."""


def train(request: Request, queue_name: str, mark: tuple[int, int]) -> None:
    """Train as `request` says. Each message begins with `mark`; the last one is "unfit", "failed" or "ended"."""
    line = _Line(queue_name, mark)
    try:
        try:
            trainer = find_trainer(None if request.python is None else Path(request.python))
        except TrainingError as error:
            line.say("unfit", text=str(error))
            return
        with tempfile.TemporaryDirectory(prefix="rig-train-", dir=line.scratch) as into:
            _trained(request, trainer, Path(into), line)
    except Unwanted:
        pass
    finally:
        line.close()


def _trained(request: Request, trainer: Trainer, into: Path, line: _Line) -> None:
    training: Training | None = None
    error = ""
    try:
        training = request.unpacked(into, max(1, (os.cpu_count() or 1) // 2))
        training.run([str(trainer.python), "-I"], _Teller(training, line), must_stop=line.is_unwanted)
    except RigError as raised:
        error = str(raised)
    files = {} if training is None else learnt(training.folder, BEST, LOG, FILE)
    line.say("failed" if error else "ended", text=error, files=files)


class _Teller:
    """The `Listener` of the training, which hands on all it hears, and after each epoch what was learnt."""

    def __init__(self, training: Training, line: _Line) -> None:
        self._folder, self._line = training.folder, line

    def began(self, record: Record, resumed_step: int) -> None:
        self._line.say("began", step=resumed_step, files=learnt(self._folder, FILE))

    def step(self, step: int, seconds: float) -> None:
        self._line.say("step", step=step, seconds=seconds)

    def epoch(self, record: Record, epoch: Epoch, is_best: bool) -> None:
        files = learnt(self._folder, FILE, *([BEST] if is_best else []))
        self._line.say("epoch", epoch=epoch.epoch, is_best=is_best, files=files)

    def note(self, text: str) -> None:
        self._line.say("note", text=text)


class _Line:
    """The way to who asked for the training."""

    def __init__(self, queue_name: str, mark: tuple[int, int]) -> None:
        from distributed import Queue, get_client, get_worker

        self._worker: Any = get_worker()
        self._key = self._worker.get_current_task()
        self._mark = list(mark)
        self._queue: Any = Queue(queue_name, client=get_client(), maxsize=MOST_WAITING)
        # The worker that comes after one that was killed clears its folder up.
        self.scratch = self._worker.local_directory

    def say(self, what: str, **more: Any) -> None:
        """One message; raises Unwanted when nobody will hear it."""
        if "files" in more:
            more["sha256"] = hashes(more["files"])
        while True:
            if self.is_unwanted():
                raise Unwanted
            try:
                self._queue.put({"mark": self._mark, "what": what, **more}, timeout=PATIENCE_S)
                return
            except TimeoutError:  # nobody reads just now
                continue
            except Exception as error:  # the queue went with who asked, or the scheduler did
                if self.is_unwanted() or isinstance(error, KeyError | OSError):
                    raise Unwanted from error
                raise

    def is_unwanted(self) -> bool:
        """Whether Dask has taken the task back: it was cancelled, or who asked, or the scheduler, is gone."""
        task = self._worker.state.tasks.get(self._key)
        return task is None or task.state != "executing" or self._worker.status.name not in ("running", "paused")

    def close(self) -> None:
        """Leave the queue."""
        self._queue.close()
