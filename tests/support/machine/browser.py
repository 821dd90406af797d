"""A real Chromium that looks at pages of rig: what it complains of, what leaves the origin, what axe-core finds."""

from __future__ import annotations

import shutil
import time
from urllib.parse import urlsplit

import pytest

WAIT_MS = 30_000  # for anything: a busy machine is no fault of the page
CHROMIUM = shutil.which("chromium")
SIZES = {"upright": (390, 844), "on its side": (844, 390), "laptop": (1280, 800), "screen": (1920, 1080)}


def need_browser():
    """Skip where there is none."""
    pytest.importorskip("playwright", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")


class Browser:
    """A context manager; `open` gives a page that keeps a list of what went wrong, and of what left its origin."""

    def __enter__(self):
        need_browser()
        from playwright.sync_api import sync_playwright

        self._playwright, self._contexts = sync_playwright().start(), []
        self._chromium = self._playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        return self

    def __exit__(self, *_):
        self._chromium.close()
        self._playwright.stop()

    def open(self, address, size=(1280, 800), view=None, **options):
        """A page in a context of its own, with the state shown."""
        page = self.open_door(address, size, **options)
        page.wait_for_selector(".view:not([hidden])", state="attached")
        if view is not None:
            page.evaluate(f"location.hash = '{view}'")
            page.wait_for_selector(f"#{view}:not([hidden]) *")
        return page

    def close_pages(self):
        """All that were opened: a rig serves eight at most."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()

    def open_door(self, address, size=(1280, 800), **options):
        """A page, whatever it shows."""
        context = self._chromium.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.faults, page.requests = [], []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: page.faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(address)
        return page


def becomes(page, expression, argument=None):
    """Wait until an expression is true in a page. Asked from outside: the page itself may evaluate no text."""
    end = time.monotonic() + WAIT_MS / 1000
    while not page.evaluate(expression, argument):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)


def strangers(page, port):
    """What was asked for that is not this rig's own."""
    own = f"127.0.0.1:{port}"
    return [url for url in page.requests if urlsplit(url).netloc != own and urlsplit(url).scheme != "blob"]


def violations(page):
    """What axe-core finds: a line for each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['help']}: {node['html'][:160]}" for each in found for node in each["nodes"]]
