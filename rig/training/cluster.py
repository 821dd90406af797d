"""Trainings on a Dask cluster: each goes to a worker of its own, and what it learns comes back after each epoch.

Dask itself would give the task of a worker that died to another one as it was sent, from the beginning. So each task is
bound to its worker, and when that is gone, what came back of it until then is sent to the next.
"""

from __future__ import annotations

import contextlib
import pkgutil
import platform
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..capture.result.finish import Finished
from ..errors import ConfigError, RigError, TrainingError
from ..files.distribution import install_line
from .on_worker import MOST_WAITING, train
from .record import Record
from .run import Listener, Training
from .sent import Request, Unsound, checked, store

ANSWERS_S = 10.0  # a scheduler that is there answers sooner
LONELY_S = 3.0  # with nobody at work before it is said
LOOK_S = 0.25  # each look costs some milliseconds, for hours
PYTHON = platform.python_version()
DEATHS = 3  # of workers under one training without a new epoch: it is the training then, for want of memory say


@dataclass(frozen=True, slots=True)
class Ended:
    """How one training ended; `error` where it ended without a record that says so."""

    record: Record | None = None
    finished: Finished | None = None
    error: RigError | None = None

    @property
    def outcome(self) -> tuple[Record, Finished | None]:
        """Its record, and the model if an epoch was learnt. Raises `error`."""
        if self.error is not None or self.record is None:
            raise self.error or TrainingError("The training ended without a word.")
        return self.record, self.finished


def train_on_cluster(
    address: str,
    trainings: Sequence[tuple[Training, Listener]],
    tell: Callable[[str], None],
    over: Callable[[int, Ended], None] = lambda number, ended: None,
    *,
    threads: int | None = None,
    python: Path | None = None,
    restart: bool = False,
) -> list[Ended]:
    """Train all of them, one at a time on each worker; how each ended. Ctrl-C ends them all and keeps what came back.

    `over` hears the number of each in `trainings` as soon as it has ended. `threads`: of each training (None: half of
    its worker's cores); `python`: of the trainer, a path on the workers. Raises ConfigError: Dask is not installed, no
    scheduler answers at `address`, or it goes away.
    """
    try:
        from distributed import CancelledError, Client, Queue
    except ImportError as error:
        raise ConfigError(f"Training on a cluster needs Dask: {install_line('dask')}.") from error
    try:
        client = Client(address, timeout=f"{ANSWERS_S:g}s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigError(f"No Dask scheduler answers at {address}; start one, or train without it.") from error
    with client, contextlib.ExitStack() as locks:
        queue = Queue(f"rig-train-{uuid.uuid4().hex}", client=client, maxsize=MOST_WAITING)
        tasks = [_Task(number, *each) for number, each in enumerate(trainings)]
        try:
            for task in tasks:  # with Ctrl-C until then nothing has begun, and nothing is said of it
                task.take_up(locks, restart)
        except KeyboardInterrupt:
            queue.close()
            raise
        try:
            _Sharing(client, address, queue, tasks, tell, threads, None if python is None else str(python)).run(over)
        except KeyboardInterrupt:
            client.cancel([task.future for task in tasks if task.future is not None], force=True)
            for task in tasks:
                task.stop()
                task.report(over)
        except (CancelledError, OSError) as error:
            raise ConfigError(
                f"The Dask scheduler at {address} went away, what came back is kept; start it, and the same command "
                "goes on."
            ) from error
        finally:
            with contextlib.suppress(Exception):  # with the scheduler
                queue.close()
        return [task.ended or Ended() for task in tasks]


class _Task:
    """One training: where it is, and how it goes."""

    def __init__(self, number: int, training: Training, listener: Listener) -> None:
        self.number, self.training, self.listener = number, training, listener
        self.ended: Ended | None = None
        self.worker: str | None = None
        self.future: Any = None
        self.failed_on: set[str] = set()  # workers
        self.said = ""  # by the last of them
        self._attempt = self._deaths = 0
        self._is_reported = False

    @property
    def mark(self) -> tuple[int, int]:
        """Begins what the worker that trains it now says."""
        return self.number, self._attempt

    @property
    def is_waiting(self) -> bool:
        """For a worker."""
        return self.ended is None and self.worker is None

    def take_up(self, locks: contextlib.ExitStack, restart: bool) -> None:
        """Its record; ended at once where it cannot be trained, or is done."""
        try:
            locks.enter_context(self.training.alone())
            if self.training.taken_up(restart).state == "done":
                self.end()
        except RigError as error:
            self.ended = Ended(error=error)

    def give(self, client: Any, worker: str, queue_name: str, threads: int | None, python: str | None) -> None:
        """Send it to a worker."""
        try:
            request = Request.of(self.training, threads, python)
        except TrainingError as error:
            self.ended = Ended(error=error)
            return
        self._attempt += 1
        # Scattered, for the scheduler warns of tasks that carry megabytes.
        (sent,) = client.scatter([request], workers=[worker], hash=False)
        self.future = client.submit(train, sent, queue_name, self.mark, workers=[worker], pure=False)
        self.worker = worker

    def hear(self, message: dict[str, Any]) -> None:
        """What its worker says. Raises Unsound, with nothing written, for what it cannot have said."""
        try:
            if "files" in message:
                store(checked(message, self._record()), self.training.folder)
            self._hear(message)
        except (KeyError, TypeError, ValueError) as error:
            raise Unsound(f"{type(error).__name__} in what it said") from error

    def _hear(self, message: dict[str, Any]) -> None:
        match message["what"]:
            case "began":
                self.listener.began(self._record(), int(message["step"]))
            case "step":
                self.listener.step(int(message["step"]), float(message["seconds"]))
            case "note":
                self.listener.note(str(message["text"]))
            case "epoch":
                self._deaths = 0
                record = self._record()
                epoch = next((each for each in record.epochs if each.epoch == message["epoch"]), None)
                if epoch is None:
                    raise Unsound("it tells of an epoch that its record has not")
                self.listener.epoch(record, epoch, bool(message["is_best"]))
            case "failed":
                self.leave()
                self.ended = Ended(error=TrainingError(str(message["text"])))
            case "ended":
                self.leave()
                self.end()
            case what:
                raise Unsound(f"{str(what)[:80]!r} is nothing that a worker says")

    def died(self) -> str:
        """Its worker is gone: it waits for another; a sentence about that."""
        worker, name = self.worker, self.training.capture.name
        self.leave()
        self._deaths += 1
        if self._deaths >= DEATHS:
            sentence = f"{name}: {DEATHS} workers died of it without one more epoch; they may lack memory."
            self.ended = Ended(error=TrainingError(sentence))
            return sentence
        done = self._record().epochs
        since = f"after epoch {done[-1].epoch}" if done else "from the beginning"
        return f"{name}: its worker {worker} is gone; another goes on {since}."

    def leave(self) -> None:
        """No worker trains it any more."""
        if self.future is not None:
            self.future.cancel(force=True)
        self.worker = self.future = None

    def stop(self) -> None:
        """By hand: what came back is kept."""
        if self.ended is not None:
            return
        try:
            record = self._record()
            record.state, record.reason = "stopped", "stopped by hand"
            self.training.judge_left(record, self.listener)
            record.save(self.training.folder)
        except RigError as error:
            self.ended = Ended(error=error)
        else:
            self.end()

    def report(self, over: Callable[[int, Ended], None]) -> None:
        """Say once how it ended."""
        if self.ended is not None and not self._is_reported:
            self._is_reported = True
            over(self.number, self.ended)

    def end(self) -> None:
        """With the best model that came back."""
        record = self._record()
        try:
            self.ended = Ended(record, self.training.finished(record))
        except (RigError, OSError) as error:
            self.ended = Ended(error=error if isinstance(error, RigError) else TrainingError(str(error)))

    def _record(self) -> Record:
        record = Record.load(self.training.folder)
        if record is None:
            raise TrainingError(f"{self.training.folder}: its training.json was removed while it was trained.")
        return record


class _Sharing:
    """Gives tasks to workers until all have ended."""

    def __init__(
        self,
        client: Any,
        address: str,
        queue: Any,
        tasks: Sequence[_Task],
        tell: Callable[[str], None],
        threads: int | None,
        python: str | None,
    ) -> None:
        self._client, self._address, self._queue, self._tasks, self._tell = client, address, queue, tasks, tell
        self._threads, self._python = threads, python
        self._admitted: set[str] = set()  # workers of this version of rig
        self._unfit: dict[str, str] = {}  # why others are of no use
        self._busy_at, self._is_lonely, self._is_behind = time.monotonic(), False, False

    def run(self, over: Callable[[int, Ended], None]) -> None:
        """Until all have ended."""
        while True:
            for task in self._tasks:
                task.report(over)
            if all(task.ended is not None for task in self._tasks):
                return
            workers = list(self._client.nthreads())
            done = [task for task in self._at_work() if task.future.done()]
            self._hear()  # after it was looked what is over, so that nothing is missed that was said until then
            for task in self._at_work():
                if task.worker not in workers:
                    self._tell(task.died())
                elif task in done:
                    self._look_at(task)
            self._give(workers)
            self._look_for_workers(workers)
            time.sleep(LOOK_S)

    def _at_work(self) -> list[_Task]:
        return [task for task in self._tasks if task.ended is None and task.worker is not None]

    def _hear(self) -> None:
        for message in self._queue.get(batch=True):
            task = self._tasks[message["mark"][0]]
            if task.ended is not None or tuple(message["mark"]) != task.mark or task.worker is None:
                continue  # of a worker that was given up
            if message["what"] == "unfit":
                self._refuse(task.worker, f"The worker {task.worker} cannot train: {message['text']}")
                task.leave()
                continue
            try:
                task.hear(message)
            except Unsound as error:
                worker, name = task.worker, task.training.capture.name
                task.leave()
                self._refuse(worker, f"The worker {worker} sent no training of {name} ({error}); it is used no more.")
            except RigError as error:
                task.leave()
                task.ended = Ended(error=error)

    def _look_at(self, task: _Task) -> None:
        """Its future is done, and it has not said how it ended: what was raised there."""
        worker = task.worker or ""
        error = task.future.exception() if task.future.status == "error" else None
        if error is None or type(error).__name__ in ("KilledWorker", "FutureCancelledError"):
            self._tell(task.died())
            return
        task.leave()
        task.failed_on.add(worker)
        task.said = (
            f"The worker {worker} failed ({type(error).__name__}: {error}); it needs this version of rig, and what rig "
            "stands on."
        )
        self._tell(f"{task.training.capture.name}: {task.said}")

    def _give(self, workers: Sequence[str]) -> None:
        busy = {task.worker for task in self._at_work()}
        for worker in workers:
            if worker in busy or worker in self._unfit:
                continue
            waits = (task for task in self._tasks if task.is_waiting and worker not in task.failed_on)
            task = next(waits, None)
            if task is None or not self._is_fit(worker) or self._client.processing().get(worker):
                continue  # the last: it works for somebody else, and another may be idle
            try:
                task.give(self._client, worker, self._queue.name, self._threads, self._python)
            except (ValueError, KeyError, TimeoutError):  # it went away just now
                continue
            if task.worker is not None:
                self._tell(f"{task.training.capture.name}: goes to the worker {worker}")

    def _is_fit(self, worker: str) -> bool:
        """Whether it has this version of rig, asked in words of the standard library, which it has in any case."""
        if worker not in self._admitted:
            python = self._asked(worker, platform.python_version)
            said = self._asked(worker, pkgutil.resolve_name, "rig:__version__")
            if isinstance(python, str) and _minor(python) != _minor(PYTHON):
                self._refuse(
                    worker,
                    f"The worker {worker} runs Python {_minor(python)}, and this is Python {_minor(PYTHON)}; start it "
                    "with the same.",
                )
            elif said == __version__:
                self._admitted.add(worker)
            elif isinstance(said, ImportError):
                self._refuse(worker, f"The worker {worker} has no rig; install rig {__version__} there.")
            elif isinstance(said, str):
                self._refuse(
                    worker, f"The worker {worker} has rig {said}, and this is {__version__}; install it there."
                )
            # Anything else: it went away just now.
        return worker in self._admitted

    def _asked(self, worker: str, function: Callable[..., Any], *words: str) -> Any:
        """What a function gives there, or the error; None: the worker is gone."""
        return self._client.run(function, *words, workers=[worker], on_error="return").get(worker)

    def _refuse(self, worker: str, why: str) -> None:
        self._unfit[worker] = why
        self._tell(why)

    def _look_for_workers(self, workers: Sequence[str]) -> None:
        """Say when nobody is there and when somebody has come; end what no worker can do."""
        now = time.monotonic()
        if self._at_work():
            self._busy_at = now
            if self._is_lonely:
                self._is_lonely = False
                self._tell(f"A worker has come to the Dask scheduler at {self._address}; the training goes on.")
        elif now - self._busy_at > LONELY_S:
            if not workers and not self._is_lonely:
                self._is_lonely = True
                self._tell(
                    f"No worker is at the Dask scheduler at {self._address}; the training goes on when one comes."
                )
            idle = [each for each in workers if each in self._admitted and each not in self._unfit]
            if idle and not self._is_behind and any(task.is_waiting and not task.failed_on for task in self._tasks):
                self._is_behind = True
                self._tell("The workers work for somebody else; the training goes on when one is free.")
            for task in self._tasks if workers else ():
                reasons = [self._unfit.get(each) or (each in task.failed_on and task.said) for each in workers]
                if task.is_waiting and all(reasons):
                    task.ended = Ended(error=TrainingError(f"{task.training.capture.name}: {reasons[-1]}"))


def _minor(version: str) -> str:
    """Of a Python: what code compiled for one is good for.

    >>> _minor("3.11.2")
    '3.11'
    """
    return ".".join(version.split(".")[:2])
