"""Files of a folder, in the order in which people number them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from child import run_in_child

from rig.errors import FileError
from rig.files.folders import AUDIO_ENDINGS, files_in, natural, stamp_of, telling_names


def names(found, folder):
    return [str(path.relative_to(folder)) for path in found.files]


@pytest.fixture
def folder(tmp_path):
    for name in ("cab10.wav", "Cab2.WAV", "cab1.flac", "cab2 b.wav", "v30/57.wav", "v30/9.aiff", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name in (".hidden.wav", ".trash/old.wav", "__MACOSX/._57.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_numbers_count_as_numbers_and_hidden_files_do_not_count(folder):
    found = files_in(folder, AUDIO_ENDINGS, below=True)
    assert names(found, folder) == ["cab1.flac", "Cab2.WAV", "cab2 b.wav", "cab10.wav", "v30/9.aiff", "v30/57.wav"]
    assert found.problems == []
    assert names(files_in(folder, AUDIO_ENDINGS), folder) == ["cab1.flac", "Cab2.WAV", "cab2 b.wav", "cab10.wav"]


def test_any_names_can_be_ordered():
    strange = [Path(name) for name in ("1", "a", "1a", "a1", "²", "٣", "", "a/1", "01", "1/a", "é2", "é10")]
    assert sorted(sorted(strange, key=natural, reverse=True), key=natural) == sorted(strange, key=natural)


def test_links_are_followed_once(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "far.wav").touch()
    (folder / "link").symlink_to(elsewhere)
    (folder / "round").symlink_to(folder)
    found = names(files_in(folder, AUDIO_ENDINGS, below=True), folder)
    assert found.count("link/far.wav") == 1
    assert len(found) == 7


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileError, match="nowhere: this folder cannot be read"):
        files_in(tmp_path / "nowhere", AUDIO_ENDINGS)


def test_a_folder_that_cannot_be_read_is_named_and_the_others_are_read(folder):
    secret = folder / "secret"
    secret.mkdir(mode=0)
    try:
        problems, found, own = run_in_child(_as_nobody, str(folder))
    finally:
        secret.chmod(0o700)
    assert len(found) == 6
    assert len(problems) == 1
    assert "secret: this folder cannot be read (Permission denied)" in problems[0]
    assert "secret: this folder cannot be read (Permission denied)" in own


def _as_nobody(folder):
    """In a child, as root may read everything."""
    for above in (Path(folder), *Path(folder).parents):
        if str(above).startswith("/tmp/") and os.getuid() == 0:
            above.chmod(0o755)
    if os.getuid() == 0:
        os.setuid(65534)
    found = files_in(Path(folder), AUDIO_ENDINGS, below=True)
    try:
        files_in(Path(folder) / "secret", AUDIO_ENDINGS)
        own = ""
    except FileError as error:
        own = str(error)
    return found.problems, [str(path) for path in found.files], own


def test_a_file_that_changes_has_another_stamp(tmp_path):
    path = tmp_path / "a"
    assert stamp_of(path) is None
    path.write_text("1")
    before = stamp_of(path)
    path.write_text("22")
    assert stamp_of(path) != before


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/57.wav", "b/57.wav", "b/121.wav"], ["a/57.wav", "b/57.wav", "121.wav"]),
        (["/x/a/c/1.wav", "/x/b/c/1.wav", "/x/b/d/1.wav"], ["a/c/1.wav", "b/c/1.wav", "d/1.wav"]),
        (["1.wav", "c/1.wav", "a/c/1.wav"], ["1.wav", "c/1.wav", "a/c/1.wav"]),  # one is the end of another
        (["/1.wav", "/c/1.wav"], ["/1.wav", "c/1.wav"]),
        (["a/1.wav", "a/1.wav"], ["1.wav", "1.wav"]),  # one file, named twice
        ([], []),
    ],
)
def test_the_shortest_ends_tell_files_of_one_name_apart(paths, names):
    assert telling_names([Path(path) for path in paths]) == names


def test_thousands_of_files_of_one_name_are_told_apart_soon():
    paths = [Path(f"/cabs/{i % 50}/{i}/57.wav") for i in range(5000)]
    names = telling_names(paths)
    assert len(set(names)) == 5000
    assert names[7] == "7/57.wav"
