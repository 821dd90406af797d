"""What goes to a worker of a cluster and comes back from it: files as bytes, and requests of plain data.

What comes back is checked before anything of it is written: names, sizes, hashes, and that it is of this training.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..capture.result.sidecar import Capture
from ..errors import TrainingError
from ..files.atomic_write import reason, write_bytes
from ..trainer.capture_file import FILE_NAME
from .judge import BEST
from .process import LOG
from .record import FILE, Plan, Record
from .run import BEFORE, LAST, Training

Files = dict[str, bytes]  # by name
EPOCH = re.compile(r"epoch_\d{4,9}\.(nam|json)")  # what was learnt ahead of the judging
MOST_BYTES = {LAST: 2_000_000_000}  # a2's checkpoint has some megabytes
MOST_OTHER_BYTES = 200_000_000
START = "start.ckpt"  # name of the checkpoint of `--start-from` on the worker


@dataclass(frozen=True, slots=True)
class Request:
    """One training for a worker. `threads`: None for half of the worker's cores; `python`: a path on the worker."""

    name: str
    plan: dict[str, Any]
    capture: Files
    learnt_before: Files
    start: bytes | None
    threads: int | None
    python: str | None

    @classmethod
    def of(cls, training: Training, threads: int | None, python: str | None) -> Request:
        """With what was learnt so far. Raises TrainingError."""
        capture, start = training.capture, training.plan.start_from
        try:
            pair = _read(capture.folder, (FILE_NAME, *capture.content["files"]))
            before = _read(training.folder, (FILE,)) | kept(training.folder, (LAST, BEFORE, BEST))
            before |= ahead(training.folder)
            checkpoint = None if start is None else Path(start).read_bytes()
        except OSError as error:
            raise TrainingError(f"{error.filename}: cannot be read ({error.strerror}).") from error
        return cls(capture.name, asdict(training.plan), pair, before, checkpoint, threads, python)

    def unpacked(self, into: Path, threads: int) -> Training:
        """The same training in another folder, which is empty; `threads` where the request says none."""
        folder = into / self.name
        plan = Plan(**{**self.plan, "threads": self.threads or threads})
        for name, content in self.capture.items():
            write_bytes(folder / name, content)
        for name, content in self.learnt_before.items():
            write_bytes(folder / "train" / plan.architecture / name, content)
        # What the checks refused was accepted where the request was made, or there would be none.
        training = Training(Capture.load(folder), plan, accept=True)
        if self.start is not None:
            write_bytes(into / START, self.start)
            training.start_file = str((into / START).absolute())
        return training


class Unsound(TrainingError):
    """What a worker sent is not what it should have sent."""


def learnt(folder: Path, *names: str) -> Files:
    """The newest checkpoint of a training's folder, those of `names` that are there, and what waits to be judged."""
    # The checkpoint first: what it has learnt is judged by then, or among what waits, so that nothing is passed over.
    # While the trainer renames its checkpoints the newest is the one before.
    files = kept(folder, (LAST, BEFORE, *names))
    before = files.pop(BEFORE, None)
    if LAST not in files and before is not None:
        files[LAST] = before
    return files | ahead(folder)


def ahead(folder: Path) -> Files:
    """The models of epochs that are not judged yet, and what the trainer said of them."""
    return kept(folder, tuple(sorted(path.name for path in folder.glob("epoch_*") if EPOCH.fullmatch(path.name))))


def hashes(files: Files) -> dict[str, str]:
    """SHA-256 by name."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def checked(message: dict[str, Any], record: Record) -> Files:
    """The files of a message, all of them whole and of the training of `record`. Raises Unsound, which says why not."""
    files, stated = message.get("files", {}), message.get("sha256", {})
    if not isinstance(files, dict) or not isinstance(stated, dict):
        raise Unsound("there are no files where files should be")
    for name, content in files.items():
        if name not in (LAST, BEST, LOG, FILE) and not (isinstance(name, str) and EPOCH.fullmatch(name)):
            raise Unsound(f"{str(name)[:80]!r} is no file of a training")
        if not isinstance(content, bytes) or len(content) > MOST_BYTES.get(name, MOST_OTHER_BYTES):
            raise Unsound(f"{name} is too large")
        if stated.get(name) != hashlib.sha256(content).hexdigest():
            raise Unsound(f"{name} is not whole")
        if name.endswith((".nam", ".json")):
            _refuse_other_than_an_object(name, content)
    if FILE in files:
        _refuse_other_record(files[FILE], record)
    return files


def _refuse_other_than_an_object(name: str, content: bytes) -> None:
    try:
        known = isinstance(json.loads(content.decode()), dict)
    except (ValueError, RecursionError):
        known = False
    # A model that the trainer wrote and that is none is a matter of the judging; the best one was judged.
    if not known and not (EPOCH.fullmatch(name) and name.endswith(".nam")):
        raise Unsound(f"{name} is damaged")


def _refuse_other_record(content: bytes, record: Record) -> None:
    try:
        sent = Record.read(content, Path(FILE))
    except TrainingError as error:
        raise Unsound(f"{FILE} is damaged") from error
    if not isinstance(sent.plan.threads, int) or sent.state not in ("running", "stopped", "done", "failed"):
        raise Unsound(f"{FILE} is damaged")
    for each in sent.epochs:
        figures = (each.epoch, each.step, each.seconds, each.esr, each.trainer_esr, each.loss)
        if not all(isinstance(x, int | float) or (x is None and at > 2) for at, x in enumerate(figures)):
            raise Unsound(f"{FILE} is damaged")
    plan = replace(sent.plan, threads=record.plan.threads)  # each worker has cores of its own
    if (sent.capture, sent.pair, plan) != (record.capture, record.pair, record.plan):
        raise Unsound(f"{FILE} is of another training")


def store(files: Files, folder: Path) -> None:
    """Write what a worker learnt as a training that is done here would: whole, the record last. TrainingError."""
    try:
        left = sorted(name for name in files if EPOCH.fullmatch(name))  # .json first: who finds the model knows all
        for name in (*left, LAST, BEST, LOG, FILE):
            if name not in files:
                continue
            if name == LAST and (folder / LAST).exists():
                before = (folder / LAST).read_bytes()
                if before == files[LAST]:
                    continue
                write_bytes(folder / BEFORE, before)
            write_bytes(folder / name, files[name])
        for name in ahead(folder).keys() - files.keys():  # judged by now
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise TrainingError(
            f"{folder}: what a worker learnt cannot be written{reason(folder / LAST, error)}."
        ) from error


def kept(folder: Path, names: tuple[str, ...]) -> Files:
    """Those that are there."""
    found: Files = {}
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            found[name] = (folder / name).read_bytes()
    return found


def _read(folder: Path, names: tuple[str, ...]) -> Files:
    return {name: (folder / name).read_bytes() for name in names}
