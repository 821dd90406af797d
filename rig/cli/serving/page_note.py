"""Where the page of a service is: in the log without its token, and whole in a file that only the user can read.

A log may be read by others: by the group `adm` where it is the journal, by anybody where it is a file.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import RigError
from ...files.atomic_write import write_text
from ...web.access import make_private
from ...web.runs import folder
from ..page_door import listening, unencrypted

if TYPE_CHECKING:
    from ...web.page import Page


class PageNote:
    """The note of one page."""

    def __init__(self, page: Page | None, options: argparse.Namespace, say: Callable[[str], None]) -> None:
        self._page, self._options, self._say = page, options, say
        self._path: Path | None = None

    def open(self) -> bool:
        """Let the page be reached, and say where; whether it can be."""
        if self._page is None or listening(self._page, self._say) is None:
            return False
        written = self.write()
        here = without_token(self._page.address)
        if not self._options.lan:
            self._say(f"Page     {here} from this machine alone; --lan lets phones in the same network in")
        else:
            there = " or ".join(map(without_token, self._page.lan_addresses)) or "nowhere: there is no network"
            self._say(f"Page     {there}; {here} on this machine")
            if self._page.scheme == "http":
                self._say(f"Page     {unencrypted()}")
        if written is not None:
            self._say(f"Page     its whole address, with the token, is in {written}, for you alone")
        return True

    def write(self) -> Path | None:
        """Write the addresses as they are now; the file. None: it cannot be written, and a sentence says so."""
        assert self._page is not None
        path = folder() / f"{self._page.port}.txt"
        addresses = [*(self._page.lan_addresses if self._options.lan else []), self._page.address]
        try:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()  # whoever has it open reads no new token there
            make_private(path)
            write_text(path, "".join(f"{address}\n" for address in addresses))
        except OSError as error:
            self._say(f"Page     its token cannot be read: {path} cannot be written ({error.strerror}).")
            return None
        self._path = path
        return path

    def renew(self) -> None:
        """The page has another token."""
        if self._page is not None:
            with contextlib.suppress(RigError):
                self._page.renew()
            if (path := self.write()) is not None:
                self._say(f"Page     has another token: it is in {path}")

    def remove(self) -> None:
        """The page is served no more."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()


def without_token(address: str) -> str:
    """What of an address anybody may know.

    >>> without_token("http://127.0.0.1:8117/#token=secret")
    'http://127.0.0.1:8117/'
    """
    return address.partition("#")[0]
