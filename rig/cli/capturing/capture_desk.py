"""The operator of a capture at a terminal and in the page: both are shown everything, and whoever answers is heard."""

from __future__ import annotations

import argparse
import select
import threading
import time
from typing import TYPE_CHECKING

from ..console import Console, answered, nobody_answers, read_line
from ..page_door import opened_door, served
from ..terminal import end_if_asked, line_within

if TYPE_CHECKING:
    from ...capture.result.save import Saved
    from ...capture.take.wiring import Wiring

SHOW_S = 0.1
BUSY_S = 0.3  # without a look of the thread that captures: it computes
LINGER_S = 600.0  # how long the result is shown to whoever looks at it


class PagedConsole(Console):
    """A `Console` with a page beside it. Without one it is a `Console`."""

    def __init__(self, options: argparse.Namespace, name: str) -> None:
        super().__init__(options.yes, options.json)
        from ...web.shown.shown_capture import CaptureShown, Desk

        self.desk = Desk(name)
        shown = CaptureShown(self.desk)
        self._page = None if options.json else served(options, shown, super().say)
        self._polled = time.monotonic()
        if self._page is not None:
            shown.on_revoked = self._page.revoked
            if not opened_door(self._page, options, super().say):
                self._page.close()
                self._page = None
        self._lock, self._is_over = threading.Lock(), threading.Event()
        if self._page is not None:
            threading.Thread(target=self._look_meanwhile, name="rig looks", daemon=True).start()

    def _look_meanwhile(self) -> None:
        """While a take is cut and checked, which takes long, a page that is opened is shown how it stands."""
        page = self._page
        assert page is not None
        while not self._is_over.wait(SHOW_S):
            with self._lock:
                if time.monotonic() - self._polled > BUSY_S and not self._is_over.is_set():
                    page.poll_looks()

    def say(self, text: str) -> None:
        """A sentence that stays."""
        super().say(text)
        self.desk.say(text)
        self._poll()

    def ask(self, question: str, option: str, default: str | None = None) -> str:
        """From the keyboard or the page, whichever comes first; with `yes` the default. Raises Left for q or Ctrl-D."""
        page = self._page
        if page is None or (self._yes and default is not None):
            return super().ask(question, option, default)
        if self._yes:
            raise nobody_answers(question, option)
        super().say(question)
        self.desk.ask(question, default)
        page.show(at_once=True)
        try:
            while True:
                if line_within(SHOW_S, page.waker):
                    return answered(read_line(question, option), question, option, default)
                self._poll()
                if self.desk.given is not None:
                    given = self.desk.given.strip() or default or ""
                    super().say(given)
                    return answered(given, question, option, default)
        finally:
            self.desk.question = self.desk.given = None
            page.show(at_once=True)

    def meter(self, what: str, done: int, samples: int, peak_dbfs: float) -> None:
        """One live line."""
        super().meter(what, done, samples, peak_dbfs)
        self.desk.meter(what, min(1.0, done / samples), peak_dbfs)
        self._poll()

    def _poll(self) -> None:
        """What is asked in the page is done; KeyboardInterrupt if the capture is to end."""
        page = self._page
        if page is None:
            return
        now = time.monotonic()
        with self._lock:
            self._polled = now
            page.poll()
            page.show()
        if self.desk.is_stopped:
            raise KeyboardInterrupt
        end_if_asked()

    # ------------------------------------------------------------ the end
    def wired(self, wiring: Wiring) -> None:
        """The ports are agreed to."""
        self.desk.wiring = {"send": wiring.send, "return": wiring.returned}

    def judged(self, saved: Saved, text: str, report: bytes | None) -> None:
        """Show the verdict and the report; while somebody looks at it in the page, it is served on."""
        self.desk.judged(saved.to_json(), text, report)
        page = self._page
        if page is None:
            return
        page.show(at_once=True)
        if not page.client_count:
            return
        super().say("Page     shows the result until it is closed; Ctrl-C ends.")
        until = time.monotonic() + LINGER_S
        while page.client_count and time.monotonic() < until and not self.desk.is_stopped:
            select.select([page.waker], [], [], SHOW_S)
            end_if_asked()
            with self._lock:
                self._polled = time.monotonic()
                page.poll()

    def close(self) -> None:
        """The page says good-bye."""
        self._is_over.set()
        if self._page is not None:
            self._page.close()
