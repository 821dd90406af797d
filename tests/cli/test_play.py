"""`rig play`, as a user runs it: a process of its own on a real JACK server."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
import threading
import time

import model_files
import numpy as np
import pytest
from child import run_in_child
from commandline import Playing, called, refused, rig
from jackclients import Deck, bounce_until_whole, wait_until
from jackserver import JACKD_IS_MISSING, JackServer
from listener import Listener
from places import SHARED
from rigs import A2, NANO, RATE, db, guitar
from terminal import Terminal

from rig.audio import wav
from rig.files import bundled

REFERENCE = SHARED / "reference" / "models"
needs_jackd = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
PLAYING = r"^Playing"


@pytest.fixture(scope="module")
def standard(tmp_path_factory):
    """An A1 standard model: a real one where there is one, else one with random weights."""
    real = REFERENCE / "core_wavenet_a1_standard.nam"
    if real.exists():
        return real
    return model_files.write(tmp_path_factory.mktemp("model") / "standard.nam", model_files.a1_standard())


@pytest.fixture(scope="module")
def long_ir(tmp_path_factory):
    """A cabinet of 2048 taps."""
    path = tmp_path_factory.mktemp("ir") / "cab.wav"
    rng = np.random.default_rng(3)
    wav.write(path, rng.standard_normal(2048) * np.exp(-np.arange(2048) / 300) * 0.3, RATE, "FLOAT")
    return path


# ---------------------------------------------------------------- live equals render
@pytest.mark.parametrize(
    ("freewheel", "noise"),
    [(False, []), (True, ["--gate-dbfs", -30, "--rumble-hz", 60])],
    ids=["in real time", "freewheeling with gate and rumble filter"],
)
def test_what_is_played_live_is_what_rig_render_writes(jack_server, standard, long_ir, tmp_path, freewheel, noise):
    levels = ["--max-input-dbu", 12.2, "--model-input-dbu", 15, "--preamp-gain-db", 2, *noise]
    x = 0.5 * guitar(2 * RATE)
    wav.write(tmp_path / "di.wav", x, RATE, "FLOAT")
    done = rig("render", standard, tmp_path / "di.wav", tmp_path / "out.wav", "--ir", long_ir, *levels)
    assert done.returncode == 0, done.stderr
    want = wav.read(tmp_path / "out.wav").samples[:, 0]
    server = {"JACK_DEFAULT_SERVER": jack_server.name}
    with (
        Playing(standard, long_ir, *levels, "--no-connect", "--client", "live", **server) as play,
        Deck("di", jack_server.name, plays=True) as player,
        Deck("recorder", jack_server.name, records=2) as recorder,
    ):
        play.wait_for(PLAYING)
        assert play.wait_for("^Input") == next(line for line in done.stdout.splitlines() if line.startswith("Input"))
        player.connect("out", "live:in")
        recorder.connect("in_1", "live:out_1")
        recorder.connect("in_2", "live:out_2")
        time.sleep(0.5)  # the start of the sound rings out
        if freewheel:
            player.freewheel(True)
        try:
            take = bounce_until_whole(player, recorder, x)
        finally:
            player.freewheel(False)
        ports = {port.name: port for port in player.client.get_ports("live:.*", is_audio=True, is_output=True)}
        assert sorted(ports) == ["live:out_1", "live:out_2"]
    # rig reports no latency of its own, so nothing is shifted; nothing is missing at either end
    y = take.samples.astype(float)
    assert take.played_at == take.recorded_at
    print(f"live against render: {db(y[:, 0] - want, want):.0f} dB")
    assert db(y[:, 0] - want, want) < -100
    np.testing.assert_array_equal(y[:, 0], y[:, 1])


@needs_jackd
def test_a_loop_plays_in_place_of_the_guitar_and_the_session_ends_by_itself(jack_server, tmp_path):
    done = rig("play", A2, "--di", bundled.di(), "--seconds", 1.5, JACK_DEFAULT_SERVER=jack_server.name)
    assert done.returncode == 0, done.stderr
    assert "rig:out_1 -> system:playback_1" in done.stdout
    assert "rig-preamp-a2.nam" in done.stdout


# ---------------------------------------------------------------- what is played
@needs_jackd
def test_without_a_model_the_first_in_the_folder_is_played_else_the_bundled_one(jack_server, tmp_path):
    server = {"JACK_DEFAULT_SERVER": jack_server.name}
    assert A2.name in rig("play", "--seconds", 0.1, cwd=tmp_path, **server).stdout
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.nam").write_bytes(NANO.read_bytes())
    done = rig("play", "--seconds", 0.1, cwd=tmp_path, **server)
    assert "mine.nam" in done.stdout
    assert f"Cabinet  {bundled.irs()[0].name}" in done.stdout


@needs_jackd
def test_a_capture_with_a_cabinet_gets_none_unless_one_is_named(jack_server, tmp_path):
    document = json.loads(NANO.read_bytes())
    document["metadata"]["gear_type"] = "amp_cab"
    path = model_files.write(tmp_path / "amp and cab.nam", document)
    server = {"JACK_DEFAULT_SERVER": jack_server.name}
    done = rig("play", path, "--seconds", 0.1, **server)
    assert "amp and cab.nam already holds a cabinet (amp_cab): none is added." in done.stdout
    assert "Cabinet  none" in done.stdout
    assert f"Cabinet  {bundled.irs()[1].name}" in rig("play", path, bundled.irs()[1], "--seconds", 0.1, **server).stdout


@needs_jackd
def test_a_model_whose_file_says_nothing_is_played_at_the_loudness_that_rig_measures(jack_server, tmp_path):
    path = model_files.write(tmp_path / "says nothing.nam", model_files.wavenet([4, 2], seed=21, dilations=(1, 2)))
    for _ in range(2):  # measured, then known
        with Playing(path, "--no-connect", JACK_DEFAULT_SERVER=jack_server.name) as play:
            play.wait_for(r"^Output   normalized: .* dB \(model loudness, measured by rig\) = ")


# ---------------------------------------------------------------- keys, on a terminal
@needs_jackd
def test_keys_change_the_sound_and_say_so(jack_server, tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "a.nam").write_bytes(A2.read_bytes())
    (folder / "b.nam").write_text("not a model")
    (folder / "c.nam").write_bytes(NANO.read_bytes())
    terminal = Terminal(
        folder, *["--interface", "apollo-8x", "--di", bundled.di()], JACK_DEFAULT_SERVER=jack_server.name
    )
    try:
        terminal.press("", "q quit")
        assert "in " in terminal.press("", "xruns")
        terminal.press("n", "b.nam: ")  # says what is wrong with it, and plays on
        terminal.press("", "1/2 a.nam | ")  # which is what sounds; the broken one is not asked for any more
        assert "c.nam" in terminal.press("n", "Model    c.nam (2/2): ")
        terminal.press("\x1b[D", "Model    a.nam (1/2): ")
        terminal.press(">", "Model    c.nam (2/2): ")
        terminal.press("<", "Model    a.nam (1/2): ")
        terminal.press("K", "- 1.0 dB (gain knob) = -0.8 dB")
        terminal.press("i", "Cabinet  rig-2x12.wav")
        terminal.press("c", "Cabinet  none")
        terminal.press("+", "Output trim +1.0 dB")
        terminal.press("[", "Input trim -0.5 dB")
        terminal.press("l", "raw: 0.0 dB")
        terminal.press("l", "calibrated: ")
        terminal.press("m", "MUTED")
        terminal.press("m", "Sounding again.")
        terminal.press("b", "BYPASS")
        terminal.press("b", "The model plays again.")
        terminal.press("r", "The full model plays again.")
        assert "next model" in terminal.press("h", "q: back")
        terminal.press("h", "xruns")
        terminal.press("q", "\n")
        assert terminal.process.wait(10) == 0
        assert "Traceback" not in terminal.read()
    finally:
        terminal.close()


@needs_jackd
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly_at_any_time(jack_server, how):
    if signal.getsignal(how) == signal.SIG_IGN:
        pytest.skip(f"these tests run where {how.name} is ignored, as under nohup, and so does what they start")
    for moment in ("start", "playing"):
        with Playing(A2, JACK_DEFAULT_SERVER=jack_server.name) as play:
            if moment == "playing":
                play.wait_for(PLAYING)
            else:
                time.sleep(0.4)
            code = play.end(how)
            printed = "\n".join(play.lines)
            # Before Python has come to rig's own lines, a signal ends it as it ends any program; and while modules are
            # imported, Python may end itself as after an unhandled Ctrl-C.
            assert code in ((0,) if moment == "playing" else (0, 130, -how, -signal.SIGINT)), printed
            assert "Traceback" not in printed or moment == "start", printed


# ---------------------------------------------------------------- the server goes away
@needs_jackd
def test_a_server_that_comes_back_is_played_on_with_the_same_connections():
    result = run_in_child(_server_restarts, timeout_s=120)
    assert result["code"] == 0
    assert "rig:out_1 -> system:playback_1" in result["ports"]


def _server_restarts():
    """In a child: let rig be heard, kill the server under it, start it again, and let it be heard once more."""
    server = JackServer().start()
    name = server.name
    try:
        with Playing(A2, "--no-ir", "--di", bundled.di(), **server.environment()) as play:
            play.wait_for(PLAYING)
            with Listener(name, "rig:out_1") as ear:
                ear.wait(0)
                time.sleep(2.5)  # connections are noted every two seconds
                server.kill()
                play.wait_for("The JACK server has gone")
                seen = len(play.lines)
                server.start()
                play.wait_for("The JACK server is back", 30, after=seen)
                ear.wait(1)
                ports = "\n".join(play.lines[seen:])
            code = play.end()
    finally:
        server.stop()
    return {"ports": ports, "code": code}


# ---------------------------------------------------------------- no server, wrong server, wrong names
def test_no_server_is_one_sentence_and_code_2(tmp_path):
    refused(rig("play", A2, "--backend", "jack", JACK_DEFAULT_SERVER=f"none-{os.getpid()}"), "No JACK server")


def test_with_no_audio_at_all_the_demo_is_rendered(tmp_path):
    render_else = ("play", "--backend", "jack", "--else-render", "rig-demo.wav")  # there may be a sound card
    done = rig(*render_else, cwd=tmp_path, JACK_DEFAULT_SERVER=f"none-{os.getpid()}")
    assert done.returncode == 0, done.stderr
    assert "No JACK server" in done.stdout
    demo = wav.read(tmp_path / "rig-demo.wav")
    assert demo.duration_s > 5
    assert -40 < db(demo.samples) < 0
    assert "peak" in done.stdout
    again = rig(*render_else, cwd=tmp_path, JACK_DEFAULT_SERVER=f"none-{os.getpid()}")
    refused(again, "rig-demo.wav", "--overwrite")  # whatever is there is not ours to replace


@needs_jackd
@pytest.mark.parametrize(
    ("rate", "latency", "how"),
    [
        (44100, 71, "resampled"),
        (96000, 0, "no resampling"),
        pytest.param(176400, 21, "resampled", marks=pytest.mark.soak),
    ],
)
def test_a_server_at_another_rate_than_the_model_is_played_on_and_the_latency_is_reported(rate, latency, how, tmp_path):
    wire = model_files.finished("Linear", {"receptive_field": 1, "bias": False}, [1.0])
    result = run_in_child(_other_rate, rate, latency, str(model_files.write(tmp_path / "wire.nam", wire)))
    assert f"a model of 48000 Hz in a session of {rate} Hz" in result["told"]
    assert how in result["told"]
    assert result["reported"] == [latency, latency]
    print(f"{rate} Hz: {latency} samples reported, {result['measured']:.2f} measured")
    assert result["measured"] == pytest.approx(latency, abs=1)


def _other_rate(rate, latency, model):
    """In a child: the port latency of `rig play` on a server of this rate, and how late noise comes out of it."""
    from rig.backends.jack import libjack

    with JackServer(rate=rate) as server:
        arguments = (model, "--no-ir", "--level-mode", "raw", "--no-connect")
        with (
            Playing(*arguments, **server.environment()) as play,
            Deck("player", server.name, plays=True) as player,
            Deck("recorder", server.name, records=1) as recorder,
        ):
            play.wait_for(PLAYING)
            player.connect("out", "rig:in")
            recorder.connect("in_1", "rig:out_1")
            port = player.client.get_port_by_name("rig:out_1")
            wait_until(lambda: libjack.latency_range(port)[0] == latency, "the latency", 10)
            time.sleep(0.5)  # the start of the sound rings out
            reported = list(libjack.latency_range(port))
            x = np.random.default_rng(0).uniform(-0.2, 0.2, rate // 2)
            player.freewheel(True)  # not every machine keeps up 176400 Hz in real time
            y = bounce_until_whole(player, recorder, x, extra_samples=4096).samples[:, 0]
            told = "\n".join(play.lines)
    hz = np.fft.rfftfreq(y.size, 1 / rate)
    guitar_band = (hz > 500) & (hz < 5000)
    phase = np.unwrap(np.angle(np.fft.rfft(y) / np.fft.rfft(x, y.size))[guitar_band])
    late_s = -np.polyfit(hz[guitar_band], phase, 1)[0] / (2 * np.pi)
    return {"told": told, "reported": reported, "measured": rate * late_s}


@needs_jackd
@pytest.mark.parametrize(("option", "port"), [("--input", "system:capture_1"), ("--output", "system:playback_1")])
def test_a_wrong_name_of_a_port_is_one_sentence_with_the_right_ones(jack_server, tmp_path, option, port):
    done = rig("play", option, "nosuchport", cwd=tmp_path, JACK_DEFAULT_SERVER=jack_server.name)
    refused(done, f"nosuchport.*{port}")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no such model.nam"], r"no such model\.nam"),
        ([A2, "no such ir.wav"], r"no such ir\.wav"),
        ([A2, "--di", "no such di.wav"], r"no such di\.wav"),
        (["no such folder/"], "no such folder"),
    ],
)
def test_a_wrong_name_of_a_file_is_one_sentence_and_code_2(tmp_path, monkeypatch, capsys, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    refused(called(capsys, "play", *arguments), sentence)  # before a server is looked for


@needs_jackd
def test_an_empty_folder_is_one_sentence(jack_server, tmp_path):
    refused(rig("play", tmp_path, JACK_DEFAULT_SERVER=jack_server.name), r"holds no \.nam file")


# ---------------------------------------------------------------- second start
def test_the_second_start_compiles_nothing(tmp_path):
    program = (
        "import sys\n"
        "from rig.cli import main\n"
        "from rig.dsp.native.compile_report import report\n"
        "code = main(['play', '--backend', 'jack', '--else-render', 'demo.wav', '--overwrite'])\n"
        "print('RESULT', code, 'numba' in sys.modules, report.compiled)\n"
    )
    environment = {**os.environ, "JACK_DEFAULT_SERVER": f"none-{os.getpid()}"}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200
        )
    assert "RESULT 0 False 0" in done.stdout, done.stdout + done.stderr


class Imported:
    """Notes what the main thread imports; what measures while it plays is free to."""

    def __init__(self):
        self.names = set()

    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is threading.main_thread():
            self.names.add(name)


@needs_jackd
def test_the_first_sound_waits_for_nothing_that_only_a_search_needs(jack_server, tmp_path):
    """SciPy and what compares models take as long to import as all the rest."""
    program = (
        "import sys, threading\n"
        f"{inspect.getsource(Imported)}\n"
        "imported = Imported()\n"
        "sys.meta_path.insert(0, imported)\n"
        "from rig.cli import main\n"
        f"code = main(['play', {str(NANO)!r}, '--no-connect', '--seconds', '0.2'])\n"
        "print('RESULT', code, sorted({'scipy', 'numba', 'rig.compare', 'rig.engine'} & imported.names))\n"
    )
    environment = {**os.environ, "JACK_DEFAULT_SERVER": jack_server.name}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200
    )
    assert "RESULT 0 ['rig.engine']" in done.stdout, done.stdout + done.stderr
