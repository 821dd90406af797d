"""Models are found as cabinets are: by number, by words, and among the favourites."""

from __future__ import annotations

import argparse

import model_files
import pytest
from rigs import Bench, Told

from rig.cli.live.what_plays import first_usable
from rig.errors import ModelError
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


def make(paths, **options):
    player = Player(Bench().engine, Told().append, paths, **options)
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
    assert player.told[-1] == (
        "No model is called like 'organ', and the library is empty: rig library scan FOLDER fills it."
    )
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
    assert player.told[-1] == "No model is a favourite; * steps through all."


# ---------------------------------------------------------------- files that cannot be used
@pytest.fixture
def holed(tmp_path, monkeypatch):
    """Five models, of which the first and the fourth are broken."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    paths = [
        model_files.write(tmp_path / f"{seed}.nam", model_files.wavenet([4], seed=seed, dilations=(1, 2)))
        for seed in range(5)
    ]
    for broken in (paths[0], paths[3]):
        broken.write_text("{")
    return paths


def test_where_the_first_model_of_a_folder_cannot_be_used_the_rest_plays(holed):
    player = make(holed, model_named=False)
    assert player.sound.model.path == holed[1]
    assert any(line.startswith("0.nam: the file is cut off") for line in player.told)
    assert (player.models.asked_name, player.place) == ("1.nam", "1/4")
    assert do(player, "previous_model") == "4"
    assert do(player, "next_model") == "1"
    player.close()


def test_a_model_that_was_named_is_not_replaced_by_another_and_a_folder_of_none_is_refused(holed):
    with pytest.raises(ModelError, match=r"^0\.nam: the file is cut off"):
        make(holed)
    with pytest.raises(ModelError, match=r"^None of 2 models can be used\. The first: 0\.nam: "):
        make([holed[0], holed[3]], model_named=False)
    folder = argparse.Namespace(model=holed[0].parent, size=1.0)
    assert first_usable(holed, folder) == holed[1]
    with pytest.raises(ModelError, match="None of 2 models"):
        first_usable([holed[0], holed[3]], folder)
    with pytest.raises(ModelError, match=r"^0\.nam: "):
        first_usable(holed, argparse.Namespace(model=holed[0], size=1.0))


def test_a_broken_file_stepped_on_leaves_the_name_of_what_sounds_in_the_line(holed):
    player = make(holed[1:])
    assert do(player, "next_model") == "2"
    assert do(player, "next_model") == "2"  # 3.nam is broken
    assert any("3.nam: the file is cut off" in line for line in player.told)
    state = player.look()
    assert (state.model, state.asked_model, state.model_place) == ("2.nam", "2.nam", "2/3")
    assert do(player, "next_model") == "4"
    assert do(player, "previous_model") == "2"
    assert do(player, "previous_model") == "1"
    holed[3].write_bytes(holed[4].read_bytes())  # mended: the list of all has it again
    do(player, "favourite_model")
    do(player, "view_models")
    do(player, "view_models")
    assert do(player, "last_model") == "4"
    assert do(player, "previous_model") == "3"
    player.close()
