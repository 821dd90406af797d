"""The page of `rig compare --page`: it shows how far the comparison is, then the table, and plays excerpts."""

from __future__ import annotations

import argparse
import contextlib
import select
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RigError
from .display.screen import Screen
from .page_door import opened_door, served
from .terminal import end_if_asked

if TYPE_CHECKING:
    from ..compare.pair import TakeFiles
    from ..compare.score import Comparison
    from ..web.page import Page
    from ..web.shown.shown_compare import Table

SHOW_S = 0.1


class CompareDoor:
    """What a comparison tells the page, and how long the page is served."""

    def __init__(self, table: Table, say: Callable[[str], None]) -> None:
        self._table, self._say = table, say

    def progress(self, done: float) -> None:
        """How far it is, 0 to 1."""
        self._table.progress = done

    def show(self, comparison: Comparison, files: TakeFiles, models: Sequence[Path]) -> None:
        """Show the result until Ctrl-C, or until the page ends it."""
        from ..compare.excerpts import excerpts
        from ..compare.page import page as html

        self._table.comparison, self._table.progress = comparison, 1.0
        self._table.excerpts = excerpts(comparison, files, models)
        with contextlib.suppress(RigError):  # without matplotlib there are no pictures, and no report
            self._table.reported(html(comparison, files, models).encode())
        self._say("Page     shows the result; Ctrl-C ends.")
        with contextlib.suppress(KeyboardInterrupt):
            while not self._table.is_over.wait(SHOW_S):
                end_if_asked()


@contextlib.contextmanager
def compare_door(options: argparse.Namespace) -> Iterator[CompareDoor | None]:
    """A page for a comparison; None: none is wanted, or it cannot be served."""
    if not options.page:
        yield None
        return
    from ..web.shown.shown_compare import CompareShown, Table

    table, say = Table(), Screen().say
    shown = CompareShown(table)
    page = served(options, shown, say)
    if page is None or not opened_door(page, options, say):
        yield None
        return
    shown.on_revoked = page.revoked
    over = threading.Event()
    polling = threading.Thread(target=_poll, args=(page, over), name="rig page polling", daemon=True)
    polling.start()
    try:
        yield CompareDoor(table, say)
    finally:
        over.set()
        polling.join(2.0)
        page.close()


def _poll(page: Page, over: threading.Event) -> None:
    """Nothing sounds, and nobody else speaks to the page: so a thread may, while models are compared."""
    while not over.is_set():
        select.select([page.waker], [], [], SHOW_S)
        page.poll()
        page.show()
