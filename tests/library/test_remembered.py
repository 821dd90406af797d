import json
import re

import pytest

from rig.errors import ConfigError, LevelError
from rig.library import entered_levels

HASH = "a" * 64


def test_nothing_is_remembered_at_first(tmp_path):
    assert entered_levels.input_level(HASH, directory=tmp_path / "none") is None


def test_a_level_is_found_again_by_the_content_of_the_file(tmp_path):
    folder = tmp_path / "not" / "there" / "yet"
    entered_levels.remember_input_level(HASH, "e570.nam", 15, directory=folder)
    entered_levels.remember_input_level("b" * 64, "other.nam", -3.5, directory=folder)
    assert entered_levels.input_level(HASH, directory=folder) == 15.0
    assert entered_levels.input_level("b" * 64, directory=folder) == -3.5
    assert entered_levels.input_level("c" * 64, directory=folder) is None


def test_the_last_entry_counts_and_nothing_else_is_left_in_the_folder(tmp_path):
    for dbu in (15.0, 18.0):
        entered_levels.remember_input_level(HASH, "e570.nam", dbu, directory=tmp_path)
    assert entered_levels.input_level(HASH, directory=tmp_path) == 18.0
    assert [path.name for path in tmp_path.iterdir()] == [entered_levels.FILE_NAME]


def test_the_users_data_folder_is_where_it_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name, appauthor: str(tmp_path / name))
    entered_levels.remember_input_level(HASH, "e570.nam", 15.0)
    assert (tmp_path / "rig" / entered_levels.FILE_NAME).is_file()
    assert entered_levels.input_level(HASH) == 15.0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"schema": 2, "input_levels": {}}',
        b'{"schema": 1, "input_levels": []}',
        b'{"schema": 1, "input_levels": {"a": {"name": "x"}}}',
        b'{"schema": 1, "input_levels": {"a": {"name": "x", "dbu": NaN}}}',
        b'{"schema": 1, "input_levels": {"a": {"name": "x", "dbu": "loud"}}}',
        b"[" * 100_000,
    ],
)
def test_a_broken_file_is_set_aside_with_a_sentence(tmp_path, content):
    path = tmp_path / entered_levels.FILE_NAME
    told = []
    for number in (1, 2):
        path.write_bytes(content)
        assert entered_levels.input_level(HASH, directory=tmp_path, tell=told.append) is None
        assert (tmp_path / f"{entered_levels.FILE_NAME}.broken-{number}").read_bytes() == content
        assert not path.exists()
    assert len(told) == 2
    assert re.search(r"is not a list of model levels \(.+\); it is kept as models.json.broken-1", told[0])


def test_a_file_that_cannot_be_read_is_left_alone(tmp_path):
    path = tmp_path / entered_levels.FILE_NAME
    path.mkdir()
    told = []
    assert entered_levels.input_level(HASH, directory=tmp_path, tell=told.append) is None
    assert "cannot be read" in told[0]
    with pytest.raises(ConfigError, match=r"input level of e570\.nam could not be kept"):
        entered_levels.remember_input_level(HASH, "e570.nam", 15.0, directory=tmp_path)
    assert path.is_dir()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"input level of e570\.nam could not be kept"):
        entered_levels.remember_input_level(HASH, "e570.nam", 15.0, directory=tmp_path / "file" / "rig")


def test_a_level_that_cannot_be_right_is_never_kept(tmp_path):
    with pytest.raises(LevelError, match=r"e570\.nam"):
        entered_levels.remember_input_level(HASH, "e570.nam", 900.0, directory=tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_file_can_be_read_by_people(tmp_path):
    entered_levels.remember_input_level(HASH, "e570.nam", 15.0, directory=tmp_path)
    content = json.loads((tmp_path / entered_levels.FILE_NAME).read_text())
    assert content == {"schema": 1, "input_levels": {HASH: {"name": "e570.nam", "dbu": 15.0}}}
