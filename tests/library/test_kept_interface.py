"""The interface that is kept counts everywhere, is named in every sum, and is replaced only when somebody says so."""

from __future__ import annotations

import argparse
import json

import pytest
from preset_stage import Set
from rigs import NANO

from rig.cli import main
from rig.cli.capturing.calibration_steps import STEPS
from rig.errors import CaptureError
from rig.levels import Level, output_gain
from rig.library.calibrated_levels import KnownLevel, load_settings, remember
from rig.nam import Model
from rig.sound import Sound

APOLLO = KnownLevel(12.2, "table, article", "2026-01-31", "Apollo 8x")
BASIS = "kept: Apollo 8x, table, article, 2026-01-31"


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def kept(config):
    remember(interface=APOLLO)
    return config


def test_a_sound_takes_it_unless_it_is_told_otherwise(kept):
    model = Model.load(NANO)
    sound = Sound(model, model_input_dbu=10.0)
    assert sound.interface == Level(12.2, BASIS)
    assert sound.input_gain_db == pytest.approx(2.2)
    assert BASIS in str(sound.calibration)
    assert "input +2.20 dB (the interface that is kept)" in repr(sound)
    without = Sound(model, interface=None, model_input_dbu=10.0)
    assert (without.interface, without.input_gain_db) == (None, 0.0)
    assert without.changed(output_trim_db=1.0).interface is None
    assert sound.changed(interface=Level(1.0, "mine")).input_gain_db == -9.0


def test_info_says_the_gain_here(kept, capsys):
    assert main(["info", str(NANO), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)[0]
    assert report["calibration"].startswith("12.2 dBu (kept: Apollo 8x") == (report["input_gain_db"] is not None)
    assert report["input_level_dbu"] is not None or "the model says no input level" in report["calibration"]


def interface_options(**given):
    usual = {"yes": False, "max_input_dbu": None, "interface": None, "loop": False, "preamp_gain_db": 0.0}
    return argparse.Namespace(**usual | given)


@pytest.mark.parametrize(
    ("answer", "yes", "dbu"), [("n", False, 12.2), ("", False, 12.2), ("y", False, 5.0), ("", True, 5.0)]
)
def test_a_kept_one_is_replaced_only_if_that_is_wanted(kept, capsys, monkeypatch, answer, yes, dbu):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(f"{answer}\n"))
    assert STEPS["interface"](interface_options(max_input_dbu=5.0, yes=yes)) == 0
    assert load_settings().interface.dbu == dbu
    said = capsys.readouterr().out
    assert ("Kept already: 12.2 dBu (Apollo 8x, table, article, 2026-01-31). Replace it" in said) != yes


def test_nobody_to_ask_is_a_sentence_and_the_kept_one_stays(kept, monkeypatch):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(CaptureError, match=r"Nobody answers to 'Kept already.*give --yes"):
        STEPS["interface"](interface_options(max_input_dbu=5.0))
    assert load_settings().interface == APOLLO


def test_the_first_interface_named_while_playing_is_kept_and_every_sum_follows(config):
    it = Set([], models=[NANO], model_input_dbu=10.0)
    assert "Apollo 8x" in it.do("interface", text="apollo-8x")
    assert it.player.sound.input_gain_db == pytest.approx(2.2)
    assert "kept for the next time" in it.told.text
    assert "Apollo 8x" in load_settings().interface.name
    assert not it.player.rig.interface_named
    told = it.do("interface", text="4.5 dBu")
    assert "for this session; " in told
    assert "stays kept, and rig calibrate interface replaces it" in told
    assert it.player.sound.input_gain_db == pytest.approx(-5.5)
    assert load_settings().interface.dbu == 12.2
    assert it.player.rig.interface_named
    assert "no interface is named" in it.do("interface", text="none")
    assert it.player.sound.interface is None
    assert 'No interface "apolo" is known' in it.do("interface", text="apolo")
    assert "cannot be right" in it.do("interface", text="900")
    assert "Type the name" in it.do("interface", text=" ")
    it.player.close()


@pytest.mark.parametrize(
    ("output_dbu", "interface", "lacks"),
    [
        (None, None, "the model says no output level and no interface is named"),
        (None, Level(1.0, "x"), "the model says no output level"),
        (12.0, None, "no interface is named"),
        (900.0, Level(1.0, "x"), "the model's output level of 900 dBu cannot be right"),
    ],
)
def test_calibrated_says_what_it_lacks(output_dbu, interface, lacks):
    gain = output_gain("calibrated", None, output_dbu, interface)
    assert (gain.gain_db, gain.mode) == (0.0, "raw")
    assert f"raw: 0.0 dB, as calibrated is not possible: {lacks}" in str(gain)
