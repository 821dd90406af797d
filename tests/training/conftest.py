"""A capture that a stand-in trainer learns, and `rig clone` in this process."""

from __future__ import annotations

import shutil

import pytest
import trained
from cloning import stand_in_python
from commandline import called


@pytest.fixture(scope="session")
def taken(tmp_path_factory):
    """A capture that a stand-in learns, and beside it the model that is perfect for it; to be copied."""
    return trained.made(tmp_path_factory.mktemp("taken"))


@pytest.fixture(scope="session")
def python(tmp_path_factory):
    return stand_in_python(tmp_path_factory.mktemp("trainer"))


@pytest.fixture
def capture(taken, tmp_path, monkeypatch):
    """A copy of it in ./captures, with nothing learnt yet."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "captures").mkdir()
    shutil.copy(taken.parent / "perfect.nam", tmp_path / "captures")
    return shutil.copytree(taken, tmp_path / "captures" / "mine")


@pytest.fixture
def clone(capsys, python):
    """Run it in this process, asking nothing: what it ended with."""

    def run(*arguments, of=python):
        return called(capsys, "clone", "mine", "--yes", "--no-page", "--python", of, *arguments)

    return run


@pytest.fixture
def goes_on(python, monkeypatch):
    """The last lines of what is said, where it can go on, on a wide terminal; the order is that of the help page."""
    monkeypatch.setenv("COLUMNS", "400")

    def lines(*words):
        return f"To go on from here:\n  rig clone {' '.join(words)} --python {python} --no-page\n"

    return lines
