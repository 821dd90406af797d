"""The JACK backend against a real server; see jackserver.py for what runs in which process."""

import ctypes
import itertools
import os
import signal
import sys
import time

import numpy as np
import pytest
from allocations import rtsys
from blocks import new_engine, passthrough
from child import run_in_child
from jackclients import Deck, bounce_until_whole, costs_no_cycles, wait_until
from jackserver import JACKD_IS_MISSING, JackServer

from rig.backends.jack import libjack
from rig.backends.jack.client import PORTS, Jack
from rig.errors import BackendError, ServerGone

needs_jackd = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
names = (f"rig-test-{i}" for i in itertools.count())


def noise(n, seed=1):
    return np.random.default_rng(seed).standard_normal(n).astype(np.float32)


@pytest.fixture
def backend(jack_server):
    """A rig that passes the input through, on the session's server, unconnected; `backend.engine` counts."""
    with Jack(next(names), jack_server.name) as made:
        made.engine = new_engine()
        made.start(passthrough.address, made.engine.ctypes.data)
        wait_until(lambda: made.host["cycles"] > 0, "the first cycle")
        yield made


@pytest.fixture
def decks(jack_server, backend):
    """A player into the backend's input, and a recorder at its outputs."""
    with (
        Deck("player", jack_server.name, plays=True) as player,
        Deck("recorder", jack_server.name, records=2) as recorder,
    ):
        player.connect("out", f"{backend.name}:in")
        recorder.connect("in_1", f"{backend.name}:out_1")
        recorder.connect("in_2", f"{backend.name}:out_2")
        yield player, recorder


# ---------------------------------------------------------------- sound
def test_samples_go_from_a_player_to_a_recorder_exactly_and_in_time(decks):
    player, recorder = decks
    reported = libjack.latency_range(recorder.ports["in_1"])
    x = noise(12000)
    take = bounce_until_whole(player, recorder, x)
    assert reported == (0, 0)
    assert take.recorded_at == take.played_at
    np.testing.assert_array_equal(take.samples, np.stack([x, -x], axis=1))


def test_samples_go_through_exactly_as_fast_as_the_server_can(backend, decks):
    player, recorder = decks
    x = noise(100_000)
    player.freewheel(True)
    try:
        wait_until(lambda: backend.host["timed"] == 0, "the backend to hear of it")
        take = bounce_until_whole(player, recorder, x)
    finally:
        player.freewheel(False)
    np.testing.assert_array_equal(take.samples, np.stack([x, -x], axis=1))
    wait_until(lambda: backend.host["timed"] == 1, "the backend to have deadlines again")


def test_the_engine_hears_silence_where_nothing_is_connected(backend):
    wait_until(lambda: backend.engine["blocks"][0] > 10, "ten cycles")
    assert backend.engine["sum"][0] == 0
    assert backend.engine["longest"][0] == 64


def test_the_host_record_follows_the_server(backend):
    assert backend.host["sample_rate"] == backend.sample_rate == 48000
    assert (backend.block_size, backend.host["timed"], backend.gone) == (64, 1, False)
    before, cycles = int(backend.host["frame_time"]), int(backend.host["cycles"])
    wait_until(lambda: backend.host["cycles"] > cycles + 10, "ten more cycles")
    assert backend.host["frame_time"] >= before + 10 * 64


def test_after_stop_the_engine_is_not_called_and_start_goes_on(backend):
    backend.stop()
    frames = int(backend.engine["frames"][0])
    time.sleep(0.1)
    assert backend.engine["frames"][0] == frames
    backend.start(passthrough.address, backend.engine.ctypes.data)
    wait_until(lambda: backend.engine["frames"][0] > frames, "the engine to be called again")


# ---------------------------------------------------------------- what must not disturb it
def test_a_held_gil_costs_no_cycles(jack_server, backend):
    """An empty compiled client on the same server says how many cycles there were to be had."""
    usleep = ctypes.PyDLL(None).usleep  # PyDLL: does not release the GIL
    with Deck("empty", jack_server.name) as empty:
        wait_until(lambda: empty.counted("cycles") > 10, "the empty client")

        assert costs_no_cycles(lambda: usleep(500_000), lambda: int(backend.host["cycles"]), empty)


def test_cycles_allocate_nothing(backend):
    cycles, before = int(backend.host["cycles"]), rtsys.get_allocation_stats()
    wait_until(lambda: backend.host["cycles"] > cycles + 200, "200 cycles")
    after = rtsys.get_allocation_stats()
    assert after.alloc - before.alloc < 20
    assert after.mi_alloc - before.mi_alloc < 20


def test_playing_goes_on_with_another_block_size(jack_server, backend):
    with Deck("player", jack_server.name, plays=True) as other:
        try:
            other.client.blocksize = 256
            wait_until(lambda: backend.block_size == 256, "the new block size")
            assert backend.host["resizes"] == 1
            wait_until(lambda: backend.engine["longest"][0] == 256, "a long cycle")
        finally:
            other.client.blocksize = 64
        wait_until(lambda: backend.block_size == 64, "the old block size")
    assert backend.host["resizes"] == 2
    blocks = int(backend.engine["blocks"][0])
    wait_until(lambda: backend.engine["blocks"][0] > blocks + 10, "more cycles")


def test_a_client_that_stalls_the_server_counts_as_an_xrun(jack_server, backend, decks):
    player, _ = decks
    before = int(backend.host["xruns"])
    player.state["stall_us"] = 50_000
    wait_until(lambda: backend.host["xruns"] > before, "an xrun")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="thread priorities are asked the Linux way")
def test_the_priority_of_the_audio_thread_is_the_systems_word(jack_server, backend):
    wait_until(lambda: backend.host["cycles"] > 0, "the first cycle")
    priority = backend.realtime_priority()
    assert priority is not None
    assert priority > 0 or not jack_server.realtime


def test_the_priority_is_unknown_before_the_first_cycle(jack_server):
    with Jack(next(names), jack_server.name) as idle:
        assert idle.realtime_priority() is None


# ---------------------------------------------------------------- latency
def test_latency_of_the_engine_is_reported_in_both_directions(backend):
    backend.connect()
    wait_until(lambda: backend.port_latency_samples("in")[0] > 0, "the card's latency")
    wait_until(lambda: backend.port_latency_samples("out_1", playback=True)[0] > 0, "the card's latency the other way")
    capture, playback = backend.port_latency_samples("in")[0], backend.port_latency_samples("out_1", playback=True)[0]
    backend.latency_samples = 100
    for port in ("out_1", "out_2"):
        wait_until(lambda p=port: backend.port_latency_samples(p) == (capture + 100,) * 2, "the latency after us")
    wait_until(
        lambda: backend.port_latency_samples("in", playback=True) == (playback + 100,) * 2, "the latency before us"
    )
    assert backend.latency_samples == 100


# ---------------------------------------------------------------- ports
def test_it_connects_to_the_sound_card_by_itself(backend):
    said = backend.connect()
    assert backend.connections() == {
        "in": ["system:capture_1"],
        "out_1": ["system:playback_1"],
        "out_2": ["system:playback_2"],
    }
    assert said[0] == f"system:capture_1 -> {backend.name}:in"
    assert backend.connect() == said  # again: no error


def test_it_connects_where_the_player_says(jack_server, backend):
    with Deck("guitar", jack_server.name, plays=True), Deck("headphones", jack_server.name, records=1):
        backend.connect(input="guitar", output="^HEADPHONES:in_[12]$")
        assert backend.connections() == {
            "in": ["guitar:out"],
            "out_1": ["headphones:in_1"],
            "out_2": ["headphones:in_1"],
        }


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ({"input": "Scarlett"}, r"No capture port matches --input 'Scarlett'; there are: system:capture_1, system:cap"),
        (
            {"output": "(["},
            r"No playback port matches --output '\(\['; there are: system:playback_1, system:playback_2",
        ),
        ({"input": "rig-test"}, "No capture port matches"),  # our own outputs are no place to listen to
        ({"input": "capture"}, r"--input 'capture' matches 2, and one is wanted: system:capture_1, system:capture_2\."),
    ],
)
def test_a_pattern_that_matches_nothing_is_refused_with_what_there_is(backend, where, sentence):
    with pytest.raises(BackendError, match=sentence):
        backend.connect(**where)
    assert backend.connections() == {port: [] for port in PORTS}


def test_connections_are_made_again_by_name_as_far_as_they_exist(jack_server, backend):
    old = {"in": ["system:capture_2"], "out_1": ["system:playback_1", "daw:in"], "out_2": ["system:playback_1"]}
    said = backend.reconnect(old)
    assert "daw:in is not there any more." in said
    assert backend.connections() == {**old, "out_1": ["system:playback_1"]}


def test_a_cable_that_somebody_else_has_just_plugged_in_is_no_error(jack_server, backend):
    with Deck("quick", jack_server.name, plays=True) as other:
        for _ in range(20):
            other.connect("out", f"{backend.name}:in")
            assert backend.reconnect({"in": ["quick:out"]}) == [f"quick:out -> {backend.name}:in"]
            other.connect("out", f"{backend.name}:in")
            assert backend.connections()["in"] == ["quick:out"]
            other.client.disconnect("quick:out", f"{backend.name}:in")
        with pytest.raises(libjack.library()[0].JackError, match="nowhere"):
            other.connect("out", "nowhere:in")


def test_a_second_rig_gets_another_name(jack_server, backend):
    with Jack(backend.name, jack_server.name) as second:
        assert second.name == f"{backend.name}-01"
        second.start(passthrough.address, new_engine().ctypes.data)
        second.stop()


# ---------------------------------------------------------------- servers that are not there, or not for long
def opening_fails(server_name):
    try:
        Jack(server_name=server_name)
    except BackendError as error:
        return str(error)
    return None


def test_no_server_is_one_sentence():
    environment = {k: v for k, v in os.environ.items() if k != "JACK_DEFAULT_SERVER"}
    environment["JACK_NO_START_SERVER"] = "1"
    name = f"nobody-{os.getpid()}"
    assert run_in_child(opening_fails, name, environment=environment).startswith(
        f"No JACK server named '{name}' is running: start one"
    )
    environment["JACK_DEFAULT_SERVER"] = name
    assert f"named '{name}'" in run_in_child(opening_fails, None, environment=environment)


def opening_without_libjack():
    sys.modules["jack"] = None  # as if JACK-Client could not be imported
    libjack.LIBRARY_PLACES = ()
    libjack.pipewire.library_file = lambda: None
    return opening_fails(None)


def test_a_machine_without_jack_is_told_how_to_get_it():
    assert run_in_child(opening_without_libjack).startswith(
        "JACK is not installed (its library, libjack, was not found)"
    )


def play_through_the_death_of_a_server(how):
    report, engine = {}, new_engine()
    with JackServer() as server:
        backend = Jack("rig", server.name)
        backend.start(passthrough.address, engine.ctypes.data)
        backend.connect()
        backend.reconnect({"in": ["system:capture_2"]})  # a cable plugged in by hand
        wait_until(lambda: engine["blocks"][0] > 10, "the first cycles")
        server.kill() if how == "kill" else server.stop()
        wait_until(lambda: backend.gone, "the shutdown to be noticed")
        report["connections"] = backend.connections()
        try:
            backend.connect()
        except ServerGone as error:
            report["said"] = str(error)
        began = time.monotonic()
        backend.close()
        backend.close()
        report["closing_s"] = time.monotonic() - began
        report["missing"] = opening_fails(server.name)
        server.start()
        backend = Jack("rig", server.name)
        blocks = int(engine["blocks"][0])
        backend.start(passthrough.address, engine.ctypes.data)
        backend.reconnect(report["connections"])
        wait_until(lambda: engine["blocks"][0] > blocks + 10, "cycles of the new server")
        report["again"] = backend.connections()
        backend.close()
    return report


@needs_jackd
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_server_that_goes_away_is_noticed_and_a_new_one_is_taken(how):
    report = run_in_child(play_through_the_death_of_a_server, how)
    assert sorted(report["connections"]["in"]) == ["system:capture_1", "system:capture_2"]
    assert report["said"] == "The JACK server has gone."
    assert report["closing_s"] < 10
    assert "is running: start one" in report["missing"]
    assert {k: sorted(v) for k, v in report["again"].items()} == {
        k: sorted(v) for k, v in report["connections"].items()
    }


def close_while_the_server_is_frozen():
    engine = new_engine()
    with JackServer() as server:
        backend = Jack("rig", server.name)
        backend.start(passthrough.address, engine.ctypes.data)
        wait_until(lambda: engine["blocks"][0] > 10, "the first cycles")
        server.send(signal.SIGSTOP)
        began = time.monotonic()
        backend.close()
        took = time.monotonic() - began
        frames = int(engine["frames"][0])
        server.send(signal.SIGCONT)
        time.sleep(0.3)
        return {"closing_s": took, "still_called": int(engine["frames"][0]) != frames}


@needs_jackd
def test_a_frozen_server_does_not_freeze_us():
    report = run_in_child(close_while_the_server_is_frozen)
    assert report["closing_s"] < 30
    assert not report["still_called"]


def leave_without_closing():
    with JackServer() as server:
        backend = Jack("rig", server.name)
        backend.start(passthrough.address, new_engine().ctypes.data)
        leave_without_closing.kept = backend  # until the process ends
        return server.name


@needs_jackd
def test_a_program_that_ends_without_closing_ends():
    assert run_in_child(leave_without_closing, timeout_s=60)


def one_playback_port():
    with JackServer(period=128, capture=0, playback=1) as server, Jack("rig", server.name) as backend:
        backend.start(passthrough.address, new_engine().ctypes.data)
        said = backend.connect()
        return {"said": said, "connections": backend.connections(), "block_size": backend.block_size}


@needs_jackd
def test_a_card_with_no_input_and_one_output_is_taken_as_it_is():
    report = run_in_child(one_playback_port)
    assert report["said"][0] == "There is no capture port: nothing is connected to the input."
    assert report["connections"] == {"in": [], "out_1": ["system:playback_1"], "out_2": ["system:playback_1"]}
    assert report["block_size"] == 128
