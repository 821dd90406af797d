"""Messages that are none: each refused in a sentence, nothing done, nothing kept, the sound untouched."""

from __future__ import annotations

import json
import random
import resource
import string

import pytest
from paged import Paged, until
from websockets.exceptions import ConnectionClosed

from rig.web.messages import MOST_BYTES, Do, List, Malformed, Watch, read_greeting, read_said


@pytest.fixture(scope="module")
def serving():
    with Paged() as made:
        yield made


@pytest.fixture
def paged(serving):
    yield serving
    serving.as_new()


def test_what_may_be_said_is_read():
    assert read_said('{"do": "volume", "value": -12, "id": 7}') == Do("volume", -12, 7)
    assert read_said('{"do": "mute", "value": true, "id": 7, "of": 2}') == Do("mute", True, 7, 2)
    assert read_said('{"list": "models", "id": 0}') == List("models", 0)
    assert read_said('{"watch": {"meters": true}}') == Watch(True, False)
    assert read_greeting('{"token": "t", "client": "12345678", "protocol": 1, "name": "phone"}').name == "phone"


BAD = [
    *("", "null", "7", "[]", '"do"', "{", "{}", "{'do': 1}", '{"do": "mute"}', '{"id": 1}', "\x00", "\ud800"),
    *('{"do": 7, "id": 1}', '{"do": "", "id": 1}', '{"do": "mute", "id": -1}', '{"do": "mute", "id": true}'),
    *('{"do": "mute", "id": 1.5}', '{"do": "mute", "id": 1e99}', '{"do": "mute", "id": 1, "x": 2}'),
    *('{"do": "volume", "value": NaN, "id": 1}', '{"do": "volume", "value": Infinity, "id": 1}'),
    *('{"do": "volume", "value": 1e400, "id": 1}', '{"do": "volume", "value": [1], "id": 1}'),
    *(
        '{"do": "volume", "value": {"a": 1}, "id": 1}',
        '{"do": "a\\nb", "id": 1}',
        '{"do": "' + "a" * 65 + '", "id": 1}',
    ),
    *('{"do": "note", "value": "' + "a" * 1001 + '", "id": 1}', '{"watch": true}', '{"watch": {"meters": 1}}'),
    *(
        '{"watch": {"meters": true, "x": 1}}',
        '{"ask": "files"}',
        '{"list": "models"}',
        '{"do": "m", "id": 1, "of": -1}',
    ),
    "[" * 5000,
    '{"do":' * 20,
    '{"do": "mute", "id": ' + "9" * 5000 + "}",
]


@pytest.mark.parametrize("message", BAD)
def test_what_may_not_is_one_sentence(message):
    with pytest.raises(Malformed, match=r"\.$"):
        read_said(message)


@pytest.mark.parametrize(
    "message", [b"\x01\x02", *BAD, '{"token": 7, "client": "12345678"}', '{"token": "t", "client": "short"}']
)
def test_neither_is_it_a_greeting(message):
    with pytest.raises(Malformed, match=r"\.$"):
        read_greeting(message)


def test_what_is_too_long_ends_the_connection(paged):
    ws, _, _ = paged.greeted()
    ws.send(json.dumps({"do": "note", "value": "x" * MOST_BYTES, "id": 1}))
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            ws.recv(5)
    assert closed.value.sent is None or closed.value.rcvd.code == 1009
    ws.close()
    assert paged.is_playing()


def test_binary_and_refused_messages_are_answered_with_their_id(paged):
    ws, _, _ = paged.greeted()
    ws.send(b"\x00\x01")
    ws.send('{"do": "volume", "value": [1], "id": 9}')
    told = []
    while len(told) < 2:
        message = ws.recv(5)
        if isinstance(message, str) and "error" in (content := json.loads(message)):
            told.append(content.get("id"))
    assert told == [None, 9]
    ws.close()


def test_who_sends_nothing_else_is_let_go(paged):
    ws, _, _ = paged.greeted()
    with pytest.raises(ConnectionClosed) as closed:
        for _ in range(1300):
            ws.send("nothing")
        while True:
            ws.recv(5)
    assert closed.value.rcvd is None or closed.value.rcvd.code == 4429
    ws.close()
    assert paged.is_playing()


def mutant(chance):
    """A message that is nearly one, or nothing like it."""
    text = json.dumps(
        chance.choice(
            [
                {
                    "do": chance.choice(["mute", "volume", "export", "open_irs", "quit2", "model"]),
                    "id": chance.randrange(99),
                },
                {
                    "do": "volume",
                    "value": chance.choice([1e308, -1, "x", None, True, [], {}]),
                    "id": chance.randrange(99),
                },
                {"list": chance.choice(["models", "../x", "devices2"]), "id": chance.randrange(99)},
                {"watch": {"meters": chance.choice([True, 1, "yes"])}},
                {"token": "x", "client": "y" * chance.randrange(80)},
            ]
        )
    )
    way = chance.randrange(6)
    if way == 0:
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice(string.printable) + text[at + chance.randrange(3) :]
    elif way == 1:
        text = text[: chance.randrange(len(text))]
    elif way == 2:
        text = "".join(chance.choice('[]{}",:0123456789truefalsn\\u') for _ in range(chance.randrange(200)))
    elif way == 3:
        text = text * chance.randrange(1, 4)
    elif way == 4:
        text = text.replace('"', chance.choice(["'", "\u2028", '\\"']), chance.randrange(1, 4))
    return text.encode("utf-8", "replace") if chance.random() < 0.1 else text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize("count", [200, pytest.param(20_000, marks=pytest.mark.soak)])
def test_malformed_messages_get_nothing_in_and_crash_nothing(paged, count, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chance, sent, before_kb = random.Random(count), 0, None
    values = dict(paged.run(lambda: paged.player.commands.values()))
    while sent < count:
        ws, _, _ = paged.greeted(f"client-{sent:08d}")
        try:
            for _ in range(min(400, count - sent)):
                ws.send(mutant(chance))
                sent += 1
                if sent % 20 == 0:
                    drain(ws)
        except ConnectionClosed:
            pass
        ws.close()
        until(lambda: paged.page.client_count == 0)
        if before_kb is None and sent >= min(2000, count // 2):
            before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    after = paged.run(lambda: paged.player.commands.values())
    assert {name: after[name] for name in after if name not in ("mute", "volume")} == {
        name: value for name, value in values.items() if name not in ("mute", "volume")
    }
    assert sorted(tmp_path.iterdir()) == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 64 << 10
    assert paged.page._server.failure is None and paged.page._server.is_alive()
    with paged.remote() as rig:
        rig.do("volume", -5)
        assert rig.state["values"]["volume"] == -5.0
    assert paged.is_playing()


def drain(ws):
    try:
        while True:
            ws.recv(0)
    except TimeoutError:
        return
