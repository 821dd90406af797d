"""A server that went and told nobody, as PipeWire's does: it is asked anew, and joined again where one is there."""

from __future__ import annotations

import time

import pytest
from blocks import new_engine, passthrough
from jackclients import wait_until
from jackserver import JACKD_IS_MISSING

from rig.backends.heartbeat import Question
from rig.backends.jack.client import Jack
from rig.cli.live import survival
from rig.cli.live.survival import Survival
from rig.errors import BackendError

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")


class Silenced(Jack):
    """A client of a real server that is called no more and does not see the server move, as when PipeWire restarts."""

    may_go_silently = True
    server_frames = 0


class Session:
    """What survives."""

    def __init__(self, server):
        self.server, self.engine, self.back = server, new_engine(), 0
        self.backend = Silenced("mute", server)
        self.backend.start(passthrough.address, self.engine.ctypes.data)

    def reopen(self):
        return Jack("mute", self.server)

    def play_on(self):
        self.backend.start(passthrough.address, self.engine.ctypes.data)
        self.back += 1
        return ""

    def say_period(self):
        pass


@pytest.fixture
def quick(monkeypatch):
    """A second is a long time in a test."""
    monkeypatch.setattr(survival, "ASK_S", 0.2)
    monkeypatch.setattr(survival, "REJOIN_S", 0.2)
    monkeypatch.setattr("rig.backends.heartbeat.STILL_S", 0.2)


def polled(guard, holds, what):
    def look():
        guard.poll()
        return holds()

    wait_until(look, what, 20)


def test_a_server_that_went_without_a_word_and_is_there_again_is_joined(jack_server, quick):
    session, said = Session(jack_server.name), []
    guard = Survival(session, said.append)
    wait_until(lambda: session.backend.host["cycles"] > 0, "the first cycle")
    session.backend._client.deactivate()
    polled(guard, lambda: session.back, "the new client")
    assert any("stands still" in line for line in said)
    assert any("has gone without a word; rig joins it again." in line for line in said)
    wait_until(lambda: session.backend.host["cycles"] > 0, "its first cycle")
    assert said[-1] == "The JACK server is back."
    session.backend.close()


def test_a_server_that_says_when_it_goes_is_waited_for(jack_server, quick):
    session, said = Session(jack_server.name), []
    session.backend.__class__ = type("Hangs", (Silenced,), {"may_go_silently": False})
    guard = Survival(session, said.append)
    session.backend._client.deactivate()
    polled(guard, lambda: guard.state == "SERVER STANDS STILL", "the notice")
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        guard.poll()
        time.sleep(0.05)
    assert session.back == 0
    session.backend.close()


def test_whether_a_server_is_there_is_asked_of_the_server(jack_server):
    with Jack("asking", jack_server.name) as backend:
        assert not backend.may_go_silently  # jackd says when it goes
        assert backend.server_is_there()
        backend._server_name = "none-such"
        assert not backend.server_is_there()


def test_a_question_that_is_not_answered_leaves_everything_as_it_is():
    def hangs():
        raise BackendError("The JACK server does not answer: restart it.")

    for ask, answer in ((lambda: True, True), (lambda: False, False), (hangs, None)):
        question = Question(ask)
        time.sleep(0.1)
        assert question.answer is answer
