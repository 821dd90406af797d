"""One training from beginning to end: started or taken up, judged after each epoch, ended when it is good enough.

What is learnt lies in CAPTURE/train/ARCHITECTURE: training.json, last.ckpt, best.nam, trainer.log. The best model is
written as CAPTURE/NAME-ARCHITECTURE.nam, whole, when it ends.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ..capture.result.finish import Finished
from ..capture.result.sidecar import Capture
from ..errors import CaptureError, ModelError, TrainingError
from ..files.atomic_write import give_name, reason, write_bytes, write_text
from ..files.lock import locked
from ..trainer.capture_file import DRY, WET
from ..trainer.configurations import LAST_RATE, data_config, learning_config, model_config
from .judge import BEST, CANDIDATE, RENDERED, judged, keep, repeatability
from .process import Event, TrainerProcess, last_words
from .record import FILE, LOCK, Epoch, Plan, Record

LAST, BEFORE = "last.ckpt", "before.ckpt"
ALL_STEPS = "all its steps are done"
LOOK_EVERY_S = 0.5  # whether to stop
STALLED = 0.98  # times the best ESR of before: what is no better than that is no progress
STALLS_AFTER = 0.3  # of the whole training: so long without progress is a stall
NEVER_ENDS = 1_000_000  # epochs; the plan's own limits end it


class Listener(Protocol):
    """Who is told how it goes."""

    def began(self, record: Record, resumed_step: int) -> None:
        """The trainer learns, from step `resumed_step` on."""

    def step(self, step: int, seconds: float) -> None:
        """At most once a second."""

    def epoch(self, record: Record, epoch: Epoch, is_best: bool) -> None:
        """One more epoch is judged; where it is the best, its model lies in the training's folder as best.nam."""

    def note(self, text: str) -> None:
        """What is worth a sentence."""


class Training:
    """The training of one capture to one architecture; `run` may be called again after it was cut off."""

    def __init__(self, capture: Capture, plan: Plan, *, second_wet: Path | None = None, accept: bool = False) -> None:
        """`second_wet`: a second take, for the gear's repeatability. `accept`: also a take that failed its checks."""
        self.capture, self.plan = capture, plan
        self.folder = capture.folder / "train" / plan.architecture
        self.target = capture.folder / f"{capture.name}-{plan.architecture}.nam"
        self.start_file = plan.start_from  # where that checkpoint lies; elsewhere on a worker of a cluster
        self._second_wet = second_wet
        failed = tuple(check.name for check in capture.checks if check.verdict == "fail")
        if failed and not accept:
            raise TrainingError(
                f"{capture.name}: failed its checks ({', '.join(failed)}), so a model would learn the fault; take it "
                "again, or train on it all the same with --accept."
            )
        self._accepted = failed

    def run(
        self,
        command: Sequence[str],
        listener: Listener,
        *,
        restart: bool = False,
        must_stop: Callable[[], bool] = lambda: False,
    ) -> tuple[Record, Finished | None]:
        """Train, or go on; the record and the finished model (None: not an epoch was learnt).

        `command`: the interpreter of the trainer with its options. `restart`: forget what was learnt before.
        `must_stop` is asked twice a second. Raises TrainingError; what was learnt is kept whatever happens.
        """
        with self.alone():
            record = self.taken_up(restart)
            if record.state != "done":
                self._train(record, command, listener, must_stop)
            return record, self.finished(record)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else trains this capture meanwhile. TrainingError: another rig does, or the folder is read-only."""
        try:
            with locked(self.folder, 0, LOCK):
                yield
        except TimeoutError as error:
            raise TrainingError(
                f"{self.capture.name}: is being trained as {self.plan.architecture} already, by another rig; wait for "
                "it, or end it first."
            ) from error
        except OSError as error:
            raise TrainingError(f"{self.folder}: cannot be written{reason(self.folder, error)}.") from error

    def taken_up(self, restart: bool = False) -> Record:
        """The record of what was learnt before, or a new one, written down. TrainingError: it is of another take."""
        if restart:
            self._forget()
        before = Record.load(self.folder)
        files = self.capture.content["files"]
        pair = {name: str(files[name]) for name in (DRY, WET)}
        if before is None:
            self._forget()
            source = self.capture.content.get("baked")
            known = RENDERED
            if source is None or self._second_wet is not None:
                known = repeatability(self.capture.folder, self._second_wet)
            record = Record(self.capture.name, pair, self.plan, known.esr, known.basis, accepted=self._accepted)
            record.started = datetime.now(UTC).isoformat(timespec="seconds")
            record.source = source
        else:
            record = before
            if record.pair != pair:
                raise TrainingError(
                    f"{self.capture.name}: the take is not that which this training began with; --restart begins anew."
                )
            if (record.plan.seed, record.plan.start_from) != (self.plan.seed, self.plan.start_from):
                raise TrainingError(
                    f"{self.capture.name}: this training began with seed {record.plan.seed} and "
                    f"{record.plan.start_from or 'no checkpoint'}; go on with the same, or --restart."
                )
            goes_on = self.plan != record.plan and not _is_enough(replace(record, plan=self.plan))
            if record.state != "done" or goes_on:
                record.state = "running"
            record.plan = self.plan
            if self._second_wet is not None:
                known = repeatability(self.capture.folder, self._second_wet)
                record.repeatability_esr, record.repeatability_basis = known.esr, known.basis
        record.save(self.folder)
        return record

    def _forget(self) -> None:
        left = (each for ending in ("*.ckpt", "*.nam", "epoch_*.json") for each in self.folder.glob(ending))
        for path in (*left, self.folder / FILE):
            path.unlink(missing_ok=True)

    def _train(self, record: Record, command: Sequence[str], listener: Listener, must_stop: Callable[[], bool]) -> None:
        while True:
            self.judge_left(record, listener)  # of a rig that was killed before it had judged them
            if record.epochs and record.epochs[-1].step >= self.plan.steps:  # it was killed behind the last
                record.state, record.reason = "done", ALL_STEPS
                record.save(self.folder)
                return
            self._write_job()
            with TrainerProcess(command, self.folder) as child:
                try:
                    end = self._followed(record, child, listener, must_stop)
                except KeyboardInterrupt:  # what was learnt up to the last epoch stays
                    record.state, record.reason, end = "stopped", "stopped by hand", "stopped"
                status = child.end() if end is not None else child.status()
            self.judge_left(record, listener)  # the trainer runs ahead of what is judged
            if end == "checkpoint":  # it was whole when it was written; disks fail
                listener.note("The last checkpoint cannot be read; it goes on from the one before.")
                (self.folder / LAST).unlink()
                with contextlib.suppress(FileNotFoundError):
                    give_name(self.folder / BEFORE, self.folder / LAST, True)
                continue
            break
        if end is None:
            record.state = "failed"
            record.reason = _death(status, last_words(self.folder))
        record.save(self.folder)
        if record.state == "failed" and record.best is None:
            raise TrainingError(f"{self.capture.name}: the training ended, {record.reason}.")

    def _write_job(self) -> None:
        plan = self.plan
        learning = learning_config(plan.architecture)
        learning["trainer"]["max_epochs"] = NEVER_ENDS
        folder = self.capture.folder.absolute()
        job = {
            "data": data_config(plan.architecture, str(folder / DRY), str(folder / WET)),
            "model": model_config(plan.architecture),
            "learning": learning,
            "seed": plan.seed,
            "steps": plan.steps,
            "minutes": plan.minutes,
            "last_rate": LAST_RATE,
            "threads": plan.threads,
            "start_from": self.start_file,
        }
        write_text(self.folder / "job.json", json.dumps(job, indent=1) + "\n")

    def _followed(
        self, record: Record, child: TrainerProcess, listener: Listener, must_stop: Callable[[], bool]
    ) -> str | None:
        """How it ended: "done", "stopped", "failed", "checkpoint"; None: the child died without a word."""
        for event in _events(child):
            if must_stop():
                record.state, record.reason = "stopped", "stopped by hand"
                return "stopped"
            if event is None:
                continue
            match event["event"]:
                case "started":
                    record.versions, record.device = event["versions"], event["device"]
                    record.parameters = event["parameters"]
                    record.save(self.folder)
                    listener.began(record, int(event["resumed"]))
                case "step":
                    listener.step(int(event["step"]), float(event["seconds"]))
                case "epoch":
                    self._judge(record, event, listener)
                    why = _enough(record)
                    if why:
                        record.state, record.reason = "done", why
                        return "done"
                case "done":
                    record.state = "done"
                    record.reason = ALL_STEPS if event["why"] == "steps" else "its time is over"
                    return "done"
                case "failed" if event["why"] == "checkpoint":
                    return "checkpoint"
                case "failed":
                    record.state, record.reason = "failed", _failure(event, record)
                    return "failed"
        return None

    def judge_left(self, record: Record, listener: Listener) -> None:
        """Judge what was learnt ahead of the judging, and lies in the folder."""
        for learnt in sorted(self.folder.glob("epoch_*.nam")):
            try:
                said = json.loads(learnt.with_suffix(".json").read_text(encoding="utf-8"))
            except (OSError, ValueError):
                learnt.unlink()
                continue
            self._judge(record, said, listener)

    def _judge(self, record: Record, event: Event, listener: Listener) -> None:
        learnt = self.folder / Path(event["file"]).name
        if not learnt.exists():  # it was found, and judged, before it was told
            return
        esr: float | None = None
        try:
            esr = judged(self.capture.folder, learnt, self.folder).esr
        except (ModelError, CaptureError) as error:
            listener.note(f"Epoch {event['epoch']} cannot be judged: {error}")
        trainer_esr = None if self.plan.architecture == "a2" else event["esr"]  # a2: the sum over both sizes
        epoch = Epoch(int(event["epoch"]), int(event["step"]), float(event["seconds"]), esr, trainer_esr, event["loss"])
        is_best = record.add(epoch)
        if is_best:
            keep(self.folder)
        record.save(self.folder)
        learnt.unlink(missing_ok=True)
        learnt.with_suffix(".json").unlink(missing_ok=True)
        listener.epoch(record, epoch, is_best)

    def finished(self, record: Record) -> Finished | None:
        """The best epoch's model, written under its own name beside the capture; None: not an epoch was learnt."""
        if record.best is None:
            return None
        finished = judged(self.capture.folder, self.folder / BEST, self.folder)
        content = (self.folder / CANDIDATE).read_bytes()
        (self.folder / CANDIDATE).unlink()
        write_bytes(self.target, content)
        record.model = self.target.name
        record.save(self.folder)
        return replace(finished, path=self.target)


def _events(child: TrainerProcess) -> Iterator[Event | None]:
    """Its events, and None where none came for a moment, until it has ended."""
    while True:
        try:
            yield child.next_event(LOOK_EVERY_S)
        except EOFError:
            return


def _is_enough(record: Record) -> bool:
    done = record.epochs[-1] if record.epochs else None
    if done is None:
        return False
    over = record.plan.minutes is not None and done.seconds >= 60 * record.plan.minutes
    return bool(_enough(record)) or over or done.step >= record.plan.steps


def _enough(record: Record) -> str:
    """Why the best so far is good enough, or nothing more can be hoped for; empty: it goes on."""
    plan, best = record.plan, record.best
    if best is None or best.esr is None:
        return ""
    if plan.until_esr is not None and best.esr <= plan.until_esr:
        return f"ESR {best.esr:.2g} is what was asked for"
    if record.repeatability_esr is not None and best.esr <= record.repeatability_esr:
        return f"ESR {best.esr:.2g} is as near as the gear comes to itself ({record.repeatability_esr:.2g})"
    now = record.epochs[-1]
    window = STALLS_AFTER * plan.steps
    before = [each.esr for each in record.epochs if each.esr is not None and each.step <= now.step - window]
    if before and best.esr > STALLED * min(before) and _progress(record) > 2 * STALLS_AFTER:
        return f"ESR {best.esr:.2g} got no better for {window:.0f} steps"
    return ""


def _progress(record: Record) -> float:
    now, plan = record.epochs[-1], record.plan
    by_time = now.seconds / (60 * plan.minutes) if plan.minutes else 0.0
    return max(now.step / plan.steps, by_time)


def _failure(event: Event, record: Record) -> str:
    kept = "nothing was learnt yet" if record.best is None else f"epoch {record.best_epoch} is kept"
    match event["why"]:
        case "nan":
            return f"the loss became no number, {kept}; another --seed with --restart goes another way"
        case "memory":
            return f"the memory did not suffice, {kept}; train a smaller architecture, or close other programs"
        case "disk":
            return f"the disk is full, {kept}; make room and start it again, it goes on"
        case _:
            return f"the trainer said: {event['text']}"


def _death(status: int, said: str) -> str:
    if status in (-9, 137):
        return "it was killed, by the system for want of memory or by hand; start it again and it goes on"
    if status < 0:
        return f"it was ended by signal {-status}; start it again and it goes on"
    return f"the trainer ended by itself ({said or 'without a word'})"


def seconds_left(plan: Plan, step: int, seconds: float, resumed_step: int, resumed_s: float) -> float:
    """How long it will take at most; infinite while that cannot be told."""
    done = step - resumed_step
    by_steps = math.inf if done <= 0 else (seconds - resumed_s) / done * (plan.steps - step)
    by_time = math.inf if plan.minutes is None else 60 * plan.minutes - seconds
    return max(0.0, min(by_steps, by_time))
