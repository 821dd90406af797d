"""The page of a listening test, for `rig listen`: started, looked after, closed.

page = ListenPage(test, PageOptions(lan=True), say)
print(page.start())                # the address, with its token
...
page.look_after()                  # now and then, in the loop of the terminal
page.close()
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable

from ...compare.listening.prepared import Prepared
from ..access import Access
from ..files import Files
from ..origins import Origins, own_names
from ..page import LONGEST_RESTART_S, RESTART_S
from ..port import PageOptions, announced, lan_hosts, listen, tls_of
from .host import FOLDER, SHARED, Host, ListeningSite
from .revealing import Revealing
from .seats import MOST_KEYS, keys_file


class ListenPage:
    """See the module. `reveals`: a listener sees at his end what the sounds were; `say` tells the terminal."""

    def __init__(
        self, test: Prepared, options: PageOptions, say: Callable[[str], None], *, reveals: bool = False
    ) -> None:
        self._test, self._options, self._say = test, options, say
        self._revealing = Revealing(test.folder) if reveals else None
        self._socket: socket.socket | None = None
        self._server: Host | None = None
        self._site: ListeningSite | None = None
        self._names: Callable[[], None] | None = None
        self._retry_at, self._retry_s, self._has_failed = 0.0, RESTART_S, False

    def start(self) -> str:
        """Listen; the address. Raises PageError, and nothing listens then."""
        tls = tls_of(self._options)
        self._socket = listen(self._options)
        port = int(self._socket.getsockname()[1])
        access = Access(keys_file(self._test), most_devices=MOST_KEYS)
        origins = Origins("https" if tls is not None else "http", port, own_names(self._options.lan))
        files = Files(FOLDER, SHARED)
        self._site = ListeningSite(self._test, access, files, origins, self._revealing, tls)
        self._serve()
        if self._options.lan:
            self._names = announced(port, self.scheme)
        return self.address

    def _serve(self) -> None:
        assert self._site is not None and self._socket is not None
        self._server = Host(self._site, self._socket.dup())
        self._server.start()

    def look_after(self) -> None:
        """Tell what happened; a thread that has ended is followed by another one, and no listener loses anything."""
        while self._server is not None and self._server.events:
            self._say(f"Page     {self._server.events.popleft()}")
        if self._server is None or self._server.is_alive() or time.monotonic() < self._retry_at:
            return
        if not self._has_failed:
            self._has_failed = True
            self._say(f"Page     its server failed ({type(self._server.failure).__name__}) and is started again.")
        self._retry_at = time.monotonic() + self._retry_s
        self._retry_s = min(2 * self._retry_s, LONGEST_RESTART_S)
        with contextlib.suppress(OSError, RuntimeError):  # no more files or threads: later
            self._serve()

    def close(self) -> None:
        """Say good-bye and stop listening."""
        if self._names is not None:
            self._names()
        if self._server is not None:
            self._server.stop("The test is closed for now; what you rated is kept.")
            if self._server.is_alive():
                self._server.join(2.0)
            else:
                self._server.forsake()
        if self._socket is not None:
            self._socket.close()

    # ------------------------------------------------------------ where it is
    @property
    def scheme(self) -> str:
        """http or https."""
        assert self._site is not None
        return self._site.origins.scheme

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._site is not None
        return self._site.origins.port

    @property
    def address(self) -> str:
        """For a browser on this machine, with the token."""
        return self._address("127.0.0.1")

    @property
    def lan_addresses(self) -> list[str]:
        """For others in the network, with the token: by number, the most likely first, and by name."""
        return [self._address(name) for name in lan_hosts()]

    def _address(self, host: str) -> str:
        assert self._site is not None
        return f"{self.scheme}://{host}:{self.port}/#token={self._site.access.token}"

    @property
    def client_count(self) -> int:
        """How many pages are open."""
        return 0 if self._server is None else self._server.client_count
