"""`rig play` on servers that die, restart and change their period: the sound returns, and nothing is left over.

The sound is heard by another process (listener.py). Times are reported; only their median is held against the promise,
in the soak. What happens more seldom is tried in test_survival_soak.py.
"""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import time

import model_files
import numpy as np
import pytest
from blocks import new_engine, passthrough
from child import run_in_child
from commandline import RIG, Playing
from jackclients import Deck, TakeBroken, wait_until
from jackserver import JACKD_IS_MISSING, JackServer
from listener import Listener
from rigs import A2, RATE, jump, sine
from survivors import BACK_S, PLAYING, Card, begin, clients_of, connected, figures, hear, leaks, left_in_shared_memory

from rig.audio import wav
from rig.backends import cables
from rig.backends.cables import Cables
from rig.backends.jack.client import Jack
from rig.dsp.network.quality import QUALITIES
from rig.library import measured_aliasing
from rig.nam import Model

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")


# ---------------------------------------------------------------- the server dies; the period changes
def test_the_sound_returns_after_the_server_and_after_each_change_of_the_period(loop):
    report = run_in_child(restarts, loop, 2, [16, 2048, 64], timeout_s=180)
    survives(report, rss_kb=16384)


@pytest.mark.soak
def test_the_sound_returns_fifty_times_in_a_row_and_nothing_leaks(loop):
    report = run_in_child(restarts, loop, 50, [], timeout_s=900)
    survives(report)
    assert np.median(report["back"]) < BACK_S


@pytest.mark.soak
def test_playing_goes_on_through_a_hundred_changes_of_the_period(loop):
    periods = [int(p) for p in np.random.default_rng(2).choice([16, 32, 64, 128, 256, 512, 1024, 2048], 100)]
    report = run_in_child(restarts, loop, 0, periods, timeout_s=900)
    survives(report)
    assert np.median(report["silent"]) < BACK_S


def survives(report, rss_kb=4096):
    for name, what in {"back": "sound after the server", "silent": "silence after a change of the period"}.items():
        times = report[name]
        if times:
            print(f"{what}, in s: median {np.median(times):.2f}, worst {max(times):.2f} of {len(times)}; all:", *times)
    print("before", report["before"], "after", report["after"])
    assert leaks(report["before"], report["after"], rss_kb) == []
    assert report["told"] == report["set"]
    assert not report["overload"]
    assert report["clients"] == ["listener", "rig", "system"]
    assert report["code"] == 0
    assert report["left"] == []


def restarts(loop, times, periods):
    """In a child: kill or end the server again and again, with short and long pauses; then change its period."""
    server, back, resized = JackServer().start(), [], []
    name = server.name
    try:
        measured_aliasing.measure(Model.load(A2), QUALITIES[:2])  # or rig does it now, and takes memory for it
        with Playing(A2, "--no-ir", "--di", loop, **server.environment()) as play:
            play.wait_for(PLAYING, 120)
            with Listener(name, "rig:out_1") as ear:
                ear.wait(0)
                for i in range(times):
                    (server.kill if i % 2 == 0 else server.stop)()
                    time.sleep((0.1, 0.7)[i // 2 % 2])
                    server.start()
                    try:
                        heard = ear.wait(i + 1)
                    except AssertionError as error:
                        raise AssertionError(f"{error}; rig said {play.lines[-12:]}") from None
                    back.append(round(heard.sound_s - heard.server_s, 3))
                    if i == times // 10:  # Python has imported what it needs for it
                        before = figures(play.pid)
            with Deck("listener", name, records=1) as ear:
                wait_until(lambda: connected(ear, "rig:out_1"), "rig")
                for i, period in enumerate(periods):
                    resized.append(change_period(play, ear, period))
                    if i == len(periods) // 10 and not times:
                        before = figures(play.pid)
                report = {
                    "after": figures(play.pid),
                    "clients": clients_of(name),
                    "overload": "Overload" in str(play.lines),
                }
            report["code"] = play.end()
    finally:
        server.stop()
    return {
        **report,
        "before": before,
        "back": back,
        "left": left_in_shared_memory(name),
        "silent": [r[0] for r in resized],
        "set": [r[1] for r in resized],
        "told": [r[2] for r in resized],
    }


def change_period(play, ear, period):
    """Seconds until there is sound again, the period that was set, and the one that was told."""
    if ear.client.blocksize == period:
        period = 2 * period if period < 2048 else 128
    changes, seen, began = ear.counted("resizes"), len(play.lines), time.monotonic()
    ear.client.blocksize = period
    wait_until(lambda: ear.counted("resizes") > changes, "the new period")
    hear(ear)
    silent = round(time.monotonic() - began, 3)
    return silent, period, int(re.search(r"(\d+) frames", play.wait_for(PLAYING, after=seen))[1])


# ---------------------------------------------------------------- the end: a fade, and no xrun
def has_left(ear):
    """Whether the port of the session is gone; it may go while it is looked up."""
    import jack  # not without its library, which no other test here needs

    try:
        return not ear.client.get_ports("ending:out_1")
    except jack.JackError:
        return True


@pytest.fixture
def quiet_end(jack_server, tmp_path):
    """Plays a sine through a wire and hears how it ends: `check(end)` calls `end` while it records."""
    wire = model_files.finished("Linear", {"receptive_field": 1, "bias": False}, [1.0])
    model = model_files.write(tmp_path / "wire.nam", wire)
    wav.write(tmp_path / "sine.wav", sine(RATE, hz=200.0, peak=0.5), RATE, "FLOAT")  # whole periods
    arguments = [
        model,
        "--no-ir",
        "--level-mode",
        "raw",
        "--di",
        tmp_path / "sine.wav",
        "--no-connect",
        "--client",
        "ending",
    ]

    def check(end):
        with Deck("ear", jack_server.name, records=1) as ear:
            wait_until(lambda: connected(ear, "ending:out_1"), "rig", 120)
            hear(ear)
            time.sleep(0.3)
            ear.state["lax"] = 1
            begin(ear, 20 * RATE)
            wait_until(lambda: ear.state["position"] > 9600, "the take to begin")
            xruns = ear.counted("xruns")
            end()
            wait_until(lambda: has_left(ear), "rig to leave")
            time.sleep(0.2)
            if ear.counted("xruns") > xruns:
                raise TakeBroken("an xrun")
            ear.state["state"] = 0
            y = ear.recorded[0, : int(ear.state["position"])].astype(float)
        end_of_sound = np.flatnonzero(np.abs(y) > 1e-6)[-1] + 1
        y = y[end_of_sound - 9600 : end_of_sound + 2048]
        played = y[:9600]
        steady = jump(sine(RATE, hz=200.0, peak=0.5))
        assert np.abs(played[:4800]).max() == pytest.approx(0.5, rel=0.1)  # the DC blocker still settles
        assert jump(y) < 1.5 * steady  # a hard end of this sine has up to 0.5, its own second difference is 0.0003
        assert np.abs(played[-96:]).max() < 0.05  # the last 2 of the fade's 10 ms

    with Deck("period", jack_server.name) as other:
        other.client.blocksize = 512  # a busy machine loses fewer cycles, and the fade takes more than one of them
        yield arguments, check, {"JACK_DEFAULT_SERVER": jack_server.name}
        other.client.blocksize = 64


def until_whole(play, tries=5):
    """A busy machine tears takes, and reports an xrun of its own: do it again."""
    for attempt in range(tries):
        try:
            return play()
        except TakeBroken:
            if attempt + 1 == tries:
                raise


def test_a_terminated_session_fades_out_and_leaves_without_an_xrun(quiet_end):
    arguments, check, server = quiet_end

    def play():
        with Playing(*arguments, **server) as playing:
            playing.wait_for(PLAYING, 120)
            codes = []
            check(lambda: codes.append(playing.end(signal.SIGTERM)))
            assert codes == [0]
            assert "Traceback" not in "\n".join(playing.lines)

    until_whole(play)


@pytest.mark.parametrize(
    "ignored", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["", "with SIGHUP ignored"]
)
def test_a_closed_terminal_ends_the_sound_with_a_fade(quiet_end, ignored):
    arguments, check, server = quiet_end

    def play():
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [*(["env", "--ignore-signal=HUP"] if ignored else []), *RIG, "play", *map(str, arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env={**os.environ, **server},
            start_new_session=True,
        )
        os.close(theirs)
        os.set_blocking(ours, False)
        try:
            check(lambda: os.close(ours))
            assert process.wait(20) == 0
            assert process.stderr.read() == b""
        finally:
            process.kill()
            process.wait()
            process.stderr.close()

    until_whole(play)


@pytest.mark.soak
def test_output_that_nobody_reads_ends_the_sound_with_a_fade(quiet_end):
    arguments, check, server = quiet_end

    def play():
        process = subprocess.Popen(
            [*RIG, "play", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **server},
        )
        process.stdout.readline()

        def end():
            process.stdout.close()
            with Deck("other", server["JACK_DEFAULT_SERVER"], records=1) as other:  # it will be missed, and told
                assert connected(other, "ending:out_1")
                time.sleep(0.3)

        try:
            check(end)
            assert process.wait(20) == 0
            assert process.stderr.read() == b""
        finally:
            process.kill()
            process.wait()
            process.stderr.close()

    until_whole(play)


# ---------------------------------------------------------------- cables
@pytest.fixture
def plugged(jack_server):
    """A rig with nothing connected, its cables, what they say, and `settle`: poll them until something holds."""
    said = []
    with Jack("plugged", jack_server.name) as backend:
        backend.start(passthrough.address, new_engine().ctypes.data)
        watched = Cables(said.append)

        def settle(holds, what):
            def tended():
                watched.poll(backend)
                return holds()

            wait_until(tended, what, 10)
            time.sleep(0.1)  # notifications come late
            watched.poll(backend)

        settle(lambda: True, "a first look")
        yield backend, watched, said, settle
        backend.stop()


def test_a_port_that_goes_and_comes_back_is_connected_again(jack_server, plugged):
    backend, _, said, settle = plugged
    amp = Card("amp", jack_server.name, is_card=False)
    backend.reconnect({"in": ["amp:capture_1"], "out_2": ["amp:playback_1"]})
    settle(lambda: True, "a look")
    amp.close()
    settle(lambda: any("not there" in sentence for sentence in said), "the loss to be told")
    assert said == ["Ports    amp:capture_1, amp:playback_1: not there; connected again when it comes back."]
    amp = Card("amp", jack_server.name, is_card=False)
    settle(lambda: backend.connections()["in"] == ["amp:capture_1"], "the cable to be back")
    assert backend.connections() == {"in": ["amp:capture_1"], "out_1": [], "out_2": ["amp:playback_1"]}
    amp.close()


def test_a_port_that_is_back_before_anybody_looks_is_connected_again_and_a_pulled_cable_is_not(jack_server, plugged):
    backend, watched, _, settle = plugged
    amp = Card("amp", jack_server.name, is_card=False)
    backend.reconnect({"in": ["amp:capture_1"], "out_1": ["amp:playback_1"]})
    settle(lambda: True, "a look")
    amp.client.disconnect("plugged:out_1", "amp:playback_1")  # by hand
    settle(lambda: True, "a look")
    settle(lambda: not watched._parted, "the cable to count as pulled: nobody has left")
    amp.close()
    amp = Card("amp", jack_server.name, is_card=False)
    settle(lambda: backend.connections()["in"] == ["amp:capture_1"], "the cable to be back")
    assert backend.connections()["out_1"] == []
    amp.close()


def test_a_program_that_leaves_in_order_has_not_pulled_its_cables(jack_server, plugged, monkeypatch):
    """It parts its cables first, and takes its ports away a moment later: rig looks in between."""
    monkeypatch.setattr(cables, "LEAVING_S", 10.0)  # on a machine that is busy a moment is long
    backend, _, said, settle = plugged
    amp = Card("amp", jack_server.name, is_card=False)
    backend.reconnect({"in": ["amp:capture_1"], "out_1": ["amp:playback_1"]})
    settle(lambda: True, "a look")
    amp.client.deactivate()
    settle(lambda: backend.connections()["in"] == [], "the cables to be parted")
    amp.close()
    settle(lambda: any("not there" in sentence for sentence in said), "the loss to be told")
    amp = Card("amp", jack_server.name, is_card=False)
    settle(lambda: backend.connections()["in"] == ["amp:capture_1"], "the cables to be back")
    assert backend.connections()["out_1"] == ["amp:playback_1"]
    amp.close()
