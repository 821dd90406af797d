"""What is written is whole or not there, and what was there before stays until then."""

import os
import re
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import rig
from rig.files.atomic_write import NewFolder, free_name, reason, set_aside, write_bytes, write_text

PACKAGE = Path(rig.__file__).parent


def names(folder):
    """All names, hidden ones too."""
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("durable", [False, True])
def test_a_text_is_written_with_its_folder_and_replaces_what_was_there(tmp_path, durable):
    path = tmp_path / "a" / "b" / "settings.toml"
    write_text(path, "one: ü\n", durable=durable)
    assert path.read_bytes() == "one: ü\n".encode()
    write_text(path, "two\n", durable=durable)
    assert path.read_text() == "two\n" and names(path.parent) == ["settings.toml"]


def test_what_exists_is_not_replaced_where_that_was_not_asked_for(tmp_path):
    path = tmp_path / "preset.toml"
    write_text(path, "first", replace=False)
    with pytest.raises(FileExistsError):
        write_text(path, "second", replace=False)
    (tmp_path / "link").symlink_to("nowhere")  # a name that is taken, although nothing is there
    with pytest.raises(FileExistsError):
        write_text(tmp_path / "link", "second", replace=False)
    assert path.read_text() == "first" and names(tmp_path) == ["link", "preset.toml"]


def test_a_new_file_may_be_read_by_whom_the_system_allows_and_a_replaced_one_by_who_could_before(tmp_path):
    path, before = tmp_path / "page.html", os.umask(0o027)
    try:
        write_bytes(path, b"1")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    write_bytes(path, b"2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_before_the_end_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, failure):
    path = tmp_path / "kept.json"
    write_text(path, "old")

    def fail(handle):
        raise failure

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(type(failure)):
        write_text(path, "new", durable=True)
    assert path.read_text() == "old" and names(tmp_path) == ["kept.json"]


def test_a_disk_that_takes_no_more_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "kept.json"
    write_text(path, "old")
    script = (
        "import resource, sys; from pathlib import Path; from rig.files.atomic_write import write_bytes, reason\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (4096, {resource.RLIM_INFINITY}))\n"
        "path = Path(sys.argv[1])\n"
        "try:\n    write_bytes(path, b'x' * 1_000_000)\nexcept OSError as error:\n    print(reason(path, error))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    assert done.stdout == " (File too large)\n"
    assert path.read_text() == "old" and names(tmp_path) == ["kept.json"]


def test_half_a_character_is_refused_before_a_file_is_touched(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "a", "\ud800")
    assert names(tmp_path) == []


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotADirectoryError) as caught:
        write_text(tmp_path / "file" / "a", "x")
    assert reason(tmp_path / "file" / "a", caught.value) == f"; there is no folder {tmp_path / 'file'}"
    with pytest.raises(OSError):
        write_text(tmp_path / "none" / "a", "x", make_folder=False)
    assert names(tmp_path) == ["file"]


def test_free_names_count_on(tmp_path):
    assert free_name(tmp_path, "mix-", ".wav").name == "mix-1.wav"
    (tmp_path / "mix-1.wav").touch()
    (tmp_path / "mix-2.wav").symlink_to("nowhere")
    assert free_name(tmp_path, "mix-", ".wav").name == "mix-3.wav"
    assert free_name(tmp_path, "clean-", ".toml", first=2).name == "clean-2.toml"


def test_what_cannot_be_understood_is_set_aside_under_the_next_free_name(tmp_path):
    for text in ("one", "two"):
        (tmp_path / "models.json").write_text(text)
        set_aside(tmp_path / "models.json")
    assert [(tmp_path / f"models.json.broken-{n}").read_text() for n in (1, 2)] == ["one", "two"]
    assert not (tmp_path / "models.json").exists()


def test_a_folder_appears_when_everything_is_in_it(tmp_path):
    with NewFolder(tmp_path / "in" / "new") as new:
        (new.path / "a").write_text("1")
        assert not (tmp_path / "in" / "new").exists()
    assert names(tmp_path / "in") == ["new"] and names(tmp_path / "in" / "new") == ["a"]
    with NewFolder(tmp_path / "other") as new:
        new.discard()
    assert names(tmp_path) == ["in"]


@pytest.mark.parametrize("failure", [OSError, KeyboardInterrupt])
def test_a_folder_that_is_not_finished_vanishes(tmp_path, failure):
    with pytest.raises(failure), NewFolder(tmp_path / "new") as new:
        (new.path / "half").write_text("...")
        raise failure
    assert names(tmp_path) == []


def test_a_folder_that_appears_meanwhile_is_not_replaced(tmp_path):
    with pytest.raises(FileExistsError), NewFolder(tmp_path / "new"):
        (tmp_path / "new").mkdir()
    with pytest.raises(FileExistsError):
        NewFolder(tmp_path / "new")
    assert names(tmp_path) == ["new"] and names(tmp_path / "new") == []


# A path is renamed with one argument, a preset with its number and name, or by the presets.
RENAMES = re.compile(
    r"os\.(replace|rename|link)\(|(?<!\bpresets)\.rename\((?!self\.setlist, )|emporary\.replace\(|mkstemp"
    r"|NamedTemporaryFile"
)


@pytest.mark.parametrize(
    ("line", "renames"),
    [
        ("path.rename(other)", True),
        ("os.replace(a, b)", True),
        ("temporary.replace(path)", True),
        ("self.path.rename(name)", True),
        ("p.presets.rename(name)", False),
        ("self.edits.rename(self.setlist, at, name)", False),
    ],
)
def test_the_scan_tells_a_file_from_a_preset(line, renames):
    assert bool(RENAMES.search(line)) is renames


def test_nothing_else_in_rig_replaces_a_file():
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if RENAMES.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"files/atomic_write.py", "training/in_trainer.py"}  # the latter runs where there is no rig
