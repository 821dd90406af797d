"""What is known of a training, `training.json`: what was asked for, the curve, the best epoch, and why it ended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..errors import TrainingError
from ..files.atomic_write import reason, write_text
from ..trainer.configurations import RECIPES

SCHEMA = 1
FILE = "training.json"
LOCK = ".training.lock"  # in the same folder, held by whoever trains there
State = Literal["running", "stopped", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train, and how long at most. `start_from`: a checkpoint of a related model."""

    architecture: str
    steps: int
    minutes: float | None = None
    until_esr: float | None = None
    seed: int = 1
    threads: int = 1
    start_from: str | None = None

    @classmethod
    def of(cls, architecture: str, **limits: Any) -> Plan:
        """With the usual number of steps, where `limits` says no other."""
        if architecture not in RECIPES:
            raise TrainingError(f"{architecture}: no architecture that can be trained; there are {', '.join(RECIPES)}.")
        given = {key: value for key, value in limits.items() if value is not None}
        return cls(architecture, **{"steps": RECIPES[architecture].steps, **given})


@dataclass(frozen=True, slots=True)
class Epoch:
    """One moment of the curve. `esr`: rig's own, of the 9 s that were held out; None: it could not be judged."""

    epoch: int
    step: int
    seconds: float
    esr: float | None
    trainer_esr: float | None
    loss: float | None


@dataclass(slots=True)
class Record:
    """A training as a whole; `save` writes it in one step."""

    capture: str
    pair: dict[str, str]  # SHA-256 of dry.wav and wet.wav
    plan: Plan
    repeatability_esr: float | None = None
    repeatability_basis: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    device: str = ""
    parameters: int | None = None
    started: str = ""
    seconds: float = 0.0
    state: State = "running"
    reason: str = ""
    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int | None = None
    model: str | None = None  # name of the finished file
    accepted: tuple[str, ...] = ()  # what the checks of the take refused, and was trained on all the same
    source: dict[str, Any] | None = None  # of a bake: what was baked

    @property
    def best(self) -> Epoch | None:
        """The epoch whose model is the model."""
        return next((each for each in reversed(self.epochs) if each.epoch == self.best_epoch), None)

    def add(self, epoch: Epoch) -> bool:
        """Whether it is better than all before.

        What a run that was cut off had said of it and of later ones is replaced, but for the best: its model is there.
        """
        best = self.best
        is_better = epoch.esr is not None and (best is None or best.esr is None or epoch.esr < best.esr)
        self.seconds = epoch.seconds
        if is_better:
            self.best_epoch, best = epoch.epoch, None
        kept = [each for each in self.epochs if each.epoch < epoch.epoch or each is best]
        if best is None or best.epoch != epoch.epoch:
            kept.append(epoch)
        self.epochs = sorted(kept, key=lambda each: each.epoch)
        return is_better

    def save(self, folder: Path) -> None:
        """Write `training.json` in a folder. Raises TrainingError."""
        path = folder / FILE
        data = {"schema": SCHEMA, **asdict(self)}
        try:
            write_text(path, json.dumps(data, indent=1, allow_nan=False) + "\n")
        except OSError as error:
            raise TrainingError(f"{path.name}: cannot be written{reason(path, error)}.") from error

    @classmethod
    def load(cls, folder: Path) -> Record | None:
        """The record in a folder; None: there is none. Raises TrainingError for one that is damaged."""
        path = folder / FILE
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _damaged(path) from error
        return cls.read(content, path)

    @classmethod
    def read(cls, content: bytes, path: Path) -> Record:
        """The record that the file at `path` holds. Raises TrainingError for one that is damaged."""
        try:
            data = json.loads(content.decode())
            if not isinstance(data, dict):
                raise _damaged(path)
        except ValueError as error:
            raise _damaged(path) from error
        try:
            if data.pop("schema") != SCHEMA:
                raise TrainingError(f"{path}: written by another version of rig; --restart begins anew.")
            plan, epochs = Plan(**data.pop("plan")), [Epoch(**each) for each in data.pop("epochs")]
            record = cls(plan=plan, epochs=epochs, **data)
            record.accepted = tuple(record.accepted)
        except (TypeError, KeyError, AttributeError) as error:
            raise _damaged(path) from error
        return record


def _damaged(path: Path) -> TrainingError:
    return TrainingError(f"{path}: damaged, it is no record of a training; --restart begins anew.")
