"""`rig play` and `rig doctor` on a private PipeWire, as a user starts them: without `pw-jack`, beside JACK's libjack.

What a recording through it holds, and everything else that is told of JACK, is asked in test_live_tests_on_pipewire.py.
On a busy machine the simulated card of PipeWire 0.3.65 stands still at times, or runs away with thousands of xruns a
second: what plays on it for longer, changes its period or restarts it is asked by `make soak`, not by `make test`.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time

import pytest
from child import run_in_child
from commandline import Playing, refused, rig
from jackclients import Deck, TakeBroken, bounce, wait_until
from pipewireserver import PIPEWIRE_IS_MISSING, REASON, PipeWireServer, pw_jack
from rigs import A2, RATE, db, guitar

from rig.audio import wav
from rig.backends.jack import pipewire

pytestmark = [pytest.mark.live, pytest.mark.skipif(PIPEWIRE_IS_MISSING, reason=REASON)]

PLAYING = r"^Playing .* over PipeWire"
CABLES = {
    ("system:capture_1", "rig:in"),
    ("rig:out_1", "system:playback_1"),
    ("rig:out_2", "system:playback_2"),
}
ENDS = 20  # with each signal
TRIES = 12  # a take that the machine tears is repeated


@pytest.fixture
def server():
    with PipeWireServer(period=128) as server:
        yield server


def playing(server, *arguments):
    """The ports are named: whether those of a simulated card are physical depends on PipeWire's version."""
    named = ("--input", "system:capture_1", "--output", "system:playback")
    return Playing(A2, *named, "--no-midi", "--no-page", *arguments, **server.environment())


def plugged(server):
    return set(server.links()) >= CABLES


@pytest.mark.soak
def test_pipewire_is_found_without_pw_jack_and_its_ports_by_their_names(server):
    with playing(server) as play:
        play.wait_for(PLAYING)
        wait_until(lambda: plugged(server), "the cables")
        for quantum in (64, 512):
            server.force("quantum", quantum)
            play.wait_for(f"^Playing .* {quantum} frames")
        server.force("quantum", 0)
        assert play.end(signal.SIGTERM) == 0
    assert not any("JACK" in line for line in play.lines)


@pytest.mark.soak
def test_a_restart_of_the_daemon_is_survived_with_all_cables(server):
    with playing(server) as play:
        play.wait_for(PLAYING)
        wait_until(lambda: plugged(server), "the cables")
        for end in (server.end, server.kill):
            said = len(play.lines)
            end()
            server.start()
            wait_until(lambda: plugged(server), "the cables to be back", 60)
            play.wait_for("^PipeWire has gone", after=said)
            play.wait_for("^PipeWire is back", after=said)
        assert play.end() == 0
    assert not [line for line in play.lines if re.search("Traceback|Fatal|Abort", line)]


@pytest.mark.soak
def test_it_ends_by_itself_when_told_while_the_daemon_is_dead(server):
    with playing(server) as play:
        play.wait_for(PLAYING)
        server.kill()
        assert play.end() == 0


@pytest.fixture
def amp(server):
    """Starts a JACK program of others, and has it leave in order; ended whatever happens."""
    programs = []

    def come():
        quiet, environment = subprocess.DEVNULL, pw_jack(server.environment())
        programs.append(subprocess.Popen(["jack_thru", "amp"], env=environment, stdout=quiet, stderr=quiet))
        wait_until(lambda: "amp:input_1" in server.ports(), "its ports")

    def leave():
        programs[-1].send_signal(signal.SIGTERM)  # it closes its client then
        programs[-1].wait(20)
        wait_until(lambda: "amp:input_1" not in server.ports(), "its ports to go")

    yield come, leave
    for program in programs:
        program.kill()
        program.wait()


@pytest.mark.soak
def test_a_pulled_cable_stays_out_and_that_of_a_program_that_left_in_order_comes_back(server, amp):
    come, leave = amp
    with playing(server) as play:
        play.wait_for(PLAYING)
        wait_until(lambda: plugged(server), "the cables")
        come()
        server.link("rig:out_1", "amp:input_1")
        server.unlink("rig:out_2", "system:playback_2")
        time.sleep(2.0)  # rig looks twice a second, and a pulled cable is one that stays out for a while
        leave()
        play.wait_for("amp:input_1: not there")
        come()
        wait_until(lambda: ("rig:out_1", "amp:input_1") in server.links(), "the cable to be back")
        assert ("rig:out_2", "system:playback_2") not in server.links()
        assert play.end() == 0


def played(folder):
    """In a child, whose libjack is PipeWire's: what is recorded while rig plays, against what it renders; in dB."""
    x = 0.5 * guitar(2 * RATE)
    wav.write(f"{folder}/di.wav", x, RATE, "FLOAT")
    with PipeWireServer(period=1024) as server:
        done = rig("render", A2, f"{folder}/di.wav", f"{folder}/out.wav", **server.environment())
        assert done.returncode == 0, done.stderr
        want = wav.read(f"{folder}/out.wav").samples[:, 0]
        with (
            Playing(A2, "--no-ir", "--no-connect", "--no-page", "--no-midi", **server.environment()) as play,
            Deck("di", server.name, plays=True) as player,
            Deck("recorder", server.name, records=1) as recorder,
        ):
            play.wait_for(PLAYING)
            player.connect("out", "rig:in")
            recorder.connect("in_1", "rig:out_1")
            time.sleep(0.5)  # the start of the sound rings out
            for _ in range(TRIES):
                try:
                    take = bounce(player, recorder, x)
                    break
                except TakeBroken as torn:
                    print(torn)
                    time.sleep(1.0)
            else:
                return None
    y = take.samples[:, 0].astype(float)
    assert db(want) > -60  # something is heard
    return take.played_at == take.recorded_at, float(db(y - want, want))


def test_a_recording_through_it_is_what_rig_render_writes(tmp_path):
    found = run_in_child(played, str(tmp_path), environment=pw_jack(os.environ), timeout_s=300)
    if found is None:
        pytest.skip(f"this machine tore each of {TRIES} takes")
    print(f"through PipeWire against render: {found[1]:.0f} dB")
    assert found[0] and found[1] < -100


@pytest.mark.soak
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_every_time(server, how):
    for _ in range(ENDS):
        with playing(server) as play:
            play.wait_for(PLAYING)
            time.sleep(0.2)
            assert play.end(how) == 0, play.lines
        assert not [line for line in play.lines if re.search("Traceback|Fatal|Abort", line)]
        wait_until(lambda: not any(port.startswith("rig:") for port in server.ports()), "its ports to go")


def test_the_doctor_names_pipewire_with_its_own_version(server):
    done = rig("doctor", A2, "--input", "system:capture_1", "--seconds", 2.0, "--json", **server.environment())
    assert "Traceback" not in done.stderr, done.stderr
    found = {finding["topic"]: finding for finding in json.loads(done.stdout)["findings"]}
    wanted = re.search(r"Linked with libpipewire (\S+)", server.tell("pw-cli", "--version"))[1]
    assert found["server"]["figures"]["product"] == "PipeWire"
    assert found["server"]["figures"]["version"] == wanted
    assert found["server"]["text"].startswith(f"PipeWire {wanted} runs at 48000 Hz")
    assert found["xruns"]["figures"]["cycles"] > 0
    if found["priority"]["state"] == "problem":
        assert "rtkit" in found["priority"]["way_out"] or "module-rt" in found["priority"]["way_out"]


def test_without_a_pipewire_the_sentence_says_that_neither_runs(tmp_path):
    nowhere = {"XDG_RUNTIME_DIR": str(tmp_path), "PIPEWIRE_RUNTIME_DIR": str(tmp_path)}
    refused(
        rig("play", A2, "--backend", "jack", "--seconds", 1, **nowhere), "No JACK server is running, and no PipeWire"
    )


def test_the_folder_that_pw_jack_names_is_found(tmp_path, monkeypatch):
    there = tmp_path / "store" / "lib" / "pipewire" / "jack"
    there.mkdir(parents=True)
    (there / "libjack.so.0").touch()
    script = tmp_path / "pw-jack"
    script.write_text(
        f"#!/bin/sh\nLD_LIBRARY_PATH='{tmp_path}/store/${{LIB}}/pipewire/jack'\"${{LD_LIBRARY_PATH+x}}\"\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr(pipewire, "LIBRARY_PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pipewire.library_file() == str(there / "libjack.so.0")
    script.write_text("#!/bin/sh\nexec true\n")
    assert pipewire.library_file() is None


def test_a_jack_server_that_is_named_is_not_looked_for_in_pipewire(server):
    named = {**server.environment(), "JACK_DEFAULT_SERVER": "studio"}
    refused(rig("play", A2, "--backend", "jack", "--seconds", 1, **named), "No JACK server named 'studio' is running")
