"""Commands from elsewhere: by name, with whole values, refused in a sentence; no path of theirs reaches a file."""

from __future__ import annotations

import math

import pytest
from auditioning import Auditioning, five_cabinets
from rigs import A2

from rig.errors import RigError
from rig.library import entered_levels
from rig.player.commands import COMMANDS


@pytest.fixture
def audition(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = Auditioning(five_cabinets(tmp_path, monkeypatch))
    made.read_all()
    yield made
    made.close()


def test_each_kind_is_carried_out(audition):
    player = audition.player
    player.commands.carry_out("mute", True)
    player.commands.carry_out("mute", True)
    assert player.muted
    player.commands.carry_out("volume", -200)
    assert player.value("volume") == -60.0  # as near as the range allows
    player.commands.carry_out("rumble", 60)
    assert player.value("rumble") == 60.0
    player.commands.carry_out("cabinet", 3)
    assert player.arrive(20)
    assert audition.name == "mic4.wav"
    player.commands.carry_out("search_ir", "mic1")
    assert player.arrive(20)
    assert audition.name == "mic1.wav"
    player.commands.carry_out("knob", 12)  # a number for a text
    assert player.sound.preamp_gain_db == 12.0
    player.commands.carry_out("next_ir")
    assert player.arrive(20)
    assert audition.name == "mic2.wav"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("explode", None, "There is no command 'explode'"),
        ("mute", None, "mute is a switch: say where it shall stand"),
        ("mute", "on", "mute takes on or off"),
        ("volume", math.nan, "volume takes a number, not nan"),
        ("volume", math.inf, "volume takes a number, not inf"),
        ("volume", "loud", "volume takes a number"),
        ("rumble", math.nan, "rumble is one of"),
        ("next_ir", 2, "next_ir is an action and takes no value"),
        ("cabinet", 5, "There is no cabinet 5; there are 5, counted from 0"),
        ("cabinet", -1, "cabinet takes a whole number from 0"),
        ("cabinet", 1.5, "cabinet takes a whole number from 0"),
        ("cabinet", math.inf, "cabinet takes a whole number from 0"),
        ("cabinet", "/etc/passwd", "cabinet takes a whole number from 0"),
        ("model", 1, "There is no model 1; there are 1"),
        ("preset_at", 0, "There is no preset 0; there are 0"),
        ("open_irs", "/etc", "open_irs takes a folder: that is for rig's own keys"),
        ("export", "../x.wav", "export takes the bare name of a file"),
        ("export", "/tmp/x.wav", "export takes the bare name of a file"),
        ("export", "~x", "export takes the bare name of a file"),
        ("export", ".x", "export takes the bare name of a file"),
        ("export", "a\\b", "export takes the bare name of a file"),
        ("backing", "/etc/passwd", "backing takes the bare name of a file"),
        ("save_preset", "../x", "cannot be the name of a preset"),
        ("save_preset", "a\nb", "save_preset takes one line of text"),
        ("note", "x" * 1001, "note takes one line of text, at most 1000 characters"),
        ("note", True, "note takes one line of text"),
        ("note", None, "note takes one line of text"),
        ("max_input", "loud", "loud is no level"),
        ("model_level", "hot", "hot is no level"),
        ("model_level", "900", "cannot be right"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(audition, name, value, why, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RigError, match=why):
        audition.player.commands.carry_out(name, value)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_index_while_blind_would_tell_names(audition):
    audition.do("blind")
    with pytest.raises(RigError, match="An index would tell names"):
        audition.player.commands.carry_out("cabinet", 0)


def test_levels_are_entered_while_it_plays_and_kept_for_the_file(audition):
    player = audition.player
    player.commands.carry_out("max_input", "12.2")
    assert player.sound.interface.dbu == 12.2
    assert player.sound.interface.basis.startswith("entered by you")
    player.commands.carry_out("model_level", 15)
    assert player.sound.calibration.gain_db == pytest.approx(-2.8)
    assert entered_levels.input_level(player.sound.model.content_hash) == 15.0
    player.commands.carry_out("model_level", "none")
    assert player.sound.model_input_dbu is None


def test_another_size_of_a_model_is_played(tmp_path, monkeypatch):
    audition = Auditioning(five_cabinets(tmp_path, monkeypatch), model=A2)
    player = audition.player
    full = player.sound.model
    assert player.value("size") == 1.0
    player.commands.carry_out("size", 0.0)
    assert player.arrive(20)
    assert (player.value("size"), player.sound.model.size) == (0.0, 0.0)
    assert player.sound.model.macs_per_sample < full.macs_per_sample
    player.set("bypass", True)
    player.commands.carry_out("size", 1.0)
    assert player.arrive(20)
    assert player.bypassed  # the bypass stays
    assert player.sound.model.size == 1.0
    audition.close()


def test_a_model_of_one_size_plays_on(audition):
    model = audition.player.sound.model
    audition.player.commands.carry_out("size", 0.5)
    assert audition.player.sound.model is model
    assert "one size only" in audition.told.text


def test_a_folder_or_file_is_marked_where_a_text_names_one():
    assert {name for name, command in COMMANDS.items() if command.path} == {
        "open_irs",
        "open_second",
        "export",
        "backing",
    }
