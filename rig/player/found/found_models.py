"""A model that was found elsewhere comes to sound: read in a thread, faded to as any other, and taken back again.

What plays goes on until the file is ready, and where it cannot be used. What was asked for last counts: a key that is
pressed meanwhile goes before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ModelError, RigError
from ...nam import Model, Pair
from ..background import BackgroundJobs
from ..events import Event
from ..parts import Parts
from ..prepared_model import PreparedModel

MOST_BEFORE = 50  # that can be gone back to
MOST_PROBLEMS = 50  # that are remembered
MOST_LEFT = 3  # files that a disk does not give back, while others are read
NEAR_S = 0.05  # between a job's last word and its answer

Where = Callable[[], tuple[str, Sequence[Path]]]  # content hash, and the files that should hold it


@dataclass(frozen=True, slots=True)
class Before:
    """What played before."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A file that was read. `how`: all that the prepared instance depends on."""

    path: Path
    prepared: PreparedModel
    how: tuple[Any, ...]
    note: str | None = None


@dataclass(slots=True)
class Wish:
    """What was asked for last. `over`: what played then; `goes_back`: it is the one before."""

    sha256: str
    where: Where
    over: Path | None
    goes_back: bool = False


class FoundModels:
    """`parts()`: the player that plays now. `wake` is called, from any thread, when `poll` has something to do."""

    def __init__(self, parts: Callable[[], Parts], wake: Callable[[], None]) -> None:
        self._parts, self._wake = parts, wake
        self._jobs: BackgroundJobs[Ready] = BackgroundJobs(newest_only=True)
        self._left: list[BackgroundJobs[Ready]] = []
        self._wish: Wish | None = None
        self._before: list[Before] = []
        self._is_near = False
        self.problems: dict[str, str] = {}  # of contents, by hash

    @property
    def asked(self) -> str | None:
        """The content that is on its way, by hash."""
        return None if self._wish is None else self._wish.sha256

    @property
    def before(self) -> str | None:
        """The name of the file that `back` leads to."""
        return self._before[-1].path.name if self._before else None

    # ------------------------------------------------------------ what is asked
    def play(self, sha256: str, where: Where) -> None:
        """Play a content as soon as it is read. `where` is asked in another thread, and may take its time."""
        self._ask(Wish(sha256, where, self._playing_path()))

    def back(self) -> None:
        """Play what played before the last one that was found."""
        if not self._before:
            raise RigError("There is no model to go back to.")
        last = self._before[-1]
        self._ask(Wish(last.sha256, lambda: (last.sha256, (last.path,)), self._playing_path(), goes_back=True))

    def _ask(self, wish: Wish) -> None:
        self._parts().models.preloader.waiting = False  # what was asked for by a key gives way
        self._wish = wish
        self._left = [jobs for jobs in self._left if jobs.waiting]
        if self._jobs.waiting and len(self._left) < MOST_LEFT:
            self._left.append(self._jobs)
            self._jobs = BackgroundJobs(newest_only=True)
        self._read(wish)

    def _read(self, wish: Wish) -> None:
        parts, how = self._parts(), self._how()
        size, in_row = parts.models.size, parts.second.row_now()

        def job() -> Ready:
            try:
                return _read(*wish.where(), size, how, in_row)
            finally:
                self._is_near = True
                self._wake()

        self._jobs.ask(job)

    def _how(self) -> tuple[Any, ...]:
        parts = self._parts()
        return parts.rig.engine.sample_rate, parts.rig.sound.quality, parts.second.kept

    def _playing(self) -> Model | None:
        model = self._parts().rig.sound.model
        return model.first if isinstance(model, Pair) else model

    def _playing_path(self) -> Path | None:
        model = self._playing()
        return None if model is None else model.path

    # ------------------------------------------------------------ what arrives
    def poll(self) -> None:
        """Play what has been read; what is wrong with it is told, and what plays goes on."""
        wish, is_near, self._is_near = self._wish, self._is_near, False
        if wish is None:
            return
        tell = self._parts().rig.tell
        try:
            ready = self._jobs.answer(NEAR_S if is_near else 0.0)
            if ready is None:
                return
            if ready.how != self._how():  # another rate, quality or second model meanwhile
                self._read(wish)
                return
            self._wish = None
            if self._parts().models.preloader.waiting or self._playing_path() != wish.over:
                tell(Event("state", f"{ready.path.name} was not played: something else was chosen meanwhile."))
                return
            self._play(ready, wish)
        except RigError as error:
            self._wish = None
            self.problems[wish.sha256] = str(error)
            while len(self.problems) > MOST_PROBLEMS:
                del self.problems[next(iter(self.problems))]
            tell(Event("error", str(error)))

    def _play(self, ready: Ready, wish: Wish) -> None:
        parts, before = self._parts(), self._playing()
        models = parts.models
        places = {path.absolute(): at for at, path in enumerate(models.files)}
        position = models.preloader.position
        models.preloader.position = places.get(ready.path.absolute(), position)
        try:
            models.play_from_elsewhere(ready.prepared, ends_bypass=True, describes=True)
        except RigError:
            models.preloader.position = position
            raise
        self.problems.pop(wish.sha256, None)
        if wish.goes_back:
            self._before.pop()
        elif before is not None and before.path != ready.path:
            self._before = [*self._before, Before(before.path, before.content_hash)][-MOST_BEFORE:]
        if ready.note is not None:
            parts.rig.tell(Event("more", ready.note))


def _read(
    sha256: str, paths: Sequence[Path], size: float, how: tuple[Any, ...], in_row: Callable[[Model], Model]
) -> Ready:
    """The first of the files that holds the content, ready to play. Raises RigError with what is wrong with it."""
    rate, quality = how[:2]
    problem: RigError | None = None
    other: Ready | None = None
    for path in paths:
        if not path.exists():
            gone = f"{path.name} is no longer where it was found ({path.parent.name}); scan that folder again."
            problem = problem or ModelError(gone)
            continue
        try:
            model = Model.load(path, size)
            prepared = PreparedModel.of(model, rate, quality, in_row).measured()
        except RigError as error:
            problem = error
            continue
        if model.content_hash == sha256:
            return Ready(path, prepared, how)
        other = other or Ready(path, prepared, how, f"{path.name} has changed since it was scanned; it plays as it is.")
    if other is not None:
        return other
    raise problem if problem is not None else ModelError("Nobody knows where that model lies any more; scan again.")
