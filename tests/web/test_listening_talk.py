"""A listening test over the wire: each listener his own sitting, nothing but listening and rating, nothing lost."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import stat

import numpy as np
import pytest
from listening_client import Listener, Refused
from listening_room import RATE, TONES_HZ, ListeningRoom, kept, prepared
from paged import until
from test_malformed import BAD, mutant
from websockets.exceptions import ConnectionClosed

from rig.compare.listening.prepared import Prepared
from rig.compare.listening.sitting import Sitting
from rig.errors import CompareError
from rig.web.access import Access
from rig.web.listening.host import MOST_TALKS
from rig.web.listening.said import Sounds, read_listener
from rig.web.listening.seats import Seats, keys_file
from rig.web.messages import Ask, Do, Malformed, Watch


@pytest.fixture
def test(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return prepared(tmp_path / "test", sections=2, candidates=1, seconds=0.6)


@pytest.fixture
def room(test):
    with ListeningRoom(test) as made:
        yield made


def finished(listener, scores=(100, 20, 50, 80)):
    listener.train()
    while listener.state["phase"] == "rating":
        listener.hear_all()
        listener.rate(*scores)
        listener.do("close")
    return listener


# ---------------------------------------------------------------- a sitting
def test_a_sitting_from_the_name_to_the_end_is_kept_as_it_was_done(room, test):
    with Listener(room) as anna:
        assert anna.state == {"phase": "name"}
        with pytest.raises(Refused, match="Say your name first"):
            anna.do("heard_0", 2.0, of=0)
        anna.sit(" Anna ")
        assert (anna.state["phase"], anna.state["screens"], anna.state["positions"]) == ("training", 2, 4)
        for _ in range(2):
            with pytest.raises(Refused, match="Not heard yet: the reference, A, B, C, D"):
                anna.do("close")
            anna.hear_all()
            anna.do("close")
        assert (anna.state["phase"], anna.state["screen"], anna.state["number"]) == ("rating", 0, 2)
        with pytest.raises(Refused, match="Listen to A first"):
            anna.rate(50)
        anna.hear_all()
        anna.rate(10, 100, 30)
        anna.do("rate_1", 11)
        with pytest.raises(Refused, match="Not rated yet: D"):
            anna.do("close")
        anna.do("rate_4", 0)
        anna.do("comment", "boxy")
        anna.do("close")
        anna.do("close", of=2)  # said again, as its answer was lost
        assert anna.state["screen"] == 1
        with pytest.raises(Refused, match="not the one at hand"):
            anna.do("rate_1", 99, of=2)
        anna.hear_all()
        anna.rate(1, 2, 3, 100)
        anna.do("close")
        assert anna.state["phase"] == "over" and anna.state["results"] is None
        assert set(anna.state) == {
            *("phase", "listener", "promise", "screen", "screens", "number", "positions", "closing", "results")
        }
    room.page.close()
    with Sitting.open(test, "Anna") as sitting:
        assert sitting.is_over
        scores = [[each.score for each in sitting.revealed() if each.screen == screen] for screen in (0, 1)]
    assert scores == [[11, 100, 30, 0], [1, 2, 3, 100]]
    assert [each["text"] for each in kept(test, "Anna")["events"] if each["what"] == "comment"] == ["boxy"]


def test_the_block_of_a_screen_holds_what_the_sitting_plays(room, test):
    with Listener(room) as anna:
        anna.sit("Anna")
        anna.train()
        block = anna.sounds() / 2**23
        spectra = np.abs(np.fft.rfft(block * np.hanning(block.shape[1])))
        loudest_hz = spectra.argmax(axis=1) * RATE / block.shape[1]
        assert loudest_hz[0] == pytest.approx(TONES_HZ[0], abs=3)
        assert sorted(loudest_hz[1:]) == pytest.approx(sorted(TONES_HZ), abs=3)
        hidden = loudest_hz[1:].tolist().index(min(loudest_hz[1:]))
        assert np.abs(block[1 + hidden] - block[0]).max() < 4 / 2**23  # the same sound, dithered apart
        with pytest.raises(Refused, match="no such piece"):
            anna.ask(sounds=anna.state["number"], piece=anna.state["sound"]["pieces"])
        with pytest.raises(Refused, match="no such piece"):
            anna.ask(sounds=anna.state["number"], piece=1 << 53)
        with pytest.raises(Refused, match="not the one at hand"):
            anna.ask(sounds=anna.state["number"] + 1, piece=0)


def test_all_pages_of_a_listener_show_the_same_and_nobody_else_does(room):
    with Listener(room) as one, Listener(room, client="another-page") as other:
        key = one.sit("Anna")
        other.sit("Bert")
        with Listener(room, token=key, client="second-page-of-anna") as second:
            assert second.state == one.state
            one.do("heard_2", 2.0)
            second.ws.send('{"ask": "state"}')
            until(lambda: second._take() and second.state["heard"] == [False, True, False, False])
            other.do("heard_1", 2.0)
            assert other.state["heard"] == [True, False, False, False]
            assert one.state["promise"] != other.state["promise"]


def test_whoever_comes_with_his_key_goes_on_also_after_rig_has_started_anew(room, test):
    with Listener(room) as anna:
        key = anna.sit("Anna")
        anna.train()
        anna.do("heard_3", 2.0)
        anna.do("rate_3", 37)
        before, session = anna.state, anna.hello["session"]
    room.page.close()
    with ListeningRoom(Prepared.open(test.folder)) as again:
        assert again.token != room.token
        with Listener(again, token=key) as anna:
            assert anna.state == before and anna.hello["session"] == session
            assert anna.state["scores"] == [None, None, 37, None]
        assert Listener(again).state == {"phase": "name"}


def test_a_server_that_fails_is_followed_by_another_one(room):
    with Listener(room) as anna:
        key = anna.sit("Anna")
        server = room.page._server
        server._loop.call_soon_threadsafe(server._loop.stop)
        until(lambda: room.page._server is not server and room.page._server.is_alive())
    assert "is started again" in room.said[-1] or "is started again" in "".join(room.said)
    until(lambda: Listener(room, token=key).state["listener"] == "Anna")


# ---------------------------------------------------------------- who may what
def test_a_listener_can_listen_and_rate_and_nothing_else(room):
    with Listener(room) as anna:
        anna.sit("Anna")
        for name in ("mute", "quit", "record", "model", "save_preset", "revoke_device", "sit", "rate_", "rate_1x"):
            with pytest.raises(Refused, match=r"\.$"):
                anna.do(name, "x" if name == "sit" else None)
        for name in ("devices", "models", "ports", "problems"):
            assert anna.say(json.dumps({"list": name, "id": 9})) == "There are no lists in a listening test."
        assert not {"commands", "events", "device", "may_manage"} & set(anna.hello)
        for name, value in (("rate_1", 101), ("rate_1", -1), ("rate_1", 50.5), ("rate_1", True), ("rate_0", 5)):
            anna.do("heard_1", 2.0)
            with pytest.raises(Refused, match=r"\.$"):
                anna.do(name, value)
        for name, value in (("rate_5", 5), ("heard_9", 2.0), ("heard_1", -1), ("heard_1", 1e9), ("heard_1", "1")):
            with pytest.raises(Refused, match=r"\.$"):
                anna.do(name, value)
        assert anna.state["scores"] == [None] * 4


def test_nothing_is_served_but_the_files_of_the_page(room):
    def get(path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", room.port, timeout=5)
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response, body

    response, body = get("/")
    assert response.status == 200 and b"Listening test" in body
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    for path in (
        "/excerpts/0/model.wav",
        "/report/x",
        "/rig.js",
        "/test.json",
        "/sounds/1.wav",
        "/../seat.py",
        "/keys",
    ):
        assert get(path, Authorization=f"Bearer {room.token}")[0].status == 404, path
    assert get("/", Host="evil.example")[0].status == 403
    assert get("/", Origin="http://evil.example")[0].status == 403
    with contextlib.suppress(OSError, http.client.HTTPException):  # earlier versions of websockets hang up
        assert get("/", "POST")[0].status == 405


def test_without_the_token_nobody_sits_down(room):
    for _ in range(5):
        with pytest.raises(Refused, match="not the token"):
            Listener(room, token="wrong")
    with pytest.raises(Refused, match="Too many wrong tokens"):
        Listener(room, token="wrong")


def test_nobody_in_the_network_sits_down_under_a_name_that_has_begun(test):
    access = Access()
    seats = Seats(test, access, None)
    seat, _ = seats.take("Anna", "page-of-anna", "192.168.1.7", is_here=False)
    assert seats.take("Anna", "page-of-anna", "192.168.1.7", is_here=False)[0] is seat  # its answer was lost
    for name in ("Anna", "anna", " ANNA "):
        with pytest.raises(CompareError, match=r"Anna has begun already: go on in the browser"):
            seats.take(name, "another-page", "192.168.1.8", is_here=False)
    assert seats.take("anna", "page-here", "127.0.0.1", is_here=True)[0] is seat
    for name in ("", "..", "../x", "a/b", "a\x00b", "x" * 41, "."):
        with pytest.raises(CompareError, match="cannot be a listener's name"):
            seats.take(name, "another-page", "127.0.0.1", is_here=True)
    seats.close()


def test_of_a_key_only_the_hash_is_kept_and_only_for_the_user(room, test):
    with Listener(room) as anna:
        key = anna.sit("Anna")
    path = keys_file(test)
    assert key not in path.read_text() and "Anna" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with Listener(room, token=key) as anna, pytest.raises(Refused, match="sits down once"):
        anna.sit("Bert")


def test_a_sitting_that_the_terminal_holds_is_refused_until_it_lets_go(room, test):
    with Listener(room) as anna:
        with Sitting.open(test, "Anna"), pytest.raises(Refused, match="listening already, in another window"):
            anna.sit("Anna")
        anna.sit("Anna")


def test_so_many_pages_and_no_more(room):
    pages = [Listener(room, client=f"page-of-tests-{at}") for at in range(MOST_TALKS)]
    with pytest.raises(Refused, match="close one"):
        Listener(room)
    for page in pages:
        page.ws.close()
    until(lambda: room.page.client_count == 0)
    assert Listener(room).state == {"phase": "name"}


# ---------------------------------------------------------------- what is no message
def test_what_may_be_said_is_read():
    assert read_listener('{"sounds": 2, "piece": 0, "id": 7}') == Sounds(2, 0, 7)
    assert read_listener('{"do": "rate_1", "value": 50, "of": 2, "id": 7}') == Do("rate_1", 50, 7, 2)
    assert read_listener('{"ask": "state"}') == Ask()
    assert read_listener('{"watch": {}}') == Watch(False, False)


MORE = [
    '{"sounds": -1, "piece": 0, "id": 7}',
    '{"sounds": true, "piece": 0, "id": 7}',
    '{"sounds": 1, "piece": 0.5, "id": 7}',
    '{"sounds": 1, "id": 7}',
    '{"sounds": 1, "piece": 0}',
    '{"sounds": 1, "piece": 0, "id": 7, "from": 9}',
    '{"list": "models", "id": 7}',
]


@pytest.mark.parametrize("message", [*BAD, *MORE, b"\x01"])
def test_what_may_not_is_one_sentence(message):
    with pytest.raises(Malformed, match=r"\.$"):
        read_listener(message)


def test_malformed_messages_are_answered_and_harm_nothing(room, test):
    chance = random.Random(7)
    with Listener(room) as anna:
        key = anna.sit("Anna")
        anna.train()
        anna.do("heard_1", 2.0)
        anna.do("rate_1", 42)
    before = kept(test, "Anna")
    for _ in range(3):
        ws = Listener(room, token=key).ws
        try:
            for _ in range(120):
                message = mutant(chance)
                ws.send(message.replace("mute", "rate_1") if isinstance(message, str) else message)
        except ConnectionClosed:
            pass
        ws.close()
    assert room.page._server.failure is None and room.page._server.is_alive()
    assert kept(test, "Anna") == before
    with Listener(room, token=key) as anna:
        assert anna.state["scores"] == [42, None, None, None]
        assert "JSON" in anna.say("nothing")
        anna.do("rate_1", 43)
        assert anna.state["scores"][0] == 43


def test_who_rates_faster_than_a_hand_is_slowed_and_loses_nothing(room, test):
    with Listener(room) as anna:
        anna.sit("Anna")
        anna.train()
        anna.hear_all()
        with pytest.raises(Refused, match="Too much at once"):
            for at in range(5000):
                anna.do("rate_1", at % 101)
        until(lambda: tried(anna, 77), 10)
        assert anna.state["scores"][0] == 77
    assert [each["score"] for each in kept(test, "Anna")["events"] if each["what"] == "rated"][-1] == 77


def tried(listener, score):
    try:
        listener.do("rate_1", score)
    except Refused:
        return False
    return True


# ---------------------------------------------------------------- the end
def test_results_are_shown_at_the_end_where_the_server_shows_them(test):
    with ListeningRoom(test, reveals=True) as room, Listener(room) as anna:
        anna.sit("Anna")
        finished(anna)
        assert anna.state["phase"] == "over"
        mine = anna.state["results"]["mine"]
        assert [each["kind"] for each in mine] == ["reference", "low anchor", "mid anchor", "candidate"]
        assert sorted(score for each in mine for score in each["scores"]) == sorted(2 * [100, 20, 50, 80])
        while anna.state["results"]["all"] is None:
            anna._take()
        found = anna.state["results"]["all"]
        assert found["listeners"] + found["left_out"] == 1 and found["unfinished"] == 0
        assert found["sentences"]
    until(lambda: [line.split(maxsplit=1)[1] for line in room.said] == ["Anna listens", "Anna has finished"])
