"""The thread that serves: static files and one websocket, behind the checks of `origins.py` and `access.py`.

It touches nothing that sounds. What it is asked goes to the board; what it sends comes from there, and from the meters.
If it fails, or is killed, the sound goes on, and the page starts another one on the same port.
"""

from __future__ import annotations

import asyncio
import http
import itertools
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from ..errors import RigError
from .access import Access, Device
from .board import Board
from .conversation import Conversation, binary_message
from .entrance.visitor import REVOKED, TOO_MANY
from .files import File, Files
from .merge_patch import Json
from .messages import Do, List, Malformed, Search
from .meters import GUITAR, METERS, OUTPUT, frame
from .origins import Origins
from .serving import Serving, Talking, file_response, refusal, response
from .shown.shown import REPORT, Shown

MOST_CLIENTS = 8
FRAME_S = 0.04  # between two frames of meters
SPECTRUM_EVERY = 3  # frames of meters
STATE_S = 0.2  # between two looks for those that read too slowly
EXCERPTS = "/excerpts/"
REPORT_POLICY = (  # it runs nothing, loads nothing and sends nothing
    "sandbox",
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    "img-src data:",
    "media-src data:",
    "frame-ancestors 'self'",
)


@dataclass(frozen=True, slots=True)
class Site:
    """All that a server needs, and that outlives it."""

    board: Board
    access: Access
    files: Files
    origins: Origins
    shown: Shown
    session: str
    tls: ssl.SSLContext | None = None
    pairs: bool = False  # devices from elsewhere get tokens of their own


class Server(Serving):
    """Serves one listening socket until `stop`. Its clients do not outlive it."""

    def __init__(self, site: Site, listening: socket.socket) -> None:
        super().__init__(site, listening)
        self.site, self.board, self.access = site, site.board, site.access
        self._all: dict[int, Conversation] = {}
        self.client_count = 0  # read by the thread that plays
        self.watches_spectra = False
        shown = site.shown
        self.welcome = {
            "page": site.files.version,
            "session": site.session,
            "view": shown.view,
            "commands": shown.commands(),
            "meters": {str(METERS): list(shown.meter_names)},
            "spectrum_hz": [round(float(hz), 1) for hz in shown.spectrum_hz],
            "library": shown.desk is not None,
        }

    # ------------------------------------------------------------ the thread
    def _begins(self) -> None:
        self.board.listen(lambda: self._call(self._pass_on))

    def _ends(self) -> None:
        self.client_count, self.watches_spectra = 0, False
        self.board.listen(None)

    def _talking(self) -> list[Talking]:
        return list(self._all.values())

    # ------------------------------------------------------------ who may come
    def _other(self, path: str, request: Request, connection: ServerConnection) -> Response | None:
        if path.startswith(EXCERPTS):
            return self._excerpt(path, request, connection)
        return self._report(path) if path.startswith(REPORT) else None

    def _excerpt(self, path: str, request: Request, connection: ServerConnection) -> Response:
        given = request.headers.get_all("Authorization")
        token = given[0].removeprefix("Bearer ") if len(given) == 1 and given[0].startswith("Bearer ") else ""
        try:
            self.access.check(token, str((connection.remote_address or ("",))[0]))
        except RigError as error:
            return refusal(http.HTTPStatus.UNAUTHORIZED, str(error))
        content = self.site.shown.excerpt(path.removeprefix(EXCERPTS))
        if content is None:
            return refusal(http.HTTPStatus.NOT_FOUND, "There is nothing to hear of that name.")
        return file_response(File.of(content, ".wav"), request, "")

    def _report(self, path: str) -> Response:
        """A frame sends no token; so the address itself, which stands in the state, is what nobody guesses."""
        content = self.site.shown.report(path)
        if content is None:
            return refusal(http.HTTPStatus.NOT_FOUND, "There is no report of that name.")
        file = File.of(content, ".html")
        more = {"ETag": file.etag, "Content-Security-Policy": "; ".join(REPORT_POLICY), "X-Frame-Options": "SAMEORIGIN"}
        return response(http.HTTPStatus.OK, file.content, file.type, more)

    async def _converse(self, ws: ServerConnection) -> None:
        one = Conversation(self, ws, next(self._routes))
        self._all[one.route] = one
        try:
            await one.run()
        finally:
            self._all.pop(one.route, None)
            self.watch()

    def admit(self, one: Conversation) -> bool:
        """Whether one more fits in."""
        known = sum(each.is_known for each in self._all.values())
        self.client_count = known + 1
        return known < MOST_CLIENTS

    def watch(self) -> None:
        """Somebody came, went, or looks at something else."""
        self.client_count = sum(each.is_known for each in self._all.values())
        self.watches_spectra = any(each.spectra for each in self._all.values())

    # ------------------------------------------------------------ devices
    def pair(self, one: Conversation, device: Device | None) -> tuple[Device | None, str | None]:
        """The device of a client, and its token if it is new."""
        if device is not None:
            self.access.seen(device, one.address)
            return device, None
        if not self.site.pairs or one.is_here:
            return None, None
        return self.access.pair(one.name, one.address, time.strftime("%Y-%m-%d"))

    def is_managing(self, said: Do | List) -> bool:
        """Whether a message is about devices, and not for whoever plays."""
        return said.name in ("revoke_device", "devices")

    def manage(self, one: Conversation, said: Do | List) -> dict[str, Any]:
        """List or revoke devices, for somebody on this machine."""
        if not one.is_here:
            return {"error": "Devices are managed on the machine that rig runs on.", "id": said.id}
        if isinstance(said, List):
            connected = {each.device.id for each in self._all.values() if each.device is not None}
            items = [
                {"id": d.id, "name": d.name, "address": d.address, "paired": d.paired, "connected": d.id in connected}
                for d in self.access.devices
            ]
            return {"list": "devices", "rev": 0, "files": 0, "items": items, "id": said.id}
        try:
            if not isinstance(said.value, str):
                raise Malformed("revoke_device takes the id of a device.")
            device, problem = self.access.revoke(said.value)
        except RigError as error:
            return {"error": str(error), "id": said.id}
        for each in [each for each in self._all.values() if each.device is not None and each.device.id == device.id]:
            self._later(each.close(REVOKED, "This device was revoked: ask for the address once more."))
        self.site.shown.revoked()
        return {"ok": said.id} if problem is None else {"error": problem, "id": said.id}

    # ------------------------------------------------------------ the library
    def search(self, one: Conversation, said: Search) -> Json | None:
        """Pass a question on to the desk, which answers in its own time; what there is to say at once, else None."""
        desk = self.site.shown.desk
        if desk is None:
            return {"error": "There is no library to search in this run of rig.", "id": said.id}
        route = one.route
        desk.ask(said, lambda found: self._call(lambda: self._answer(route, found)))
        return None

    def _answer(self, route: int, found: Json) -> None:
        if route in self._all:
            self._all[route].say(found)

    # ------------------------------------------------------------ what is sent
    def _pass_on(self) -> None:
        for item in self.board.items():
            if item.kind in ("patch", "event"):
                for each in self._all.values():
                    if each.is_known:
                        each.send_change(item.text, is_patch=item.kind == "patch")
            elif item.route in self._all:
                one = self._all[item.route]
                if item.kind == "state":
                    one.send_state(item.text)
                else:
                    one.send(item.text)

    async def _tick(self) -> None:
        """Meters and spectra for those who look."""
        due, looked = time.monotonic(), 0.0
        for count in itertools.count():
            due = max(due + FRAME_S, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
            watching = [each for each in self._all.values() if each.meters]
            if watching:
                message = binary_message(frame(METERS, *self.site.shown.meters()))
                for each in watching:
                    each.send_frame(message)
            if count % SPECTRUM_EVERY == 0 and self.watches_spectra:
                self._send_spectra()
            if due - looked > STATE_S:
                looked = due
                for each in self._all.values():
                    each.catch_up()

    def _send_spectra(self) -> None:
        spectra = self.site.shown.spectra()
        if spectra is None:
            return
        counter, guitar, output = spectra
        for kind, values in ((GUITAR, guitar), (OUTPUT, output)):
            if values is not None:
                message = binary_message(frame(kind, counter, values))
                for each in self._all.values():
                    if each.spectra:
                        each.send_frame(message)


__all__ = ["MOST_CLIENTS", "TOO_MANY", "Server", "Site"]
