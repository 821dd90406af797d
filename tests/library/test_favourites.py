"""Favourites and notes: a plain file that outlives sessions, renamed files and its own damage."""

from __future__ import annotations

import json

import pytest

from rig.errors import ConfigError
from rig.library.favourites import FILE_NAME, Favourites


def test_favourites_and_notes_are_there_in_the_next_session(tmp_path):
    first, told = Favourites(print, tmp_path), []
    first.change(tmp_path / "57.wav", "aa", favourite=True)
    first.change(tmp_path / "57.wav", "aa", note="tight")
    first.change(tmp_path / "121.wav", "bb", note="dark")
    again = Favourites(told.append, tmp_path)
    assert again.among([tmp_path / "57.wav", tmp_path / "121.wav"]) == {tmp_path / "57.wav"}
    assert again.of(tmp_path / "57.wav").note == "tight"
    assert again.of(tmp_path / "renamed.wav", "bb").note == "dark"
    assert again.of(tmp_path / "57.wav", "cc") is None  # another file under that name
    assert told == []
    assert list(tmp_path.iterdir()) == [tmp_path / FILE_NAME]


def test_what_is_neither_liked_nor_noted_is_not_kept(tmp_path):
    favourites = Favourites(print, tmp_path)
    favourites.change(tmp_path / "57.wav", "aa", favourite=True)
    favourites.change(tmp_path / "57.wav", "aa", favourite=False)
    assert json.loads((tmp_path / FILE_NAME).read_text())["cabinets"] == []


def test_two_sessions_do_not_lose_each_others_favourites(tmp_path):
    first, second = Favourites(print, tmp_path), Favourites(print, tmp_path)
    first.change(tmp_path / "a.wav", "aa", favourite=True)
    second.change(tmp_path / "b.wav", "bb", favourite=True)
    assert len(Favourites(print, tmp_path).among([tmp_path / "a.wav", tmp_path / "b.wav"])) == 2


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"schema": 2, "cabinets": []}', '{"schema": 1, "cabinets": [{"path": 1}]}', "\xff\x00"]
)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(tmp_path, content):
    told, path = [], tmp_path / FILE_NAME
    path.write_bytes(content.encode("latin-1"))
    favourites = Favourites(told.append, tmp_path)
    assert "is kept as favourites.json.broken-1" in told[0]
    favourites.change(tmp_path / "a.wav", "aa", favourite=True)
    assert (tmp_path / f"{FILE_NAME}.broken-1").read_bytes() == content.encode("latin-1")
    assert len(json.loads(path.read_text())["cabinets"]) == 1


def test_where_nothing_can_be_written_it_holds_for_the_session(tmp_path):
    (tmp_path / "file").touch()
    told = []
    favourites = Favourites(told.append, tmp_path / "file")  # its folder is a file
    with pytest.raises(ConfigError, match=r"57\.wav could not be noted .* for this session only"):
        favourites.change(tmp_path / "57.wav", "aa", favourite=True)
    assert favourites.among([tmp_path / "57.wav"]) == {tmp_path / "57.wav"}
