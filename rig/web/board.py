"""What is shown and what is asked, between the thread that plays and the one that serves.

The thread that plays shows states, answers and events; the one that serves is woken and takes them, in that order. The
other way go requests, and a byte through a socket that wakes the loop of the keys. Neither ever waits for the other.
All of it outlives the thread that serves, so that another one can go on where it was killed.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..player.events import Event
from .merge_patch import Json, patch_between
from .messages import Do, List

MOST_REQUESTS = 256  # that wait for the thread that plays
MOST_EVENTS = 50  # that somebody who comes later hears of
MOST_CLIENTS, MOST_ANSWERS = 64, 256  # that are remembered, so that nothing is done twice
MOST_ITEMS = 4096  # that wait for the thread that serves
Kind = Literal["patch", "state", "answer", "event"]


@dataclass(frozen=True, slots=True)
class Request:
    """Something for the thread that plays. `said` None: all of the state. `route`: who is answered."""

    client: str
    route: int
    said: Do | List | None


@dataclass(frozen=True, slots=True)
class Item:
    """Something for the thread that serves: a text for all (`route` None) or for one."""

    kind: Kind
    text: str
    route: int | None = None


class Answered:
    """What became of the commands of one client, by id; the oldest are forgotten, and then refused."""

    def __init__(self) -> None:
        self.pending: set[int] = set()
        self.done: OrderedDict[int, str] = OrderedDict()
        self.forgotten = -1  # the highest id of which nothing is known any more

    def keep(self, id: int, answer: str) -> None:
        """It has been answered."""
        self.pending.discard(id)
        self.done[id] = answer
        while len(self.done) > MOST_ANSWERS:
            old, _ = self.done.popitem(last=False)
            self.forgotten = max(self.forgotten, old)


class Board:
    """See the module's text. `session`: drawn at random, so that a client knows whether rig is still the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[Request] = deque()
        self._items: deque[Item] = deque(maxlen=MOST_ITEMS)
        self._answered: OrderedDict[str, Answered] = OrderedDict()
        self._events: deque[str] = deque(maxlen=MOST_EVENTS)
        self._count = 0  # of events
        self._state: Json = {}
        self._rev = 0
        self._on_change: Callable[[], None] | None = None
        self.waker, self._bell = socket.socketpair()  # readable while there are requests
        for end in (self.waker, self._bell):
            end.setblocking(False)

    # ------------------------------------------------------------ the thread that plays
    def take_look(self) -> Request | None:
        """The oldest request that only looks; commands wait for `take`. None: there is none."""
        with self._lock:
            found = next((request for request in self._requests if not isinstance(request.said, Do)), None)
            if found is not None:
                self._requests.remove(found)
            return found

    def take(self) -> Request | None:
        """The oldest request; None: there is none."""
        with self._lock:
            if self._requests:
                return self._requests.popleft()
        with contextlib.suppress(BlockingIOError):
            self.waker.recv(4096)
        with self._lock:  # one that came in between
            return self._requests.popleft() if self._requests else None

    def show(self, state: Json) -> None:
        """The state is this now; whoever is connected gets what has changed."""
        with self._lock:
            patch = patch_between(self._state, state)
            if not patch:
                return
            self._state, self._rev = state, self._rev + 1
            self._put(Item("patch", _text({"set": patch, "rev": self._rev})))
        self._tell()

    def show_all(self, route: int) -> None:
        """The whole state, to one."""
        with self._lock:
            self._put(Item("state", _text({"state": self._state, "rev": self._rev}), route))
        self._tell()

    def answer(self, request: Request, content: Json) -> None:
        """What became of a request."""
        assert request.said is not None
        text = _text(content)
        with self._lock:
            if isinstance(request.said, Do):
                self._of(request.client).keep(request.said.id, text)
            self._put(Item("answer", text, request.route))
        self._tell()

    def post(self, event: Event) -> None:
        """Something is told, to all. From any thread."""
        with self._lock:
            self._count += 1
            content = {"n": self._count, "kind": event.kind, "text": event.text}
            self._events.append(_text(content))
            self._put(Item("event", _text({"event": content})))
        self._tell()

    def _put(self, item: Item) -> None:
        if self._on_change is not None:
            self._items.append(item)

    def _tell(self) -> None:
        tell = self._on_change
        if tell is not None:
            with contextlib.suppress(RuntimeError):  # its loop has ended; another one takes over
                tell()

    # ------------------------------------------------------------ the thread that serves
    def listen(self, on_change: Callable[[], None] | None) -> None:
        """Be called, from the other thread, when there are items; None: no more. What is not taken is dropped."""
        with self._lock:
            self._on_change = on_change
            self._items.clear()

    def items(self) -> list[Item]:
        """What there is to send, the oldest first."""
        with self._lock:
            found = list(self._items)
            self._items.clear()
            return found

    @property
    def events(self) -> list[str]:
        """The last events, as JSON."""
        with self._lock:
            return list(self._events)

    def ask(self, client: str, route: int, said: Do | List | None) -> str | None:
        """Pass a request on, once; the answer, if it is known already or must be refused, else None."""
        with self._lock:
            if isinstance(said, Do):
                known = self._of(client)
                if said.id in known.done:
                    return known.done[said.id]
                if said.id in known.pending:
                    self._requests = deque(
                        Request(client, route, r.said) if r.client == client and r.said == said else r
                        for r in self._requests
                    )
                    return None
                if said.id <= known.forgotten:
                    return _text({"error": "That command is too old: nobody knows any more.", "id": said.id})
            if len(self._requests) >= MOST_REQUESTS:
                return _text({"error": "rig is busy; try again.", "id": None if said is None else said.id})
            if isinstance(said, Do):
                known.pending.add(said.id)
            self._requests.append(Request(client, route, said))
        self.wake()
        return None

    def wake(self) -> None:
        """Have the thread that plays come round. From any thread."""
        with contextlib.suppress(OSError):  # it has been rung, or nobody is there any more
            self._bell.send(b"\0")

    def _of(self, client: str) -> Answered:
        found = self._answered.get(client)
        if found is None:
            found = self._answered[client] = Answered()
        self._answered.move_to_end(client)
        while len(self._answered) > MOST_CLIENTS:
            idle = next((name for name, kept in self._answered.items() if not kept.pending and name != client), None)
            if idle is None:
                break
            del self._answered[idle]
        return found

    def close(self) -> None:
        """Nobody is woken any more."""
        self.listen(None)
        self.waker.close()
        self._bell.close()


def _text(content: Json) -> str:
    return json.dumps(content, separators=(",", ":"), allow_nan=False)
