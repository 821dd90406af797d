"""`rig listen --page`: a test as a page, on this machine and, with `--lan`, for others in the network."""

from __future__ import annotations

import argparse
import contextlib
import time
from typing import TYPE_CHECKING

from ..display.screen import Screen
from ..page_door import opened_door
from ..terminal import end_if_asked

if TYPE_CHECKING:
    from ...compare.listening import Prepared

LOOK_S = 0.2


def serve(test: Prepared, options: argparse.Namespace) -> int:
    """Until Ctrl-C; 2 where the page cannot be served."""
    from ...web.listening.listen_page import ListenPage
    from ...web.port import PageOptions

    say = Screen().say
    wanted = PageOptions(options.page_port, options.lan, options.certificate, options.key)
    page = ListenPage(test, wanted, say, reveals=options.show_results)
    try:
        if not opened_door(page, options, say, could="listen and rate under a new name"):
            return 2
        say("Page     each listener gives a name there, and sits the test in his own order; Ctrl-C ends.")
        with contextlib.suppress(KeyboardInterrupt):
            end = None if options.seconds is None else time.monotonic() + options.seconds
            while end is None or time.monotonic() < end:
                time.sleep(LOOK_S)
                end_if_asked()
                page.look_after()
        page.look_after()
    finally:
        page.close()
    say(f"Go on with: rig listen {test.folder} --page; what it came to: rig listen --report {test.folder}")
    return 0
