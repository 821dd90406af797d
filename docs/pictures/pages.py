"""Pictures of the page in Chromium, before real runs of rig over jackd's dummy driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import scenes
from browser import Browser
from jackserver import JackServer
from page_runs import PageRun

PHONE_ON_ITS_SIDE, LAPTOP = (844, 390), (1280, 800)
SETTLE_MS = 1500  # for lists, curves and a level that has moved


def page(images: Path, folder: Path, environment: Mapping[str, str]) -> None:
    """Stage, tuner and set-up; cabinets; bench; a listening test."""
    scenes.at_home(folder)
    with JackServer(period=256) as server, Browser() as browser:

        def take(
            scene: Callable[..., AbstractContextManager[PageRun]], *shots: tuple[str, tuple[int, int], str, str]
        ) -> None:
            """Pictures `(name, size, command to carry out before, what is clicked)` of one run."""
            with scene(server, folder, environment) as run:
                for name, size, command, clicked in shots:
                    with run.remote() as remote:
                        if command:
                            remote.do(command, True)
                        shown = browser.open(run.address, size, device_scale_factor=1)
                        if clicked:
                            shown.click(clicked)
                        shown.wait_for_timeout(SETTLE_MS)
                        shown.screenshot(path=images / f"page-{name}.png")
                        if command:
                            remote.do(command, False)
                    browser.close_pages()

        setup = "nav.bar [data-name=setup]"
        take(
            scenes.playing,
            ("stage", PHONE_ON_ITS_SIDE, "", ""),
            ("tuner", PHONE_ON_ITS_SIDE, "tuner", ""),
            ("setup", LAPTOP, "", setup),
        )
        take(scenes.auditioning, ("cabinets", LAPTOP, "", ""))
        take(scenes.comparing_sides, ("bench", LAPTOP, "", ""))
        with scenes.listening(server, folder, environment) as run:
            listen(browser, run.address, images / "page-listen.png")


def listen(browser: Browser, address: str, image: Path) -> None:
    """A screen half rated."""
    shown = browser.open_door(address, LAPTOP, device_scale_factor=1)
    shown.fill(".name input", "Anna")
    shown.keyboard.press("Enter")
    shown.wait_for_selector(".sounds:not([hidden])")
    shown.click(".skip")
    shown.click(".skip")
    shown.wait_for_selector("h1:text-is('Screen 1 of 1')")
    shown.wait_for_selector(".sounds:not([hidden])")
    for letter, score in (("a", 62), ("c", 100), ("b", 35)):
        shown.keyboard.press(letter)
        shown.wait_for_selector(".rating:enabled")
        shown.locator(".rating:enabled").fill(str(score))
    shown.keyboard.press("d")
    shown.wait_for_selector(".rating:enabled")
    shown.wait_for_timeout(SETTLE_MS)
    shown.screenshot(path=image)
    browser.close_pages()
