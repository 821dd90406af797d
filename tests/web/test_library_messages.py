"""The library by messages: searched, sorted, drawn, played from and scanned, and never in the way of what plays."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from contextlib import closing
from threading import Event, Thread

import numpy as np
import pytest
from made_library import make_library
from paged import Paged, until
from rigs import NANO
from written_index import write_index, written_facts, written_sha256

from rig.catalogue.library import Library
from rig.errors import RigError
from rig.web.finding.open_scan import OpenScan, open_folders
from rig.web.messages import Malformed, Search, read_said
from rig.web.page import Page, PageOptions
from rig.web.remote import Remote, RemoteError
from rig.web.shown.shown_capture import CaptureShown, Desk


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    """Eight models of three ancestors that were scanned, and the index."""
    home = tmp_path_factory.mktemp("library")
    make_library(home / "models", 8, 3, 7)
    (home / "models" / "amps").mkdir()
    for path in sorted((home / "models").glob("made-001-*.nam")):
        path.rename(home / "models" / "amps" / path.name)
    with Library(home / "made.sqlite") as library:
        assert library.scan(home / "models", workers=1).played == 8
    return home


@pytest.fixture
def own(scanned, tmp_path):
    """A copy of the folder and, beside it, of the index, that a test may spoil."""
    shutil.copytree(scanned / "models", tmp_path / "models")
    index = tmp_path / "index" / "models.sqlite"
    index.parent.mkdir()
    shutil.copy(scanned / "made.sqlite", index)
    with closing(sqlite3.connect(index)) as database, database:
        database.execute("UPDATE files SET path = replace(path, ?, ?)", (str(scanned), str(tmp_path)))
    return tmp_path / "models"


def index_of(own):
    return own.parent / "index" / "models.sqlite"


def search(rig, what, **more):
    """Ask something of the library."""
    rig._id += 1
    rig._send({"library": what, "id": rig._id, **more})
    return rig._answer(rig._id)


def playing(paged):
    return paged.run(lambda: paged.player.sound.model.path.name)


def shown(rig, test):
    """The state of the library, once it is so."""

    def look():
        rig._send({"ask": "state"})
        rig._until("state")
        return test(rig.state["library"])

    until(look, 300.0)  # a scan goes last
    return rig.state["library"]


def test_what_may_be_asked_is_read():
    asked = '{"library": "find", "query": "ac 30", "sort": "cost", "down": true, "from": 200, "count": 50, "id": 9}'
    assert read_said(asked) == Search("find", 9, "ac 30", "cost", True, 200, 50)
    of = "0a" * 32
    assert read_said(json.dumps({"library": "like", "of": of, "count": 0, "id": 1})) == Search(
        "like", 1, count=0, of=of
    )
    assert read_said('{"library": "model", "place": 3, "rev": 2, "id": 1}') == Search("model", 1, place=3, rev=2)


@pytest.mark.parametrize(
    "more",
    [
        {"library": "open"},
        {"library": 7},
        {"library": "map", "query": "x"},
        {"query": "a\nb"},
        {"query": "x" * 201},
        {"sort": "path"},
        {"down": 1},
        {"from": -1},
        {"count": 201},
        {"library": "like", "of": "/etc/passwd"},
        {"library": "like", "of": "0A" * 32},
        {"library": "model", "place": 1.5},
        {"id": None},
    ],
)
def test_what_may_not_is_one_sentence(more):
    with pytest.raises(Malformed, match=r"\.$"):
        read_said(json.dumps({"library": "find", "id": 1} | more))


def test_models_are_found_by_words_sorted_and_sent_in_parts(own):
    with Paged(index=index_of(own)) as paged, paged.remote() as rig:
        assert rig.hello["library"] is True
        found = search(rig, "find")
        assert (found["all"], found["total"], len(found["items"])) == (8, 8, 8)
        assert {item["folder"] for item in found["items"]} == {"", "amps"}  # no whole path is told
        assert str(own) not in json.dumps(found)
        names = [item["name"] for item in found["items"]]
        assert search(rig, "find", sort="name", down=True)["items"][0]["name"] == max(names)
        part = search(rig, "find", **{"sort": "name", "from": 3, "count": 2})
        assert [item["name"] for item in part["items"]] == sorted(names)[3:5]
        assert search(rig, "find", query="amps")["total"] == 3
        assert search(rig, "find", query="AMPS 002")["total"] == 1
        first = found["items"][0]
        assert first["macs"] > 0 and first["level_dbu"] is None and len(first["sha256"]) == 64


def test_what_lacks_a_fact_comes_last_either_way_and_a_word_is_put_right(tmp_path):
    index = tmp_path / "models.sqlite"
    write_index(index, tmp_path / "all", 30)
    levels = sorted(written_facts(at).input_level_dbu for at in range(0, 30, 3))
    with Paged(index=index) as paged, paged.remote() as rig:
        for down in (False, True):
            items = search(rig, "find", sort="level", down=down)["items"]
            assert [item["level_dbu"] for item in items] == sorted(levels, reverse=down) + [None] * 20
        nothing = search(rig, "find", query="fendre")
        assert (nothing["total"], nothing["instead"]) == (0, "fender")


def test_the_nearest_come_with_their_distance_of_a_row_and_of_what_plays(own):
    with Library(index_of(own)) as library:
        some = next(model for model in library.models.values() if model.path.parent.name == "amps")
        wanted = [(model.sha256, model.distance) for model in library.like(some.path)]
        unknown = [(model.sha256, model.distance) for model in library.like(NANO)]
    with Paged(index=index_of(own)) as paged, paged.remote() as rig:
        found = search(rig, "like", of=some.sha256)
        assert [item["sha256"] for item in found["items"]] == [sha256 for sha256, _ in wanted]
        for item, (_, distance) in zip(found["items"], wanted, strict=True):
            assert item["distance"] == pytest.approx(distance, abs=2e-3)  # by differences, not by squares
        assert (found["name"], found["of"]) == (some.facts.name, some.sha256)
        found = search(rig, "like", count=3)  # of what plays, which was never scanned
        assert [item["sha256"] for item in found["items"]] == [sha256 for sha256, _ in unknown[:3]]
        assert found["name"] == NANO.name


def test_the_map_shows_every_model_and_a_dot_tells_its_name(own):
    with Library(index_of(own)) as library:
        placed, share = library.map()
    with Paged(index=index_of(own)) as paged, paged.remote() as rig:
        found = search(rig, "map")
        assert found["share"] == pytest.approx(share, abs=1e-4)
        assert found["x"] == [round(10000 * one.x) for one in placed]
        assert found["y"] == [round(10000 * one.y) for one in placed]
        item = search(rig, "model", place=5, rev=found["rev"])["items"][0]
        assert (item["sha256"], item["place"]) == (placed[5].model.sha256, 5)
        assert search(rig, "model", of=item["sha256"])["items"] == [item]
        assert search(rig, "model", of="0" * 64)["items"] == []
        amps = search(rig, "places", query="amps")["places"]
        assert {placed[at].model.path.parent.name for at in amps} == {"amps"} and len(amps) == 3
        with pytest.raises(RemoteError, match="has changed meanwhile"):
            search(rig, "model", place=5, rev=found["rev"] + 1)


def test_a_model_is_heard_at_a_tap_and_the_one_before_comes_back(own):
    with Paged(index=index_of(own)) as paged, paged.remote() as rig:
        until(lambda: len(paged.heard) > 0)
        before = np.abs(np.concatenate(paged.heard)).max()
        item = search(rig, "find", query="001 002")["items"][0]
        rig.do("play_found", item["sha256"])
        until(lambda: playing(paged) == item["file"])
        state = shown(rig, lambda library: library["playing"] == item["sha256"])
        assert (state["before"], state["asked"], state["problems"]) == (NANO.name, None, {})
        assert before > 1e-3 and until(lambda: np.abs(np.concatenate(paged.heard[-16:])).max() > 1e-3)
        assert paged.run(lambda: paged.player.models.files) == [NANO]  # the list is as it was
        other = search(rig, "find", query="000 000")["items"][0]
        rig.do("play_found", other["sha256"])
        until(lambda: playing(paged) == other["file"])
        for name in (item["file"], NANO.name):
            rig.do("play_before")
            until(lambda name=name: playing(paged) == name)
        with pytest.raises(RemoteError, match="no model to go back to"):
            rig.do("play_before")


def test_a_model_of_the_list_is_played_where_it_stands_there(own):
    files = sorted(own.glob("*.nam"))
    with Paged(models=files, index=index_of(own)) as paged, paged.remote() as rig:
        item = next(one for one in search(rig, "find")["items"] if one["file"] == files[3].name)
        rig.do("play_found", item["sha256"])
        until(lambda: playing(paged) == files[3].name)
        rig.do("next_model")
        until(lambda: playing(paged) == files[4].name)


def test_what_was_asked_for_last_plays(own):
    with Paged(index=index_of(own)) as paged, paged.remote() as rig:
        items = search(rig, "find", sort="name")["items"]
        for item in items:
            rig.do("play_found", item["sha256"])
        until(lambda: playing(paged) == items[-1]["file"])
        time.sleep(0.3)
        assert playing(paged) == items[-1]["file"]
        told = [event.text for event in paged.told if event.kind == "error"]
        assert told == []


def test_a_file_that_has_vanished_or_broken_or_changed_is_a_sentence(own):
    with Paged(index=index_of(own)) as paged, paged.remote() as rig:
        items = {item["file"]: item for item in search(rig, "find")["items"]}
        gone, broken, changed = "made-000-000.nam", "made-000-001.nam", "made-000-002.nam"
        (own / gone).unlink()
        (own / broken).write_text('{"architecture": "WaveNet"')
        shutil.copy(own / "made-002-000.nam", own / changed)
        for name, words in ((gone, "is no longer where it was found"), (broken, "is cut off")):
            sha256 = items[name]["sha256"]
            rig.do("play_found", sha256)
            state = shown(rig, lambda library, sha256=sha256: sha256 in library["problems"])
            assert words in state["problems"][sha256]
            assert state["before"] is None and playing(paged) == NANO.name and paged.is_playing()
            assert state["problems"][sha256] in [event.text for event in paged.told if event.kind == "error"]
        rig.do("play_found", items[changed]["sha256"])
        until(lambda: playing(paged) == changed)
        until(lambda: any("has changed since it was scanned" in event.text for event in paged.told))
        with pytest.raises(RemoteError, match="takes the content of a model"):
            rig.do("play_found", "../../etc/passwd")
        rig.do("play_found", "0" * 64)
        until(lambda: any("does not hold that model" in event.text for event in paged.told))


def test_a_locked_index_holds_up_nothing_else(own, monkeypatch):
    monkeypatch.setattr("rig.catalogue.index.PATIENCE_S", 3.0)
    lock = sqlite3.connect(index_of(own), isolation_level=None)
    lock.execute("PRAGMA locking_mode = EXCLUSIVE")  # with a journal written ahead, a transaction locks no reader out
    lock.execute("BEGIN EXCLUSIVE")
    with Paged(index=index_of(own)) as paged, paged.remote() as rig, paged.remote(patience_s=30) as other:
        other._id += 1
        other._send({"library": "find", "id": other._id})
        time.sleep(0.3)
        rig.do("mute", True)
        rig.do("mute", False)
        assert paged.is_playing()
        assert rig.list("models")["items"][0]["playing"] is True
        with pytest.raises(RemoteError, match="is locked by another program"):
            other._answer(other._id)
        lock.close()
        assert search(rig, "find")["total"] == 8


def test_what_another_rig_scans_is_found_and_an_index_that_was_deleted_is_no_trouble(own, monkeypatch):
    monkeypatch.setattr("rig.web.finding.desk.PATIENCE_S", 0.0)
    monkeypatch.setattr("rig.web.finding.desk.TIMES", 0.0)
    with Paged(index=index_of(own)) as paged, paged.remote() as rig:
        rev = search(rig, "find")["rev"]
        assert search(rig, "find")["rev"] == rev
        shutil.copy(NANO, own / "zebra.nam")
        with Library(index_of(own)) as library:
            library.scan(own, workers=1)
        found = search(rig, "find", query="zebra")
        assert found["total"] == 1 and found["rev"] > rev
        for path in index_of(own).parent.glob("models.sqlite*"):
            path.unlink()
        assert search(rig, "find")["all"] == 0
        index_of(own).write_bytes(b"no database at all, but something else " * 200)
        with pytest.raises(RemoteError, match="is damaged"):
            search(rig, "find")
        rig.do("volume", -1)


def test_an_empty_library_is_scanned_from_the_page(own):
    for path in index_of(own).parent.glob("models.sqlite*"):
        path.unlink()
    (own / "broken.nam").write_text("{")
    with Paged(models=sorted(own.rglob("made*.nam")), index=index_of(own)) as paged, paged.remote() as rig:
        found = search(rig, "find")
        assert (found["all"], found["items"], search(rig, "map")["x"]) == (0, [], [])
        assert not index_of(own).exists()  # looking makes none
        assert rig.state["library"]["open"] == ["models"]
        rig.do("scan_open", True)
        with pytest.raises(RemoteError, match="under way already"):
            rig.do("scan_open", True)
        state = shown(rig, lambda library: library["scanned"])
        assert state["scan"] is None and state["scanned"]["found"] == 9 and len(state["scanned"]["problems"]) == 1
        assert search(rig, "find")["total"] == 8
        rig.do("scan_open", True)
        rig.do("scan_open", False)
        assert shown(rig, lambda library: library["scanned"])["scanned"] == {"stopped": True}


def test_a_capture_has_no_library():
    page, over = Page(CaptureShown(Desk("gear")), PageOptions(port=0), print), Event()
    token = page.start().partition("#token=")[2]

    def loop():
        while not over.wait(0.005):
            page.poll()

    thread = Thread(target=loop)
    thread.start()
    try:
        with Remote(f"ws://127.0.0.1:{page.port}/ws", token) as rig:
            assert rig.hello["library"] is False
            with pytest.raises(RemoteError, match="no library to search"):
                search(rig, "find")
    finally:
        over.set()
        thread.join()
        page.close()


def test_folders_within_one_another_are_scanned_once(tmp_path):
    files = [tmp_path / name for name in ("a/1.nam", "a/b/2.nam", "c/3.nam", "a/4.nam")]
    assert open_folders(files) == [tmp_path / "a", tmp_path / "c"]
    with pytest.raises(RigError, match="No folder of models is open"):
        OpenScan(None, lambda: None).start([])


@pytest.mark.soak
def test_thousands_of_rows_are_sent_a_hundred_at_a_time(tmp_path):
    index = tmp_path / "models.sqlite"
    write_index(index, tmp_path / "all", 10_000)
    with Paged(index=index) as paged, paged.remote(patience_s=60) as rig:
        found = search(rig, "find")
        assert (found["all"], found["total"], len(found["items"])) == (10_000, 10_000, 100)
        last = search(rig, "find", **{"sort": "name", "from": 9_990})
        assert len(last["items"]) == 10
        fenders = [at for at in range(10_000) if at % 5 == 1]
        assert search(rig, "find", query="fender twin", count=0)["total"] == len(fenders)
        near = search(rig, "like", of=written_sha256(60), count=10)["items"]
        assert {int(item["name"].split()[-1]) % 60 for item in near} == {0}  # of the same centre
        dots = search(rig, "map")
        assert len(dots["x"]) == len(dots["y"]) == dots["of"] == 10_000
        assert paged.is_playing()
