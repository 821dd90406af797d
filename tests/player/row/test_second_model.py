"""The second model of a row while playing: stepped through, switched off, trimmed, saved, carried over a restart."""

from __future__ import annotations

import json

import pytest
from page_runs import kept_apart
from rigs import A2, NANO, RATE, Bench, Told, db, guitar, model

from rig.errors import RigError
from rig.levels import Level
from rig.library.preset import Preset
from rig.nam import Blend, Row
from rig.player import models as models_module
from rig.player.player import Player
from rig.player.row import second_model
from rig.sound import Sound

INTERFACE = Level(12.2, "test")


@pytest.fixture(autouse=True)
def nothing_entered_elsewhere(tmp_path, monkeypatch):
    for name, folder in kept_apart(tmp_path / "kept").items():
        monkeypatch.setenv(name, folder)


@pytest.fixture(autouse=True)
def every_measurement_is_waited_for(monkeypatch):
    """However busy this machine is."""
    for module in (models_module, second_model):
        monkeypatch.setattr(module, "PATIENCE_S", 60.0)


def playing(models=(NANO, A2), second=(A2, NANO), **options):
    bench, told = Bench(), Told()
    player = Player(bench.engine, told.append, models, (), second, interface=INTERFACE, **options)
    player.start()
    bench.settle()
    return bench, player, told


def do(bench, player, name, text=None, value=None):
    """Carry out a command and wait for what it asks for."""
    if value is None:
        player.do(name, text=text)
    else:
        player.set(name, value)
    assert player.arrive(timeout_s=20.0)
    bench.settle()
    player.poll()


def paths(player):
    found = player.sound.model
    return (found.first.path, found.second.path) if isinstance(found, Row) else (found.path, None)


def sounds_like(bench, sound, x=None):
    """The difference between what plays and a sound that was rendered, in dB."""
    x = guitar(2 * RATE) if x is None else x
    want = sound.render(x, RATE)[RATE:]
    return db(bench.process(x)[RATE:] - want, want)


def test_a_row_plays_from_the_start_and_says_the_sum_between():
    bench, player, told = playing()
    assert paths(player) == (NANO, A2)
    assert "Between: " in told.text
    assert f"{NANO.name} + {A2.name}" in told.text
    assert player.look().asked_model == f"{NANO.name} + {A2.name}"
    row = Sound(Row.of(model(NANO), model(A2)), interface=INTERFACE).with_loudness()
    assert sounds_like(bench, row) < -60.0
    assert player.look().between.peak_dbfs > -60.0


def test_either_place_is_stepped_through_and_the_other_one_stays():
    bench, player, _ = playing()
    do(bench, player, "next_second")
    assert paths(player) == (NANO, NANO)
    do(bench, player, "next_model")
    assert paths(player) == (A2, NANO)
    do(bench, player, "previous_second")
    assert paths(player) == (A2, A2)
    do(bench, player, "no_second")
    assert paths(player) == (A2, None)
    assert player.look().between is None
    do(bench, player, "next_model")
    assert paths(player) == (NANO, None)


def test_a_second_model_comes_to_one_that_plays_alone(tmp_path):
    bench, player, told = playing(second=())
    assert paths(player) == (NANO, None)
    do(bench, player, "next_second")  # without a list of its own it goes through the models of the first
    assert paths(player) == (NANO, A2)
    do(bench, player, "no_second")
    player.do("no_second")
    assert "no second model" in told[-1]
    do(bench, player, "open_second", text=str(A2))
    assert paths(player) == (NANO, A2)
    do(bench, player, "open_second", text="none")
    assert paths(player) == (NANO, None)
    (tmp_path / "broken.nam").write_text("{}")
    for text, words in ((str(tmp_path / "broken.nam"), "broken.nam"), ("gone.nam", "no such file"), ("", "Nothing")):
        player.do("open_second", text=text)
        player.arrive(20.0)
        assert words in told.text
        assert paths(player) == (NANO, None)
    (tmp_path / "empty").mkdir()
    player.do("open_second", text=str(tmp_path / "empty"))
    assert "holds no .nam file" in told[-1]


def test_each_is_switched_off_and_the_other_plays_alone():
    bench, player, _ = playing()
    do(bench, player, "first_off", value=True)
    assert sounds_like(bench, Sound(model(A2), interface=INTERFACE)) < -60.0
    assert player.value("second_off") is False
    do(bench, player, "second_off", value=True)
    assert player.value("first_off") is False
    assert sounds_like(bench, Sound(model(NANO), interface=INTERFACE)) < -60.0
    do(bench, player, "second_off", value=False)
    assert sounds_like(bench, Sound([model(NANO), model(A2)], interface=INTERFACE).with_loudness()) < -60.0


def test_the_trim_between_goes_on_top_of_the_volts_and_stays_while_models_change():
    bench, player, _ = playing()
    player.set("between_trim", -9.0)
    bench.settle()
    level = Sound(Row.of(model(NANO), model(A2)), interface=INTERFACE).with_loudness()
    softer = level.changed(model=level.model.changed(between_trim_db=-9.0))
    assert softer.measured == level.measured
    assert sounds_like(bench, softer) < -60.0
    do(bench, player, "next_model")
    assert player.sound.model.between_trim_db == -9.0
    assert player.value("between_trim") == -9.0
    do(bench, player, "no_second")
    with pytest.raises(RigError, match="no second model"):
        player.commands.carry_out("between_trim", 3.0)


def test_each_has_its_own_size_and_quality():
    bench, player, _ = playing(models=(A2,), second=(A2,))
    do(bench, player, "second_size", value=0.0)
    row = player.sound.model
    assert (row.first.size, row.second.size) == (1.0, 0.0)
    assert row.second.macs_per_sample < row.first.macs_per_sample
    do(bench, player, "size", value=0.5)
    row = player.sound.model
    assert (row.first.size, row.second.size) == (0.5, 0.0)
    do(bench, player, "quality", value=4.0)
    late = bench.engine.lanes[0].network.latency_samples
    do(bench, player, "first_quality", value=1.0)
    assert bench.engine.lanes[0].network.latency_samples == late // 2
    assert player.value("first_quality") == 1.0
    assert player.value("second_quality") == 8.0


def test_what_is_entered_belongs_to_the_model_that_hears_the_guitar():
    bench, player, _ = playing()
    player.do("model_level", text="15")
    bench.settle()
    assert player.sound.model_input.dbu == 15.0
    do(bench, player, "next_second")
    assert player.sound.model_input.dbu == 15.0  # the first is the same
    do(bench, player, "no_second")
    do(bench, player, "next_model")
    do(bench, player, "previous_model")
    assert player.sound.model_input.dbu == 15.0
    do(bench, player, "open_second", text=str(NANO))
    assert player.sound.model.second_input_dbu == 15.0  # and it is the level of that file in the second place, too


def test_a_preset_keeps_the_row_and_one_without_a_second_model_takes_it_away(tmp_path):
    bench, player, _ = playing(folder=tmp_path)
    player.set("between_trim", 3.0)
    do(bench, player, "second_quality", value=2.0)
    player.do("save_preset", text="row")
    do(bench, player, "no_second")
    player.do("save_preset", text="alone")
    saved = Preset.load(tmp_path / "row.toml")
    assert saved.second is not None
    assert (saved.model.name, saved.second.model.name) == (NANO.name, A2.name)
    assert (saved.second.trim_db, saved.second.second_quality, saved.second.off) == (3.0, 2, None)
    assert Preset.load(tmp_path / "alone.toml").second is None
    player.presets.call(saved.number)
    assert player.arrive(20.0)
    bench.settle()
    row = player.sound.model
    assert (row.first.path.name, row.second.path.name, row.between_trim_db) == (NANO.name, A2.name, 3.0)
    assert not player.presets.label.endswith("*")
    do(bench, player, "next_second")
    assert player.presets.label.endswith("*")
    player.presets.step(1)
    assert player.arrive(20.0)
    bench.settle()
    assert paths(player)[1] is None
    do(bench, player, "next_model")
    assert paths(player)[1] is None


def test_a_preset_whose_second_model_is_wrong_is_refused_with_file_and_line(tmp_path):
    (tmp_path / "a.toml").write_text(f'model = "{NANO}"\n[second]\ntrim_db = 3.0\n')
    with pytest.raises(RigError, match="second"):
        Preset.load(tmp_path / "a.toml")
    (tmp_path / "b.toml").write_text(f'model = "{NANO}"\n[second]\nmodel = "gone.nam"\n')
    with pytest.raises(RigError, match=r"gone\.nam"):
        Preset.load(tmp_path / "b.toml")
    (tmp_path / "c.toml").write_text(f'model = "{NANO}"\n[second]\nmodel = "{A2}"\nsecond_quality = 3\n')
    with pytest.raises(RigError, match="second_quality"):
        Preset.load(tmp_path / "c.toml")
    (tmp_path / "d.toml").write_text(
        f'model = "{NANO}"\n[[eq]]\ntype = "peak"\nhz = 800.0\ngain_db = 3.0\nbefore = true\nbetween = true\n'
    )
    with pytest.raises(RigError, match="between"):
        Preset.load(tmp_path / "d.toml")


def test_the_state_for_a_page_tells_of_both():
    from rig.player.shown.details import details_of

    bench, player, _ = playing()
    second = details_of(player)["model"]["second"]
    assert (second["name"], second["index"], second["off"]) == (A2.name, 0, None)
    assert second["together"] == f"Between: {player.sound.model.between}"
    assert second["beside"] is False
    json.dumps(second)
    do(bench, player, "no_second")
    assert details_of(player)["model"]["second"] is None


def test_two_play_side_by_side_with_one_knob_and_in_a_row_again(tmp_path):
    bench, player, told = playing(folder=tmp_path)
    do(bench, player, "side_by_side", value=True)
    assert isinstance(player.sound.model, Blend)
    assert f"{NANO.name} beside {A2.name}" in told.text
    player.set("blend", 0.25)
    bench.settle()
    blend = Sound(Blend.of(model(NANO), model(A2), share=0.5), interface=INTERFACE).with_loudness()
    assert sounds_like(bench, blend.changed(model=blend.model.changed(share=0.25))) < -60.0
    do(bench, player, "next_model")
    assert player.sound.model.share == 0.25
    player.do("save_preset", text="beside")
    assert Preset.load(tmp_path / "beside.toml").second.blend == 0.25
    with pytest.raises(RigError, match="nothing between"):
        player.set("between_trim", 3.0)
    do(bench, player, "side_by_side", value=False)
    assert isinstance(player.sound.model, Row)
    player.presets.call(Preset.load(tmp_path / "beside.toml").number)
    assert player.arrive(20.0)
    bench.settle()
    assert (player.value("side_by_side"), player.value("blend")) == (True, 0.25)


def test_a_level_that_is_entered_for_the_first_of_two_side_by_side_is_heard_by_the_second():
    bench, player, _ = playing()
    do(bench, player, "side_by_side", value=True)
    stated = player.sound.model
    player.do("model_level", text="15")
    bench.settle()
    entered = player.sound.model
    assert entered.input_gain_db == pytest.approx(stated.input_gain_db + 15.0 - model(NANO).input_level_dbu)
    want = Sound(stated.changed(first_input_dbu=15.0), interface=INTERFACE, model_input_dbu=15.0).with_loudness()
    assert sounds_like(bench, want) < -60.0
    player.set("bypass", True)
    player.do("model_level", text="none")
    assert player.sound.model.input_gain_db == stated.input_gain_db
    assert player.value("bypass") is True  # a level is no wish to hear the model


def test_an_overload_takes_a_smaller_size_of_both(tmp_path):
    bench, player, told = playing(models=(A2,), second=(A2,))
    before = player.sound.model.macs_per_sample
    player.rig.relieve()
    bench.settle()
    assert player.rig.reduced
    assert bench.engine.lanes[0].network.nbytes < Sound(player.sound.model).model.network().nbytes
    assert player.sound.model.macs_per_sample == before  # what was asked for
    assert told is not None
