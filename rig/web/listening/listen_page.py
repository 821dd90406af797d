"""The page of a listening test, for `rig listen`: started, looked after, closed.

page = ListenPage(test, PageOptions(lan=True), say)
print(page.start())                # the address, with its token
...
page.look_after()                  # now and then, in the loop of the terminal
page.close()
"""

from __future__ import annotations

from collections.abc import Callable

from ...compare.listening.prepared import Prepared
from ..access import Access
from ..entrance.served_page import ServedPage
from ..files import Files
from ..origins import Origins, own_names
from ..port import PageOptions, announced, listen, tls_of
from .host import FOLDER, SHARED, Host, ListeningSite
from .revealing import Revealing
from .seats import MOST_KEYS, keys_file


class ListenPage(ServedPage[Host]):
    """See the module. `reveals`: a listener sees at his end what the sounds were; `say` tells the terminal."""

    def __init__(
        self, test: Prepared, options: PageOptions, say: Callable[[str], None], *, reveals: bool = False
    ) -> None:
        super().__init__(options, say)
        self._test = test
        self._revealing = Revealing(test.folder) if reveals else None
        self._site: ListeningSite | None = None

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
        self._look_after()

    def close(self) -> None:
        """Say good-bye and stop listening."""
        self._stop("The test is closed for now; what you rated is kept.")

    @property
    def _served(self) -> ListeningSite:
        assert self._site is not None
        return self._site

    @property
    def client_count(self) -> int:
        """How many pages are open."""
        return 0 if self._server is None else self._server.client_count
