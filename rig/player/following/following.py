"""Offers of a training, one after the other: looked up, read in a thread of its own, then played, told or ignored.

`follow` says what happens to what has been read: `on`, it plays; `ask`, it is told, and `take` plays it; from then on
the better epochs of the same name follow by themselves, as long as it is what plays.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, Protocol, TypeVar

from ...errors import RigError, TrainingError
from ...library.trained_offers import Offered, find, path_of
from ...nam import Model
from ..background import BackgroundJobs
from ..events import Event, Tell

FOLLOW = ("ask", "off", "on")


class Read(Protocol):
    """What was offered, read, with all that it takes to play it."""

    @property
    def offered(self) -> Offered:
        """The offer."""
        ...


R = TypeVar("R", bound=Read)


class Replaced(TrainingError):
    """A newer epoch took the file's place before it was read; its own offer is on the way."""


class Following(ABC, Generic[R]):
    """What is offered to whoever plays. `offered`: the last of it; None: nothing.

    Each kind says what `playing` is, has what was offered prepared (`_load`), and plays it (`_play`).
    """

    PLAYS = "A better model in training plays at once."

    def __init__(self, tell: Tell) -> None:
        self.tell, self.follow = tell, FOLLOW[0]
        self.offered: Offered | None = None
        self._ready: R | None = None
        self._played: Offered | None = None  # the last that was handed over
        self._wanted = ""  # the name of what shall play as soon as it is read
        self._by_hand = False  # somebody asked for it
        self._jobs: BackgroundJobs[R] = BackgroundJobs(newest_only=True)

    # ------------------------------------------------------------ of each kind
    @property
    @abstractmethod
    def playing(self) -> Offered | None:
        """What plays, if it was offered."""

    @abstractmethod
    def _load(self, offered: Offered) -> None:
        """Have it read and prepared, as a job of `_jobs`."""

    @abstractmethod
    def _play(self, ready: R) -> None:
        """Fade to it. Raises RigError; then nothing has changed."""

    @property
    @abstractmethod
    def _must_wait(self) -> bool:
        """Whether what plays must not give way by itself now."""

    @property
    @abstractmethod
    def _held_by(self) -> str:
        """Why nothing may be told, taken or played now, as a sentence; empty: nothing is in the way.

        What is offered meanwhile is read, and waits; the newest of it comes when nothing is in the way any more.
        """

    # ------------------------------------------------------------ how it stands
    @property
    def waiting(self) -> bool:
        """Whether something is being read; what is held back is not waited for."""
        return self._jobs.waiting and not self._held_by

    @property
    def text(self) -> str:
        """In a word or two, for a line; empty where nothing was offered."""
        playing, ready = self.playing, self._ready
        if playing is not None:
            return f"EPOCH {playing.epoch} ESR {playing.esr:.2g}"
        return "" if ready is None else f"EPOCH {ready.offered.epoch} READY"

    @property
    def state(self) -> dict[str, Any] | None:
        """See docs/developer/protocol.md."""
        offered, playing = self.offered, self.playing
        if offered is None:
            return None
        return {
            "name": offered.name,
            "epoch": offered.epoch,
            "esr": offered.esr,
            "playing_epoch": playing.epoch if playing is not None and playing.name == offered.name else None,
            "seconds": list(offered.seconds),
            "esrs": list(offered.esrs),
            "repeatability_esr": offered.repeatability_esr,
        }

    # ------------------------------------------------------------ what is asked
    def offer(self, text: str) -> None:
        """Look for "NAME SHA256" in the training folder, and have it read. Raises TrainingError for what is none."""
        found = find(text)
        if self.follow == "off":
            return
        before, self.offered = self.offered, found
        if not self._is_known(before, found):
            self._load(found)

    def _is_known(self, before: Offered | None, found: Offered) -> bool:
        """Whether the same was offered before, and is read: a training that goes on says it again, which is no news."""
        if before is None or before.same != found.same:
            return False
        return self._jobs.waiting or (self._ready is not None and self._ready.offered.same == found.same)

    def take(self) -> None:
        """Play what was offered last, with one fade."""
        if self._held_by:
            raise RigError(self._held_by)
        if self._jobs.waiting and self.offered is not None:
            self._wanted, self._by_hand = self.offered.name, True
            self.tell(Event("state", f"{self.offered.text}, plays as soon as it is read."))
        elif self._ready is None:
            raise RigError("No model in training has been offered; `rig train` offers each better one.")
        elif self.playing == self._ready.offered:
            raise RigError(f"{self._ready.offered.text}, plays already.")
        else:
            self._wanted, self._by_hand = self._ready.offered.name, True
            try:
                self._play(self._ready)
            except RigError:
                self._wanted, self._by_hand = "", False
                raise

    def choose(self, follow: str) -> None:
        """What happens to an offer from now on."""
        self.follow = follow
        said = {
            "off": "Models in training are ignored; what plays goes on.",
            "ask": "A better model in training is told, and {take_trained} plays it.",
            "on": self.PLAYS,
        }
        self.tell(Event("state", said[follow]))
        may_play = not self._must_wait and not self._held_by
        if follow == "on" and may_play and self._ready is not None and self.playing != self._ready.offered:
            self._play(self._ready)

    # ------------------------------------------------------------ reading and playing
    def arrive(self, timeout_s: float) -> None:
        """Play, or tell of, what has been read; what is wrong with it is told, and what plays goes on."""
        if self._held_by:
            return
        try:
            ready = self._jobs.answer(timeout_s)
            if ready is None or self.follow == "off":
                return
            self._ready = ready
            if self._plays_by_itself(ready.offered):
                self._play(ready)
            else:
                self.tell(Event("state", f"{ready.offered.text}, is ready: {{take_trained}} plays it."))
        except Replaced:  # of a trainer that is faster than we read: only the newest is played
            return
        except RigError as error:
            self._wanted, self._by_hand = "", False
            self.tell(Event("error", str(error)))

    def _plays_by_itself(self, offered: Offered) -> bool:
        if self._wanted == offered.name:
            return True
        playing = self.playing
        follows = self.follow == "on" or (playing is not None and playing.name == offered.name)
        return follows and not self._must_wait


def read_offered(offered: Offered, size: float) -> Model:
    """The model of an offer. Raises ModelError for what is none, Replaced where it was replaced meanwhile."""
    path = path_of(offered)
    model = Model.load(path, size)
    if model.content_hash != offered.sha256:
        raise Replaced(f"{path.name} was replaced while it was read; the next better epoch follows.")
    return model
