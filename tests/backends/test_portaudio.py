"""The PortAudio backend on PortAudio itself: over its JACK host API on the dummy server, and over a silent ALSA card.

It always runs in a child, see soundcards.py; what plays into it and records it are clients of this process.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from allocations import rtsys  # before what it counts is loaded, in the child too
from blocks import new_engine, passthrough
from child import run_in_child
from commandline import Playing, refused, rig
from jackclients import Deck, bounce_until_whole, cycles_lost, wait_until
from jackserver import JACKD_IS_MISSING, JackServer
from rigs import A2, NANO, RATE, db, guitar
from soundcards import needs_alsa, needs_its_jack, needs_portaudio, null_card

from rig.audio import wav
from rig.backends.portaudio.stream import PortAudio, wait_for_device
from rig.cabinet.ir import IR
from rig.cli import main
from rig.cli.open_backend import await_device
from rig.errors import BackendError
from rig.files import bundled
from rig.levels import entered_level
from rig.nam import Model
from rig.rendering import render
from rig.sound import Sound

pytestmark = needs_portaudio
needs_jackd = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
OVER_PORTAUDIO = ("--backend", "portaudio")
ON_JACK = "JACK Audio Connection Kit"


def opening_fails(*patterns, **options):
    """The sentence with which PortAudio is refused."""
    try:
        PortAudio(*patterns, **options).close()
    except BackendError as error:
        return str(error)
    return None


# ---------------------------------------------------------------- sound
@needs_its_jack
def test_what_is_played_over_portaudio_is_what_rig_render_writes(jack_server, tmp_path):
    x = np.concatenate([np.zeros(RATE // 4), 0.5 * guitar(RATE // 2)])
    wav.write(tmp_path / "di.wav", x, RATE, "FLOAT")
    cabinet = bundled.irs()[0]
    sound = Sound(Model.load(NANO), IR.load(cabinet), entered_level(12.2, "maximum input level"), model_input_dbu=15)
    render(sound, tmp_path / "di.wav", tmp_path / "out.wav")
    want = wav.read(tmp_path / "out.wav").samples[:, 0]
    options = ["--max-input-dbu", 12.2, "--model-input-dbu", 15, "--input", "gitarre", "--output", "aufnahme"]
    with (
        Deck("gitarre", jack_server.name, plays=True) as player,
        Deck("aufnahme", jack_server.name, records=2) as recorder,
        Playing(NANO, cabinet, *options, *OVER_PORTAUDIO, JACK_DEFAULT_SERVER=jack_server.name) as play,
    ):
        play.wait_for("^Playing  48000 Hz, 64 frames")
        play.wait_for(f"in:  {ON_JACK}: gitarre:capture_1$")
        play.wait_for(f"out: {ON_JACK}: aufnahme:playback_1, playback_2$")
        time.sleep(0.5)  # the start of the sound rings out
        take = bounce_until_whole(player, recorder, x)
        assert play.end() == 0
    y = take.samples.astype(float)
    assert take.played_at == take.recorded_at  # nothing is added to the latency, so nothing is shifted
    difference = db(y[:, 0] - want, want)
    print(f"over PortAudio against render: {difference:.0f} dB")
    assert difference < -120  # blocks of 64 and 256 frames round a float32 differently
    np.testing.assert_array_equal(y[:, 0], y[:, 1])


# ---------------------------------------------------------------- the backend on a server
def live_and_die():
    """In a child: a backend that plays while the GIL is held, is stopped, started, closed, opened again, refused."""
    engine, report = new_engine(), {}
    usleep = ctypes.PyDLL(None).usleep  # PyDLL: does not release the GIL
    backend = PortAudio("system", "playback_2", client_name="mine")
    report["before"] = [backend.block_size, backend.realtime_priority(), backend.gone]
    backend.start(passthrough.address, engine.ctypes.data)
    wait_until(lambda: engine["blocks"][0] > 100, "the first cycles")
    allocated = rtsys.get_allocation_stats().alloc
    report["held"] = []
    for _ in range(3):  # a machine that takes the processor away costs a cycle now and then
        began, before = time.monotonic(), int(backend.host["cycles"])
        usleep(500_000)
        after, ended = int(backend.host["cycles"]), time.monotonic()
        report["held"].append({"began": began, "ended": ended, "cycles": after - before})
    report["allocated"] = rtsys.get_allocation_stats().alloc - allocated
    report["priority"] = backend.realtime_priority()
    host = backend.host
    report["playing"] = [backend.sample_rate, backend.block_size, host["sample_rate"], int(host["timed"]), backend.gone]
    report["frame_time"] = int(host["frame_time"]) % 64
    backend.latency_samples = 48
    report["sentences"] = backend.sentences()

    backend.stop()
    backend.stop()
    frames = int(engine["frames"][0])
    time.sleep(0.1)
    report["stopped"] = [int(engine["frames"][0]) - frames, backend.gone]
    backend.start(passthrough.address, engine.ctypes.data)
    wait_until(lambda: engine["frames"][0] > frames, "more cycles")
    backend.close()
    backend.close()

    report["refused"] = [
        opening_fails("nosuchcard"),
        opening_fails(None, "nosuchcard"),
        opening_fails(rate=44100),
        opening_fails(period=0),
    ]
    live_and_die.kept = PortAudio()  # until the process ends
    live_and_die.kept.start(passthrough.address, engine.ctypes.data)
    report["another"] = [live_and_die.kept.block_size, live_and_die.kept.gone]
    return report


@pytest.fixture(scope="module")
def life(jack_server):
    """What `live_and_die` reports, and how many cycles an empty compiled client had while the GIL was held there."""
    seen = []
    with Deck("empty", jack_server.name) as empty, ThreadPoolExecutor(1) as pool:
        report = pool.submit(run_in_child, live_and_die, environment=jack_server.environment())
        while not report.done():
            seen.append((time.monotonic(), empty.counted("cycles")))
            time.sleep(0.001)
    result = report.result()
    for held in result["held"]:
        within = [cycles for when, cycles in seen if held["began"] <= when <= held["ended"]]
        held["theirs"] = within[-1] - within[0]
    return {**result, "realtime": jack_server.realtime}


@needs_its_jack
def test_a_held_gil_costs_no_callbacks_and_they_allocate_nothing(life):
    held = [(once["cycles"], once["theirs"]) for once in life["held"]]
    print(f"while the GIL was held, callbacks of PortAudio, and of an empty client: {held}")
    assert not all(cycles_lost(ours, theirs) for ours, theirs in held)
    assert life["allocated"] < 20


@needs_its_jack
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="thread priorities are asked the Linux way")
def test_the_priority_of_the_audio_thread_is_the_systems_word(life):
    assert life["priority"] is not None
    assert life["priority"] > 0 or not life["realtime"]


@needs_its_jack
def test_it_starts_and_stops_as_often_as_wanted_and_tells_what_it_does(life):
    assert life["before"] == [0, None, False]
    assert life["playing"] == [48000, 64, 48000.0, 1, False]
    assert life["frame_time"] == 0
    assert life["stopped"] == [0, False]
    assert life["another"] == [64, False]


@needs_its_jack
def test_it_says_through_what_it_plays_and_how_late_that_is(life):
    card = f"{ON_JACK}: system"
    assert life["sentences"][:2] == [f"in:  {card}:capture_1", f"out: {card}:playback_2"]
    into, out = 1000 * 64 / 48000, 2 * 1000 * 64 / 48000  # a period in and, with two buffers, two out
    assert life["sentences"][2].startswith(
        f"latency {into + out + 1:.1f} ms: {into:.1f} ms in + {out:.1f} ms out (PortAudio says so) + 1.0 ms (rig)."
    )


@needs_its_jack
def test_wrong_names_rates_and_periods_are_one_sentence_each_with_what_there_is(life):
    card = f"{ON_JACK}: system"
    assert life["refused"] == [
        f"No capture channel matches --input 'nosuchcard'; there are: {card} (capture_1 to capture_2).",
        f"No playback channel matches --output 'nosuchcard'; there are: {card} (playback_1 to playback_2).",
        f"{card} does not take 44100 Hz; it takes 48000 Hz (--rate).",
        "A period has 1 to 8192 frames, not 0.",
    ]


# ---------------------------------------------------------------- cards come and go
def pull_the_card_out(folder):
    """In a child: the only card of ALSA's list is played, taken out, and put back; then there is none at all."""
    folder, engine, report = Path(folder), new_engine(), {}
    sys.modules["sounddevice"] = None  # as if the library it loads were not there
    report["not installed"] = opening_fails()
    del sys.modules["sounddevice"]

    with contextlib.redirect_stdout(io.StringIO()) as printed:
        report["code"] = main(["devices", "--json"])
    report["devices"] = json.loads(printed.getvalue())

    backend = PortAudio(rate=44100, period=256)
    report["first"] = [backend.route.output.full_name, backend.sample_rate]
    backend.host["gone"] = 1  # as the end of a stream sets it
    null_card(folder, present=False)
    began = time.monotonic()
    backend.close()
    turns = iter([True, True, False])
    report["missing"] = wait_for_device(backend, 0.05, lambda: next(turns)) is None
    report["took_s"] = time.monotonic() - began
    threading.Timer(0.3, null_card, (folder,)).start()
    report["said"] = []
    rig_engine = SimpleNamespace(block_address=passthrough.address, address=engine.ctypes.data)
    later = await_device(backend, rig_engine, SimpleNamespace(say=report["said"].append))
    report["again"] = [later.route.output.full_name, later.sample_rate, later.period, later.gone]
    report["blocks"] = int(engine["blocks"][0])
    later.close()
    null_card(folder, present=False)
    report["none"] = opening_fails()
    return report


@pytest.fixture(scope="module")
def cards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alsa")
    return run_in_child(pull_the_card_out, str(folder), environment=null_card(folder))


@needs_alsa
def test_a_card_that_was_pulled_out_is_played_on_when_it_is_back(cards):
    assert cards["first"] == ["ALSA: nullcard", 44100]
    assert cards["missing"]
    assert cards["took_s"] < 10
    assert cards["said"] == [
        "ALSA: nullcard has gone; waiting for it to come back (Ctrl-C ends).",
        "ALSA: nullcard is back.",
    ]
    assert cards["again"] == ["ALSA: nullcard", 44100, 256, False]
    assert cards["blocks"] > 0


@needs_alsa
def test_a_machine_without_portaudio_or_without_a_card_is_told_what_to_do(cards):
    assert cards["not installed"].startswith(
        "PortAudio is not installed (its library, libportaudio, was not found): install it, for example with `apt"
    )
    assert cards["none"].startswith("PortAudio finds no sound card: plug one in")


@needs_alsa
def test_rig_devices_lists_cards_channels_and_rates(cards):
    assert cards["code"] == 0
    assert "ALSA" in cards["devices"]["host_apis"]
    (card,) = cards["devices"]["devices"]
    assert (card["full_name"], card["inputs"], card["outputs"]) == ("ALSA: nullcard", 128, 128)
    assert card["capture"][4] == "ALSA: nullcard:capture_5"
    assert card["rates"] == [44100, 48000, 88200, 96000, 176400, 192000]
    assert card["chosen_input"] and card["chosen_output"]


# ---------------------------------------------------------------- the commands
def test_offline_writes_a_file_and_asks_which(tmp_path, capsys):
    assert main(["play", str(NANO), "--backend", "offline"]) == 2
    assert "--backend offline writes a file: say which one with --else-render FILE." in capsys.readouterr().err
    wav.write(tmp_path / "di.wav", guitar(RATE // 2), RATE, "FLOAT")
    written = tmp_path / "out.wav"
    options = ["--backend", "offline", "--di", str(tmp_path / "di.wav"), "--else-render", str(written)]
    assert main(["play", str(NANO), *options]) == 0
    assert wav.read(written).duration_s == pytest.approx(1.5)  # a second for the cabinet


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("ab", str(A2), "--against", str(NANO)), "Sides are compared over JACK only"),
        (("capture", "x", "--send", "a", "--return", "b"), "Captures are made over JACK only"),
    ],
)
def test_comparing_and_capturing_are_refused_with_the_reason(capsys, command, reason):
    assert main([*command, *OVER_PORTAUDIO]) == 2
    assert reason in capsys.readouterr().err


@pytest.mark.soak
@needs_alsa
def test_without_a_jack_server_rig_play_goes_over_portaudio(tmp_path):
    done = rig("play", NANO, "--no-ir", "--seconds", 0.1, "--period", 1024, **null_card(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Ports    in:  ALSA: nullcard:capture_1" in done.stdout
    assert "it begins muted. Press m" in done.stdout  # nobody chose what is listened to
    assert "Playing  48000 Hz, 1024 frames (21.3 ms)" in done.stdout


@pytest.mark.soak
@needs_alsa
def test_without_anything_to_play_through_both_reasons_are_said(tmp_path):
    nothing = null_card(tmp_path, present=False)
    refused(rig("play", NANO, **nothing), "No JACK server.*Without JACK: PortAudio finds no sound card")
    done = rig("play", NANO, "--no-ir", "--else-render", "demo.wav", cwd=tmp_path, **nothing)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo.wav").exists()
    text = rig("devices", **nothing)
    assert "ALSA: no sound card" in text.stdout


@pytest.mark.soak
def test_with_a_jack_server_rig_play_goes_over_jack_and_says_whose_rate_counts(jack_server):
    done = rig("play", NANO, "--seconds", 0.1, "--rate", 44100, JACK_DEFAULT_SERVER=jack_server.name)
    assert done.returncode == 0, done.stderr
    assert "rig:out_1 -> system:playback_1" in done.stdout
    assert "The JACK server decides on rate and period (48000 Hz, 64 frames)" in done.stdout


# ---------------------------------------------------------------- servers that die or hang under PortAudio
def die_under_rig_play(how):
    """In a child: the JACK server under PortAudio dies, which PortAudio cannot get over in that process."""
    name = f"rig-pa-{os.getpid()}"
    with JackServer(name=name) as server:
        with Playing(A2, "--no-ir", *OVER_PORTAUDIO, JACK_DEFAULT_SERVER=name, JACK_NO_START_SERVER="1") as play:
            play.wait_for("^Playing")
            began = time.monotonic()
            server.kill() if how == "kill" else server.stop()
            code = play.wait(30)
        return {"code": code, "took_s": time.monotonic() - began, "lines": play.lines}


@needs_its_jack
@pytest.mark.soak
@needs_jackd
@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_jack_server_that_dies_under_portaudio_ends_it_with_a_sentence(how):
    result = run_in_child(die_under_rig_play, how)
    assert result["code"] == 2, result["lines"]
    assert result["took_s"] < 15
    assert result["lines"][-1].startswith("rig: PortAudio cannot go on"), result["lines"]


def leave_a_frozen_server(server):
    """In a child: leave a server that hangs, and ask for another backend."""
    backend = PortAudio()
    backend.start(passthrough.address, new_engine().ctypes.data)
    os.kill(server, signal.SIGSTOP)
    began = time.monotonic()
    backend.close()
    return {"took_s": time.monotonic() - began, "said": opening_fails()}


@needs_its_jack
@pytest.mark.soak
@needs_jackd
def test_a_frozen_server_does_not_freeze_us():
    with JackServer() as server:  # outlives the child: PortAudio aborts the process where it dies
        report = run_in_child(leave_a_frozen_server, server.pid, environment=server.environment())
        server.send(signal.SIGCONT)
    assert report["took_s"] < 10
    assert report["said"].startswith("PortAudio cannot go on")


# ---------------------------------------------------------------- long runs
def open_and_close(times):
    """In a child: threads and memory after so many streams, and how many of them played."""
    import resource

    engine, played, sizes = new_engine(), 0, []
    for _ in range(times):
        with PortAudio() as backend:
            blocks = int(engine["blocks"][0])
            backend.start(passthrough.address, engine.ctypes.data)
            wait_until(lambda before=blocks: engine["blocks"][0] > before + 5, "cycles")
            played += 1
        sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return {"played": played, "threads": threading.active_count(), "grown_kb": sizes[-1] - sizes[times // 4]}


@needs_its_jack
@pytest.mark.soak
def test_a_hundred_streams_one_after_the_other_leave_nothing_behind(jack_server):
    report = run_in_child(open_and_close, 100, timeout_s=300, environment=jack_server.environment())
    print(report)
    assert report["played"] == 100
    assert report["threads"] == 1
    assert report["grown_kb"] < 4096
