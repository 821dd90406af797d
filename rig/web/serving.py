"""A thread that serves files and one websocket on a listening socket, behind the checks of `origins.py`.

It counts who is connected, refuses foreign hosts and origins, and answers nothing but GET. What is said on the
websocket, and what else there is to be had, is for whoever builds on it: a rig's page (`server.py`), a listening test.
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
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from .access import Access
from .files import File, Files
from .messages import MOST_BYTES
from .origins import Origins

MOST_CONNECTIONS = 64  # whoever has not said a token yet included
SEND_BUFFER_BYTES = 256 << 10  # of the system, per client
WEBSOCKET = "/ws"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}


class Served(Protocol):
    """What a server needs, and what outlives it."""

    @property
    def access(self) -> Access:
        """Who may come."""

    @property
    def files(self) -> Files:
        """What there is by GET."""

    @property
    def origins(self) -> Origins:
        """What this machine is called."""

    @property
    def tls(self) -> ssl.SSLContext | None:
        """None: none."""


class Talking(Protocol):
    """One client."""

    async def close(self, code: int, sentence: str) -> None:
        """End it, with a sentence."""


class Serving(threading.Thread, ABC):
    """Serves one listening socket until `stop`. Its clients do not outlive it."""

    def __init__(self, served: Served, listening: socket.socket) -> None:
        super().__init__(name="rig page", daemon=True)
        self._served, self._listening = served, listening
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._sentence = "rig ends."
        self.failure: BaseException | None = None
        self._routes = itertools.count(time.monotonic_ns())  # no two servers of one run share any
        self._open = 0
        self.ends: set[Any] = set()  # the sockets of all who are connected
        self._tasks: set[asyncio.Future[None]] = set()

    # ------------------------------------------------------------ for whoever builds on it
    @abstractmethod
    async def _converse(self, ws: ServerConnection) -> None:
        """One client, until it goes."""

    @abstractmethod
    async def _tick(self) -> None:
        """What is done now and then, as long as it serves."""

    @abstractmethod
    def _talking(self) -> list[Talking]:
        """All clients."""

    def _other(self, path: str, request: Request, connection: ServerConnection) -> Response | None:
        """What there is beside the files; None: nothing of that name."""
        return None

    def _begins(self) -> None:
        """It listens now."""

    def _ends(self) -> None:
        """It listens no more."""

    # ------------------------------------------------------------ the thread
    def run(self) -> None:
        """Serve. Whatever ends it is kept in `failure`, and shows nothing on the terminal that somebody plays at."""
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self.failure = error
        finally:
            self._ends()
            for end in list(self.ends):  # whoever was just about to connect, too, learns of it at once and comes again
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda loop, context: None)
        self._begins()
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
            ssl=self._served.tls,
        ):
            ticking = asyncio.create_task(self._tick())
            try:
                await self._over.wait()
                ending = [each.close(1001, self._sentence) for each in self._talking()]
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.gather(*ending, return_exceptions=True), 1.0)
            finally:
                ticking.cancel()
                self._ends()

    def _call(self, function: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(function)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks = {task, *(other for other in self._tasks if not other.done())}

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
        ours = self._served.origins
        if not ours.allows_host(hosts, str((connection.local_address or ("",))[0])):
            return refusal(http.HTTPStatus.FORBIDDEN, "This address does not name the machine that rig runs on.")
        if not ours.allows_origin(origins, hosts[0]):
            return refusal(http.HTTPStatus.FORBIDDEN, "Another site asks; only rig's own page may.")
        if getattr(request, "method", "GET") != "GET":  # earlier versions of websockets know no other
            return refusal(http.HTTPStatus.METHOD_NOT_ALLOWED, "Nothing but GET is answered.")
        path = request.path.partition("?")[0]
        if path == WEBSOCKET:
            return None
        if (other := self._other(path, request, connection)) is not None:
            return other
        file = self._served.files.get(path)
        if file is None:
            return refusal(http.HTTPStatus.NOT_FOUND, "There is nothing of that name.")
        scheme = "wss" if ours.scheme == "https" else "ws"
        return file_response(file, request, f"{scheme}://{hosts[0]}")


def counted(server: Serving) -> type[ServerConnection]:
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


def refusal(status: http.HTTPStatus, sentence: str) -> Response:
    """No, and why."""
    return response(status, f"{sentence}\n".encode(), "text/plain; charset=utf-8", {})


def file_response(file: File, request: Request, websocket: str) -> Response:
    """A file; a browser that has it already is told so."""
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
        return response(http.HTTPStatus.NOT_MODIFIED, b"", file.type, more)
    return response(http.HTTPStatus.OK, file.content, file.type, more)


def response(status: http.HTTPStatus, content: bytes, type: str, more: dict[str, str]) -> Response:
    """An answer with the headers that all have."""
    policy = {"Content-Security-Policy": "default-src 'none'"}
    length = {"Content-Type": type, "Content-Length": str(len(content)), "Connection": "close"}
    return Response(status.value, status.phrase, Headers({**HEADERS, **policy, **more, **length}), content)
