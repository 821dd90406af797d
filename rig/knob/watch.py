"""A thread that watches the preamp of an interface, and goes on when it was pulled out and plugged in again.

It waits for the card in the kernel, reads when something has changed, and leaves what it found in a queue; `waker` can
be read as soon as there is something. Whoever plays takes it from there: nothing of this is near the audio thread.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import ConfigError
from ..library.alsa_controls import Controls, all_controls
from .cards import NotThere, Wanted, find
from .libasound import Card, ControlError, library, silence
from .preamp import Preamp, Reading

AGAIN_S, SELDOM_S = 0.25, 2.0  # between two looks for a card that is not there: one that was, and any
LOOK_S = 2.0  # after so long without an event the card is read all the same
BUSY_TRIES, BUSY_S = 20, 0.1  # a driver that is busy, with new firmware say
MOST_NEWS = 64

Kind = Literal["read", "gone", "absent", "refused"]


@dataclass(frozen=True, slots=True)
class News:
    """One thing that was found: a reading, that the card went, is not there, or cannot be followed, with a sentence."""

    kind: Kind
    reading: Reading | None = None
    text: str = ""
    at_s: float = 0.0  # by the clock of time.monotonic


def is_offered() -> bool:
    """Whether there is an alsa-lib here to ask."""
    return library() is not None


class KnobWatch:
    """Watches one input of one card. `number`: of the input that the guitar is in, where `asked` names none.

    Where nobody says which input it is, it is the first with an instrument position.
    """

    def __init__(
        self, asked: Wanted, interface: str | None, number: int | None = None, known: Sequence[Controls] | None = None
    ) -> None:
        self.asked, self.interface = asked, interface
        self.number = asked.number or number
        self._known = all_controls() if known is None else known
        self._news: deque[News] = deque(maxlen=MOST_NEWS)
        self.waker, self._bell = socket.socketpair()
        for end in (self.waker, self._bell):
            end.setblocking(False)
        self._stop, self._stopper = socket.socketpair()
        self._over = False
        self._said, self._was_there = "", False
        self._thread = threading.Thread(target=self._run, name="rig-knob", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def aim(self, interface: str | None) -> None:
        """Watch another interface from now on, by maker and model; None: whichever is known."""
        if interface != self.interface:
            self.interface = interface
            self._stopper.send(b"x")

    def close(self) -> None:
        """Watch no more; twice does no harm."""
        if self._over:
            return
        self._over = True
        self._stopper.send(b"x")
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)  # a driver may keep it longer; the thread ends with the program then
        if not self._thread.is_alive():
            for end in (self.waker, self._bell, self._stop, self._stopper):
                end.close()

    def news(self) -> list[News]:
        """What was found since the last time, oldest first."""
        with contextlib.suppress(OSError):
            self.waker.recv(4096)
        found = []
        while self._news:
            found.append(self._news.popleft())
        return found

    # ------------------------------------------------------------ in the thread
    def _run(self) -> None:
        with silence():
            while not self._over:
                try:
                    self._follow()
                except NotThere as error:
                    if not self._was_there:
                        self._say("absent", str(error))
                except ConfigError as error:
                    self._say("refused", str(error))
                except ControlError as error:
                    self._lost(error)
                self._rest(AGAIN_S if self._was_there or self.asked.is_asked else SELDOM_S)

    def _rest(self, seconds: float) -> None:
        self._stop.settimeout(seconds)
        with contextlib.suppress(OSError):
            self._stop.recv(1)

    def _lost(self, error: ControlError) -> None:
        if error.is_gone or error.errno == errno.ENOENT:
            self._say("gone", "")
        else:
            self._say("refused", f"{error.filename} cannot be read ({error.strerror}).")

    def _follow(self) -> None:
        """From the card that is found until it goes. Raises ConfigError or ControlError."""
        found = find(self.asked, self.interface, self._known)
        with Card(found.name) as card:
            preamp = Preamp(card, found.controls, self.number)
            card.subscribe()
            before: Reading | None = None
            while not self._over:
                reading = self._patiently(preamp.read)
                if reading != before:
                    self._tell(News("read", reading, "", time.monotonic()))
                    before, self._said, self._was_there = reading, "", True
                if not self._next(card, preamp.names):
                    return

    def _next(self, card: Card, names: set[str]) -> bool:
        """Until one of these has changed, or for a while; False: the end."""
        until = time.monotonic() + LOOK_S
        while (left := until - time.monotonic()) > 0.0:
            if not card.wait(left, self._stop.fileno()):
                return False
            if card.changed() & names:
                break
        return True

    def _patiently(self, read: Callable[[], Reading]) -> Reading:
        for _ in range(BUSY_TRIES):
            try:
                return read()
            except ControlError as error:
                if error.errno not in (errno.EBUSY, errno.EAGAIN, errno.EINTR, errno.ETIMEDOUT) or self._over:
                    raise
                time.sleep(BUSY_S)
        return read()

    def _say(self, kind: Kind, text: str) -> None:
        """Once, until something else is found."""
        if (said := f"{kind} {text}") != self._said:
            self._said = said
            self._tell(News(kind, None, text, time.monotonic()))

    def _tell(self, news: News) -> None:
        self._news.append(news)
        with contextlib.suppress(OSError):
            self._bell.send(b"x")


def read_once(asked: Wanted, interface: str | None, number: int | None = None) -> Reading:
    """How the preamp stands now, without watching it.

    Raises ConfigError where it cannot be found or followed, or the card went meanwhile.
    """
    with silence():
        found = find(asked, interface, all_controls())
        try:
            with Card(found.name) as card:
                return Preamp(card, found.controls, asked.number or number).read()
        except ControlError as error:
            raise ConfigError(f"{found.name} cannot be read ({error.strerror}).") from error
