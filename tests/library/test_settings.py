"""What `rig calibrate` keeps, and who uses it."""

from __future__ import annotations

import argparse
import json

import pytest

from rig.cli.options import interface_level
from rig.errors import ConfigError
from rig.levels import Level
from rig.library.calibrated_levels import KnownLevel, Ports, RoundTrip, Settings, load_settings, remember, settings_file

ALL = Settings(
    KnownLevel(12.2, "table, article", "2026-01-31", "Apollo 8x"),
    KnownLevel(18.34, "multimeter", "2026-01-31"),
    KnownLevel(12.34, "multimeter", "2026-01-31"),
    RoundTrip(201.5, 64, "2026-01-31"),
    Ports("system:playback_1", "system:capture_1"),
)


def test_what_is_kept_is_read_again_and_parts_leave_each_other_alone(tmp_path):
    path = tmp_path / "deeper" / "calibration.json"
    assert load_settings(path) == Settings()
    for part in ("interface", "send", "returned", "round_trip", "ports"):
        remember(path, **{part: getattr(ALL, part)})
    assert load_settings(path) == ALL
    content = json.loads(path.read_text())
    assert content["return"] == {"dbu": 12.34, "method": "multimeter", "date": "2026-01-31"}
    assert content["ports"]["return"] == "system:capture_1"


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '{"schema": 2}', '{"schema": 1, "send": {"dbu": "loud", "method": "x", "date": "y"}}'),
        *('{"schema": 1, "send": {"dbu": 900, "method": "x", "date": "y"}}', '{"schema": 1, "ports": {"send": "x"}}'),
    ],
)
def test_a_damaged_file_is_a_sentence_and_stays(tmp_path, text):
    path = tmp_path / "calibration.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"calibration\.json: damaged"):
        remember(path, send=ALL.send)
    assert path.read_text() == text


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot be read|could not be kept"):
        remember(tmp_path / "file" / "calibration.json", send=ALL.send)


def test_every_command_takes_the_interface_from_there_unless_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    nothing = argparse.Namespace(max_input_dbu=None, interface="kept")
    assert interface_level(nothing) is None
    remember(interface=ALL.interface)
    assert settings_file().is_relative_to(tmp_path)
    assert str(interface_level(nothing)) == "12.2 dBu (kept: Apollo 8x, table, article, 2026-01-31)"
    told = argparse.Namespace(max_input_dbu=15.0, interface="kept")
    assert interface_level(told) == Level(15.0, "entered by you")
    assert interface_level(argparse.Namespace(max_input_dbu=None, interface="none")) is None
