"""The page, for whoever plays: started, polled, shown to, closed. It never makes the player wait, and never fails it.

page = Page(shown, options)        # nothing is imported, nothing listens yet
print(page.start())                # the address, with its token
...
page.poll()                        # in the loop of the keys, and as soon as page.waker can be read
page.show()                        # in the loop, as often as it comes round; at_once: something has changed
page.close()
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import RigError
from ..files.paths import state_folder
from ..player.events import Event
from .access import Access, devices_file
from .board import Board, Request
from .entrance.served_page import ServedPage
from .merge_patch import Json
from .messages import Do
from .origins import Origins, own_names
from .port import PageError, PageOptions, listen, tls_of
from .runs import announce, withdraw

if TYPE_CHECKING:
    from .server import Server, Site
    from .shown.shown import Shown

    Base = ServedPage[Server]
else:  # the server is not loaded before it is started
    Base = ServedPage

SHOW_S = 0.15  # at least, between two looks at what may have changed by itself
LISTS_S = 0.5  # between two looks at lists that may have changed


class Lists:
    """The lists as they were told last, each with a number that changes with it."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._told: dict[str, tuple[int, int, list[Json], Sequence[Any]]] = {}

    def get(self, name: str) -> Json | None:
        """A list as it is now; None: there is none of that name."""
        found = self._shown.listed(name)
        if found is None:
            return None
        items, files = found
        rev, counted, before, files_before = self._told.get(name, (0, 0, [], ()))
        if not rev or items != before:
            rev += 1
        if not counted or list(files) != list(files_before):
            counted += 1
        self._told[name] = rev, counted, items, list(files)
        return {"list": name, "rev": rev, "files": counted, "items": items}

    def look(self) -> dict[str, int]:
        """The numbers of those that somebody has asked for."""
        return {name: self.get(name)["rev"] for name in list(self._told)}  # type: ignore[index]

    def files(self, name: str) -> int:
        """Which files the indexes of a list count now."""
        found = self.get(name)
        return 0 if found is None else int(found["files"])


INDEXED = {"model": "models", "cabinet": "cabinets", "preset_at": "presets"}  # commands that take one


class Page(Base):
    """See the module's text. `say` tells whoever sits at the terminal."""

    FAILED: ClassVar[str] = "and is started again; what plays does not depend on it."

    def __init__(self, shown: Shown, options: PageOptions, say: Callable[[str], None]) -> None:
        super().__init__(options, say)
        self._shown = shown
        self.board = Board()
        shown.wake = self.board.wake
        self._lists, self._revs = Lists(shown), {}  # type: Lists, dict[str, int]
        self._looked = self._shown_at = 0.0
        self._session = secrets.token_urlsafe(9)
        self._access: Access | None = None
        self._site: Site | None = None
        self._run: Path | None = None

    # ------------------------------------------------------------ start and end
    def start(self) -> str:
        """Listen; the address. Raises PageError, and nothing listens then."""
        from .files import Files
        from .server import Site

        tls = tls_of(self._options)
        self._socket = listen(self._options)
        port = int(self._socket.getsockname()[1])
        self._access = Access(devices_file() if self._options.lan else None)
        origins = Origins("https" if tls is not None else "http", port, own_names(self._options.lan))
        self._site = Site(
            self.board, self._access, Files(), origins, self._shown, self._session, tls, pairs=self._options.lan
        )
        self.board.show(self._shown.state())
        self._serve()
        self._announce()
        return self.address

    def _serve(self) -> None:
        from .server import Server

        assert self._socket is not None
        self._server = Server(self._served, self._socket.dup())
        self._server.start()

    def _announce(self) -> None:
        assert self._access is not None
        try:
            self._run = announce(self.port, self._access.token, self.scheme, self._shown.view)
        except OSError as error:
            why = f"{state_folder()} cannot be written: {error.strerror}"
            self._say(f"Page     rig remote will not find this page ({why}); browsers do.")
        if self._options.lan and self._names is None:
            from .port import announced

            self._names = announced(self.port, self.scheme)

    def close(self) -> None:
        """Say good-bye and stop listening."""
        self._stop()
        if self._run is not None:
            withdraw(self._run)
        with contextlib.suppress(RigError):
            self._shown.prepare(False)
        self._shown.close()
        self.board.close()

    @property
    def _served(self) -> Site:
        assert self._site is not None
        return self._site

    def renew(self) -> None:
        """The token is another one now: let programs on this machine find it."""
        self._announce()

    def revoked(self) -> None:
        """The token is another one now: who needs it reads it from the terminal."""
        self.renew()
        for address in [self.address, *(self.lan_addresses if self._options.lan else [])]:
            self._say(f"Page     {address}")

    # ------------------------------------------------------------ while it is served
    @property
    def waker(self) -> socket.socket:
        """Readable while there is something to poll."""
        return self.board.waker

    @property
    def client_count(self) -> int:
        """How many steer or watch."""
        return self._server.client_count if self._server is not None else 0

    def post(self, event: Event) -> None:
        """Pass on what is told."""
        self.board.post(event)

    def poll(self) -> bool:
        """Carry out what was asked; whether anything was. Never raises what a client has caused."""
        self._look_after()
        self._shown.poll()
        acted = False
        while (request := self.board.take()) is not None:
            acted |= self._carry_out(request)
        return acted

    def poll_looks(self) -> None:
        """While something that takes long is carried out: only show, and let commands wait."""
        self._look_after()
        while (request := self.board.take_look()) is not None:
            self._carry_out(request)

    def _carry_out(self, request: Request) -> bool:
        said = request.said
        if said is None:
            self.show(at_once=True)
            self.board.show_all(request.route)
            return False
        if not isinstance(said, Do):
            found = self._lists.get(said.name)
            if found is None:
                self.board.answer(request, {"error": f"There is no list {said.name[:40]!r}.", "id": said.id})
                return False
            self._revs[said.name] = found["rev"]
            self.show(at_once=True)
            self.board.answer(request, {**found, "id": said.id})
            return False
        try:
            if said.of is not None and said.of != self._lists.files(INDEXED.get(said.name, "")):
                raise PageError("The list has changed meanwhile; ask for it again.")
            self._shown.carry_out(said.name, said.value)
        except RigError as error:
            answer: Json = {"error": str(error), "id": said.id}
        else:
            answer = {"ok": said.id}
        self.show(at_once=True)
        self.board.answer(request, answer)
        return True

    def show(self, *, at_once: bool = False) -> None:
        """Show how all stands: at once, or now and then if anybody looks."""
        now = time.monotonic()
        if not at_once and (not self.client_count or now - self._shown_at < SHOW_S):
            return
        self._shown_at = now
        if now - self._looked > LISTS_S:
            self._looked = now
            self._revs = self._lists.look()
        self._shown.prepare(self._server is not None and self._server.watches_spectra)
        self.board.show(self._shown.state() | {"lists": dict(self._revs)})
