"""Why there is no JACK to play on: a server of another user, a library that the loader does not find."""

from __future__ import annotations

import ctypes
import os

import pytest

from rig.backends.jack import libjack, other_users
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


def test_a_library_that_is_there_but_not_found_is_named_with_the_way_out(tmp_path, monkeypatch):
    def fails(*_):
        raise OSError("cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", fails)
    for folder, way in (("lib", r"LD_LIBRARY_PATH=.*/lib\)"), ("pipewire-0.3/jack", "through `pw-jack`")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "libjack.so.0").touch()
        monkeypatch.setattr(libjack, "LIBRARY_PLACES", (str(tmp_path / folder / "libjack.so.[0-9]"),))
        with pytest.raises(NoServer, match=rf"library is there \(.*libjack\.so\.0\), but .* does not find it: .*{way}"):
            libjack.library.__wrapped__()
    monkeypatch.setattr(libjack, "LIBRARY_PLACES", (str(tmp_path / "none*"),))
    with pytest.raises(NoServer, match="JACK is not installed"):
        libjack.library.__wrapped__()
