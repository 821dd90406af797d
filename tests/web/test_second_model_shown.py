"""The set-up of the page shows what belongs to the two models that play, and nothing that does not."""

from __future__ import annotations

import pytest
from browser import SIZES, Browser, becomes, need_browser, violations
from jackserver import JACKD_IS_MISSING
from page_runs import PageRun, kept_apart, settled
from rigs import A2, NANO

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")


def test_a_row_and_a_blend_have_the_controls_that_are_theirs(jack_server, loop, tmp_path, monkeypatch):
    need_browser()
    for name, folder in kept_apart(tmp_path / "kept").items():
        monkeypatch.setenv(name, folder)
    with (
        Browser() as browser,
        PageRun(jack_server, tmp_path, "play", f"{NANO}+{A2}", "--di", loop, "--no-connect") as run,
        run.remote() as remote,
    ):
        page = browser.open(run.address, SIZES["laptop"], "stage")
        page.wait_for_selector(".playing-line:has-text('rig-preamp-nano + rig-preamp-a2')")
        page.get_by_role("button", name="Set-up").first.click()
        page.wait_for_selector("rig-fader[command=between_trim]:visible")
        assert not page.locator("rig-fader[command=blend]:visible").count()
        assert page.locator("text=12.3 dBu (first model) - 12.0 dBu (second model) = 0.3 dB").count()
        page.click("rig-key[command=side_by_side] button >> visible=true")
        page.wait_for_selector("rig-fader[command=blend]:visible")
        assert not page.locator("rig-fader[command=between_trim]:visible").count()
        remote.do("bass", 6.0)
        becomes(page, "(document.querySelector('[aria-label*=\"Behind the model\"]')?.offsetHeight ?? 0) > 50")
        assert violations(page) == []
        page.click("rig-do[command=no_second] button >> visible=true")
        settled(remote, lambda state: not state["model"].get("second"))
        page.wait_for_selector("rig-fader[command=blend]", state="hidden")
        page.click("rig-do[command=next_second] button >> visible=true")
        settled(remote, lambda state: bool(state["model"].get("second")))
        assert not page.faults
