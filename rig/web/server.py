"""The thread that serves: static files and one websocket, behind the checks of `origins.py` and `access.py`.

It touches nothing that sounds. What it is asked goes to the board; what it sends comes from there, and from the meters.
If it fails, or is killed, the sound goes on, and the page starts another one on the same port.
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import itertools
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from ..errors import RigError
from .access import Access, Device
from .board import Board
from .conversation import REVOKED, TOO_MANY, Conversation, binary_message
from .files import File, Files
from .messages import MOST_BYTES, Do, List, Malformed
from .meters import GUITAR, METERS, OUTPUT, frame
from .origins import Origins
from .shown.shown import REPORT, Shown

MOST_CLIENTS = 8
MOST_CONNECTIONS = 64  # whoever has not said a token yet included
FRAME_S = 0.04  # between two frames of meters
SPECTRUM_EVERY = 3  # frames of meters
STATE_S = 0.2  # between two looks for those that read too slowly
SEND_BUFFER_BYTES = 256 << 10  # of the system, per client
WEBSOCKET = "/ws"
EXCERPTS = "/excerpts/"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}

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


class Server(threading.Thread):
    """Serves one listening socket until `stop`. Its clients do not outlive it."""

    def __init__(self, site: Site, listening: socket.socket) -> None:
        super().__init__(name="rig page", daemon=True)
        self.site, self.board, self.access = site, site.board, site.access
        self._listening = listening
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._sentence = "rig ends."
        self.failure: BaseException | None = None
        self._routes = itertools.count(time.monotonic_ns())  # no two servers of one run share any
        self._all: dict[int, Conversation] = {}
        self._open = 0
        self.ends: set[Any] = set()  # the sockets of all who are connected
        self._tasks: set[asyncio.Future[None]] = set()
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
        }

    # ------------------------------------------------------------ the thread
    def run(self) -> None:
        """Serve. Whatever ends it is kept in `failure`, and shows nothing on the terminal that somebody plays at."""
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self.failure = error
        finally:
            self.client_count, self.watches_spectra = 0, False
            for end in list(self.ends):  # whoever was just about to connect, too, learns of it at once and comes again
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda loop, context: None)
        self.board.listen(lambda: self._call(self._pass_on))
        logger = logging.getLogger("rig.web")
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
        async with serve(
            self._converse,
            sock=self._listening,
            process_request=self._process,
            create_connection=counted(self),
            compression=None,
            max_size=MOST_BYTES,
            max_queue=16,
            open_timeout=5,
            ping_interval=10,
            ping_timeout=20,
            close_timeout=1,
            server_header=None,
            logger=logger,
            ssl=self.site.tls,
        ):
            ticking = asyncio.create_task(self._tick())
            try:
                await self._over.wait()
                ending = [each.close(1001, self._sentence) for each in self._all.values()]
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.gather(*ending, return_exceptions=True), 1.0)
            finally:
                ticking.cancel()
                self.board.listen(None)

    def _call(self, function: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(function)

    def stop(self, sentence: str = "rig ends.") -> None:
        """Say good-bye and end; returns at once. From any thread."""
        self._sentence = sentence
        with contextlib.suppress(RuntimeError):  # it has ended already
            self._call(lambda: self._over.set() if self._over is not None else None)

    def forsake(self) -> None:
        """Close what is listened to, where no thread does."""
        self._listening.close()

    # ------------------------------------------------------------ who may come
    def admits(self) -> bool:
        """Whether there is room for one more connection; if so, it counts until `left`."""
        if self._open >= MOST_CONNECTIONS:
            return False
        self._open += 1
        return True

    def left(self) -> None:
        """A connection that counted is gone."""
        self._open -= 1

    def _process(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer what is no websocket; None: it may become one."""
        hosts, origins = request.headers.get_all("Host"), request.headers.get_all("Origin")
        if not self.site.origins.allows_host(hosts, str((connection.local_address or ("",))[0])):
            return _refusal(http.HTTPStatus.FORBIDDEN, "This address does not name the machine that rig runs on.")
        if not self.site.origins.allows_origin(origins, hosts[0]):
            return _refusal(http.HTTPStatus.FORBIDDEN, "Another site asks; only rig's own page may.")
        if getattr(request, "method", "GET") != "GET":  # earlier versions of websockets know no other
            return _refusal(http.HTTPStatus.METHOD_NOT_ALLOWED, "Nothing but GET is answered.")
        path = request.path.partition("?")[0]
        if path == WEBSOCKET:
            return None
        if path.startswith(EXCERPTS):
            return self._excerpt(path, request, connection)
        if path.startswith(REPORT):
            return self._report(path)
        file = self.site.files.get(path)
        if file is None:
            return _refusal(http.HTTPStatus.NOT_FOUND, "There is nothing of that name.")
        scheme = "wss" if self.site.origins.scheme == "https" else "ws"
        return _file(file, request, f"{scheme}://{hosts[0]}")

    def _excerpt(self, path: str, request: Request, connection: ServerConnection) -> Response:
        given = request.headers.get_all("Authorization")
        token = given[0].removeprefix("Bearer ") if len(given) == 1 and given[0].startswith("Bearer ") else ""
        try:
            self.access.check(token, str((connection.remote_address or ("",))[0]))
        except RigError as error:
            return _refusal(http.HTTPStatus.UNAUTHORIZED, str(error))
        content = self.site.shown.excerpt(path.removeprefix(EXCERPTS))
        if content is None:
            return _refusal(http.HTTPStatus.NOT_FOUND, "There is nothing to hear of that name.")
        return _file(File.of(content, ".wav"), request, "")

    def _report(self, path: str) -> Response:
        """A frame sends no token; so the address itself, which stands in the state, is what nobody guesses."""
        content = self.site.shown.report(path)
        if content is None:
            return _refusal(http.HTTPStatus.NOT_FOUND, "There is no report of that name.")
        file = File.of(content, ".html")
        more = {"ETag": file.etag, "Content-Security-Policy": "; ".join(REPORT_POLICY), "X-Frame-Options": "SAMEORIGIN"}
        return _response(http.HTTPStatus.OK, file.content, file.type, more)

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

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks = {task, *(other for other in self._tasks if not other.done())}

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


def counted(server: Server) -> type[ServerConnection]:
    """Connections that count, whoever opens them: too many are refused before they have said a word."""

    class Counted(ServerConnection):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.end = transport.get_extra_info("socket")
            server.ends.add(self.end)
            with contextlib.suppress(OSError, AttributeError):
                self.end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            self.counts = server.admits()
            if not self.counts:
                transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            server.ends.discard(self.end)
            if self.counts:
                server.left()
            super().connection_lost(exc)

    return Counted


def _refusal(status: http.HTTPStatus, sentence: str) -> Response:
    return _response(status, f"{sentence}\n".encode(), "text/plain; charset=utf-8", {})


def _file(file: File, request: Request, websocket: str) -> Response:
    more = {"ETag": file.etag}
    if file.type.startswith("text/html"):
        policy = (
            "default-src 'self'",
            f"connect-src 'self' {websocket}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
        more["Content-Security-Policy"] = "; ".join(policy)
    if file.etag in request.headers.get_all("If-None-Match"):
        return _response(http.HTTPStatus.NOT_MODIFIED, b"", file.type, more)
    return _response(http.HTTPStatus.OK, file.content, file.type, more)


def _response(status: http.HTTPStatus, content: bytes, type: str, more: dict[str, str]) -> Response:
    policy = {"Content-Security-Policy": "default-src 'none'"}
    length = {"Content-Type": type, "Content-Length": str(len(content)), "Connection": "close"}
    return Response(status.value, status.phrase, Headers({**HEADERS, **policy, **more, **length}), content)


__all__ = ["MOST_CLIENTS", "TOO_MANY", "Server", "Site"]
