"""Over a JACK server: browser, network or the page's thread die at fifty moments; the sound goes on, nothing is lost.

The noise that plays is recorded all the while: not one window of it is silent. What has been asked moves a counter, the
place in a folder of cabinets, which must be right to the last command. RIG_SEED=7 takes other moments.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
import uuid
from pathlib import Path

import numpy as np
import pytest
from browser import CHROMIUM, need_browser
from commandline import Playing
from jackclients import Deck, wait_until
from jackserver import JACKD_IS_MISSING
from places import SUPPORT
from responses import folder_of
from rigs import NANO
from steadfast import GONE, Steadfast, Wire

from rig.web.remote import Remote
from rig.web.runs import running

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]
RATE, MOMENTS, BROWSERS, CABINETS = 48000, 50, 6, 5
SEED = int(os.environ.get("RIG_SEED", "0")) or random.randrange(1, 1 << 30)
WINDOW = RATE // 50  # of which none may be silent
MORTAL = [sys.executable, str(SUPPORT / "machine" / "mortal_rig.py")]


@pytest.fixture
def own(jack_server, tmp_path, monkeypatch):
    for name in ("STATE", "DATA", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_server.name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cabs").mkdir()
    folder_of(tmp_path / "cabs", CABINETS, samples=400)
    return jack_server


def quietest(heard):
    """RMS of the softest window of what was recorded."""
    windows = heard[: len(heard) // WINDOW * WINDOW].reshape(-1, WINDOW)
    return float(np.sqrt((windows.astype(float) ** 2).mean(axis=1)).min())


def test_at_fifty_moments_the_sound_goes_on_and_every_command_is_done_once(own, loop, tmp_path):
    print(f"RIG_SEED={SEED}")
    chance = random.Random(SEED)
    with Playing(NANO, tmp_path / "cabs", "--di", loop, "--no-connect", command=MORTAL) as playing:
        playing.wait_for("^Page ")
        run = running()
        wire = Wire(run.port)
        client = Steadfast(run.port, run.token, wire.port)
        client.connect()
        client.settle(lambda state: state["cabinet"]["index"] == 0)
        ear = Deck("ear", own.name, records=1)
        ear.connect("in_1", "rig:out_1")
        ear.state["lax"] = 1
        ear.arm(90 * RATE)
        wait_until(lambda: ear.state["state"] == 2, "the recording")
        for at in range(MOMENTS):
            how = chance.choice(["thread", "client", "network", "silence"])
            end = time.monotonic() + chance.uniform(0.05, 0.8)
            with contextlib.suppress(*GONE):
                while time.monotonic() < end:
                    client.do("next_ir")
                    time.sleep(chance.uniform(0.015, 0.1))
                    if chance.random() < 0.7:
                        client.take()
            if how == "thread":
                playing.send(signal.SIGUSR1)
                with contextlib.suppress(*GONE):
                    while True:
                        client.take()
            elif how == "client":
                client.leave()
            else:
                wire.cut(chance.randrange(200), by_force=how == "network")
            client.connect()
            if at % 10 == 9:
                client.settle(lambda state: state["cabinet"]["index"] == client.sent % CABINETS)
                with Remote.of(running()) as witness:  # of another connection
                    assert witness.state["cabinet"]["index"] == client.sent % CABINETS
                    assert witness.state["values"] == client.state["values"]
        client.settle(lambda state: state["cabinet"]["index"] == client.sent % CABINETS)
        frames = int(ear.state["position"])
        heard = ear.recorded[0, :frames].copy()
        ear.close()
        client.leave()
        wire.close()
        told = "\n".join(playing.lines)
        print(f"{client.sent} commands, {frames / RATE:.0f} s, slowest reconnect {client.slowest_s:.2f} s")
        assert quietest(heard) > 1e-3
        assert client.slowest_s < 1.0
        assert "Traceback" not in told
        assert told.count("its server failed") == 1  # said once, not at each
        with Remote.of(running()) as remote:
            remote.do("quit")
        assert playing.wait() == 0


def kill(mark):
    """The processes of a browser that was started with a mark, its main one first."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if mark.encode() in command and entry.name != str(os.getpid()):
                found.append((b"--type=" in command, int(entry.name)))
    assert found
    for _, pid in sorted(found):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_browser_that_is_killed_leaves_the_sound_and_finds_the_truth_when_it_comes_back(own, loop, tmp_path):
    need_browser()
    from playwright.sync_api import Error, sync_playwright

    print(f"RIG_SEED={SEED}")
    chance, slowest_s = random.Random(SEED), 0.0
    with Playing(NANO, tmp_path / "cabs", "--di", loop, "--no-connect") as playing, sync_playwright() as playwright:
        address = playing.wait_for("^Page ").split()[1]
        ear = Deck("ear", own.name, records=1)
        ear.connect("in_1", "rig:out_1")
        ear.state["lax"] = 1
        ear.arm(120 * RATE)
        wait_until(lambda: ear.state["state"] == 2, "the recording")
        with Remote.of(running()) as witness:
            for at in range(BROWSERS):
                witness.do("bypass", bypass := at % 2 == 0)  # while there is no browser
                mark = f"--rig-mark={uuid.uuid4().hex}"
                chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", mark])
                page = chromium.new_page()
                page.goto(address, wait_until="commit")
                began = time.monotonic()
                page.wait_for_selector(".view:not([hidden])", state="attached")
                page.wait_for_selector(".segment.bypass", state="attached" if bypass else "detached")
                slowest_s = max(slowest_s, time.monotonic() - began)
                for _ in range(chance.randrange(1, 5)):
                    page.keyboard.press("b")
                    time.sleep(chance.uniform(0, 0.1))
                kill(mark)
                with contextlib.suppress(Error):
                    chromium.close()
                witness.do("volume", 0)  # the rest goes on
        frames = int(ear.state["position"])
        heard = ear.recorded[0, :frames].copy()
        ear.close()
        print(
            f"{BROWSERS} browsers, {frames / RATE:.0f} s, slowest {slowest_s:.2f} s from the address to the true state"
        )
        assert quietest(heard) > 1e-4
        with Remote.of(running()) as remote:
            assert remote.state["values"]["volume"] == 0
            remote.do("quit")
        assert playing.wait() == 0
