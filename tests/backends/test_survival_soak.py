"""What happens seldom to `rig play`: another rate, a server that hangs or throws it out, cards that come late, bursts.

All of it with real servers, heard by another process; see test_survival.py for what is tried each time.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from child import run_in_child
from commandline import Playing
from jackclients import Deck, wait_until
from jackserver import JACKD_IS_MISSING, JackServer
from listener import Listener
from places import SUPPORT
from rigs import A2, NANO
from survivors import BACK_S, PLAYING, Card, clients_of, connected, figures, hear, leaks
from terminal import Terminal

pytestmark = [pytest.mark.soak, pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")]
TROUBLED = [sys.executable, str(SUPPORT / "machine" / "troubled_rig.py")]


def test_ports_that_come_later_than_the_server_are_connected_again():
    report = run_in_child(ports_come_later, timeout_s=120)
    want = {"usb:capture_1 -> rig:in", "rig:out_1 -> usb:playback_1", "rig:out_2 -> usb:playback_2"}
    assert set(report["first"]) == set(report["unplugged and back"]) == want
    assert set(report["restarted"]) == want | {"daw:capture_1 -> rig:in"}
    assert any("usb:playback_1, usb:playback_2: not there" in line for line in report["lines"])


def ports_come_later():
    """In a child: a card that starts, is pulled out and put back, and is late after a restart of the server."""
    report, name = {}, f"rig-late-{os.getpid()}"
    server = JackServer(capture=0, playback=0, name=name)
    server.start()
    try:
        with Playing(A2, "--no-ir", **server.environment()) as play:
            play.wait_for(PLAYING, 120)

            def connected_since(count):
                time.sleep(1.5)
                found = [re.match(r"Ports    (.* -> .*)", line) for line in play.lines[count:]]
                return [match[1] for match in found if match]

            seen = len(play.lines)
            card = Card("usb", name)
            report["first"] = connected_since(seen)
            card.close()
            time.sleep(1.5)
            seen = len(play.lines)
            card = Card("usb", name)
            report["unplugged and back"] = connected_since(seen)
            daw = Card("daw", name, is_card=False)
            daw.client.connect("daw:capture_1", "rig:in")
            time.sleep(0.5)
            server.kill()
            for client in (card, daw):
                client.client.close()
            play.wait_for("has gone")
            server.start()
            play.wait_for("is back")
            time.sleep(1.5)
            seen = len(play.lines)
            card, daw = Card("usb", name), Card("daw", name, is_card=False)
            report["restarted"] = connected_since(seen)
            report["lines"] = play.lines
            for client in (card, daw):
                client.close()
    finally:
        server.stop()
    return report


# ---------------------------------------------------------------- another rate
def test_a_server_that_comes_back_at_another_rate_is_played_on_with_the_same_sound(loop, tmp_path):
    report = run_in_child(other_rates, loop, str(tmp_path), timeout_s=300)
    print(f"sound after the server, in s: {report['times']}")
    print(f"level at each rate, in dBFS: {report['levels']}")
    print("before", report["before"], "after", report["after"])
    assert np.median([back for _, back in report["times"]]) < BACK_S  # the first also imports what resamples
    first = report["levels"][0][1]
    assert all(abs(level - first) < 0.5 for _, level in report["levels"])  # noise; the band differs with the rate
    assert leaks(report["before"], report["after"], rss_kb=16384) == []
    assert "is back at 44100 Hz (before: 48000 Hz); a model of 48000 Hz in a session of 44100 Hz" in report["text"]
    assert "mix of 2" in report["text"].split("is back at 44100 Hz")[-1]
    assert "2/2 1 rig-preamp-nano" in report["text"].split("is back at 96000 Hz")[-1]


def other_rates(loop, folder):
    """In a child: mix, trim and the second model; then the server restarts at one rate after the other."""
    name, times, levels = f"rig-rates-{os.getpid()}", [], []
    models = Path(folder) / "models"
    models.mkdir()
    for number, path in enumerate((A2, NANO)):
        (models / f"{number} {path.name}").write_bytes(path.read_bytes())
    server = JackServer(name=name)
    server.start()
    terminal = Terminal(models, "--di", loop, cwd=Path(folder), **server.environment())
    try:
        terminal.press("", "q quit", 120)
        with Listener(name, "rig:out_1") as ear:
            ear.wait(0)
            terminal.press("n", "(2/2)")
            terminal.press("---", "Output trim -3.0 dB")
            terminal.press("j", "1 held")
            terminal.press("i", "Mix      2 of")
            time.sleep(2.0)
            levels.append((48000, level_of(terminal)))
            for i, rate in enumerate((44100, 96000, 48000, 44100, 48000, 44100, 48000)):
                server.kill()
                server.rate = rate
                server.start()
                heard = ear.wait(i + 1)
                times.append((rate, heard.sound_s - heard.server_s))
                back = f"is back at {rate} Hz"
                wait_until(lambda b=back, i=i: terminal.read().count("is back at") > i and b in terminal.text, back)
                time.sleep(2.0)
                levels.append((rate, level_of(terminal)))
                if i == 2:  # each of the rates once
                    before = figures(terminal.process.pid)
            after = figures(terminal.process.pid)
            terminal.press("q", "\n")
            assert terminal.process.wait(20) == 0
    finally:
        terminal.close()
        server.stop()
    return {"times": times, "levels": levels, "before": before, "after": after, "text": terminal.text}


def level_of(terminal):
    """The RMS of the output, as the live line shows it, averaged over some of them."""
    shown = [float(level) for level in re.findall(r"out +[-.\d]+ \( *([-.\d]+)\)", terminal.read())]
    return float(np.mean(shown[-10:]))


# ---------------------------------------------------------------- a server that hangs, or throws us out
def test_a_server_that_hangs_is_told_and_played_on_when_it_goes_on_or_is_replaced(loop):
    report = run_in_child(hang, loop, timeout_s=120)
    print(f"silence in s: {report['times']}")
    assert report["told"] == ["stands still", "goes on", "stands still", "has gone", "is back"]
    assert report["code"] == 0
    assert report["ended_s"] < 5


def hang(loop):
    """In a child: freeze the server and let it go on; freeze it and kill it; freeze it and end rig."""
    times, name = {}, f"rig-hang-{os.getpid()}"
    server = JackServer(name=name)
    server.start()
    try:
        with Playing(A2, "--no-ir", "--di", loop, **server.environment()) as play, Listener(name, "rig:out_1") as ear:
            play.wait_for(PLAYING, 120)
            ear.wait(0)
            server.send(signal.SIGSTOP)
            play.wait_for("stands still")
            time.sleep(2.0)
            server.send(signal.SIGCONT)
            began, seen = time.monotonic(), len(play.lines)
            play.wait_for("goes on")
            times["going on"] = time.monotonic() - began
            server.send(signal.SIGSTOP)
            play.wait_for("stands still", after=seen)
            server.kill()
            server.start()
            heard = ear.wait(1)
            play.wait_for("is back")
            times["killed"] = heard.sound_s - heard.server_s
            server.send(signal.SIGSTOP)
            began = time.monotonic()
            code = play.end(signal.SIGTERM)
            ended_s = time.monotonic() - began
            server.send(signal.SIGCONT)
            told = re.findall("stands still|goes on|has gone|is back", "\n".join(play.lines))
    finally:
        server.stop()
    return {"times": times, "told": told[:5], "code": code, "ended_s": ended_s}


@pytest.mark.parametrize("how", ["thrown out", "left out"])
def test_a_client_that_the_server_no_longer_calls_joins_it_again(how, loop):
    report = run_in_child(no_longer_called, how, loop, timeout_s=200)
    print(f"silence in s: {[f'{s:.2f}' for s in report['times']]}")
    print("before", report["before"], "after", report["after"])
    assert report["clients"] == ["listener", "rig", "system"]
    assert leaks(report["before"], report["after"], rss_kb=4096) == []


def no_longer_called(how, loop, times=6):
    """In a child: the server cuts us off, again and again."""
    number = signal.SIGUSR1 if how == "thrown out" else signal.SIGUSR2
    moments = []
    with (
        JackServer() as server,
        Playing(A2, "--no-ir", "--di", loop, command=TROUBLED, **server.environment()) as play,
        Deck("listener", server.name, records=1) as ear,
    ):
        play.wait_for(PLAYING, 120)
        wait_until(lambda: connected(ear, "rig:out_1"), "rig")
        hear(ear)
        for i in range(times):
            seen, began = len(play.lines), time.monotonic()
            play.send(number)
            play.wait_for("is back", after=seen)
            wait_until(lambda: connected(ear, "rig:out_1"), "rig")
            hear(ear)
            moments.append(time.monotonic() - began)
            time.sleep(5.0)  # who is cut off again at once is not called again at once
            if i == 0:
                before = figures(play.pid)
        report = {"times": moments, "before": before, "after": figures(play.pid)}
        report["clients"] = clients_of(server.name)
    return report


def test_waiting_long_for_a_server_leaks_nothing_and_keys_work_meanwhile(loop):
    report = run_in_child(wait_long, loop, timeout_s=200)
    print("before", report["before"], "after", report["after"])
    assert leaks(report["before"], report["after"], rss_kb=2048) == []
    assert report["code"] == 0


def wait_long(loop):
    name = f"rig-wait-{os.getpid()}"
    server = JackServer(name=name)
    server.start()
    terminal = Terminal(A2, "--no-ir", "--di", loop, **server.environment())
    try:
        terminal.press("", "q quit", 120)
        server.kill()
        terminal.press("", "NO SERVER")
        time.sleep(3.0)
        before = figures(terminal.process.pid)
        time.sleep(60.0)
        terminal.press("-", "Output trim -1.0 dB")
        terminal.press("m", "MUTED")
        after = figures(terminal.process.pid)
        terminal.press("q", "\n")
        code = terminal.process.wait(20)
    finally:
        terminal.close()
        server.stop()
    return {"before": before, "after": after, "code": code}


# ---------------------------------------------------------------- freewheel, and load that is not ours
def test_freewheeling_is_no_overload_and_no_xrun_and_there_is_sound_right_after(loop):
    report = run_in_child(freewheels, loop, timeout_s=200)
    print(f"silence after freewheeling, in s: {[f'{s:.2f}' for s in report['times']]}")
    assert not report["overload"]
    assert report["xruns"] == [0] * len(report["xruns"])
    assert np.median(report["times"]) < BACK_S


def freewheels(loop, times=20):
    moments, xruns = [], []
    with JackServer() as server, Playing(A2, "--no-ir", "--di", loop, **server.environment()) as play:
        play.wait_for(PLAYING, 120)
        with Deck("ear", server.name, records=1) as ear:
            wait_until(lambda: connected(ear, "rig:out_1"), "rig")
            hear(ear)
            for _ in range(times):
                before = ear.counted("xruns")
                ear.freewheel(True)
                time.sleep(0.2)
                during = ear.counted("xruns") - before
                began = time.monotonic()
                ear.freewheel(False)
                hear(ear)
                moments.append(time.monotonic() - began)
                xruns.append(during)
        printed = "\n".join(play.lines)
    return {"times": moments, "xruns": xruns, "overload": "Overload" in printed}


def test_a_burst_of_load_from_outside_does_not_put_it_to_sleep(loop):
    printed = run_in_child(burst, loop, timeout_s=200)
    assert "Overload" not in printed
    assert "SLEEP" not in printed


def burst(loop):
    """In a child: without real-time priority, against three busy programs per core, at 64 frames."""
    server = JackServer()
    server.realtime = False
    with server, Playing(A2, "--no-ir", "--di", loop, **server.environment()) as play:
        play.wait_for(PLAYING, 120)
        with Deck("ear", server.name, records=1) as ear:
            wait_until(lambda: connected(ear, "rig:out_1"), "rig")
            busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3 * os.cpu_count())]
            time.sleep(12.0)
            for process in busy:
                process.kill()
                process.wait()
            hear(ear)
            time.sleep(11.0)  # a live line more
            print(ear.counted("xruns"), file=sys.stderr)
        return "\n".join(play.lines)
