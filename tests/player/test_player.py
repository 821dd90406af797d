"""The player: commands from one table, and what happens when the machine or a file lets it down."""

from __future__ import annotations

import json
import threading
import time

import model_files
import numpy as np
import pytest
from jackclients import wait_until
from rigs import A2, NANO, RATE, Bench, Told, db, dc_blocked, guitar, jump, sine

from rig.errors import RigError
from rig.files import bundled
from rig.levels import Level
from rig.library import measured_loudness
from rig.nam import Model
from rig.nam.loudness import measure_loudness_db
from rig.player import models as models_module
from rig.player import prepared_model
from rig.player.commands import COMMANDS, GROUPS
from rig.player.key_map import KEYS, help_text
from rig.player.player import Player
from rig.player.tools import loudness_measurement


@pytest.fixture(autouse=True)
def every_measurement_is_waited_for(monkeypatch):
    """However busy this machine is."""
    monkeypatch.setattr(models_module, "PATIENCE_S", 60.0)


def playing(models=(A2, NANO), irs=(), **options):
    bench, told = Bench(), Told()
    player = Player(bench.engine, told.append, models, irs, interface=Level(12.2, "Apollo 8x, article"), **options)
    player.start()
    bench.settle()
    return bench, player, told


def step(player, *commands):
    """Carry out steps and wait for what they ask for."""
    for name in commands:
        player.do(name)
    assert player.arrive(timeout_s=20.0)


def poll(bench, player):
    """As the command line does between two looks at the keys."""
    bench.process(np.zeros(RATE // 10))
    player.poll()
    bench.settle()


def overload(bench):
    """Make every cycle late for a while."""
    load = bench.engine.record["load"]
    rate = float(load["sample_rate"])
    bench.backend.host["timed"], load["sample_rate"] = 1, 1e12
    bench.process(np.zeros(64 * 40))
    bench.backend.host["timed"], load["sample_rate"] = 0, rate


# What a screen or a program asks for, and fingers ask for otherwise.
WITHOUT_KEYS = {"preset_at", "model", "cabinet", "size", "max_input", "model_level", "loop_from", "loop_to", "mix_solo"}
WITHOUT_KEYS |= {"follow_training", "offer_trained", "follow_knob"}
WITHOUT_KEYS |= {"bass", "middle", "treble", "presence"}
WITHOUT_KEYS |= {f"eq_{name}" for name in ("band", "on", "type", "hz", "gain", "q", "place", "remove")}
WITHOUT_KEYS |= {"open_second", "next_second", "previous_second", "second", "no_second", "between_trim", "second_size"}
WITHOUT_KEYS |= {"first_off", "second_off", "side_by_side", "blend", "first_quality", "second_quality"}
WITHOUT_KEYS |= {f"backing_{name}" for name in ("from", "to", "at", "once", "count_in", "bpm", "follow")}


def test_every_key_stands_for_a_command_of_the_table_and_every_command_has_a_key():
    playing_nothing = Player(Bench().engine, print, [])
    assert {name for name, _ in KEYS.values()} == set(COMMANDS) - WITHOUT_KEYS
    for name, command in COMMANDS.items():
        assert command.name == name
        assert command.is_action or (command.low < command.high and command.step > 0)
        assert command.run is not None or isinstance(playing_nothing.value(name), float | bool | str)
        assert command.run is not None or command.set is not None or command.apply is not None
        assert (command.text in help_text(GROUPS, KEYS)) is (name not in WITHOUT_KEYS)
    assert "Tone" not in help_text(GROUPS, KEYS).splitlines()  # no heading above nothing


def test_values_stay_in_their_range_and_are_heard():
    bench, player, _ = playing()
    player.set("output_trim", -1000.0)
    assert player.value("output_trim") == COMMANDS["output_trim"].low
    player.set("output_trim", 6.0)
    player.set("preamp_gain", 5.0)
    bench.settle()
    x = guitar(RATE)
    y = bench.process(x)
    sound = player.sound
    assert sound.input_gain_db == pytest.approx(12.2 - 12.0 - 5.0)
    gained = (x * np.float32(10 ** (sound.input_gain_db / 20))).astype(np.float32)
    raw = Model.load(A2).render(np.concatenate([np.zeros(RATE, np.float32), gained]))
    want = dc_blocked(raw - raw[0])[RATE:] * 10 ** (sound.output_gain_db / 20)
    assert db(y - want, want) < -90


def test_an_action_takes_no_value():
    with pytest.raises(RigError, match="next_model is an action"):
        COMMANDS["next_model"].clamped(1.0)


def test_an_overload_goes_on_with_the_smaller_size_says_why_and_comes_back_on_request():
    bench, player, told = playing()
    full = bench.engine.lanes[0].network.nbytes
    overload(bench)
    assert bench.engine.suspended
    poll(bench, player)
    assert player.reduced
    assert not bench.engine.suspended
    assert bench.engine.lanes[0].network.nbytes < full
    assert "95 % of the period in 8 of 32 cycles; the smaller size of rig-preamp-a2.nam plays on" in told.text
    player.do("restore")
    bench.settle()
    assert bench.engine.lanes[0].network.nbytes == full
    assert not player.reduced


def test_an_overload_of_a_model_without_a_smaller_size_is_silent_until_asked_back():
    bench, player, told = playing([NANO])
    overload(bench)
    poll(bench, player)
    assert "so it is silent now" in told.text
    assert not bench.process(guitar(RATE)).any()  # above all not the dry guitar
    player.do("restore")
    bench.settle()
    assert np.abs(bench.process(guitar(RATE))).max() > 0.01


def test_a_second_overload_silences_the_smaller_size_too():
    bench, player, told = playing()
    overload(bench)
    poll(bench, player)
    overload(bench)
    poll(bench, player)
    assert "so it is silent now" in told.text
    assert not bench.process(guitar(RATE)).any()


def test_the_dry_guitar_is_heard_only_when_bypass_is_asked_for():
    bench, player, _ = playing()
    x = guitar(RATE)
    player.do("bypass")
    bench.settle()
    y = bench.process(x)
    assert db(y[RATE // 2 :] - dc_blocked(x)[RATE // 2 :]) < -100
    player.do("bypass")
    bench.settle()
    assert db(bench.process(x) - dc_blocked(x)) > -60


def test_a_broken_model_or_ir_is_named_and_the_old_one_plays_on(tmp_path):
    broken, silent = tmp_path / "broken.nam", tmp_path / "silent.wav"
    broken.write_text("{")
    silent.write_bytes(b"RIFF")
    bench, player, told = playing([A2, broken, NANO], [bundled.irs()[0], silent])
    x = guitar(RATE)
    before = bench.process(x)
    step(player, "next_model", "next_ir")
    poll(bench, player)
    assert "broken.nam" in told.text
    assert "silent.wav" in told.text
    again = bench.process(x)
    assert db(again[RATE // 2 :] - before[RATE // 2 :]) < -60  # the same sound, from another past
    step(player, "next_model")
    assert player.sound.model.path == NANO


def test_of_steps_that_come_faster_than_files_can_be_read_only_the_last_one_sounds(tmp_path):
    paths = [
        model_files.write(tmp_path / f"{i}.nam", model_files.wavenet([4], seed=i, dilations=(1, 2))) for i in range(9)
    ]
    bench, player, told = playing(paths)
    changes, told[:] = int(bench.engine.record["handover"]["changes"]), []
    for _ in range(5):
        player.do("next_model")
    assert player.place == "6/9"  # the position moves with the key
    assert player.waiting
    assert player.arrive(20)
    bench.settle()
    assert player.sound.model.path == paths[5]
    assert [line[:22] for line in told if line.startswith("Model")] == ["Model    5.nam (6/9): "]
    assert bench.engine.record["handover"]["changes"] == changes + 1
    step(player, "last_model")
    assert player.place == "9/9"
    step(player, "first_model", "previous_model")  # in a circle
    assert player.sound.model.path == paths[8]


def test_neighbours_lie_ready_when_the_sound_is_steady():
    bench, player, _ = playing([A2, NANO], bundled.irs())
    poll(bench, player)
    player.poll()
    wait_until(lambda: 1 in player.models.preloader.ready and 1 in player.cabinets.bank.ready, "the neighbours")
    player.do("next_model")
    assert player.arrive()  # without waiting
    assert player.sound.model.path == NANO
    bench.settle()


def test_a_cabinet_that_stays_is_not_handed_over_again():
    bench, player, _ = playing([A2, NANO], bundled.irs())
    cabinet = bench.engine.cabinet
    step(player, "next_model")
    assert bench.engine.cabinet is cabinet
    step(player, "next_ir")
    assert bench.engine.cabinet is not cabinet
    bench.settle()
    poll(bench, player)


def test_a_bypass_that_is_pressed_while_a_model_is_on_its_way_is_not_ended_by_it():
    bench, player, _ = playing()
    x = guitar(RATE)
    player.do("next_model")
    player.do("bypass")
    assert player.arrive(20)
    assert player.sound.model.path == NANO
    assert player.bypassed
    bench.settle()
    y = bench.process(x)
    assert db(y[RATE // 2 :] - dc_blocked(x)[RATE // 2 :]) < -100
    step(player, "next_model")  # a later step ends it
    assert not player.bypassed
    bench.settle()
    poll(bench, player)


def test_a_model_of_another_rate_plays_and_how_is_told(tmp_path):
    document = json.loads(NANO.read_bytes())
    document["sample_rate"] = 44100
    other = model_files.write(tmp_path / "other.nam", document)
    bench, player, told = playing([A2, other])
    step(player, "next_model")
    assert "a model of 44100 Hz in a session of 48000 Hz: resampled around the model, 77 samples (1.6 ms)" in told.text
    bench.settle()
    assert bench.engine.latency_samples == 77
    assert np.abs(bench.process(guitar(RATE))).max() > 0.01


def test_a_model_of_an_impossible_rate_is_refused_and_the_old_one_plays_on(tmp_path):
    document = json.loads(NANO.read_bytes())
    document["sample_rate"] = 44101
    other = model_files.write(tmp_path / "other.nam", document)
    bench, player, told = playing([A2, other])
    step(player, "next_model")
    assert "A model of 44101 Hz cannot play in a session of 48000 Hz" in told.text
    assert player.sound.model.path == A2
    bench.settle()


def test_an_entered_level_belongs_to_the_model_it_was_entered_for(tmp_path):
    paths = [
        model_files.write(tmp_path / f"{seed}.nam", model_files.wavenet([4], seed=seed, dilations=(1, 2)))
        for seed in (1, 2)
    ]
    _, player, told = playing(paths, model_input_dbu=15.0)
    assert "12.2 dBu (Apollo 8x, article) - 15.0 dBu (entered by you)" in told.text
    step(player, "next_model")
    assert player.sound.model_input_dbu is None
    step(player, "previous_model")  # and is remembered for it
    assert player.sound.model_input_dbu == 15.0


def quiet(path, seed=0):
    """A model whose file says nothing about levels."""
    return model_files.write(path, model_files.wavenet([4], seed=seed, dilations=(1, 2)))


def test_level_modes_go_round_and_what_is_missing_is_named(tmp_path):
    _, player, told = playing([quiet(tmp_path / "says nothing.nam")])
    modes = []
    for _ in range(3):
        player.do("level_mode")
        modes.append(player.sound.output.mode)
    assert modes == ["raw", "raw", "normalized"]
    assert "as calibrated is not possible: the model says no output level" in told.text


def test_a_model_whose_file_says_nothing_is_measured_and_normalized(tmp_path):
    path = quiet(tmp_path / "says nothing.nam", seed=105)
    bench, player, told = playing([path])
    loudness_db = measure_loudness_db(Model.load(path))
    assert player.sound.output.mode == "normalized"
    assert player.sound.output_gain_db == pytest.approx(-18.0 - loudness_db)
    assert "(model loudness, measured by rig)" in told.text
    x = guitar(RATE)
    y = bench.process(x)
    gained = np.concatenate([np.zeros(RATE, np.float32), x])
    raw = Model.load(path).render(gained)
    want = dc_blocked(raw - raw[0])[RATE:] * 10 ** ((-18.0 - loudness_db) / 20)
    assert db(y - want, want) < -90


def test_a_model_that_is_slow_to_measure_starts_raw_and_its_level_follows_with_a_fade(tmp_path, monkeypatch):
    go_on = threading.Event()

    def slow(model):
        go_on.wait(60)
        return measured_loudness.measure(model)

    for module in (loudness_measurement, prepared_model):
        monkeypatch.setattr(module, "measure", slow)
    monkeypatch.setattr(models_module, "PATIENCE_S", 0.01)
    bench, player, told = playing([quiet(tmp_path / "slow.nam", seed=116), NANO])
    assert player.sound.output.mode == "raw"
    x = sine(RATE)
    before = bench.process(x)
    go_on.set()
    deadline = time.monotonic() + 60
    while player.sound.output.mode == "raw" and time.monotonic() < deadline:
        player.poll()
        time.sleep(0.01)
    gain_db = player.sound.output_gain_db
    assert abs(gain_db) > 1.0
    assert told[-1] == f"Output   {player.sound.output}"
    after = bench.process(x)
    assert jump(after) < 1.1 * max(1.0, 10 ** (gain_db / 20)) * jump(before[RATE // 2 :])  # no click
    assert db(after[RATE // 2 :], before[RATE // 2 :]) == pytest.approx(gain_db, abs=0.01)


def test_a_measurement_that_comes_too_late_does_not_touch_another_model(tmp_path, monkeypatch):
    go_on, done = threading.Event(), threading.Event()

    def slow(model):
        go_on.wait(60)
        found = measured_loudness.measure(model)
        done.set()
        return found

    for module in (loudness_measurement, prepared_model):
        monkeypatch.setattr(module, "measure", slow)
    monkeypatch.setattr(models_module, "PATIENCE_S", 0.0)
    measured_loudness.measure(Model.load(NANO))
    _, player, _ = playing([quiet(tmp_path / "late.nam", seed=107), NANO])
    player.do("next_model")
    assert player.arrive(timeout_s=20)
    gain_db = player.sound.output_gain_db
    go_on.set()
    assert done.wait(60)
    player.poll()
    assert player.sound.output_gain_db == gain_db
    assert player.sound.measured == measured_loudness.known(Model.load(NANO))


def test_a_measurement_that_fails_leaves_a_model_raw_and_the_next_one_is_measured(tmp_path, monkeypatch):
    def failing(model):
        if model.path.name == "bad.nam":
            raise MemoryError
        return measured_loudness.measure(model)

    for module in (loudness_measurement, prepared_model):
        monkeypatch.setattr(module, "measure", failing)
    _, player, _ = playing([quiet(tmp_path / "bad.nam", seed=109), quiet(tmp_path / "good.nam", seed=110)])
    assert player.sound.output.mode == "raw"
    player.do("next_model")
    assert player.arrive(timeout_s=20)
    assert player.sound.output.mode == "normalized"


def test_the_smaller_size_after_an_overload_is_as_loud_as_the_full_one(tmp_path):
    path = model_files.write(
        tmp_path / "sizes.nam",
        model_files.container(
            (0.5, model_files.wavenet([2], seed=8, dilations=(1, 2))),
            (1.0, model_files.wavenet([4], seed=8, dilations=(1, 2))),
        ),
    )
    bench, player, _ = playing([path])
    gain_db = player.sound.output_gain_db
    assert player.sound.output.mode == "normalized"
    overload(bench)
    poll(bench, player)
    assert player.reduced
    assert bench.engine.lanes[0].record["output_gain"]["target"] == pytest.approx(10 ** (gain_db / 20))
