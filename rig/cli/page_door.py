"""The page of a live session: its options, how it is told of, and how it is opened the first time."""

from __future__ import annotations

import argparse
import contextlib
import html
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import RigError
from ..files.distribution import install_line
from ..files.paths import state_folder
from ..scripting.printable import printable

if TYPE_CHECKING:
    from ..web.page import Page
    from ..web.shown.shown import Shown

OPENED = "page-opened"  # a file: the page has been opened once
SHOWS_RESULT = "serve a page that shows the result, and plays excerpts"


def add_page_options(command: Any, on: bool = True, page: str = SHOWS_RESULT, *, opens: bool = True) -> None:
    """Whether there is a page, and for whom; `on`: it is there unless it is not wanted, else `page` says what it is.

    `opens`: a browser may be there to open it.
    """
    group = command.add_argument_group("page")
    if on:
        group.add_argument("--no-page", dest="page", action="store_false", help="serve no page to steer rig from")
    else:
        group.add_argument("--page", action="store_true", help=page)
    group.add_argument(
        "--page-port", type=int, metavar="N", help="port of the page (default: the first free from 8117)"
    )
    group.add_argument("--lan", action="store_true", help="also for phones and tablets in the same network")
    group.add_argument("--certificate", type=Path, metavar="FILE", help="TLS for the page: its certificate, in PEM")
    group.add_argument("--key", type=Path, metavar="FILE", help="and the key of that certificate")
    if on and opens:
        group.add_argument("--open-page", action="store_true", help="open the page in the browser, the first time")
    command.set_defaults(open_page=False)


def served(options: argparse.Namespace, shown: Shown, say: Callable[[str], None]) -> Page | None:
    """A page that does not listen yet; None: none is wanted."""
    if not options.page:
        return None
    from ..web.page import Page
    from ..web.port import PageOptions

    wanted = PageOptions(options.page_port, options.lan, options.certificate, options.key)
    return Page(shown, wanted, say)


class Door(Protocol):
    """A page that can be opened."""

    def start(self) -> str:
        """Listen; the address. Raises RigError."""

    @property
    def lan_addresses(self) -> list[str]:
        """For others in the network."""

    @property
    def scheme(self) -> str:
        """http or https."""


def opened_door(
    page: Door | None, options: argparse.Namespace, say: Callable[[str], None], could: str = "steer rig"
) -> bool:
    """Listen, and say where; whether it does. Where that is not possible, a sentence says why, and all else goes on.

    `could`: what whoever reads the token can do.
    """
    address = listening(page, say)
    if page is None or address is None:
        return False
    say(f"Page     {address}")
    if options.lan:
        _tell_of_lan(page, say, could)
    if options.open_page:
        _open_once(address)
    return True


def listening(page: Door | None, say: Callable[[str], None]) -> str | None:
    """The address of a page that listens from now on; None: there is none, and a sentence says why."""
    if page is None:
        return None
    try:
        return page.start()
    except RigError as error:
        say(f"Page     {error}")
    except ImportError as error:
        say(f"Page     {error.name} is not installed, so there is no page: {install_line()}")
    return None


def _tell_of_lan(page: Door, say: Callable[[str], None], could: str) -> None:
    from ..web.port import qr_code

    addresses = page.lan_addresses
    if not addresses:
        say("Page     this machine has no address in a network, so no phone can reach it.")
        return
    for address in addresses:
        say(f"Phone    {address}")
    code = qr_code(addresses[0])
    say(code if code is not None else f"Phone    {install_line('lan')} shows a code for the camera here")
    if page.scheme == "http":
        say(f"Phone    {unencrypted(could)}")


def unencrypted(could: str = "steer rig") -> str:
    """What a page without TLS means in a network."""
    return (
        f"without --certificate whoever reads this network's traffic can read the token and {could} too: use it in a "
        "network of your own"
    )


# ---------------------------------------------------------------- the first time
def _open_once(address: str) -> None:
    """Open the page in the browser of a desktop, if that has not been done on this machine before."""
    mark = state_folder() / OPENED
    if not _has_desktop() or mark.exists():
        return
    with contextlib.suppress(OSError):
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        _show(_way_in(address))


def _has_desktop() -> bool:
    """Whether somebody sits at a desktop and has started rig by hand."""
    if any(os.environ.get(name) for name in ("CI", "SSH_CONNECTION", "SSH_TTY", "PYTEST_CURRENT_TEST")):
        return False
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stdout is not None and sys.stdout.isatty()):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _way_in(address: str) -> Path:
    """A file that leads there: a token on a command line could be read by all users of the machine. OSError."""
    from ..web.access import make_private

    path = state_folder() / "open-page.html"
    make_private(path)
    path.write_text(
        f'<!doctype html><meta http-equiv="refresh" content="0; url={html.escape(printable(address))}">',
        encoding="utf-8",
    )
    return path


def _show(path: Path) -> None:
    """In the user's browser, which may stay open longer than rig. OSError."""
    if sys.platform == "win32":
        os.startfile(path)
        return
    command = "open" if sys.platform == "darwin" else "xdg-open"
    quiet = subprocess.DEVNULL
    subprocess.Popen([command, str(path)], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
