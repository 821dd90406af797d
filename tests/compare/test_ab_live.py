"""Comparing over a real JACK server, with the simulated preamp as a process of its own between send and return."""

from __future__ import annotations

import json
import math
import os
import pty
import signal
import subprocess
import time

import numpy as np
import pytest
from commandline import RIG, called, refused, rig
from device import Device
from jackclients import Deck, skip_if_torn, wait_until
from rigs import NANO, RATE, guitar, model

from rig.audio import wav
from rig.audio.loudness import integrated_lufs
from rig.backends.jack.client import Jack
from rig.cabinet.ir import IR
from rig.compare.abx import check
from rig.compare.live.comparer import Comparer
from rig.compare.live.gear import Gear
from rig.compare.live.intact_takes import Takes
from rig.engine import LOOP, Cabinet, Engine
from rig.errors import RigError
from rig.files import bundled
from rig.levels import Calibration
from rig.sound import Sound

PASSAGE_S = 2.0
PERIOD = 512
TRIES = 8


@pytest.fixture(scope="module", autouse=True)
def long_period(jack_server):
    """Takes of several seconds are rarely torn on a busy machine when a period is long."""
    with Deck("patience", jack_server.name) as deck:
        before, deck.client.blocksize = deck.client.blocksize, PERIOD
        yield
        deck.client.blocksize = before


class Live:
    """rig with gear ports on the server, the device between them, and a comparer that loops the guitar."""

    def __init__(self, server, device, sound):
        self.engine, self.device, self.said = Engine(RATE), device, []
        self.backend = Jack("ab", server.name, gear=("send", "return"))
        self.backend.start(self.engine.block_address, self.engine.address)
        name = self.backend.name
        device.connect(f"{name}:send", f"{name}:return")
        passage = guitar(round(PASSAGE_S * RATE))
        self.engine.loop(passage)
        gear = Gear("loop", Calibration(0.0, missing=("as the test says",)))
        takes = Takes(self.engine, self.backend.host, tries=20)  # a busy machine loses cycles by itself
        self.comparer = Comparer(takes, self.said.append, sound, passage, gear=gear, source=LOOP)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.backend.close()

    def take(self, samples, from_the_start=False):
        """What is heard, in one piece that the server did not tear."""
        for _ in range(TRIES):
            if from_the_start:
                self.engine.loop(self.comparer.passage)
            counters = int(self.backend.host["xruns"]), int(self.backend.host["resizes"])
            tape = self.engine.take(samples, "output")
            wait_until(lambda tape=tape: tape.state in ("done", "broken"), "the take", 60)
            time.sleep(0.2)
            if tape.intact(*counters):
                return tape.take.astype(float)
        skip_if_torn(f"xruns in each of {TRIES} takes", PERIOD)
        pytest.fail(f"the server reported xruns in each of {TRIES} takes")

    def hear(self, side):
        """One round of the loop, from its beginning, so that the blocks of the loudness hold the same notes."""
        self.comparer.do(f"hear_{side}")
        time.sleep(0.3)
        return self.take(self.comparer.passage.size, from_the_start=True)

    def null_db(self):
        """Side A minus side B as they are heard, in dB re A."""
        a = self.hear("a")
        lane = self.comparer._lane_b
        self.engine.record["switch"]["active"] = 0  # both sound
        lane._sign = -lane._sign
        lane.set_output_gain_db(self.comparer._output_b_db)
        time.sleep(0.3)
        return 20 * math.log10(max(np.std(self.take(a.size)), 1e-30) / np.std(a))


def settings(seed):
    """A random device: every other one is late by a whole number of samples."""
    rng = np.random.default_rng(seed)
    delay = float(rng.integers(32, 2000)) + (float(rng.uniform(0.02, 0.98)) if seed % 2 else 0.0)
    return {"delay_samples": delay, "polarity": int(rng.choice([-1, 1])), "gain_db": float(rng.uniform(-12, 6))}


def same_model(jack_server, seed):
    how = settings(seed)
    with (
        Device(jack_server, preamp=NANO, **how) as device,
        Live(jack_server, device, Sound(model(NANO))) as live,
    ):
        live.comparer.start()
        found = live.comparer.match
        late = how["delay_samples"] + PERIOD  # JACK closes the loop with one period
        loud = [integrated_lufs(live.hear(side), RATE) for side in "ab"]
        null_db = live.null_db()
        print(f"{how}: {found.lag_samples - late:+.5f} samples, {loud[1] - loud[0]:+.3f} LU, null {null_db:.0f} dB")
        assert found.lag_samples == pytest.approx(late, abs=0.02)
        assert found.polarity == how["polarity"]
        assert loud[0] == pytest.approx(loud[1], abs=0.1)
        assert null_db < (-60 if how["delay_samples"] % 1 == 0 else -40)


def wire(jack_server, seed):
    how = settings(seed)
    with Device(jack_server, preamp="wire", **how) as device, Live(jack_server, device, Sound()) as live:
        live.comparer.start()
        found = live.comparer.match
        assert found.round_trip_samples == pytest.approx(how["delay_samples"] + PERIOD, abs=0.02)
        assert found.polarity == how["polarity"]


def tubes(jack_server, seed):
    """Another preamp than the model: level and polarity, and noise that is told."""
    how = settings(seed)
    cabinet = IR.load(bundled.irs()[0])
    with (
        Device(jack_server, preamp="tube", noise_dbfs=-60, hum_dbfs=-70, **how) as device,
        Live(jack_server, device, Sound(model(NANO), cabinet)) as live,
    ):
        live.comparer.start()
        assert live.comparer.match.polarity == how["polarity"]
        loud = [integrated_lufs(live.hear(side), RATE) for side in "ab"]
        assert loud[0] == pytest.approx(loud[1], abs=0.1)
        assert any("more noise at rest" in text for text in live.said)


def test_the_same_model_in_the_gear_nulls_live(jack_server):
    same_model(jack_server, 3)


@pytest.mark.soak
def test_a_tube_preamp_is_matched_live(jack_server):
    tubes(jack_server, 4)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 30))
def test_twenty_random_settings_are_found_matched_and_null(jack_server, seed):
    same_model(jack_server, seed)
    wire(jack_server, seed)
    tubes(jack_server, seed)


@pytest.mark.soak
def test_presses_leave_no_artefact_live(jack_server):
    with Device(jack_server, 200.5, -1, preamp="wire") as device, Live(jack_server, device, Sound()) as live:
        live.comparer.start()
        assert live.comparer.match.round_trip_samples == pytest.approx(200.5 + PERIOD, abs=0.02)
        assert live.comparer.match.polarity == -1
        t = np.arange(RATE)
        live.engine.loop((0.2 * np.sin(2 * np.pi * 200 * t / RATE)).astype(np.float32))
        time.sleep(0.5)
        for first, then in (("a", "b"), ("b", "b"), ("b", "a"), ("a", "a")):
            live.comparer.do(f"hear_{first}")
            time.sleep(0.3)
            for _ in range(TRIES):
                counters = int(live.backend.host["xruns"]), int(live.backend.host["resizes"])
                tape = live.engine.take(RATE // 2, "output")
                time.sleep(0.15)
                live.comparer.do(f"hear_{then}")
                wait_until(lambda tape=tape: tape.state in ("done", "broken"), "the take", 60)
                time.sleep(0.2)
                if tape.intact(*counters):
                    break
            else:
                skip_if_torn("xruns in every take", PERIOD)
                pytest.fail("the server reported xruns in every take")
            y = tape.take.astype(float)
            spectrum = np.abs(np.fft.rfft(y * np.blackman(y.size)))
            hz = np.fft.rfftfreq(y.size, 1 / RATE)
            assert np.abs(y).min() < 1e-6  # the press was in it
            assert 20 * np.log10(spectrum[hz > 2000].max() / spectrum.max()) < -80


FAULTS = [
    ("drift", {"ppm": 200}, "drifts|nothing to do"),
    ("gate", {"dbfs": 0}, "Nothing comes back"),
    ("wrong_port", {}, "no louder with the guitar|Nothing comes back"),
    ("disconnect", {}, "Nothing comes back"),
]


@pytest.mark.parametrize(
    "faults",
    [FAULTS[:1], pytest.param(FAULTS[1:2], marks=pytest.mark.soak), pytest.param(FAULTS[2:], marks=pytest.mark.soak)],
    ids=["in the gear", "in the gear, too", "in the patchbay"],
)
def test_gear_that_fails_is_named(jack_server, faults):
    with Device(jack_server, 200, preamp="wire") as device, Live(jack_server, device, Sound()) as live:
        for fault, how, why in faults:
            device.fault(fault, **how)
            with pytest.raises(RigError, match=why):
                live.comparer.start()
                pytest.fail(f"{fault} was not noticed: {live.comparer.match}")
            device.clear()
            device.set(delay_samples=200)


# ---------------------------------------------------------------- the command
class Terminal:
    """`rig ab` on a terminal of its own."""

    def __init__(self, *arguments, cwd, **environment):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [*RIG, *map(str, arguments)], stdin=slave, stdout=slave, stderr=slave, cwd=cwd, close_fds=True,
            env={**os.environ, "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "200", **environment},
        )  # fmt: skip
        os.close(slave)
        os.set_blocking(self.master, False)
        self.text = ""

    def wait_for(self, text, timeout_s=120.0):
        deadline = time.monotonic() + timeout_s
        while text not in self.text:
            assert time.monotonic() < deadline, f"no {text!r} in:\n{self.text}"
            assert self.process.poll() is None or self._read(), f"ended without {text!r}:\n{self.text}"
            self._read()
            time.sleep(0.02)
        self.text = self.text[self.text.index(text) + len(text) :]

    def _read(self):
        try:
            got = os.read(self.master, 65536).decode(errors="replace")
        except (BlockingIOError, OSError):
            return False
        self.text += got
        return bool(got)

    def press(self, keys):
        os.write(self.master, keys.encode())

    def end(self, number=None):
        if number is not None:
            self.process.send_signal(number)
        try:
            self.process.wait(20)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self._read()
            os.close(self.master)
        return self.process.returncode


def test_a_blind_test_is_killed_goes_on_and_is_checked(jack_server, tmp_path):
    server = {"JACK_DEFAULT_SERVER": jack_server.name, "XDG_DATA_HOME": str(tmp_path / "data")}
    wav.write(tmp_path / "di.wav", guitar(2 * RATE), RATE, "FLOAT")
    with Device(jack_server, 100, preamp=NANO) as device:
        ports = ["--send", f"{device.name}:in", "--return", f"{device.name}:out"]
        levels = ["--max-input-dbu", 12.2, "--send-dbu", 15]
        first = Terminal("ab", NANO, *ports, *levels, "--di", "di.wav", "--trials", 5, "--result", "t.json",
                         cwd=tmp_path, **server)  # fmt: skip
        try:
            first.wait_for("12.2 dBu (entered by you) - 15.0 dBu (send) - 0.0 dB (gain knob) = -2.8 dB")
        except AssertionError:
            if "The server lost samples in each of" in first.text:
                skip_if_torn("no take of rig ab was whole", PERIOD)
            raise
        first.wait_for("shows the promise and begins the first")
        first.wait_for("hearing A")
        first.press("n")
        first.wait_for("SHA-256 of order and setup: ")
        first.wait_for("Trial 1 of 5")
        first.press("xbxa")
        first.wait_for("hearing")
        first.press("o")
        first.wait_for("X is A? enter makes it final")
        time.sleep(0.4)
        first.press("\r")
        first.wait_for("Trial 2 of 5")
        first.end(signal.SIGKILL)
        promise = check(tmp_path / "t.json").commitment
        time.sleep(0.5)
        again = Terminal("ab", "--resume", "t.json", cwd=tmp_path, **server)
        again.wait_for(promise)
        again.press("n")
        again.wait_for("Trial 2 of 5")
        for key, following in zip("popp", ("Trial 3 of 5", "Trial 4 of 5", "Trial 5 of 5", "Result"), strict=True):
            again.press(key)
            again.wait_for("enter makes it final")
            time.sleep(0.4)
            again.press("\r")
            again.wait_for(following)
        again.press("q")
        assert again.end() == 0
    found = check(tmp_path / "t.json")
    assert (found.answers, found.commitment, found.problems) == ("ABABB", promise, ())
    shown = rig("abx", tmp_path / "t.json")
    assert shown.returncode == 0, shown.stderr
    assert f"{found.verdict.right} of 5 right" in shown.stdout
    assert json.loads(rig("abx", tmp_path / "t.json", "--json").stdout)["order"] == found.order
    assert found.setup["command"]["model"] == str(NANO)
    assert found.setup["match"]["lag_samples"] == pytest.approx(100 + PERIOD, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--send", "nowhere"], "No playback port matches --send 'nowhere'"),
        ([], "Nothing is connected to rig:return"),
        (["--split", "--send", "x"], "leave --send out"),
        (["--against", NANO, "--send", "x"], "Side B is one thing"),
        (["--split", "--di", bundled.di()], "the gear hears the guitar, not a file"),
        (["--resume", "none.json"], "none.json cannot be read"),
        (["--result", "x.json"], "--trials 16"),
        (["--send-dbu", "900"], "Send level of 900 dBu cannot be right"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_sentence(jack_server, tmp_path, monkeypatch, capsys, arguments, why):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_server.name)
    monkeypatch.chdir(tmp_path)
    refused(called(capsys, "ab", NANO, *arguments), why)


def test_a_return_from_our_own_output_is_refused(jack_server):
    from rig.cli.ab_session import check_gear_connections
    from rig.errors import BackendError

    engine = Engine(RATE)
    with Jack("own", jack_server.name, gear=("send", "return")) as backend:
        backend.start(engine.block_address, engine.address)
        with pytest.raises(BackendError, match="Nothing is connected to own"):
            check_gear_connections(backend, split=False)
        backend._join("return", f"{backend.name}:out_1")
        with pytest.raises(BackendError, match=r"own:send is not connected"):
            check_gear_connections(backend, split=False)
        with pytest.raises(BackendError, match="rig would hear itself"):
            check_gear_connections(backend, split=True)


def test_two_models_and_two_cabinets_compare_live_without_gear(jack_server, tmp_path):
    server = {"JACK_DEFAULT_SERVER": jack_server.name}
    a, b = bundled.models()[:2]
    wav.write(tmp_path / "di.wav", guitar(2 * RATE), RATE, "FLOAT")
    for what in (["--against", b], ["--ir-against", bundled.irs()[1]]):
        screen = Terminal("ab", a, bundled.irs()[0], *what, "--di", "di.wav", cwd=tmp_path, **server)
        screen.wait_for("matched by")
        screen.wait_for("hearing A")
        screen.press("b")
        screen.wait_for("hearing B")
        screen.press("q")
        assert screen.end() == 0
    assert not list(tmp_path.glob("*.json"))


def test_rig_play_has_no_gear_ports(jack_server):
    engine = Engine(RATE)
    engine.play({}, Cabinet(IR.load(bundled.irs()[0])))
    with Jack("plain", jack_server.name) as backend:
        backend.start(engine.block_address, engine.address)
        assert set(backend.connections()) == {"in", "out_1", "out_2"}
        wait_until(lambda: backend.host["cycles"] > 10, "cycles")
        assert backend.host["send"] == backend.host["returned"] == 0
