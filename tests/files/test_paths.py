"""Where rig keeps things, and that nobody else decides it."""

import sys
from pathlib import Path

import pytest

import rig
from rig.files import paths

PACKAGE = Path(rig.__file__).parent


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="those systems have no XDG folders")
@pytest.mark.parametrize("kind", ["config", "data", "state", "cache"])
def test_each_folder_follows_the_environment_at_the_time_it_is_asked_for(tmp_path, monkeypatch, kind):
    folder = getattr(paths, f"{kind}_folder")
    for name in ("one", "two"):
        monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", str(tmp_path / name))
        assert folder() == tmp_path / name / "rig"
    monkeypatch.delenv(f"XDG_{kind.upper()}_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    usual = {"config": ".config", "data": ".local/share", "state": ".local/state", "cache": ".cache"}
    assert folder() == tmp_path / usual[kind] / "rig"
    assert list(tmp_path.iterdir()) == []  # to ask for a folder makes none


def test_no_other_file_asks_the_system_where_things_are_kept():
    asking = [path for path in PACKAGE.rglob("*.py") if "import platformdirs" in path.read_text(encoding="utf-8")]
    assert [path.relative_to(PACKAGE).as_posix() for path in asking] == ["files/paths.py"]
