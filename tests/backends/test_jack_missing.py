"""Why there is no JACK to play on: a server of another user, a library that the loader does not find."""

from __future__ import annotations

import ctypes
import os

import pytest

from rig.backends.jack import libjack, other_users, pipewire
from rig.errors import NoServer


@pytest.fixture
def places(tmp_path):
    for name in ("shared", "temporary"):
        (tmp_path / name).mkdir()
    return tmp_path / "shared", tmp_path / "temporary"


def test_a_server_of_another_user_is_named_and_our_own_is_none(places):
    shared, temporary = places
    assert other_users.server_of_another(None, places) is None
    (shared / f"jack_default_{os.getuid()}_0").touch()
    (temporary / f"jack-{os.getuid()}").mkdir()
    assert other_users.server_of_another(None, places) is None
    stranger = 4_000_001  # nobody has this number here
    (shared / f"jack_studio_{stranger}_0").touch()
    assert other_users.server_of_another(None, places) == f"user {stranger}"
    assert other_users.server_of_another("studio", places) == f"user {stranger}"
    assert other_users.server_of_another("default", places) is None
    (temporary / f"jack-{stranger + 1}").mkdir()  # JACK 1, whose folder does not name the server
    assert other_users.server_of_another("default", places) == f"user {stranger + 1}"


def test_a_library_that_is_there_but_cannot_be_loaded_is_named(tmp_path, monkeypatch):
    def fails(*_):
        raise OSError("wrong ELF class")

    monkeypatch.setattr(ctypes, "CDLL", fails)
    monkeypatch.setattr(pipewire, "library_file", lambda: None)
    monkeypatch.setattr(pipewire, "is_running", lambda: False)
    (tmp_path / "libjack.so.0").touch()
    monkeypatch.setattr(libjack, "LIBRARY_PLACES", (str(tmp_path / "libjack.so.[0-9]"),))
    with pytest.raises(NoServer, match=r"library is there \(.*libjack\.so\.0\), but it cannot be loaded: wrong ELF"):
        libjack.library.__wrapped__()
    monkeypatch.setattr(libjack, "LIBRARY_PLACES", (str(tmp_path / "none*"),))
    with pytest.raises(NoServer, match="JACK is not installed"):
        libjack.library.__wrapped__()
    monkeypatch.setattr(pipewire, "is_running", lambda: True)
    with pytest.raises(NoServer, match=r"PipeWire runs, but its JACK library is not installed: .*apt install"):
        libjack.library.__wrapped__()
