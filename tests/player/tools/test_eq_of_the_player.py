"""The equalizer under a hand: a band is chosen and moved while it sounds, by command, MIDI and page, and kept."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import A2, NANO, RATE, Bench, Told, db, guitar
from scipy.signal import sosfilt

from rig import EqBand
from rig.backends.offline import Offline
from rig.dsp.tone.cookbook import eq_sections
from rig.engine import Engine
from rig.library.preset import Preset
from rig.player.midi.mapping import Binding, Mapping
from rig.player.player import Player


def playing(models, **options):
    bench, told = Bench(), Told()
    player = Player(bench.engine, told.append, models, **options)
    player.start()
    bench.settle()
    return bench, player, told


def test_a_band_is_chosen_and_moved_and_sounds_as_the_cookbook_says():
    bench, player, told = playing([NANO])
    x = guitar(RATE)
    bench.process(x)
    flat = bench.process(x)
    lane = bench.engine.lanes[0]
    player.set("eq_band", 2)
    for name, value in (("eq_type", "peak"), ("eq_hz", 900.0), ("eq_gain", -9.0), ("eq_q", 2.0)):
        player.set(name, value)
    player.set("eq_band", 3)
    player.set("eq_type", "high_shelf")
    player.set("eq_gain", 40.0)
    bands = (player.sound.eq[0], EqBand("peak", 900.0, -9.0, 2.0), EqBand("high_shelf", 600.0, 18.0, 1.0))
    assert player.sound.eq == bands and player.sound.eq[0].gain_db == 0.0
    assert "band 2: peak 900 Hz, -9.0 dB, Q 2.00, behind the model" in told.text
    bench.process(x)
    want = sosfilt(eq_sections(RATE, bands), np.concatenate([flat, flat]))[RATE:]
    assert db(bench.process(x)[RATE // 2 :] - want[RATE // 2 :], want) < -80
    player.do("eq_on")
    player.set("eq_band", 2)
    player.set("eq_on", False)
    assert "off" in told.text and player.look().eq_bands == 0
    bench.process(x)
    assert bench.process(x).tobytes() == flat.tobytes()
    assert bench.engine.lanes[0] is lane, "moved in place, not handed over"
    player.do("eq_remove")
    assert player.sound.eq == (bands[0], EqBand("high_shelf", 600.0, 18.0, 1.0, on=False))
    player.do("eq_remove")
    player.do("eq_remove")
    assert "has no band 2; it has 1" in told.text


def test_a_band_goes_over_to_the_other_side_of_the_model_and_between_two():
    bench, player, _ = playing([NANO])
    x = guitar(RATE)
    player.set("eq_gain", 12.0)
    player.set("eq_place", "before")
    bench.process(x)
    moved = bench.process(x)
    again, other, _ = playing([NANO])
    other.rig.play(other.sound.changed(eq=[EqBand("low_shelf", 100.0, 12.0, before=True)]))
    again.process(x)
    again.process(x)
    assert db(moved[RATE // 2 :] - again.process(x)[RATE // 2 :], moved) < -60
    row, player, _ = playing([NANO], second=[A2])
    row.process(x)
    flat = row.process(x)
    player.set("eq_gain", 12.0)
    player.set("eq_place", "between")
    assert player.value("eq_place") == "between"
    network = row.engine.lanes[0].network
    row.process(x)
    assert [float(band["now"]) > 1.0 for band in network.record["eq"]] == [True, *[False] * 5]
    assert not any(float(band["now"]) > 1.0 for band in row.engine.lanes[0].record["eq_behind"])
    player.set("eq_gain", 0.0)
    row.process(x)
    row.process(x)
    assert db(row.process(x) - flat, flat) < -60


def test_keys_and_knobs_go_through_octaves():
    bench, player, _ = playing([NANO])
    player.set("eq_hz", 440.0)
    for _ in range(12):
        player.do("eq_hz", 1)
    assert player.value("eq_hz") == pytest.approx(880.0)
    player.midi.open()
    player.midi.use(Mapping((Binding("control", 20, "eq_hz", pickup=False, low=100.0, high=1600.0),)))
    bench.backend.process(np.zeros(64, np.float32), midi=[(0, bytes((0xB0, 20, 127)))])
    player.poll()
    assert player.value("eq_hz") == player.sound.eq[0].hz == 1600.0
    values = Binding("control", 20, "eq_hz", low=100.0, high=1600.0).values()
    assert np.allclose(np.diff(np.log(values)), np.log(16) / 127)
    player.close()


def test_a_preset_keeps_bands_that_are_off_and_another_one_has_its_own(tmp_path):
    bench, player, _ = playing([NANO], folder=tmp_path)
    player.set("eq_gain", 5.0)
    player.set("eq_on", False)
    player.set("eq_band", 2)
    player.set("eq_gain", -5.0)
    player.do("save_preset", text="two")
    read = Preset.load(tmp_path / "two.toml")
    assert read.eq == player.sound.eq and [band.on for band in read.eq] == [False, True]
    assert "on = false" in (tmp_path / "two.toml").read_text()
    player.close()
    bench.settle()


def test_it_stands_as_it_was_after_a_restart_at_another_rate():
    _, player, told = playing([NANO])
    player.set("eq_band", 4)
    player.set("eq_gain", 5.0)
    engine = Engine(44100, guard=False)
    Offline(44100).start(engine.block_address, engine.address)
    again = Player(engine, told.append, [NANO])
    again.restore(player.snapshot())
    assert again.value("eq_band") == 4.0 and again.sound.eq == player.sound.eq
    assert float(engine.lanes[0].record["eq_behind"][3]["target"]) > 1.0
    again.close()
    player.close()
