"""The track on a real JACK server: started while it plays, and led by the server's transport to the sample."""

from __future__ import annotations

import time

import numpy as np
import pytest
from jackclients import Deck, wait_until
from jackserver import JACKD_IS_MISSING
from played_along import noises, written
from rigs import NANO, RATE, Told
from terminal import Terminal

from rig.backends.jack.client import Jack
from rig.engine import Engine
from rig.player.tools.backing import Backing

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
TRIES = 20  # a busy machine loses cycles by itself


@pytest.fixture
def live(jack_server, tmp_path):
    track = noises(8 * RATE, seed=5)
    engine, told = Engine(RATE), Told()
    with Jack("rig-backing", jack_server.name) as backend, Deck("hears", jack_server.name, records=2) as deck:
        backend.start(engine.block_address, engine.address)
        for side in (1, 2):
            deck.connect(f"in_{side}", f"rig-backing:out_{side}")
        backing = Backing(engine, told.append)
        backing.set_volume(0.0)
        backing.load(str(written(tmp_path / "a.wav", track)))
        polled(backing, lambda: backing._next is not None and backing._next.is_ready)
        yield engine, backend, backing, deck, track
        deck.client.transport_stop()
        deck.client.transport_frame = 0
        backing.close()
        backend.stop()


def polled(backing, condition):
    wait_until(lambda: (backing.poll(), condition())[1], "the track", 20)


def heard(backing, deck, samples):
    """What comes out of both sides, (n, 2), and the frame time of its first sample; None: cycles were lost."""
    deck.state["state"] = 0
    time.sleep(0.02)
    deck.arm(samples)
    polled(backing, lambda: deck.state["state"] >= 3)
    time.sleep(0.05)
    whole = deck.state["state"] == 3 and deck.state["xruns"] == deck.state["xruns_before"]
    return (deck.recorded.T.copy(), int(deck.state["start_time"])) if whole else None


def where(y, track):
    """At which sample of the track a piece of it was taken; None: at none."""
    near = np.flatnonzero(np.abs(track[: len(track) - len(y), 0] - y[0, 0]) < 1e-6)
    return next((int(at) for at in near if np.abs(track[at : at + len(y)] - y).max() < 1e-6), None)


def test_it_is_started_and_stopped_while_the_server_plays(live):
    _, _, backing, deck, track = live
    backing.play(True)
    for _ in range(TRIES):
        taken = heard(backing, deck, RATE // 10)
        if taken is not None and where(taken[0], track) is not None:
            break
    else:
        pytest.fail("it is not heard as it is")
    backing.play(False)
    polled(backing, lambda: backing._next is not None and backing._next.is_ready)
    for _ in range(TRIES):
        taken = heard(backing, deck, RATE // 10)
        if taken is not None:
            break
    assert not taken[0].any()


def test_it_is_where_the_transport_is(live):
    engine, backend, backing, deck, track = live
    backend.follow_transport(True)
    backing.follow(True)
    seen = engine.record["backing"]
    for at in (0, 3 * RATE + 17):
        deck.client.transport_stop()
        wait_until(lambda: not seen["rolling"], "it to stand", 10)
        deck.client.transport_frame = at
        wait_until(lambda at=at: seen["transport_frame"] == at, "it to be there", 10)
        polled(backing, lambda: backing._next is None and not backing._is_stale)
        deck.client.transport_start()
        wait_until(lambda: seen["rolling"], "it to roll", 10)
        for _ in range(TRIES):
            taken = heard(backing, deck, RATE // 10)
            clock = between_cycles(lambda: (int(seen["transport_frame"]), int(backend.host["frame_time"])), backend)
            if taken is None or not seen["rolling"] or clock is None:
                continue
            found = where(taken[0], track)
            if found is not None:
                assert found == taken[1] + clock[0] - clock[1]
                break
        else:
            pytest.fail("it is not heard where the transport is")
    deck.client.transport_stop()
    wait_until(lambda: not seen["rolling"], "it to stand", 10)
    taken = next(t for t in (heard(backing, deck, RATE // 10) for _ in range(TRIES)) if t is not None)
    assert not taken[0].any()


def between_cycles(read, backend):
    """Two numbers of the same cycle; None: there was none in which both could be read."""
    for _ in range(100):
        before = int(backend.host["cycles"])
        found = read()
        time.sleep(0)
        if read() == found and int(backend.host["cycles"]) == before:
            return found
    return None


def test_the_space_key_starts_it_in_a_session(jack_server, tmp_path):
    path = written(tmp_path / "song.wav", noises(30 * RATE))
    options = ("--backing", path, "--backing-from", "10%", "--backing-to", "25", "--backing-count-in", 2)
    terminal = Terminal(
        NANO, *options, "--backing-bpm", 400, "--no-midi", JACK_DEFAULT_SERVER=jack_server.name, cwd=tmp_path
    )
    try:
        terminal.press("", "song.wav, 0:30, 48000 Hz, stereo; space starts it")
        terminal.press(" ", "BACKING 0:03")
        terminal.press("", "BACKING 0:04")
        terminal.press("%", "Backing volume -11.0 dB")
        terminal.press(" q", "\n")
        assert terminal.process.wait(10) == 0
    finally:
        terminal.close()
