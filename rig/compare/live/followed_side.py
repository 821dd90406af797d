"""A model that somebody trains as side A: each better epoch is matched to side B before it takes over in one fade."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ...errors import CompareError
from ...library import entered_levels
from ...library.trained_offers import Offered, is_offered
from ...nam import Model
from ...player.events import Event, Tell
from ...player.following.following import Following, read_offered
from ...sound import Sound
from ..matching import Match


class Compared(Protocol):
    """The comparison whose side A gives way."""

    a: Sound
    b: Sound | None
    tell: Tell
    locked: bool
    toned: object  # another one as soon as the tone of side A is another one

    @property
    def in_test(self) -> bool:
        """Whether there is a blind test with trials to come."""
        ...

    @property
    def taken(self) -> object | None:
        """How gear was measured last; None: side B is none."""
        ...

    @property
    def cabinets_differ(self) -> bool:
        """Whether the sides are two cabinets behind one model."""
        ...

    def matched(self, a: Sound) -> Match:
        """How side B would lie to a sound; for any thread. Raises RigError."""
        ...

    def replace_a(self, a: Sound, match: Match, describes: bool) -> None:
        """Fade over. Raises RigError; then what plays goes on."""


@dataclass(frozen=True, slots=True)
class ReadySide:
    """What was offered, as side A, and how side B lies to it. `against`: what it was matched to."""

    offered: Offered
    a: Sound
    match: Match
    against: tuple[Any, ...]


class FollowedSide(Following[ReadySide]):
    """What is offered to a comparison. Gear is not measured again: its last answer is matched to each epoch."""

    PLAYS = "A better model in training becomes side A at once."

    def __init__(self, comparison: Compared) -> None:
        super().__init__(comparison.tell)
        self._comparison = comparison

    @property
    def playing(self) -> Offered | None:
        """What side A is, if it was offered."""
        model, played = self._comparison.a.model, self._played
        if model is None or played is None or not is_offered(model.path):
            return None
        return played if model.content_hash == played.sha256 else None

    @property
    def _must_wait(self) -> bool:
        """Levels that are locked stay until somebody unlocks them."""
        return self._comparison.locked

    @property
    def _held_by(self) -> str:
        """A blind test is one of two sounds, from its promise to its last answer."""
        if not self._comparison.in_test:
            return ""
        return "A blind test goes on with the model that it was begun with; what is offered waits until it is over."

    def offer(self, text: str) -> None:
        """As to a player. Raises CompareError where side A must stay what it is."""
        if self.follow != "off" and self._comparison.cabinets_differ:
            raise CompareError("Two cabinets are compared behind one model, and it stays what it is.")
        super().offer(text)

    # ------------------------------------------------------------ reading and playing
    def _against(self) -> tuple[Any, ...]:
        return self._comparison.taken, self._comparison.b, self._comparison.toned

    def _load(self, offered: Offered) -> None:
        model = self._comparison.a.model
        size = 1.0 if model is None else model.size
        self._prepare(offered, lambda: read_offered(offered, size))

    def _prepare(self, offered: Offered, read: Callable[[], Model]) -> None:
        comparison, against, before = self._comparison, self._against(), self._comparison.a

        def job() -> ReadySide:
            model = read()
            known_dbu = entered_levels.input_level(model.heard_hash)
            a = before.changed(model=model, model_input_dbu=known_dbu).with_loudness()
            return ReadySide(offered, a, comparison.matched(a), against)

        self._jobs.ask(job)

    def _play(self, ready: ReadySide) -> None:
        """Fade to it; matched anew first, where side B has been measured again since, or the tone turned."""
        if any(now is not then for now, then in zip(self._against(), ready.against, strict=True)):
            self._wanted, model = ready.offered.name, ready.a.model
            assert model is not None
            self._prepare(ready.offered, lambda: model)
            return
        before = self.playing
        self._wanted, self._by_hand = "", False
        follows = before is not None and before.name == ready.offered.name
        self._comparison.replace_a(ready.a, ready.match, describes=not follows)
        self._played = ready.offered
        self.tell(Event("side_a", f"{ready.offered.text}; B is matched by {ready.match.match_db:+z.2f} dB"))
