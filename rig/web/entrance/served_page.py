"""A page that is served: its addresses, and the thread that serves it, followed by another one where it fails."""

from __future__ import annotations

import contextlib
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from ..port import PageOptions, lan_hosts

if TYPE_CHECKING:  # websockets is not loaded before a page is
    from ..serving import Served, Serving

RESTART_S, LONGEST_RESTART_S = 0.05, 0.5  # before another thread serves, in place of one that failed
END_S = 2.0  # for a thread to say good-bye

Server = TypeVar("Server", bound="Serving")


class ServedPage(ABC, Generic[Server]):
    """`say` tells whoever sits at the terminal. `FAILED`: what is said beside the reason, the first time."""

    FAILED: ClassVar[str] = "and is started again."

    def __init__(self, options: PageOptions, say: Callable[[str], None]) -> None:
        self._options, self._say = options, say
        self._socket: socket.socket | None = None
        self._server: Server | None = None
        self._names: Callable[[], None] | None = None  # ends the announcement of NAME.local
        self._retry_at, self._retry_s, self._has_failed = 0.0, RESTART_S, False

    # ------------------------------------------------------------ of each kind
    @property
    @abstractmethod
    def _served(self) -> Served:
        """What is served, once it has started."""

    @abstractmethod
    def _serve(self) -> None:
        """Start a thread that serves the socket."""

    # ------------------------------------------------------------ while it is served
    def _look_after(self) -> None:
        """A thread that has ended is followed by another one; nothing else knows of it."""
        if self._server is None or self._server.is_alive() or time.monotonic() < self._retry_at:
            return
        if not self._has_failed:
            self._has_failed = True
            self._say(f"Page     its server failed ({type(self._server.failure).__name__}) {self.FAILED}")
        self._retry_at = time.monotonic() + self._retry_s
        self._retry_s = min(2 * self._retry_s, LONGEST_RESTART_S)
        with contextlib.suppress(OSError, RuntimeError):  # no more files or threads: later
            self._serve()

    def _stop(self, *sentence: str) -> None:
        """Say good-bye and listen no more."""
        if self._names is not None:
            self._names()
        if self._server is not None:
            self._server.stop(*sentence)
            if self._server.is_alive():
                self._server.join(END_S)
            else:  # a signal may come in before it has begun
                self._server.forsake()
        if self._socket is not None:
            self._socket.close()

    # ------------------------------------------------------------ where it is
    @property
    def scheme(self) -> str:
        """http or https."""
        return self._served.origins.scheme

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._served.origins.port

    @property
    def address(self) -> str:
        """For a browser on this machine, with the token."""
        return self._address("127.0.0.1")

    @property
    def lan_addresses(self) -> list[str]:
        """For others in the network, with the token: by number, the most likely first, and by name."""
        return [self._address(name) for name in lan_hosts()]

    def _address(self, host: str) -> str:
        return f"{self.scheme}://{host}:{self.port}/#token={self._served.access.token}"
