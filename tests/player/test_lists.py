"""Lists and details for a screen: plain data, and while listening blind nothing that tells a name."""

from __future__ import annotations

import json

import pytest
from auditioning import Auditioning, five_cabinets
from rigs import NANO

from rig.player.shown.details import details_of
from rig.player.shown.lists import LISTS, files_of


@pytest.fixture
def audition(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = five_cabinets(tmp_path, monkeypatch)
    (tmp_path / "cabs" / "broken.wav").write_bytes(b"RIFF")
    made = Auditioning([*folder, tmp_path / "cabs" / "broken.wav"])
    made.read_all()
    yield made
    made.close()


def plain(value):
    return json.loads(json.dumps(value, allow_nan=False)) == value


def test_every_list_is_plain_data(audition):
    for name, listed in LISTS.items():
        assert plain(listed(audition.player)), name


def test_cabinets_say_what_is_known_of_each(audition):
    audition.do("favourite", "next_ir", "keep", "reject")
    items = LISTS["cabinets"](audition.player)
    assert [item["index"] for item in items] == list(range(6))
    assert [item["name"] for item in items][:2] == ["mic1.wav", "mic2.wav"]
    assert items[0]["favourite"] and not items[1]["favourite"]
    assert items[1]["rejected"] and not items[1]["in_view"]
    assert items[2]["playing"] and sum(item["playing"] for item in items) == 1
    assert "broken.wav" in items[5]["problem"]
    assert [item["what"] for item in LISTS["problems"](audition.player)] == ["cabinet"]
    assert [(item["what"], item["index"]) for item in LISTS["favourites"](audition.player)] == [("cabinet", 0)]
    assert len(files_of(audition.player, "cabinets")) == 6


def test_no_whole_path_is_told(audition, tmp_path):
    shown = json.dumps([listed(audition.player) for listed in LISTS.values()]) + json.dumps(details_of(audition.player))
    assert str(tmp_path) not in shown
    assert str(NANO.parent) not in shown


def test_models_say_what_was_read(audition):
    (item,) = LISTS["models"](audition.player)
    assert item["name"] == NANO.name
    assert item["playing"] and item["problem"] is None
    assert item["macs"] == audition.player.sound.model.macs_per_sample
    assert item["level"] is (audition.player.sound.model.input_level_dbu is not None)


def test_while_blind_there_are_numbers_only(audition):
    names = [path.stem for path in audition.player.cabinets.bank.paths]
    audition.do("mark_a", "blind", "next_ir", "mark_b", "keep")
    items = LISTS["cabinets"](audition.player)
    assert [item["number"] for item in items] == [1, 2, 3, 4, 5]
    assert {key for item in items for key in item} == {"number", "kept", "rejected", "playing"}
    assert LISTS["shapes"](audition.player) == []
    shown = json.dumps([LISTS[name](audition.player) for name in ("cabinets", "shapes", "favourites")])
    shown += json.dumps(details_of(audition.player)["cabinet"]) + json.dumps(details_of(audition.player)["mix"])
    assert not [name for name in names if name in shown]
    assert details_of(audition.player)["cabinet"]["index"] is None


def test_the_shapes_are_of_what_plays_and_of_what_is_marked(audition):
    audition.do("mark_a", "next_ir")
    playing, a = LISTS["shapes"](audition.player)
    assert (playing["which"], playing["name"], a["which"], a["name"]) == ("playing", "mic2.wav", "a", "mic1.wav")
    assert len(playing["hz"]) == len(playing["db"]) == 121
    assert playing["db"] != a["db"]
    assert playing["decay_db"][0] == 0.0
    assert max(map(abs, playing["wave"])) == pytest.approx(1.0, abs=0.05)


def test_the_sum_comes_in_boxes_and_each_mode_says_what_it_would_give(audition):
    player = audition.player
    player.commands.carry_out("max_input", 12.2)
    player.commands.carry_out("model_level", 15)
    player.commands.carry_out("knob", 5)
    levels = details_of(player)["levels"]
    assert plain(levels)
    assert [(term["value"], term["sign"]) for term in levels["input"]["terms"]] == [(12.2, 1), (15.0, -1), (5.0, -1)]
    assert levels["input"]["gain_db"] == -7.8
    assert levels["input"]["lacks"] == []
    assert levels["modes"]["raw"]["gain_db"] == 0.0
    for mode in ("normalized", "raw", "calibrated"):
        player.set("level_mode", mode)
        assert levels["modes"][mode]["gain_db"] == round(player.sound.output.gain_db, 4)
    player.commands.carry_out("interface", "none")
    assert details_of(player)["levels"]["input"]["lacks"] == ["interface"]
