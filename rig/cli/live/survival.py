"""What a live session does when its server goes, hangs, comes back, or changes its period or rate under it.

Nothing here waits: `poll` looks at the server some ten times a second, so keys go on working meanwhile.

    the server ends or dies            closed, and opened again as soon as one is there; the engine stays as it is
    it comes back at another rate      everything is prepared again for that rate, and plays on
    it hangs                           told; it may go on by itself, or be killed and restarted
    it was restarted without a word    PipeWire's libjack says nothing: asked anew, and joined again
    it works, but does not call us     left and joined again, at growing intervals
    a port goes and comes back         connected again
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ...backends.base import is_pluggable
from ...backends.cables import Cables
from ...backends.heartbeat import Heartbeat, Question
from ...backends.lost import Lost
from ...errors import RigError

if TYPE_CHECKING:
    from ...backends.base import Backend

SETTLED_S = 0.2  # without another change before a new period is told
TRY_S = 0.1  # between two tries to find the server
REJOIN_S, LONGEST_REJOIN_S = 1.0, 30.0  # between two tries to be called again
ASK_S = 2.0  # after a server has stood still for so long it is asked whether it is there, where it may go silently
NAP_S = 2.0  # a sleep of this length is told


class Played(Protocol):
    """What survives: a session."""

    backend: Backend

    def reopen(self) -> Backend:
        """A new client; raises BackendError as long as there is no server."""

    def play_on(self) -> str:
        """Start the backend, with everything prepared for its rate; what has changed by that. Raises RigError."""

    def say_period(self) -> None:
        """Rate, period and latency."""


class Survival:
    """Keeps one session going."""

    def __init__(self, session: Played, say: Callable[[str], None], to_card: tuple[str, ...] = ()) -> None:
        self._session, self._say = session, say
        has_ports = is_pluggable(session.backend)
        self._cables = Cables(say, to_card) if has_ports else None
        self._what = _name_of(session.backend)
        self._heartbeat = Heartbeat(session.backend)
        self._lost_before = Lost()
        self._is_gone, self._is_still = False, False
        self._refused = ""  # why a server that is there cannot be played on, once
        self._next_try, self._rejoin_s, self._rejoined_at = 0.0, REJOIN_S, 0.0
        self._resizes, self._resized_at = int(session.backend.host["resizes"]), None  # type: int, float | None
        self._still_since = 0.0
        self._question: Question | None = None
        self._clock = Clock()

    @property
    def lost(self) -> Lost:
        """What all servers so far have lost."""
        return self._lost_before + Lost.of(self._session.backend.host)

    def is_plugged(self, own: str) -> bool:
        """Whether anything is connected to one of our ports."""
        return self._cables is not None and self._cables.is_plugged(own)

    def go_on_with(self, backend: Backend) -> None:
        """Another backend has been opened and started in place of the one that went."""
        self._lost_before = self.lost
        self._session.backend, self._heartbeat = backend, Heartbeat(backend)
        self._resizes, self._resized_at = int(backend.host["resizes"]), None

    @property
    def can_ask(self) -> bool:
        """Whether the server would answer."""
        return not (self._is_gone or self._is_still or self._session.backend.gone)

    @property
    def state(self) -> str:
        """For the live line; empty while all is well."""
        return "NO SERVER" if self._is_gone else "SERVER STANDS STILL" if self._is_still else ""

    def poll(self) -> None:
        """Look, and do what is to be done."""
        slept_s = self._clock.slept_s()
        if slept_s > NAP_S:
            self._say(f"The computer was asleep for {slept_s:.0f} s; rig plays on as soon as the server does.")
        if self._is_gone:
            self._try_again()
        elif self._session.backend.gone:
            self._leave(f"{self._what} has gone; rig plays on when it comes back ({{quit}} ends).")
        else:
            self._look()

    # ------------------------------------------------------------ a server that is there
    def _look(self) -> None:
        heartbeat, now = self._heartbeat.look(), time.monotonic()
        if heartbeat == "left out":
            self._rejoin(now)
            return
        if (heartbeat == "stands still") != self._is_still:
            self._is_still, self._still_since, self._question = heartbeat == "stands still", now, None
            if self._is_still:
                self._say(
                    f"{self._what} stands still: the sound card may be gone, or it hangs. Restart it ({{quit}} ends)."
                )
            else:
                self._say(f"{self._what} goes on.")
        if self._is_still:
            self._ask_anew(now)
            return
        if now - self._rejoined_at > 2 * self._rejoin_s:
            self._rejoin_s = REJOIN_S
        self._watch_period(now)
        self._poll_cables()

    def _poll_cables(self, all_out: bool = False) -> None:
        if self._cables is not None and is_pluggable(self._session.backend):
            with contextlib.suppress(RigError):  # a server that goes meanwhile is noticed elsewhere
                self._cables.poll(self._session.backend)
            if all_out:
                self._cables.all_out()

    def _watch_period(self, now: float) -> None:
        backend = self._session.backend
        if int(backend.host["resizes"]) != self._resizes:
            self._resizes, self._resized_at = int(backend.host["resizes"]), now
        elif self._resized_at is not None and now - self._resized_at >= SETTLED_S:
            self._resized_at = None
            if backend.sample_rate != backend.host["sample_rate"]:  # the rate it was started with
                self._poll_cables(all_out=True)
                backend.stop()
                self._play_on()
            else:
                self._session.say_period()

    def _rejoin(self, now: float) -> None:
        if now < self._rejoined_at + self._rejoin_s:
            return
        self._rejoin_s = min(2 * self._rejoin_s, LONGEST_REJOIN_S)
        self._leave(f"{self._what} works, but does not call rig any more; rig joins it again.")

    def _ask_anew(self, now: float) -> None:
        """A server that may go silently stands still: is there another one by now, or none?"""
        backend = self._session.backend
        if not is_pluggable(backend) or not backend.may_go_silently:
            return
        if self._question is None:
            if now - self._still_since >= ASK_S and now >= self._rejoined_at + self._rejoin_s:
                self._question = Question(backend.server_is_there)
        elif self._question.answer is not None:
            is_there, self._question = self._question.answer, None
            self._rejoin_s = min(2 * self._rejoin_s, LONGEST_REJOIN_S)
            there = "rig joins it again" if is_there else "rig plays on when it comes back ({quit} ends)"
            self._leave(f"{self._what} has gone without a word; {there}.")

    # ------------------------------------------------------------ one that is not
    def _leave(self, why: str) -> None:
        self._say(why)
        self._is_gone, self._is_still, self._refused, self._next_try = True, False, "", 0.0
        self._poll_cables(all_out=True)
        self._session.backend.close()

    def _try_again(self) -> None:
        now = time.monotonic()
        if now < self._next_try:
            return
        self._next_try = now + TRY_S
        try:
            backend = self._session.reopen()
        except RigError:
            return
        self._lost_before = self.lost
        self._session.backend = backend
        self._play_on()

    def _play_on(self) -> None:
        session = self._session
        try:
            changed = session.play_on()
        except RigError as error:
            if str(error) != self._refused:
                self._say(f"{self._what} is back, but cannot be played on: {error}")
            self._refused = str(error)
            session.backend.close()
            self._is_gone, self._next_try = True, time.monotonic() + 1.0
            return
        self._is_gone, self._rejoined_at = False, time.monotonic()
        self._heartbeat = Heartbeat(session.backend)
        self._resizes, self._resized_at = int(session.backend.host["resizes"]), None
        self._poll_cables()
        self._say(f"{self._what} is back{changed}.")


def _name_of(backend: Backend) -> str:
    if not is_pluggable(backend):
        return "The sound card"
    return "PipeWire" if backend.product == "PipeWire" else "The JACK server"


class Clock:
    """Notices that the whole computer was asleep for a while."""

    def __init__(self) -> None:
        self._ahead_s = _ahead_s()

    def slept_s(self) -> float:
        """For how long, since the last question."""
        ahead_s = _ahead_s()
        slept_s, self._ahead_s = ahead_s - self._ahead_s, ahead_s
        return slept_s


def _ahead_s() -> float:
    """How far a clock that goes on while the computer sleeps is ahead of one that does not."""
    if sys.platform.startswith("linux"):
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    return time.time() - time.monotonic()  # the time of day, which may also be set by hand
