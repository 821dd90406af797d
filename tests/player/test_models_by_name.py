"""Models are found as cabinets are: by number, by words, and among the favourites."""

from __future__ import annotations

import model_files
import pytest
from rigs import Bench, Told

from rig.player.player import Player

NAMES = ("amp clean", "amp lead", "bass", "clean boost", "fuzz")


@pytest.fixture
def player(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "models").mkdir()
    paths = [
        model_files.write(tmp_path / "models" / f"{name}.nam", model_files.wavenet([4], seed=seed, dilations=(1, 2)))
        for seed, name in enumerate(NAMES)
    ]
    made = make(paths)
    yield made
    made.close()


def make(paths):
    player = Player(Bench().engine, Told().append, paths)
    player.told = player.tell.__self__
    player.start()
    return player


def do(player, name, text=None):
    player.told.clear()
    player.do(name, text=text)
    assert player.arrive(20)
    return player.sound.model.path.stem


def test_by_number(player):
    assert do(player, "jump_model", "4") == "clean boost"
    assert player.place == "4/5"
    assert do(player, "jump_model", "6") == "clean boost"
    assert player.told[-1] == "6 is no number of a model; there are 1 to 5."


def test_by_words_and_again_without_a_text(player):
    assert do(player, "search_model", "CLEAN") == "clean boost"  # the next one behind the one that plays
    assert player.told[0] == "Search   CLEAN: 2 found"
    assert do(player, "search_model") == "amp clean"
    assert do(player, "search_model", "lead amp") == "amp lead"
    assert do(player, "search_model", "organ") == "amp lead"
    assert player.told[-1] == "No model is called like 'organ'."
    assert player.models.preview("cle") == "2 found, clean boost.nam"


def test_favourites_are_remembered_and_stepped_through(player):
    do(player, "favourite_model")
    assert player.told[-1] == "amp clean.nam is a favourite" or player.told[-1].endswith("amp clean.nam is a favourite")
    do(player, "jump_model", "5")
    do(player, "favourite_model")
    do(player, "view_models")
    assert player.told[-1] == "Choice   next and previous go through the favourite models: 2"
    assert [do(player, "next_model") for _ in range(3)] == ["amp clean", "fuzz", "amp clean"]
    assert player.place == "1/2 favourites"
    again = make(list(player.models.files))
    do(again, "view_models")
    assert do(again, "next_model") == "fuzz"
    again.close()
    do(player, "favourite_model")
    assert "is no favourite" in player.told[-1]
    do(player, "view_models")
    assert player.told[-1] == "Choice   next and previous go through all models: 5"


def test_without_a_favourite_the_keys_say_what_to_do(player):
    do(player, "view_models")
    assert do(player, "next_model") == "amp clean"
    assert player.told[-1] == "No model is a favourite; V steps through all."
