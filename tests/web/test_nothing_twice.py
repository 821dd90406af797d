"""Reconnecting: the true state at once, nothing lost, nothing done twice; a killed thread is followed by another."""

from __future__ import annotations

import contextlib
import gc
import json
import random
import socket
import time

import pytest
from auditioning import five_cabinets
from paged import Paged, until
from steadfast import GONE, Steadfast, Wire
from websockets.exceptions import ConnectionClosed

from rig.web.board import MOST_ANSWERS, MOST_REQUESTS, Board, Request
from rig.web.messages import Do


@pytest.fixture
def paged(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with Paged(irs=five_cabinets(tmp_path, monkeypatch)) as made:
        yield made


def answer(ws, id, seconds=5.0):
    end = time.monotonic() + seconds
    while True:
        message = json.loads(ws.recv(max(0.0, end - time.monotonic())))
        if message.get("ok") == id or message.get("id") == id:
            return message


def test_a_command_that_comes_twice_is_done_once(paged):
    ws, _, _ = paged.greeted()
    ws.send(json.dumps({"do": "next_ir", "id": 1}))
    assert answer(ws, 1) == {"ok": 1}
    until(lambda: paged.player.cabinets.position == 1)
    ws.send(json.dumps({"do": "next_ir", "id": 1}))
    assert answer(ws, 1) == {"ok": 1}
    ws.close()
    ws, _, _ = paged.greeted()  # the same client, on another connection
    ws.send(json.dumps({"do": "next_ir", "id": 1}))
    assert answer(ws, 1) == {"ok": 1}
    time.sleep(0.2)
    assert paged.player.cabinets.position == 1
    ws.send(json.dumps({"do": "next_ir", "id": 2}))
    assert answer(ws, 2) == {"ok": 2}
    until(lambda: paged.player.cabinets.position == 2)
    other, _, _ = paged.greeted(client="another-client")
    other.send(json.dumps({"do": "next_ir", "id": 1}))  # its own number 1
    assert answer(other, 1) == {"ok": 1}
    until(lambda: paged.player.cabinets.position == 3)
    for each in (ws, other):
        each.close()


def test_one_that_waits_is_not_done_twice_and_its_answer_finds_the_new_connection(paged):
    ws, _, _ = paged.greeted()
    paged.stands_still.set()
    time.sleep(0.05)
    ws.send(json.dumps({"do": "next_ir", "id": 1}))
    time.sleep(0.05)
    ws.socket.close()  # the network is gone
    again = paged.socket()
    again.send(json.dumps({"token": paged.token, "client": "client-of-tests"}))
    again.send(json.dumps({"do": "next_ir", "id": 1}))
    time.sleep(0.1)
    paged.stands_still.clear()
    assert answer(again, 1) == {"ok": 1}
    time.sleep(0.3)
    assert paged.player.cabinets.position == 1
    again.close()


def test_what_nobody_remembers_is_refused_and_not_done():
    board = Board()
    for id in range(MOST_ANSWERS + 10):
        assert board.ask("client", 1, Do("next_ir", None, id)) is None
        request = board.take()
        board.answer(request, {"ok": id})
    assert json.loads(board.ask("client", 1, Do("next_ir", None, MOST_ANSWERS))) == {"ok": MOST_ANSWERS}
    assert "too old" in board.ask("client", 1, Do("next_ir", None, 3))
    assert board.take() is None
    board.close()


def test_what_waits_is_bounded():
    board = Board()
    for id in range(MOST_REQUESTS):
        assert board.ask("client", 1, Do("next_ir", None, id)) is None
    assert "rig is busy" in board.ask("client", 1, Do("next_ir", None, MOST_REQUESTS))
    for _ in range(MOST_REQUESTS):
        assert isinstance(board.take(), Request)
    assert board.take() is None
    assert board.ask("client", 1, Do("next_ir", None, MOST_REQUESTS)) is None  # now there is room for it
    board.close()


def test_two_that_move_one_slider_end_with_the_last_word(paged):
    with paged.remote() as one, paged.remote() as two:
        for k in range(15):
            one.do("volume", -k)
            two.do("volume", -k - 0.5)
        one.do("mute", False)
        two.do("mute", False)
        assert one.state["values"]["volume"] == two.state["values"]["volume"] == -14.5
        assert (one.rev, two.rev) == (one.rev, one.rev)
        assert paged.run(lambda: paged.player.value("volume")) == -14.5


def test_whoever_is_connected_is_told_at_once_that_the_thread_died(paged):
    ws, _, _ = paged.greeted()
    gc.disable()  # which would close what lies about, some day
    try:
        kill(paged.page._server)
        with pytest.raises(ConnectionClosed):
            while True:
                ws.recv(5.0)
    finally:
        gc.enable()
    ws.close()


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.soak)])
def test_killed_at_any_moment_the_sound_goes_on_and_nothing_is_lost_or_doubled(paged, kills):
    """A counter that only commands move: next_ir goes round five cabinets, so its number is known at the end."""
    chance, wire = random.Random(5), Wire(paged.port)
    client = Steadfast(paged.port, paged.token, wire.port)
    client.connect()
    for _ in range(kills):
        end = time.monotonic() + chance.uniform(0.02, 0.3)
        how = chance.choice(["thread", "client", "network", "silence"])
        with contextlib.suppress(*GONE):
            while time.monotonic() < end:
                client.do("next_ir")
                time.sleep(0.015)  # more than a hundred a second would be refused
                if chance.random() < 0.5:
                    client.take()
            if how == "thread":
                kill(paged.page._server)
            elif how == "client":
                client.leave()
            else:
                wire.cut(chance.randrange(200), by_force=how == "network")
        assert paged.is_playing(0.1)
        client.connect()
        assert client.state["values"]["volume"] == paged.player.value("volume")
    client.settle()
    until(lambda: not paged.player.waiting)
    assert paged.run(lambda: paged.player.cabinets.bank.position) == client.sent % 5
    assert client.slowest_s < 1.0
    assert paged.is_playing()
    client.leave()
    wire.close()


def kill(server):
    """As an exception that nobody foresaw would do it."""

    def die():
        raise SystemExit

    server._loop.call_soon_threadsafe(die)


def test_a_signal_while_the_page_is_being_opened_leaves_nothing_open(monkeypatch):
    """Ctrl-C comes in at any moment, here before the thread that serves has begun."""

    def interrupted(thread):
        raise KeyboardInterrupt

    made = Paged()
    monkeypatch.setattr("rig.web.server.Server.start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made.__enter__()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", made.page.port), 1)
