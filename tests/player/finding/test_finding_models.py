"""Models of the library are found while playing: by words and wishes, and by what they do; keys never wait for it."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from made_library import make_library
from rigs import RATE, Bench, Told, guitar

from rig.catalogue import index as index_module
from rig.catalogue.beside_playing import read_only
from rig.catalogue.beside_playing.consulted import Consulted
from rig.catalogue.beside_playing.read_only import ReadOnlyIndex
from rig.catalogue.beside_playing.typed_words import parsed
from rig.catalogue.index import index_path
from rig.catalogue.library import Library
from rig.errors import ConfigError, RigError
from rig.player.player import Player
from rig.player.shown.lists import LISTS


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Twelve models of four ancestors in a library: `near` are in hand, the others in two folders elsewhere."""
    folder = tmp_path_factory.mktemp("made")
    make_library(folder / "all", 12, 4, seed=3)
    for path in sorted((folder / "all").iterdir()):
        _, root, variant = path.stem.split("-")
        to = folder / ("near" if variant == "000" else f"far/{root}")
        to.mkdir(parents=True, exist_ok=True)
        document = json.loads(path.read_text()) | {"metadata": {"name": path.stem, "tone_type": f"tone{variant}"}}
        (to / path.name).write_text(json.dumps(document))
        path.unlink()
    with Library(folder / "index.sqlite") as library:
        library.scan([folder / "near", folder / "far"], workers=1)
        assert len(library.models) == 12
    return folder


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Where the index of this player lies; there is none yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(index_module, "index_path", lambda: tmp_path / "library" / "models.sqlite")
    return tmp_path / "library" / "models.sqlite"


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def player(made, cache, bench):
    """One with the twelve in its library, who plays the first of the four in hand."""
    cache.parent.mkdir()
    cache.write_bytes((made / "index.sqlite").read_bytes())
    yield from playing(made, bench)


@pytest.fixture
def poor(made, cache, bench):
    """One without a library."""
    yield from playing(made, bench)


def playing(made, bench):
    player = Player(bench.engine, Told().append, sorted((made / "near").iterdir()))
    player.told = player.tell.__self__
    player.start()
    yield player
    player.close()


def do(player, name, text=None):
    player.told.clear()
    player.do(name, text=text)
    while not player.arrive(20):
        pass
    return player.sound.model.path.stem


def test_what_is_in_hand_plays_at_once_and_the_library_adds_what_it_has(player):
    assert do(player, "search_model", "made-001") == "made-001-000"
    assert player.told[0] == "Search   made-001: 1 found"
    assert any(line.startswith("Search   2 more in the library; * steps through") for line in player.told)
    assert player.place == "2/4"  # next and previous go on in the folder
    do(player, "view_models")
    assert do(player, "view_models") == "made-001-000" and player.place == "1/3 found"
    assert [do(player, "next_model") for _ in range(3)] == ["made-001-001", "made-001-002", "made-001-000"]
    do(player, "view_models")
    assert player.place == "2/4" and do(player, "next_model") == "made-002-000"


def test_what_is_only_in_the_library_plays_and_next_steps_through_it(player):
    assert do(player, "search_model", "far 003") == "made-003-001"
    assert "Search   far 003: 2 found in the library" in player.told
    assert player.place == "1/2 found"
    assert do(player, "next_model") == "made-003-002"
    assert do(player, "search_model") == "made-003-001"  # without a text: the next one
    assert do(player, "search_model", "made-000-002") == "made-000-002"
    assert player.place == "1/1 found"
    assert player.finding.preview("made-001-000").startswith("1 found, made-001-000.nam")
    assert do(player, "search_model", "made-001-000") == "made-001-000"  # in hand: the folder is gone through again
    assert player.place == "2/4"


def test_wishes_are_those_of_rig_library_find(player):
    assert do(player, "search_model", "made-002 --tone-type tone002") == "made-002-002"
    assert do(player, "search_model", "--has-input-level made") == "made-002-002"
    assert player.told[-1] == "No model is called like '--has-input-level made', here or in the library."
    for text, why in (
        ("--loud", "--loud is no wish of a search; there are --has-input-level"),
        ("x --tone-type", "--tone-type takes a type behind it"),
        ("--under 3", "--under is measured"),
    ):
        do(player, "search_model", text)
        assert player.told[-1].startswith(why)
    assert parsed("plexi  crunch --no-cabinet")[1].has_cabinet is False


def test_a_slash_before_the_words_finds_models_with_the_key_of_cabinets(player):
    assert do(player, "search_ir", "/ far 003") == "made-003-001"
    player.do("search_ir", text="nothing of the kind")
    assert "cabinet" in player.told[-1] or "IR" in player.told[-1] or "called like" in player.told[-1]
    assert player.sound.model.path.stem == "made-003-001"


def test_a_slip_is_put_right_and_what_is_nowhere_is_said(player):
    do(player, "search_model", "made-oo1")
    assert "here or in the library" in player.told[-1]
    assert player.sound.model.path.stem == "made-000-000"


def test_without_a_library_the_way_to_one_is_said(poor):
    assert do(poor, "search_model", "made-002") == "made-002-000"  # what is in hand is found all the same
    assert len(poor.told) == len([line for line in poor.told if "library" not in line])
    do(poor, "search_model", "made-003-001")
    assert poor.told[-1].endswith("and the library is empty: rig library scan FOLDER fills it.")
    do(poor, "like_model")
    assert "scan a folder first: rig library scan FOLDER" in poor.told[-1]
    do(poor, "view_models")
    assert do(poor, "view_models") == "made-002-000" and "all models: 4" in poor.told[-1]
    with pytest.raises(RigError, match="Nothing has been found yet"):
        poor.models.view("found")


def test_more_like_this_lists_the_nearest_and_next_steps_through_them(player, made):
    with Library(made / "index.sqlite") as library:
        wanted = [found.path.stem for found in library.like(made / "near" / "made-000-000.nam", 11)]
    assert do(player, "like_model") == "made-000-000"  # what plays goes on
    assert player.told[0].startswith("Search   like made-000-000.nam: 11, the nearest first; n steps through them")
    assert wanted[0] in player.told[1] and player.told[1].strip()[:2] == "0."
    assert player.place == "1/12 found"
    assert [do(player, "next_model") for _ in range(3)] == wanted[:3]
    # Further from there: that one comes first now, and itself is not among what is like it.
    assert do(player, "like_model") == wanted[2]
    assert player.place == "1/12 found" and not any(wanted[2] in line for line in player.told[1:])


def test_a_model_that_was_never_scanned_has_its_like_too(player, made, tmp_path):
    stray = tmp_path / "stray.nam"
    document = json.loads((made / "far" / "001" / "made-001-001.nam").read_text())
    stray.write_text(json.dumps(document | {"metadata": {"name": "stray"}}))
    other = Player(player.engine, player.tell, [stray])
    other.start()
    other.told = player.told
    do(other, "like_model")
    assert do(other, "next_model") == "made-001-001"
    other.close()


def test_stepping_to_what_was_found_fades(player, bench):
    """A change without one would step by as much as the two models differ, in one sample."""
    do(player, "like_model")
    x = guitar(RATE)
    bench.process(x)
    before = bench.process(x[: RATE // 4])
    assert do(player, "next_model") != "made-000-000"
    after = bench.process(x[RATE // 4 : RATE // 2])
    joined = np.concatenate([before, after])
    around = slice(len(before) - 2, len(before) + 2)
    assert np.abs(np.diff(joined[around])).max() <= np.abs(np.diff(before[-4800:])).max() + 1e-3
    assert np.abs(after[-4800:]).max() > 1e-3


def test_keys_do_not_wait_for_a_disk_that_is_slow(player, monkeypatch):
    gate, genuine = threading.Event(), ReadOnlyIndex

    def slow(path):
        gate.wait(20)
        return genuine(path)

    monkeypatch.setattr(read_only, "ReadOnlyIndex", slow)
    player.told.clear()
    player.do("like_model")
    player.do("next_model")
    while player.models.preloader.waiting:  # a key in the meantime is done
        player.models.arrive(1)
    assert player.sound.model.path.stem == "made-001-000" and player.waiting
    gate.set()
    while not player.arrive(20):
        pass
    assert any(line.startswith("Search   like made-000-000.nam") for line in player.told)


def test_what_is_typed_shows_what_is_there(player):
    first = player.finding.preview("made-001")
    assert first.startswith("1 found, made-001-000.nam")
    player.finding._previews.finish(20)
    assert player.finding.preview("made-001") == "1 found, made-001-000.nam, 3 in the library"
    assert player.finding.preview("--loud") == "" and player.finding.preview(" ") == ""


def test_the_list_has_its_guests_without_a_whole_path(player, made):
    do(player, "search_model", "far 003")
    listed = LISTS["models"](player)
    assert [item["folder"] for item in listed] == ["", "", "", "", "003", "003"]
    assert [item["name"] for item in listed if item["in_view"]] == ["made-003-001.nam", "made-003-002.nam"]
    assert not any(str(made) in json.dumps(item) for item in listed)


def test_what_was_found_is_still_there_at_another_rate(player, made):
    do(player, "like_model")
    second = do(player, "next_model")
    other = Player(Bench().engine, player.tell, sorted((made / "near").iterdir()))
    other.told = player.told
    other.restore(player.snapshot())
    while not other.arrive(20):
        pass
    assert other.place == "2/12 found" and other.sound.model.path.stem == second
    other.close()


# ---------------------------------------------------------------- the index, read only
def test_the_index_is_read_without_a_trace_and_again_when_it_changes(made, tmp_path):
    path = tmp_path / "index.sqlite"
    path.write_bytes((made / "index.sqlite").read_bytes())
    known = Consulted(path)
    first = known.library()
    assert len(first.models) == 12 and known.library() is first
    assert sorted(each.name for each in tmp_path.iterdir()) in (
        ["index.sqlite"],
        ["index.sqlite", "index.sqlite-shm", "index.sqlite-wal"],
    )
    with Library(path) as library:
        library.scan(made / "near", workers=1)
        extra = tmp_path / "extra"
        make_library(extra, 1, 1, seed=99)
        library.scan(extra, workers=1)
        assert len(known.library().models) == 13  # while it is open for writing elsewhere


def test_an_index_that_cannot_be_used_is_said_and_left_as_it_is(tmp_path):
    with pytest.raises(RigError, match="scan a folder first"):
        Consulted(tmp_path / "none.sqlite").library()
    assert list(tmp_path.iterdir()) == []
    bad = tmp_path / "bad.sqlite"
    bad.write_bytes(b"no database at all, and long enough to be taken for one" * 40)
    with pytest.raises(ConfigError, match=r"bad\.sqlite is damaged"):
        Consulted(bad).library()
    old = tmp_path / "old.sqlite"
    with Library(old) as library:
        library._index._database.execute("UPDATE about SET value = 99 WHERE key = 'schema'")
    with pytest.raises(ConfigError, match="another version of rig"):
        ReadOnlyIndex(old)
    assert index_path().name == "models.sqlite"
