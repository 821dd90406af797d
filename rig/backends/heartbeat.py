"""Whether a server still calls us. One that hangs says nothing: it has to be noticed, and perhaps asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal

from ..errors import BackendError
from .base import Backend, is_pluggable

HeartbeatState = Literal["beats", "stands still", "left out"]

STILL_S = 1.0  # without a cycle before anybody is worried
STILL_PERIODS = 8  # and at least so many periods
LEFT_OUT_S = 0.5  # how long the server may go on without us before it has thrown us out
AWAY_S = 1.0  # since the last look: we were stopped ourselves, and the server gets another chance


class Heartbeat:
    """The cycles of one backend; ask `look` some ten times a second."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._restart(time.monotonic())

    def _restart(self, now: float) -> None:
        self._cycles, self._beat_at = int(self._backend.host["cycles"]), now
        self._server_frames, self._moved_at = self._frames(), now
        self._alone_since: float | None = None
        self._looked_at = now

    def _frames(self) -> int:
        return self._backend.server_frames if is_pluggable(self._backend) else 0

    def look(self) -> HeartbeatState:
        """How it is now: "left out" means that the server works and does not call us."""
        now, backend = time.monotonic(), self._backend
        away, self._looked_at = now - self._looked_at > AWAY_S, now
        if away or int(backend.host["cycles"]) != self._cycles:
            self._restart(now)
        frames = self._frames()
        if frames != self._server_frames:
            self._server_frames, self._moved_at = frames, now
        if now - self._beat_at < max(STILL_S, STILL_PERIODS * backend.block_size / backend.sample_rate):
            return "beats"
        if now - self._moved_at > LEFT_OUT_S:  # a server that dies may move once more, without us
            self._alone_since = None
            return "stands still"
        if self._alone_since is None:
            self._alone_since = now
        return "left out" if now - self._alone_since > LEFT_OUT_S else "stands still"


class Question:
    """Something that a server is asked beside the control thread, as it may never answer."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self.answer: bool | None = None  # None: not yet, or never
        threading.Thread(target=self._wait, name="rig asks the server", daemon=True).start()

    def _wait(self) -> None:
        try:
            self.answer = self._ask()
        except BackendError:  # it hangs, or refuses: nothing is known
            return
