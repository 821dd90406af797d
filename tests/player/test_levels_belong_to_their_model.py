"""A level is applied to the model that it was entered or measured for, and what the player says wins."""

from __future__ import annotations

import threading
import time

import model_files
import pytest
from preset_stage import write
from rigs import Bench, Told, db, guitar

from rig.levels import Level
from rig.library import measured_loudness
from rig.library.preset import Preset
from rig.nam import Model
from rig.nam.loudness import measure_loudness_db
from rig.player import models
from rig.player.player import Player
from rig.player.tools import loudness_measurement

INTERFACE = Level(12.2, "entered")


@pytest.fixture(autouse=True)
def every_measurement_is_waited_for(monkeypatch):
    """However busy this machine is."""
    monkeypatch.setattr(models, "PATIENCE_S", 60.0)


def started(*paths, **options):
    bench, told = Bench(), Told()
    player = Player(bench.engine, told.append, paths, interface=INTERFACE, **options)
    player.start()
    bench.settle()
    return bench, player, told


def stating(path, dbu, seed=0, **metadata):
    """A model whose file says its input level."""
    document = model_files.wavenet([4], seed=seed, dilations=(1, 2))
    return model_files.write(path, document | {"metadata": {"input_level_dbu": dbu} | metadata})


def test_the_level_that_was_entered_wins_over_the_one_in_the_file(tmp_path):
    path = stating(tmp_path / "says 10.nam", 10.0, loudness=-18.0)
    bench, _, told = started(path, model_input_dbu=15.0)
    assert "12.2 dBu (entered) - 15.0 dBu (entered by you)" in told.text
    other, _, _ = started(stating(tmp_path / "says 15.nam", 15.0, loudness=-18.0))
    x = guitar(24000)
    assert db(bench.process(x) - other.process(x), x) < -120


def test_a_measurement_that_comes_late_does_not_change_the_level_of_a_preset_called_meanwhile(tmp_path, monkeypatch):
    go_on, done = threading.Event(), threading.Event()

    def slow(model):
        go_on.wait(60)
        found = measured_loudness.measure(model)
        done.set()
        return found

    monkeypatch.setattr(loudness_measurement, "measure", slow)
    monkeypatch.setattr(models, "PATIENCE_S", 0.0)
    late = model_files.write(tmp_path / "late.nam", model_files.wavenet([4], seed=231, dilations=(1, 2)))
    other = model_files.write(tmp_path / "other.nam", model_files.wavenet([4], seed=232, dilations=(1, 4)))
    loudness = [measured_loudness.measure(Model.load(other)).loudness_db, measure_loudness_db(Model.load(late))]
    assert abs(loudness[0] - loudness[1]) > 0.1
    bench, player, told = started(late, presets=write(tmp_path / "set", Preset("other", other)))
    player.do("preset", 1)
    assert player.arrive(60)
    bench.settle()
    player.poll()
    sum_before, x = str(player.sound.output), guitar(24000)
    assert "measured by rig" in sum_before
    bench.process(x)
    before = bench.process(x)
    told.clear()
    go_on.set()
    assert done.wait(60)
    for _ in range(50):  # the answer lies ready a moment after the measurement is done
        time.sleep(0.01)
        player.poll()
    assert str(player.sound.output) == sum_before
    assert told == []
    bench.process(x)
    assert db(bench.process(x) - before, before) < -100
    player.close()
