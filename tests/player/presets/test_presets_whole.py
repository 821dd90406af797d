"""What is saved says every value that makes the sound, and what was played last comes back as a whole."""

from __future__ import annotations

import argparse

import pytest
from preset_stage import IRS, Set, write
from rigs import A2, NANO

from rig.cli.live.chosen_presets import chosen
from rig.cli.live.what_plays import interface_of
from rig.levels import Level
from rig.library.last_session import LastState
from rig.library.preset import CabinetPart, Preset
from rig.player.presets.own_values import OwnValues


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "set"


def test_what_a_preset_leaves_out_is_as_the_player_has_it_and_never_as_another_preset_had_it():
    own = OwnValues()
    assert own.take("knob", now=2.0, said=12.0) == 12.0
    assert own.take("knob", now=12.0, said=None) == 2.0  # it was 12
    assert own.take("knob", now=2.0, said=3.0) == 3.0
    assert own.take("knob", now=5.0, said=None) == 5.0  # turned by hand
    assert own.take("knob", now=5.0, said=7.0) == 7.0
    assert own.value("knob", now=7.0, said=None) == 5.0
    later = OwnValues()
    later.begin(own.standing({"knob": 7.0}))
    assert later.take("knob", now=0.0, said=7.0) == 7.0
    assert later.take("knob", now=7.0, said=None) == 5.0


def test_what_is_saved_says_every_value_that_makes_the_sound(folder):
    it = Set([], models=[NANO], folder=folder)
    it.do("save_preset", text="plain")
    it.player.close()
    preset = Preset.load(folder / "plain.toml")
    assert (preset.number, preset.preamp_gain_db, preset.level_mode, preset.equal_loudness) == (
        1,
        0.0,
        "normalized",
        False,
    )
    assert (preset.gate["on"], preset.rumble_hz, preset.loudness_lufs) == (False, 0.0, None)
    hot = write(folder, Preset("hot", A2, preamp_gain_db=12.0, level_mode="raw", equal_loudness=True, rumble_hz=80.0))
    it = Set([folder / "plain.toml", *hot], hot[0], interface=Level(12.2, "test"))
    assert it.player.value("preamp_gain") == 12.0
    it.do("preset", 1)
    values = {name: it.player.value(name) for name in ("preamp_gain", "level_mode", "equal_loudness", "rumble")}
    assert values == {"preamp_gain": 0.0, "level_mode": "normalized", "equal_loudness": False, "rumble": 0.0}
    it.player.close()


def test_the_volume_and_the_hand_on_the_knob_come_back(folder):
    paths = write(folder, Preset("said", NANO, preamp_gain_db=12.0, number=1), Preset("unsaid", NANO, number=2))
    it = Set(paths, paths[1], folder=folder, keeps=True)
    it.player.set("preamp_gain", 4.0)
    it.do("preset", 1)
    it.player.set("volume", -30.0)
    it.player.close()
    last = LastState.load()
    assert (last.volume_db, last.own["preamp_gain"], last.file) == (-30.0, 4.0, "said.toml")
    again = Set(paths, last.preset, resumed=last)
    assert (again.player.value("volume"), again.player.value("preamp_gain")) == (-30.0, 12.0)
    assert again.presets.label == "1 said"
    again.do("next_preset")
    assert again.player.value("preamp_gain") == 4.0
    again.player.close()


def test_values_of_the_last_session_that_cannot_be_right_are_left_out(folder):
    it = Set([], models=[NANO])
    own = {"preamp_gain": 12.0, "level_mode": "loud", "gate": "on", "volume": -3.0, "nonsense": 1.0, "rumble": 40.0}
    assert it.presets.settings.valid(own) == {"preamp_gain": 12.0, "rumble": 40.0}
    it.player.close()


def test_two_presets_of_one_name_in_two_folders_are_two(folder, tmp_path):
    here = write(folder, Preset("lead", NANO, number=3, output_trim_db=-1.0))
    there = write(tmp_path / "presets", Preset("lead", A2, number=7, cabinet=(CabinetPart(IRS[0]),)))
    it = Set(here, here[0], folder=folder, keeps=True)
    it.player.close()
    options = argparse.Namespace(model=None, ir=None, no_ir=False, resume=True)
    called = chosen(options)
    assert (called.presets, called.folder) == (here, folder)
    again = Set(called.presets, called.first, resumed=called.last)
    assert again.presets.label == "3 lead"
    assert again.player.sound.model.path == NANO
    again.player.close()
    options.resume = False
    assert chosen(options).presets == [there[0].relative_to(tmp_path)]


@pytest.mark.parametrize(
    ("named", "option", "kept", "expected"),
    [
        (True, "kept", 12.2, 3.0),  # the session named one: it comes back
        (False, "kept", 12.2, 12.2),  # it was the kept one: what is kept by now
        (False, "kept", None, 3.0),  # nothing is kept any more
        (True, "none", 12.2, None),  # said now
    ],
)
def test_what_goes_on_has_the_interface_that_it_had(folder, named, option, kept, expected):
    from rig.library.calibrated_levels import KnownLevel, remember

    if kept is not None:
        remember(interface=KnownLevel(kept, "table", "2026-01-31", "Apollo 8x"))
    last = LastState(Preset("x", NANO), interface=Level(3.0, "named"), interface_named=named)
    last.keep()
    options = argparse.Namespace(model=None, ir=None, no_ir=False, resume=True, interface=option, max_input_dbu=None)
    level = interface_of(options, chosen(options))
    assert (None if level is None else level.dbu) == expected
