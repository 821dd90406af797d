"""What is played is written down while it is played, so that the next start can bring it back."""

from __future__ import annotations

import time
from collections.abc import Callable

from ...errors import RigError
from ...library.last_session import LastState
from ..background import BackgroundJobs
from ..carried import Carried
from ..events import Event, Tell

KEEP_EVERY_S = 2.0  # how often, if it has changed
PATIENCE_S = 3.0  # how long the end waits for that


class Keeper(Carried):
    """Keeps `now()`; None: there is nothing to keep. `keeps`: see `Presets`."""

    CARRIED = ("_kept", "_keeps")
    REMADE = ("tell", "_now", "_jobs", "_looked_at")

    def __init__(self, tell: Tell, now: Callable[[], LastState | None], keeps: bool | None) -> None:
        self.tell, self._now, self._keeps = tell, now, keeps
        self._kept: LastState | None = None
        self._jobs: BackgroundJobs[str] = BackgroundJobs(newest_only=False)
        self._looked_at = time.monotonic()

    def soon(self) -> None:
        """Another sound plays: it is kept at the next look."""
        self._looked_at = -KEEP_EVERY_S

    def poll(self) -> None:
        """Write down what has changed, now and then."""
        if time.monotonic() > self._looked_at + KEEP_EVERY_S:
            self._looked_at = time.monotonic()
            self._keep()
        self._hear_of_errors()

    def _keep(self) -> None:
        now = self._now() if self._keeps is not None else None
        if now is None or now == self._kept:
            return
        first, self._kept = self._kept is None, now
        if first and not self._keeps:
            return  # nothing has been changed yet

        def write() -> str:
            now.keep()
            return ""

        self._jobs.ask(write)

    def _hear_of_errors(self) -> None:
        try:
            while self._jobs.answer() is not None:
                pass
        except RigError as error:
            self._keeps = None  # once is enough
            self.tell(Event("error", str(error)))

    def close(self) -> None:
        """Write down what was played, whole."""
        self._keep()
        self._jobs.finish(PATIENCE_S)
        self._hear_of_errors()
