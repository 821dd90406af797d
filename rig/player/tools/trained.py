"""Models that come from a training while rig plays: taken at once, after a question, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...errors import RigError
from ...nam import Model
from ...trainer.offered import offered
from ..events import Event, Tell

FOLLOWS = ("ask", "on", "off")


class Trained:
    """What was offered last, and whether to follow. `play` plays a file; `playing` is what plays."""

    def __init__(self, play: Callable[[Path], None], playing: Callable[[], Model | None], tell: Tell) -> None:
        self._play, self._playing, self._tell = play, playing, tell
        self.follow = FOLLOWS[0]
        self.ready: Path | None = None  # offered, and not taken yet
        self._taken: Path | None = None  # the last one that was taken

    def offer(self, text: str) -> None:
        """A better model is there, as `NAME SHA256`. Raises TrainingError for what is none, RigError if it is off."""
        path = offered(text)
        if self.follow == "off":
            raise RigError("This rig follows no training; {follow_training} changes that.")
        self.ready, playing = path, self._playing()
        if self.follow == "on" or (self._taken is not None and playing is not None and playing.path == self._taken):
            self.take()
        else:
            self._tell(Event("model", f"{path.stem} is learnt; {{take_trained}} plays it, and what follows"))

    def take(self) -> None:
        """Play what was offered, and from then on what is better, as long as it is what plays."""
        if self.ready is None:
            raise RigError("No model that is being trained was offered; rig train does that.")
        self._taken, self.ready = self.ready, None
        self._play(self._taken)

    def set_follow(self, follow: str) -> None:
        """ask, on or off."""
        self.follow = follow
