"""Pages of real runs over a JACK server: what is asked is heard, a capture is answered, a comparison is shown."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from commandline import RIG, Playing, rig
from device import Device
from jackclients import Deck, wait_until
from jackserver import AS_FAST_AS_IT_CAN, JACKD_IS_MISSING
from rigs import A2, NANO, guitar

from rig.audio import wav
from rig.cli import main
from rig.dsp.ramp import fade_samples
from rig.errors import RigError
from rig.web.remote import Remote
from rig.web.runs import running

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
RATE = 48000


@pytest.fixture
def own(jack_server, tmp_path, monkeypatch):
    """A place of one's own for what rig keeps, so that the page found is the one of this test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_server.name)
    monkeypatch.chdir(tmp_path)
    return jack_server


class Running:
    """A rig command with its standard input held open, and its page."""

    def __init__(self, *arguments):
        command = [*RIG, *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def remote(self, timeout_s=60.0):
        end = time.monotonic() + timeout_s
        while True:
            assert self.process.poll() is None, self.process.stdout.read()
            try:
                return Remote.of(running())
            except RigError:
                assert time.monotonic() < end
                time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=30)


def state_until(remote, condition, timeout_s=60.0):
    """Read what comes until the state is so."""
    end = time.monotonic() + timeout_s
    while not condition(remote.state):
        remote._next(max(0.0, end - time.monotonic()))
    return remote.state


class Ear:
    """Hears rig:out_1, and knows at which frame what it hears was asked for."""

    def __init__(self, server, seconds):
        self.deck = Deck("ear", server.name, records=1)
        self.deck.connect("in_1", "rig:out_1")
        self.deck.state["lax"] = 1
        self.deck.arm(round(seconds * RATE))
        wait_until(lambda: self.deck.state["state"] == 2, "the recording")

    @property
    def now(self):
        """What has been recorded; the server's own frames go on while a busy machine loses cycles."""
        return int(self.deck.state["position"])

    def rms(self, start, stop):
        """Of what was recorded from one frame to another."""
        return float(np.sqrt(np.mean(self.deck.recorded[0, start:stop] ** 2)))

    def changed_at(self, asked, before):
        """The first frame behind `asked` from which on it is half as loud as it was, or twice as loud as nothing."""
        step, was_loud = 32, before > 1e-3
        for at in range(asked, self.now, step):  # on a busy machine the tap itself may take long
            now = self.rms(at, at + step)
            if (now < 0.5 * before) if was_loud else (now > 0.01):
                return at
        raise AssertionError("nothing has changed")


def taps(server, count, loop):
    """Milliseconds from a tap to the change in the output, beyond the period and the fade."""
    found = []
    with Playing(NANO, "--no-ir", "--di", loop, "--no-connect") as playing:
        playing.wait_for("^Page ")
        with Remote.of(running()) as remote:
            remote.do("level_mode", "raw")
            time.sleep(0.5)
            ear = Ear(server, 10.0 + 2.0 * count)
            period, fade = ear.deck.client.blocksize, fade_samples(RATE)
            time.sleep(0.3)
            asked = []
            for k in range(count):
                asked.append((ear.now, k % 2 == 0))
                remote.do("mute", k % 2 == 0)
                assert remote.state["values"]["mute"] is (k % 2 == 0)
                time.sleep(0.3)
            for frame, _ in asked:
                before = ear.rms(max(0, frame - 4096), frame)
                found.append(1000 * (ear.changed_at(frame, before) - frame - period - fade) / RATE)
            ear.deck.close()
            remote.do("quit")
        assert playing.wait() == 0
    return found


def test_what_is_tapped_is_heard(own, loop):
    assert len(taps(own, 4, loop)) == 4  # each has changed what comes out


@pytest.mark.soak
def test_from_a_tap_to_the_sound_in_less_than_thirty_milliseconds(own, loop):
    found = taps(own, 60, loop)
    print(f"median {statistics.median(found):.1f} ms, worst {max(found):.1f} ms beyond period and fade")
    assert statistics.median(found) < 30


def cpu_s(pid):
    """Of a process and its threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.soak
def test_meters_for_four_clients_cost_two_percent_of_a_core_at_most(own, loop):
    seconds = 20.0
    with Playing(NANO, "--no-ir", "--di", loop, "--no-connect") as playing:
        playing.wait_for("^Page ")
        time.sleep(5)

        def share():
            began, before = time.monotonic(), cpu_s(playing.pid)
            time.sleep(seconds)
            return (cpu_s(playing.pid) - before) / (time.monotonic() - began)

        alone = [share()]
        watchers = [
            subprocess.Popen([*RIG, "remote", "watch", "--meters"], stdout=subprocess.DEVNULL) for _ in range(4)
        ]
        time.sleep(3)
        watched = share()
        for watcher in watchers:
            watcher.terminate()
            watcher.wait()
        time.sleep(1)
        alone.append(share())
    cost = watched - statistics.mean(alone)
    print(f"four clients with meters: {100 * cost:.2f} % of a core (alone {100 * statistics.mean(alone):.2f} %)")
    assert cost <= 0.02


def told(capsys, *arguments):
    """What `rig remote` prints, without a process of its own; it must end well."""
    capsys.readouterr()
    assert main(["remote", *arguments]) == 0
    return capsys.readouterr().out


def test_rig_remote_steers_from_a_shell(own, loop, tmp_path, capsys):
    with Playing(NANO, "--no-ir", "--di", loop, "--no-connect") as playing:
        playing.wait_for("^Page ")
        assert rig("remote", "volume", "-12").stdout.splitlines()[-1] == "volume -12 dB"
        assert told(capsys, "mute", "on").splitlines()[-1] == "mute on"
        assert json.loads(told(capsys, "mute", "--json")) == {"mute": True}
        assert "volume -12 dB" in told(capsys, "volume")
        assert NANO.name in told(capsys, "list", "models")
        assert "volume behind the cabinet; its lowest is silence (-60 to" in told(capsys, "commands")
        for wrong, why in ((["mute", "loud"], "mute is on or off"), (["explode"], "no command explode")):
            assert main(["remote", *wrong]) == 2
            assert why in capsys.readouterr().err
        watching = subprocess.Popen([*RIG, "remote", "watch", "--meters"], stdout=subprocess.PIPE, text=True)
        first, second = json.loads(watching.stdout.readline()), json.loads(watching.stdout.readline())
        assert first["state"]["values"]["volume"] == -12.0
        assert set(second) & {"meters", "set", "event"}
        told(capsys, "quit")
        assert playing.wait() == 0
        assert watching.wait(20) == 0
        watching.stdout.close()
    assert main(["remote", "mute"]) == 2


def test_two_sides_are_heard_and_answered_in_the_page(own, tmp_path):
    loop = tmp_path / "loop.wav"
    wav.write(loop, guitar(RATE), RATE, "FLOAT")
    arguments = ("ab", NANO, "--no-ir", "--against", A2, "--di", loop, "--no-connect", "--trials", 5)
    with Running(*arguments) as ab, ab.remote() as remote:
        assert remote.hello["view"] == "ab"
        state_until(remote, lambda state: state["measured"] is not None)
        assert remote.state["sides"] == {"a": NANO.name, "b": A2.name}
        test = remote.state["test"]
        assert (test["trials"], test["answered"], test["needed"]) == (5, 0, 5)
        assert test["p"] == pytest.approx(1 / 32)
        assert remote.state["measured"].get("match_db") is None  # it would tell which is louder
        remote.do("begin_test")
        for k in range(5):
            for side in ("A", "B", "X"):
                remote.do("hear", side)
                assert remote.state["values"]["hear"] == side
            remote.do("answer_a")
            assert (remote.state["test"]["answered"], remote.state["test"]["asked"]) == (k, "A")
            time.sleep(0.3)  # a second press that comes at once was none
            remote.do("confirm_answer")
            assert remote.state["test"]["answered"] == k + 1
        assert "right" in remote.state["test"]["result"]
        remote.do("quit")
        assert ab.process.wait(30) == 0


def test_a_capture_is_answered_in_the_page_and_shows_its_verdict(own, tmp_path):
    with Device(own, 137, gain_db=-6.0):
        arguments = ("capture", "take", "gear", "--send", "preamp:in", "--return", "preamp:out", "--into", tmp_path)
        quick = ("--length-s", 35, *AS_FAST_AS_IT_CAN, "--no-trial")
        with Running(*arguments, *quick) as taking, taking.remote() as remote:
            assert remote.hello["view"] == "capture"
            state_until(remote, lambda state: state.get("question") is not None)
            assert remote.state["question"]["choices"] == ["y", "n", "p"]
            with pytest.raises(RigError, match="Answer y or n"):
                remote.do("answer", "perhaps")
            remote.do("answer", "y")
            state_until(remote, lambda state: state.get("result") is not None, 120)
            assert remote.state["step"] == "done"
            assert remote.state["result"]["verdict"] in ("ok", "warn", "unknown")
            assert {check["verdict"] for check in remote.state["checks"]} <= {"ok", "warn", "fail", "unknown"}
            with pytest.raises(RigError, match="Nothing is asked"):
                remote.do("answer", "y")
            remote.close()
            assert taking.process.wait(60) == 0


def test_a_comparison_is_shown_with_its_excerpts(own, tmp_path):
    from rig.nam import Model

    x = 0.3 * guitar(6 * RATE)
    wav.write(tmp_path / "dry.wav", x, RATE, "FLOAT")
    wav.write(tmp_path / "wet.wav", Model.load(NANO).render(x), RATE, "FLOAT")
    arguments = ("compare", tmp_path / "dry.wav", tmp_path / "wet.wav", NANO, A2, "--workers", 1, "--page")
    with Running(*arguments) as comparing, comparing.remote() as remote:
        state_until(remote, lambda state: state["excerpts"], 120)
        assert remote.state["comparison"]["scores"][0]["file"] == NANO.name
        assert [one["file"] for one in remote.state["excerpts"]] == [NANO.name, A2.name]
        run = running()
        for name, token, status in (
            ("0/model.wav", run.token, 200),
            ("0/model.wav", "wrong", 401),
            ("0/../x.wav", run.token, 404),
            ("9/gear.wav", run.token, 404),
        ):
            connection = http.client.HTTPConnection("127.0.0.1", run.port, timeout=10)
            connection.request("GET", f"/excerpts/{name}", headers={"Authorization": f"Bearer {token}"})
            response = connection.getresponse()
            assert response.status == status, name
            assert status != 200 or response.read(4) == b"RIFF"
            connection.close()
        remote.do("quit")
        assert comparing.process.wait(30) == 0
