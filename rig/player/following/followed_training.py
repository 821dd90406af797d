"""A model that somebody trains, taken over by a player: each better epoch is offered, read, and faded to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...library.trained_offers import Offered, is_offered
from ...nam import Model, Pair
from ..carried import Carried, Snapshot
from ..events import Event
from ..live_rig import LiveRig
from ..models import Models
from ..prepared_model import PreparedModel
from ..row.second_model import SecondModel
from .following import Following, read_offered


@dataclass(frozen=True, slots=True)
class Ready:
    """What was offered, read. `prepared`: to play as things stood then, `how`; None: it has to be prepared again."""

    offered: Offered
    model: Model
    how: tuple[Any, ...]
    prepared: PreparedModel | None


class FollowedTraining(Following[Ready], Carried):
    """What is offered to a rig; it plays where the model of the list plays, in a row too."""

    CARRIED = ("follow", "offered", "_played", "_wanted", "_by_hand")
    REMADE = ("rig", "models", "second", "tell", "_jobs", "_ready")

    def __init__(self, rig: LiveRig, models: Models, second: SecondModel) -> None:
        super().__init__(rig.tell)
        self.rig, self.models, self.second = rig, models, second

    @property
    def playing(self) -> Offered | None:
        """What plays, if it was offered."""
        model, played = self.rig.sound.model, self._played
        if model is None or played is None:
            return None
        first = model.first if isinstance(model, Pair) else model
        return played if is_offered(first.path) and first.content_hash == played.sha256 else None

    @property
    def _must_wait(self) -> bool:
        """Another model that was asked for is on its way; only `on` goes before it."""
        return self.follow != "on" and self.models.preloader.waiting

    @property
    def _held_by(self) -> str:
        """Cabinets that are told apart blind are heard behind one model."""
        if not self.rig.cabinets.browsing.blind:
            return ""
        return "Cabinets are heard blind, behind the model that plays; {blind} takes the blindfold off."

    # ------------------------------------------------------------ reading and playing
    def _how(self) -> tuple[Any, ...]:
        """All that a prepared model depends on."""
        return self.rig.engine.sample_rate, self.rig.sound.quality, self.second.kept

    def _load(self, offered: Offered) -> None:
        size = self.models.size
        self._prepare(offered, lambda: read_offered(offered, size))

    def _prepare(self, offered: Offered, read: Callable[[], Model]) -> None:
        how, in_row = self._how(), self.second.row_now()
        rate, quality = how[:2]

        def job() -> Ready:
            model = read()
            return Ready(offered, model, how, PreparedModel.of(model, rate, quality, in_row).measured())

        self._jobs.ask(job)

    def _play(self, ready: Ready) -> None:
        """Fade to it; prepared anew first, where a row, the quality or the rate has changed since it was."""
        if ready.prepared is None or ready.how != self._how():
            self._wanted = ready.offered.name
            self._prepare(ready.offered, lambda: ready.model)
            return
        before, asked = self.playing, self._by_hand
        self._wanted, self._by_hand = "", False
        follows = before is not None and before.name == ready.offered.name
        self.models.play_from_elsewhere(ready.prepared, ends_bypass=asked, describes=not follows)
        self._ready = replace(ready, prepared=None)  # a network plays in one lane only
        self._played = ready.offered
        self.tell(Event("state", f"{ready.offered.text}, plays."))

    # ------------------------------------------------------------ a restart at another rate
    def snapshot(self) -> Snapshot:
        """What was offered, read and asked for."""
        ready = None if self._ready is None else replace(self._ready, prepared=None)
        return super().snapshot() | {"ready": ready, "waiting": self._jobs.waiting}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on with it; what was being read is read again."""
        super().restore(state)
        self._ready = state["ready"]
        if state["waiting"] and self.offered is not None:
            self._load(self.offered)
