"""The set-up of the page draws a model in training, says which epoch plays, and has a key to hear it."""

from __future__ import annotations

import pytest
from browser import SIZES, Browser, becomes, need_browser, violations
from jackserver import JACKD_IS_MISSING
from offered import learnt, weighted
from page_runs import PageRun, kept_apart, settled
from rigs import NANO

from rig.training.offer import offer

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")


def test_an_offer_is_drawn_and_heard_with_one_tap(jack_server, loop, tmp_path, monkeypatch):
    need_browser()
    for name, folder in kept_apart(tmp_path / "kept").items():
        monkeypatch.setenv(name, folder)
    with (
        Browser() as browser,
        PageRun(jack_server, tmp_path, "play", NANO, "--di", loop, "--no-connect") as run,
        run.remote() as remote,
    ):
        page = browser.open(run.address, SIZES["laptop"], "stage")
        page.get_by_role("button", name="Set-up").first.click()
        page.wait_for_selector("text=None: start rig train on this machine.")
        assert offer(weighted(tmp_path, 0.5), "mine", learnt(6)) == [
            f"rig play on port {run.port} asks whether to play epoch 6."
        ]
        page.wait_for_selector("text=mine: epoch 6, ESR 0.016. It is ready to be heard.")
        becomes(
            page, "(document.querySelector('[aria-label*=\"gear against itself: 0.001\"]')?.offsetHeight ?? 0) > 50"
        )
        settled(remote, lambda state: state["training"] is not None)
        page.click("rig-do[command=take_trained] button >> visible=true")
        page.wait_for_selector("text=Now playing: epoch 6.")
        settled(remote, lambda state: state["training"].get("playing_epoch") == 6)
        offer(weighted(tmp_path, 0.7), "mine", learnt(7))
        page.wait_for_selector("text=Now playing: epoch 7.")
        assert violations(page) == []
        assert not page.faults
