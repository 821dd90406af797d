"""Switches and choices take absolute values: setting one to what it is says nothing and changes nothing."""

from __future__ import annotations

import pytest
from auditioning import Auditioning, five_cabinets
from rigs import RATE, guitar

from rig.errors import RigError
from rig.player.commands import COMMANDS

ALONE = (
    *("mute", "bypass", "equal_loudness", "no_cabinet", "gate", "tuner", "blind"),
    *("favourite", "favourite_model", "keep"),
)


@pytest.fixture
def audition(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = Auditioning(five_cabinets(tmp_path, monkeypatch))
    made.read_all()
    yield made
    made.close()


@pytest.mark.parametrize("name", ALONE)
def test_a_switch_is_on_when_it_is_set_on_however_often(audition, name):
    player, told = audition.player, audition.told
    assert player.value(name) is COMMANDS[name].default is False
    for value in (True, False):
        told.clear()
        player.set(name, value)
        assert player.arrive(20)
        assert player.value(name) is value
        assert told
        told.clear()
        player.set(name, value)
        assert list(told) == []
        assert player.value(name) is value
        audition.bench.settle()
        audition.poll()
        audition.poll()


def test_a_key_toggles_what_a_remote_has_set(audition):
    player = audition.player
    player.set("mute", True)
    player.do("mute")
    assert player.value("mute") is False


def test_choices_take_each_of_their_values_and_no_other(audition):
    player = audition.player
    for hz in (60.0, 0.0, 80.0, 40.0):
        player.set("rumble", hz)
        assert player.value("rumble") == hz
    for mode in ("raw", "normalized"):
        player.set("level_mode", mode)
        assert player.value("level_mode") == mode
    player.set("rumble", 65.0)  # the nearest there is
    assert player.value("rumble") == 60.0
    with pytest.raises(RigError, match="rumble is one of 0, 40, 60, 80, not low"):
        player.set("rumble", "low")
    with pytest.raises(RigError, match="level_mode is one of normalized, raw, calibrated, not loud"):
        player.set("level_mode", "loud")


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("mute", 0.5, "mute takes on or off"),
        ("output_trim", "loud", "output_trim takes a number"),
        ("output_trim", True, "output_trim takes a number"),
        ("next_model", 1.0, "next_model is an action and takes no value"),
        ("search_ir", "v30", "search_ir is a text and takes no value"),
        ("part_gain", 1.0, "There is no mix"),
    ],
)
def test_what_a_command_cannot_take_is_one_sentence(audition, name, value, why):
    with pytest.raises(RigError, match=why):
        audition.player.set(name, value)


def test_everything_that_cycled_can_be_said_outright(audition):
    player = audition.player
    for view in ("kept", "all", "favourites", "all"):
        player.set("view", view)
        assert player.value("view") == player.cabinets.browsing.view == view
    player.set("view_models", "favourites")
    assert player.models.order.view == "favourites"
    with pytest.raises(RigError, match="view is one of all, kept, favourites, not mine"):
        player.set("view", "mine")
    assert player.value("record_loop") is False
    player.set("record_loop", True)
    player.set("record_loop", True)  # as a message that came twice
    assert player.looper.state == "recording"
    audition.bench.process(guitar(RATE))
    player.set("record_loop", False)
    assert (player.looper.state, player.value("loop")) == ("playing", True)
    player.set("record_loop", False)
    player.set("loop", False)
    assert player.looper.state == "ready"


def test_the_marked_cabinet_is_heard_however_often_it_is_asked_for(audition):
    player = audition.player
    with pytest.raises(RigError, match="nothing to compare yet"):
        player.set("compare", "A")
    audition.do("mark_a", "next_ir", "mark_b")
    a, b = audition.player.audition.marked("A"), audition.name
    assert (a, player.audition.marked("B")) == ("mic1.wav", b)
    for which, name in (("A", a), ("A", a), ("B", b)):
        player.set("compare", which)
        assert (audition.name, player.value("compare")) == (name, which)
    audition.do("next_ir")
    assert player.value("compare") == ""  # neither plays
    player.set("compare", "B")
    assert audition.name == b


def test_what_was_kept_or_rejected_is_taken_back_one_by_one(audition):
    first = audition.name
    audition.do("keep", "reject")
    assert audition.name != first
    assert f"taken back: {first} is kept" in audition.do("undo_choice")
    assert (audition.name, audition.player.value("keep")) == (first, True)
    assert f"taken back: {first} is neither kept nor rejected" in audition.do("undo_choice")
    assert audition.player.value("keep") is False
    assert "Nothing has been kept or rejected that could be taken back." in audition.do("undo_choice")


def test_everything_about_a_command_stands_in_the_table():
    for name, command in COMMANDS.items():
        assert command.group
        assert (command.get is None) is (command.kind in ("action", "text")), name
        assert (command.prompt is not None) is (command.kind == "text"), name
        assert bool(command.choices) is (command.kind == "choice"), name
        assert (command.default is None) is (command.get is None), name
    assert [name for name, command in COMMANDS.items() if command.danger] == ["everything", "quit"]
