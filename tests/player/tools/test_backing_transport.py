"""The track led by the transport of the server: it begins, ends and goes elsewhere with it, to the sample."""

from __future__ import annotations

import numpy as np
import pytest
from jackclients import wait_until
from played_along import PlayedAlong, noises, written
from rigs import RATE

from rig.audio.resample import resample

FADE = 480  # samples


@pytest.fixture
def along():
    made = PlayedAlong()
    yield made
    made.close()


def roll(along, is_rolling, at=None):
    along.backend.host["transport"] = is_rolling
    if at is not None:
        along.backend.host["transport_frame"] = at


def test_it_starts_stops_and_goes_with_the_transport_to_the_sample(along, tmp_path):
    track = noises(6 * RATE, seed=3)
    along.load(written(tmp_path / "a.wav", track))
    along.backing.follow(True)
    along.play(64)
    settled(along)
    roll(along, True, 0)
    assert np.array_equal(along.play(RATE), track[:RATE])  # from the first sample of the first cycle
    roll(along, False)
    stopped = along.play(RATE // 4)
    assert not stopped[FADE:].any()
    roll(along, False, 3 * RATE + 17)
    along.play(64)
    settled(along)
    roll(along, True, 3 * RATE + 17)
    y = along.play(RATE // 2)
    assert np.array_equal(y[FADE:], track[3 * RATE + 17 + FADE : 3 * RATE + 17 + len(y)])
    roll(along, True, RATE)  # goes elsewhere while it rolls
    along.play(1 << 14)
    settled(along)
    along.play(1 << 14)
    at = int(along.backend.host["transport_frame"])
    assert np.array_equal(along.play(1 << 14), track[at : at + (1 << 14)])


def test_at_another_rate_it_follows_too(along, tmp_path):
    track = noises(6 * 44100, seed=3)
    along.load(written(tmp_path / "a.wav", track, 44100))
    along.backing.follow(True)
    roll(along, False, 100_003)
    along.play(64)
    settled(along)
    roll(along, True, 100_003)
    along.play(RATE // 4)
    at = int(along.backend.host["transport_frame"])
    assert np.abs(along.play(RATE // 4) - resample(track, 44100, RATE)[at : at + RATE // 4]).max() < 1e-6


def settled(along):
    """Wait until the stream for where the transport is has been handed over."""

    def is_there():
        along.backing.poll()
        stream = along.backing._stream
        fresh = stream is not None and not stream.ring.record["left"] and along.backing._next is None
        return fresh and not along.backing._is_stale

    wait_until(is_there, "the stream", 20)
