"""What a reading means for the sum, by hand; and what --follow-knob may say."""

from __future__ import annotations

import pytest
from places import ROOT

from rig.errors import ConfigError
from rig.knob import libasound
from rig.knob.cards import input_of, usb_id, wanted
from rig.knob.in_force import in_force
from rig.knob.preamp import Reading
from rig.knob.watch import is_offered
from rig.levels import Level, calibration
from rig.library.alsa_controls import SHIPPED_CONTROLS, all_controls, is_same
from rig.library.interfaces import Interface

NAMED = Level(12.0, "table")
FOURTH = Interface.named("scarlett-2i2-4th-gen")  # INST from 7 dB on the scale of its gain, LINE 22 dBu
THIRD = Interface.named("scarlett-4i4-3rd-gen")  # with pad 14 dBu, no figure for LINE


def force(row, **reading):
    return in_force(Reading("X", 1, **reading), NAMED, row)


def test_the_gain_is_counted_from_where_the_input_begins():
    assert force(FOURTH, gain_db=27.0, is_instrument=True).gain_db == 20.0
    assert force(FOURTH, gain_db=27.0, is_instrument=False).gain_db == 27.0
    assert force(FOURTH, gain_db=3.0, is_instrument=True).gain_db == 0.0  # cannot be, and turns nothing up
    assert force(FOURTH, gain_db=-43.0, least_db=-70.0, is_instrument=True).gain_db == 20.0
    unknown = force(Interface("Y"), gain_db=27.0, is_instrument=True)
    assert unknown.gain_db == 27.0 and "is not known, 0 dB is taken" in unknown.note
    assert force(FOURTH, is_instrument=True).gain_db is None


def test_line_pad_and_air_take_a_known_level_or_say_that_there_is_none():
    line = force(FOURTH, is_instrument=False)
    assert (line.level, [each.word for each in line.contradictions]) == (
        Level(22.0, "Scarlett 2i2 4th Gen, line input"),
        ["LINE"],
    )
    assert "the sum takes the level of the line input, 22.0 dBu" in line.contradictions[0].text
    pad = force(THIRD, is_instrument=True, has_pad=True)
    assert pad.level == Level(14.0, "Scarlett 4i4 3rd Gen, pad on") and pad.contradictions[0].word == "PAD"
    unknown = force(THIRD, is_instrument=False)
    assert unknown.level is NAMED
    assert "no level of the line input is known, and the sum stays that of INST" in unknown.contradictions[0].text
    both = force(THIRD, is_instrument=False, has_pad=True)
    assert both.level is NAMED and [each.word for each in both.contradictions] == ["LINE", "PAD"]
    air = force(FOURTH, is_instrument=True, air="Presence")
    assert air.level is NAMED and "another guitar than the sum is made for" in air.contradictions[0].text
    assert force(FOURTH, is_instrument=True, has_pad=False, air="").contradictions == ()
    assert "no sum is made" in in_force(Reading("X", 1, is_instrument=False), None, FOURTH).contradictions[0].text


def test_the_sum_says_that_the_gain_was_read():
    sums = calibration(NAMED, Level(15.0, "model"), 20.0, gain_is_read=True)
    assert str(sums) == ("12.0 dBu (table) - 15.0 dBu (model) - 20.0 dB (gain, read from the interface) = -23.0 dB")


def test_every_interface_of_the_table_has_a_row_that_says_the_same():
    for controls in all_controls():
        row = Interface.named(controls.interface)
        assert row.name == controls.interface
        assert bool(row.alsa_gain) == bool(controls.gain), controls.interface
        assert bool(row.alsa_mode) == bool(controls.level), controls.interface
        assert "sound/usb/" in controls.source and controls.date
    assert len({usb for controls in all_controls() for usb in controls.usb}) == len(all_controls())
    shown = {row.name for row in Interface.all() if row.alsa_gain or row.alsa_mode}
    assert shown == {controls.interface for controls in all_controls()}


def test_ones_own_table_adds_an_interface(tmp_path):
    own = tmp_path / "alsa_controls.toml"
    own.write_text('[[controls]]\ninterface = "Mine 1"\ninputs = [1]\npad = "Pad {}"\n')
    (mine, *ours) = all_controls(own)
    assert (mine.interface, mine.name(mine.pad, 1)) == ("Mine 1", "Pad 1") and len(ours) == len(all_controls())
    assert is_same("Focusrite Scarlett Solo 4th Gen", "Scarlett Solo (4th Gen)")
    for wrong, why in (
        ('interface = "A"\ninputs = [1]', "name no control"),
        ('interface = "A"\npad = "P"', "have no inputs"),
        ('interface = "A"\ninputs = [1]\ngain = "G"', "its least and most value"),
        ('interface = "A"\ninputs = [1]\ngain = "G"\ngain_values = [0, 70]', "the decibels at its least"),
        ('interface = "A"\ninputs = [0]\npad = "P"', "numbers from 1"),
        ('interface = "A"\ninputs = [1]\nlevel = "L"', "the word that is INST"),
        ('interface = "A"\ninputs = [1]\npad = "P"\ncolour = "red"', "unknown key colour"),
    ):
        own.write_text(f"[[controls]]\n{wrong}\n")
        with pytest.raises(ConfigError, match=why):
            all_controls(own)
    assert SHIPPED_CONTROLS.is_file()


def test_what_may_be_asked_for():
    assert wanted("off").is_on is False
    assert (wanted("AUTO").is_on, wanted("auto").is_asked) == (True, False)
    assert (wanted("2").number, wanted("hw:1").card, wanted("hw:1,2").number) == (2, "hw:1", 2)
    for wrong in ("", "hw:1,x", "hw:1,0", "0", "hw:1,65", ",2"):
        with pytest.raises(ConfigError, match="--follow-knob"):
            wanted(wrong) if wrong != ",2" else wanted(wrong + ",")
    assert usb_id("USB1235:821A") == "1235:821a"
    assert input_of(["system:capture_2"]) == 2 and input_of(["rig:send"]) is None


def test_elsewhere_nothing_is_offered(monkeypatch):
    libasound.library.cache_clear()
    monkeypatch.setattr(libasound.sys, "platform", "freebsd14")
    assert not is_offered()
    libasound.library.cache_clear()
    monkeypatch.undo()
    monkeypatch.setattr(libasound, "LIBRARY", "libasound-that-is-not-there.so")
    assert not is_offered()
    libasound.library.cache_clear()


def test_the_page_of_the_docs_names_what_each_interface_shows():
    page = (ROOT / "docs" / "knob.md").read_text(encoding="utf-8")
    for controls in all_controls():
        gain = f"{controls.gain_db[1]:g} dB" if controls.gain else ""
        cells = [gain, *("yes" if each else "" for each in (controls.level, controls.pad, controls.air))]
        assert f"| {controls.interface.removeprefix('Focusrite ')} | {' | '.join(cells)} |\n" in page
