"""Nothing that reaches a listener's machine before the end tells one position from another: all of it is looked at."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import time
from collections import defaultdict

import numpy as np
import pytest
from listening_client import Listener
from listening_room import ListeningRoom, kept, prepared

from rig.compare.listening import scale
from rig.web.listening.host import FOLDER, SHARED

LISTENERS = 8


@pytest.fixture
def test(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return prepared(tmp_path / "test", sections=1, candidates=2, seconds=0.6)


def sat(room, test, name):
    """A sitting up to its last close, all that was received, and what the order was (known only afterwards)."""
    with Listener(room) as one:
        one.sit(name)
        one.train()
        one.sounds()
        one.hear_all()
        one.rate(100, 50, 50, 50, 50)
        received = list(one.heard)
        one.do("close")
    order = kept(test, name)["order"]["positions"][0]
    return received, order.index(0)


def test_no_text_size_or_number_of_messages_depends_on_where_the_reference_is(test):
    with ListeningRoom(test) as room:
        sittings = [sat(room, test, f"name{at}") for at in range(LISTENERS)]
    assert len({hidden for _, hidden in sittings}) > 1
    hellos = [json.loads(received[0])["hello"] for received, _ in sittings]
    assert all(each == hellos[0] for each in hellos)
    fixed = {"question": scale.QUESTION, "instructions": scale.INSTRUCTIONS, "view": "listen"}
    assert {key: value for key, value in hellos[0].items() if isinstance(value, str)} == fixed | {
        key: hellos[0][key] for key in ("rig", "page", "session")
    }
    conditions, stimuli = test.setup["conditions"], test.setup["sections"][0]["stimuli"]
    secrets = [each["name"] for each in conditions] + [each["kind"] for each in conditions]
    secrets += [each["sha256"] for each in stimuli] + [test.hash, test.name, hellos[0]["session"]]
    shapes = set()
    for received, _ in sittings:
        later = "".join(each for each in received[1:] if isinstance(each, str))
        later = later.replace('"reference_heard"', "").replace("Not heard yet: the reference", "")
        assert not [secret for secret in secrets if re.search(rf"\b{re.escape(secret)}\b", later)]
        shapes.add(tuple(shape(each) for each in received))
    assert not [secret for secret in secrets[:-1] if hellos[0]["session"] in secret]
    assert len(shapes) == 1  # but for names, keys and promises of one length each, all receive the same


def shape(message):
    """A message without what is drawn for a listener: bytes by their header and size."""
    if isinstance(message, bytes):
        return message[:8], len(message)
    return re.sub(r'"(key|promise|listener)":"([^"]*)"', lambda found: f"{found[1]}:{len(found[2])}", message)


def test_no_two_sounds_of_a_screen_have_equal_bytes_and_neither_have_those_of_two_listeners(test):
    with ListeningRoom(test) as room:
        blocks, hidden = [], []
        for at in range(3):
            with Listener(room) as one:
                one.sit(f"name{at}")
                one.train()
                blocks.append(one.sounds())
                hidden.append(one.frames)
    for block in blocks:
        for one, other in itertools.combinations(block, 2):
            assert (one != other).any()
        assert len({row.tobytes() for row in block}) == len(block)
    for one, other in itertools.combinations(blocks, 2):  # and what somebody else got is no key to it
        rows = {row.tobytes() for row in one}
        assert not [row for row in other if row.tobytes() in rows]
    frames = [[len(each) for each in found] for found in hidden]
    assert frames[0] == frames[1] == frames[2]
    for block in blocks:  # dither at both ends of each, where the fades have their zeros
        assert all(np.abs(row[[0, -1]]).max() <= 1 for row in block)


def test_the_headers_of_all_that_can_be_had_tell_nothing_of_a_sound(test):
    with ListeningRoom(test) as room, Listener(room) as one:
        one.sit("Anna")
        found = defaultdict(set)
        for path in ("/", "/app.js", "/board.js", "/player.js", "/version.js", "/icon.svg", "/nothing"):
            for _ in range(2):
                connection = http.client.HTTPConnection("127.0.0.1", room.port, timeout=5)
                connection.request("GET", path)
                response = connection.getresponse()
                response.read()
                found[path].add(tuple((k, v) for k, v in response.getheaders() if k.lower() != "date"))
                connection.close()
                assert "last-modified" not in {name.lower() for name, _ in response.getheaders()}
        assert all(len(each) == 1 for each in found.values())
        paths = set(room.page._site.files.paths)
    assert not [path for path in paths if re.search(r"\.(wav|flac|json|nam)$", path)]
    assert len(paths) == len(SHARED) + sum(path.is_file() for path in FOLDER.rglob("*")) + 1


def test_the_source_of_the_page_knows_no_condition():
    text = "".join(path.read_text() for path in FOLDER.rglob("*") if path.suffix in (".js", ".html"))
    known = re.sub(r"kinds: \{.*?\}", "", text)  # what the end shows, by the kind that comes with it then
    assert "anchor" not in known and "candidate" not in known and "hidden reference" not in known


@pytest.mark.soak
def test_the_times_of_answers_are_printed_by_what_was_behind_each(tmp_path, monkeypatch):
    """Measured, and held against chance alone: shuffled labels must not look as odd more rarely than once in 10,000."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    test = prepared(tmp_path / "test", sections=1, candidates=2, seconds=4.0)
    took = []  # (listener, condition, seconds)
    with ListeningRoom(test) as room:
        for at in range(12):
            with Listener(room) as one:
                one.sit(f"name{at}")
                one.train()
                one.hear_all()
                mine = []
                for round_ in range(4):
                    for position in range(5):
                        began = time.perf_counter()
                        one.do(f"rate_{position + 1}", 100 if position == 0 else 10 + round_)
                        mine.append((position, time.perf_counter() - began))
                        time.sleep(0.13)
                one.do("close")
            order = kept(test, f"name{at}")["order"]["positions"][0]
            took += [(at, order[position], seconds) for position, seconds in mine]
    times = np.array([each[2] for each in took])
    labels = np.array([each[1] for each in took])
    ranks = times.argsort().argsort()
    chance = np.random.default_rng(1)
    seen = abs(ranks[labels == 0].mean() - ranks[labels != 0].mean())
    drawn = [chance.permutation(labels) for _ in range(20_000)]
    odd = np.mean([abs(ranks[each == 0].mean() - ranks[each != 0].mean()) >= seen for each in drawn])
    for label in range(5):
        print(f"{test.conditions[label].kind}: {1000 * np.median(times[labels == label]):.2f} ms (median)")
    print(f"as odd by chance in {100 * odd:.1f} % of draws")
    assert odd > 1e-4
