"""Hidden files on the way to a name: nobody can foresee them, and those of a killed rig are removed."""

import os
import subprocess
import sys

import pytest

from rig.files import atomic_write
from rig.files.atomic_write import temporary_beside, write_text


def test_a_hidden_name_is_another_one_each_time_and_a_link_is_never_followed(tmp_path, monkeypatch):
    assert len({temporary_beside(tmp_path / "page.html") for _ in range(100)}) == 100
    (tmp_path / "precious").write_text("mine")
    monkeypatch.setattr(atomic_write.secrets, "token_hex", lambda count: "0" * 2 * count)
    os.symlink(tmp_path / "precious", temporary_beside(tmp_path / "page.html"))
    with pytest.raises(FileExistsError):
        write_text(tmp_path / "page.html", "theirs")
    assert (tmp_path / "precious").read_text() == "mine"


def test_what_a_killed_rig_left_is_removed_by_the_next_write_and_nothing_else_is(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic_write, "_cleaned", set())
    gone = subprocess.run([sys.executable, "-S", "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    dead, alive, other = int(gone.stdout), os.getpid(), tmp_path / ".rig-notes.part"
    left = tmp_path / f".rig-{dead}-{'1' * 16}.part"
    just_now = tmp_path / f".rig-{dead}-{'2' * 16}.part"  # perhaps by a rig of another machine, into this folder
    written = tmp_path / f".rig-{alive}-{'3' * 16}.part"
    for path in (left, just_now, written, other):
        path.write_text("...")
        os.utime(path, (1, 1) if path != just_now else None)
    write_text(tmp_path / "new", "...")
    assert {path.name for path in tmp_path.iterdir()} == {"new", just_now.name, written.name, other.name}


@pytest.mark.parametrize("length", [255, 256])
def test_a_name_as_long_as_the_system_allows_is_written(tmp_path, length):
    path = tmp_path / ("n" * length)
    if length > 255:
        with pytest.raises(OSError, match="too long"):
            write_text(path, "...")
        assert list(tmp_path.iterdir()) == []
    else:
        write_text(path, "...")
        assert path.read_text() == "..."
