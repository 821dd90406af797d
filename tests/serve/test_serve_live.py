"""`rig serve` on a server that comes, goes, and comes back: it plays, reads everything anew, and ends with a fade."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import model_files
import numpy as np
import pytest
from jackclients import Deck, TakeBroken, wait_until
from jackserver import JACKD_IS_MISSING, JackServer
from rigs import NANO, RATE, jump, sine
from serving import Served
from survivors import begin, clients_of, connected, hear

from rig.audio import wav
from rig.web.remote import Remote

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
PRESET = 'model = "wire.nam"\nlevel = "raw"\nno_cabinet = true\noutput_trim_db = {}\n'
TRIES = 5


@pytest.fixture
def box(jack_server, tmp_path):
    """A folder with a preset whose model is a wire, and the words that have it play a sine."""
    wire = model_files.finished("Linear", {"receptive_field": 1, "bias": False}, [1.0])
    model_files.write(tmp_path / "wire.nam", wire)
    wav.write(tmp_path / "sine.wav", sine(RATE, hz=200.0, peak=0.5), RATE, "FLOAT")  # whole periods
    words = ["wire.toml", "--di", "sine.wav", "--no-connect", "--client", "box", "--page-port", "0"]

    def started(output_trim_db=0.0):
        (tmp_path / "wire.toml").write_text(PRESET.format(output_trim_db))
        return Served(tmp_path, *words, JACK_DEFAULT_SERVER=jack_server.name)

    with Deck("period", jack_server.name) as other:
        other.client.blocksize = 512  # a busy machine loses fewer cycles
        yield started
        other.client.blocksize = 64


def recorded(ear, act):
    """What is heard around what `act` does. Raises TakeBroken where the machine has lost a cycle."""
    hear(ear)
    time.sleep(0.3)
    ear.state["lax"] = 1
    begin(ear, 20 * RATE)
    wait_until(lambda: ear.state["position"] > 9600, "the take to begin")
    xruns = ear.counted("xruns")
    act()
    time.sleep(0.5)
    if ear.counted("xruns") > xruns:
        raise TakeBroken("an xrun")
    ear.state["state"] = 0
    return ear.recorded[0, : int(ear.state["position"])].astype(float)


def peak_of(piece):
    return float(np.abs(piece).max())


def test_a_hangup_reads_the_preset_anew_between_two_fades_and_the_page_and_its_mute_stay(box, jack_server, tmp_path):
    with box() as serving, Deck("ear", jack_server.name, records=1) as ear:
        serving.told("READY=1")
        (path,) = re.findall(r"is in (\S+),", serving.said("Page .* is in "))
        address, _, token = Path(path).read_text(encoding="utf-8").strip().partition("#token=")
        port = int(re.search(r":(\d+)/", address)[1])
        wait_until(lambda: connected(ear, "box:out_1"), "rig", 120)
        for attempt in range(TRIES):
            (tmp_path / "wire.toml").write_text(PRESET.format(-6.0 if attempt % 2 == 0 else 0.0))

            def read_anew():
                heard = len(serving.heard)
                serving.send(signal.SIGHUP)
                serving.told("READY=1", after=heard)

            try:
                y = recorded(ear, read_anew)
            except TakeBroken:
                if attempt + 1 == TRIES:
                    raise
                continue
            break
        wanted = [0.5, 0.5 * 10 ** (-6 / 20)]
        before, after = peak_of(y[:4800]), peak_of(y[-4800:])
        assert sorted([before, after]) == pytest.approx(sorted(wanted), rel=0.1)
        assert jump(y) < 1.5 * jump(sine(RATE, hz=200.0, peak=0.5))  # a cut has up to 0.5
        rows = y[: y.size // 96 * 96].reshape(-1, 96)
        assert np.abs(rows).max(axis=1).min() < 1e-6  # silence in between, of two milliseconds
        with Remote(f"ws://127.0.0.1:{port}/ws", token) as rig:  # the page is the same
            rig.do("mute", True)
        heard = len(serving.heard)
        serving.send(signal.SIGHUP)
        serving.told("READY=1", after=heard)
        with Remote(f"ws://127.0.0.1:{port}/ws", token) as rig:
            assert rig.state["values"]["mute"] is True
        (tmp_path / "wire.toml").write_text("model = 3\n")
        heard = len(serving.heard)
        serving.send(signal.SIGHUP)
        serving.told("READY=1", after=heard)
        assert "wire.toml" in serving.said("^Reload .*What played plays on")
        assert token not in serving.log.read_text()
        assert serving.end() == 0
    assert {"STOPPING=1", "RELOADING=1"} <= set(serving.heard)


@pytest.mark.soak  # it leaves as `rig play` does, which is heard in each run
def test_a_terminated_service_fades_out(box, jack_server):
    for attempt in range(TRIES):
        with box() as serving, Deck("ear", jack_server.name, records=1) as ear:
            wait_until(lambda: connected(ear, "box:out_1"), "rig", 120)
            try:
                y = recorded(ear, serving.end)
            except TakeBroken:
                if attempt + 1 == TRIES:
                    raise
                continue
        assert serving.process.returncode == 0
        end = np.flatnonzero(np.abs(y) > 1e-6)[-1] + 1
        assert peak_of(y[end - 9600 : end - 4800]) == pytest.approx(0.5, rel=0.1)
        assert jump(y) < 1.5 * jump(sine(RATE, hz=200.0, peak=0.5))
        assert peak_of(y[end - 96 : end]) < 0.05
        return


def test_it_plays_on_a_server_that_comes_later_and_is_restarted_and_connects_a_port_that_comes_last(tmp_path):
    server = JackServer(capture=0)
    words = (NANO, "--input", "late:", "--no-page", "--resume")
    try:
        with Served(tmp_path, *words, **server.environment()) as serving:
            serving.told("STATUS=waits")
            server.start()
            serving.said("^Playing")
            assert "late:" in serving.said("^Waiting .*--input")
            server.stop()
            serving.told("STATUS=NO SERVER")
            serving.said("has gone")
            server.start()
            serving.said("is back")
            wait_until(lambda: "rig" in clients_of(server.name), "rig to be back")
            assert serving.end() == 0
    finally:
        server.stop()
