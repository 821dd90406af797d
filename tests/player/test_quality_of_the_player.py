"""Quality as the player has it: by command, in a preset, in files, and as the first thing that an overload takes."""

import numpy as np
import pytest
from rigs import A2, NANO, RATE, db, guitar
from test_player import overload, playing, poll

from rig.dsp.network.quality import QUALITIES
from rig.errors import PresetError
from rig.library.preset import Preset
from rig.nam import Model
from rig.sound import Sound

LATE = {1: 0, 2: 3, 4: 4, 8: 4}  # samples at 48 kHz


def test_the_command_plays_the_model_at_that_rate_and_the_next_one_too():
    bench, player, told = playing([A2, NANO])
    for quality in QUALITIES:
        player.set("quality", quality)
        bench.settle()
        assert bench.engine.lanes[0].network.latency_samples == LATE[quality]
    assert "Quality 4x, 4 samples late" in told.text
    player.do("next_model")
    assert player.arrive(timeout_s=20.0)
    bench.settle()
    assert player.sound.model.path == NANO
    assert bench.engine.lanes[0].network.latency_samples == LATE[8]
    x = guitar(RATE // 2)
    y = bench.process(x)
    gained = (x * 10 ** (player.sound.input_gain_db / 20)).astype(np.float32)
    plain = Model.load(NANO).network(RATE, 8).process(gained)
    assert np.corrcoef(y, plain)[0, 1] > 0.999


def test_an_overload_takes_quality_first_and_restore_brings_it_back():
    bench, player, told = playing([A2], quality=4)
    for quality in (2, 1):
        overload(bench)
        poll(bench, player)
        assert bench.engine.lanes[0].network.latency_samples == LATE[quality]
        assert player.reduced
        assert f"quality {quality}x plays on. r brings 4x back" in told.text
    whole = bench.engine.lanes[0].network.nbytes
    overload(bench)
    poll(bench, player)
    assert bench.engine.lanes[0].network.nbytes < whole
    player.do("restore")
    bench.settle()
    assert bench.engine.lanes[0].network.latency_samples == LATE[4]
    assert not player.reduced


def test_a_preset_holds_it_and_one_without_it_plays_as_it_was_saved(tmp_path):
    text = Preset("fine", A2, quality=4).text(tmp_path)
    assert "quality = 4" in text
    (tmp_path / "fine.toml").write_text(text)
    assert Preset.load(tmp_path / "fine.toml").quality == 4
    assert "quality =" not in Preset("plain", A2).text(tmp_path)
    (tmp_path / "odd.toml").write_text(text.replace("quality = 4", "quality = 3"))
    with pytest.raises(PresetError, match="quality"):
        Preset.load(tmp_path / "odd.toml")


def test_a_render_is_not_late_and_agrees_with_what_is_played():
    x = (0.3 * guitar(RATE)).astype(np.float32)
    sound = Sound(Model.load(NANO), interface=None)
    plain, fine = sound.render(x, RATE), sound.changed(quality=4).render(x, RATE)
    lags = np.arange(-8, 9)
    best = lags[np.argmax([np.dot(plain[100:-100], np.roll(fine, lag)[100:-100]) for lag in lags])]
    assert best == 0
    assert db(fine - plain, plain) < -20
