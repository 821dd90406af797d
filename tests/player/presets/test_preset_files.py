"""Presets keep their numbers, and are overwritten, renamed, renumbered, deleted and taken back while playing."""

from __future__ import annotations

import argparse

import numpy as np
import pytest
from preset_stage import IRS, Set, write
from rigs import A2, NANO

from rig.cli.live.chosen_presets import chosen
from rig.errors import PresetError
from rig.library.preset import CabinetPart, Preset
from rig.library.preset_text import stated_number, with_line
from rig.player.presets.setlist import Setlist

OPTIONS = {"model": None, "ir": None, "no_ir": False, "resume": False}


def numbers(paths):
    return {entry.name: entry.number for entry in Setlist(paths, None).entries}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "set"


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def listed(folder):
    return sorted(folder.glob("*.toml"))


# ---------------------------------------------------------------- numbers
def test_a_saved_preset_has_the_same_number_at_the_next_start_wherever_its_name_sorts(folder):
    it = Set(write(folder, Preset("m", NANO), Preset("n", NANO)), folder=folder)
    assert "number 3" in it.do("save_preset", text="Zebra")
    assert "number 4" in it.do("save_preset", text="A first")  # before all others by its name
    here = {entry.name: entry.number for entry in it.presets.setlist.entries}
    it.player.close()
    assert here == {"m": 1, "n": 2, "Zebra": 3, "A first": 4}
    assert numbers(listed(folder)) == here
    again = Set(listed(folder))
    assert "4 A first" in again.do("preset", 4)
    again.player.close()


def test_a_preset_whose_model_is_gone_keeps_its_number_and_so_do_the_others(folder):
    model = folder.parent / "gone.nam"
    model.write_bytes(NANO.read_bytes())
    paths = write(folder, Preset("a", NANO), Preset("b", model, number=1), Preset("c", NANO))
    before = numbers(paths)
    model.unlink()
    assert before == numbers(paths) == {"a": 2, "b": 1, "c": 3}
    it = Set(paths, paths[0])
    it.ready()
    assert "there is no model" in it.do("preset", 1)
    assert "3 c" in it.do("preset", 3)  # the others still play
    assert "2 a" in it.do("next_preset")
    it.player.close()


def test_the_presets_saved_beside_models_are_there_again_at_the_next_start(folder, tmp_path):
    it = Set([], models=[NANO])
    assert "Saved    presets/mine.toml, number 1" in it.do("save_preset", text="mine")
    it.player.close()
    for model in (None, NANO):
        found = chosen(argparse.Namespace(**OPTIONS | {"model": model}))
        assert [path.name for path in found.presets] == ["mine.toml"]
        assert found.first is None  # models play first
        assert "presets: 1 preset under the keys of their numbers" in found.sentence
    again = Set(found.presets, models=[A2, NANO], first=None)
    assert "1 mine" in again.do("preset", 1)
    again.player.close()


# ---------------------------------------------------------------- changing them
BY_HAND = '''# mine, for Friday
number = 1   # left foot
name = "one" # the first
notes = """
name = "no name"
"""
model = "{model}"

[gate]
on = true
'''


def three(folder):
    """A setlist of three, the first one written by hand."""
    paths = write(folder, Preset("two", NANO), Preset("zwei", NANO, cabinet=(CabinetPart(IRS[0]),)))
    (folder / "one.toml").write_text(BY_HAND.replace("{model}", str(NANO)))
    it = Set(listed(folder), folder / "one.toml", folder=folder)
    assert len(paths) == 2
    return it


def check_taken_back(it, folder, before):
    assert "taken back" in it.do("undo_preset")
    assert content(folder).items() >= before.items()
    assert len(content(folder)) == len(before)
    assert it.presets.label.startswith("1 one")


def test_overwriting_takes_what_plays_and_can_be_taken_back(folder):
    it = three(folder)
    before = content(folder)
    it.do("output_trim", 1)
    it.do("preamp_gain", 1)
    assert "1 one is overwritten with what plays; Z takes that back" in it.do("overwrite_preset")
    written = Preset.load(folder / "one.toml")
    assert (written.name, written.number, written.output_trim_db, written.preamp_gain_db) == ("one", 1, 1.0, 1.0)
    it.do("preset", 2)
    it.do("preset", 1)
    assert it.player.value("output_trim") == 1.0  # the one that lay ready is not the old one
    check_taken_back(it, folder, before)
    it.do("preset", 2)
    it.do("preset", 1)
    assert it.player.value("output_trim") == 0.0
    assert "No preset has been overwritten" in it.do("undo_preset")
    it.player.close()


def test_renaming_keeps_every_number_and_every_comment(folder):
    it = three(folder)
    before = content(folder)
    assert "1 one is Zoo from now on" in it.do("rename_preset", text="Zoo")
    text = (folder / "Zoo.toml").read_text()
    assert text == BY_HAND.replace("{model}", str(NANO)).replace('name = "one" #', 'name = "Zoo" #')
    assert not (folder / "one.toml").exists()
    assert it.presets.label == "1 Zoo"
    assert numbers(listed(folder)) == {"Zoo": 1, "two": 2, "zwei": 3}
    assert "cannot be the name of a preset" in it.do("rename_preset", text="a/b")
    it.do("undo_preset")
    check = content(folder)
    assert check == before
    it.player.close()


def test_a_name_that_is_taken_gets_a_number_and_nothing_is_replaced(folder):
    it = three(folder)
    two = (folder / "two.toml").read_bytes()
    it.do("rename_preset", text="two")
    assert (folder / "two-2.toml").exists()
    assert Preset.load(folder / "two.toml").number == 2
    it.do("undo_preset")
    assert (folder / "two.toml").read_bytes() == two
    it.player.close()


def test_another_number_is_swapped_with_its_owner(folder):
    it = three(folder)
    before = content(folder)
    assert "one is number 3, and zwei is number 1" in it.do("renumber_preset", text="3")
    assert it.presets.label == "3 one"
    assert numbers(listed(folder)) == {"one": 3, "two": 2, "zwei": 1}
    assert "number = 3   # left foot" in (folder / "one.toml").read_text()
    assert "1 zwei" in it.do("preset", 1)
    for text in ("128", "-1", "x", "", "²"):
        assert "is no number of a preset; 0 to 127 are" in it.do("renumber_preset", text=text)
    it.do("preset", 3)
    check_taken_back(it, folder, before)
    it.player.close()


def test_deleting_moves_no_other_number_and_the_sound_goes_on(folder):
    paths = write(folder, *(Preset(name, NANO) for name in ("a", "b", "c")))
    it = Set(paths, paths[1], folder=folder)
    before = content(folder)
    assert "2 b is deleted; what plays goes on; Z takes that back" in it.do("delete_preset")
    assert not paths[1].exists()
    assert numbers(listed(folder)) == {"a": 1, "c": 3}
    assert it.presets.label == "b"
    assert np.abs(it.bench.process(0.1 * np.sin(np.arange(9600) / 20))).max() > 0
    assert "is no preset of the setlist" in it.do("delete_preset")
    assert "3 c" in it.do("preset", 3)
    assert "taken back: deleting b.toml" in it.do("undo_preset")
    assert content(folder) == before
    assert "2 b" in it.do("preset", 2)
    it.player.close()


def test_a_file_that_was_changed_meanwhile_is_not_replaced_by_an_undo(folder):
    it = three(folder)
    it.do("overwrite_preset")
    (folder / "one.toml").write_text("mine now")
    assert "one.toml has been changed since overwriting one.toml; nothing is taken back" in it.do("undo_preset")
    assert (folder / "one.toml").read_text() == "mine now"
    it.player.close()


def test_blind_no_preset_is_saved_called_or_changed(folder):
    it = three(folder)
    it.player.cabinets.browsing.blind = True
    before = content(folder)
    for name in ("overwrite_preset", "delete_preset", "undo_preset", "next_preset"):
        assert "would tell name" in it.do(name)
    for name, text in (("rename_preset", "x"), ("renumber_preset", "9"), ("save_preset", "x")):
        assert "would tell" in it.do(name, text=text)
    assert "would tell names" in it.do("preset", 2)  # a number key
    assert content(folder) == before
    it.player.cabinets.browsing.blind = False
    it.player.close()


def test_a_folder_that_cannot_be_written_changes_nothing(folder, monkeypatch):
    it = three(folder)
    before = content(folder)

    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rig.files.atomic_write.give_name", refuse)
    for name, text in (("overwrite_preset", None), ("rename_preset", "x"), ("renumber_preset", "2")):
        assert "cannot be written" in it.do(name, text=text)
    assert content(folder) == before
    assert it.presets.label == "1 one"
    it.player.close()


# ---------------------------------------------------------------- lines of a file
@pytest.mark.parametrize(
    ("text", "after"),
    [
        ('model = "a"\n', 'number = 7\nmodel = "a"\n'),
        ('# head\n\nmodel = "a"\n', '# head\n\nnumber = 7\nmodel = "a"\n'),
        ('number=3# x\nmodel = "a"\n', 'number = 7# x\nmodel = "a"\n'),
        ("[gate]\nnumber = 3\non = true\n", "number = 7\n[gate]\nnumber = 3\non = true\n"),
        ('\ufeffmodel = "a"\r\n', 'number = 7\nmodel = "a"\n'),
        ("", "number = 7\n"),
    ],
)
def test_one_line_is_changed_and_all_others_stay(text, after):
    assert with_line(text, "number", 7) == after
    assert with_line(after, "number", 7) == after


def test_a_file_that_is_no_toml_is_left_alone(tmp_path):
    for text in ("number = ", "= 3", "x = [1"):
        with pytest.raises(PresetError, match="no TOML"):
            with_line(text, "number", 7)
    path = tmp_path / "a.toml"
    for text, number in (("number = 12\nx = [", 12), ("[gate]\nnumber = 3", None), ("number = 1234", None), ("", None)):
        path.write_text(text)
        assert stated_number(path) == number
    assert stated_number(tmp_path / "none.toml") is None
