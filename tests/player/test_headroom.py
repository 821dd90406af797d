"""Levels that teach: how far the knob may be turned, warnings in words, and a new gain of the knob."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import A2, RATE, Bench, Told, guitar, noise, sine

from rig.backends.lost import Lost
from rig.cli.live.live_line import log_line
from rig.cli.live.meters import bar
from rig.engine import LOOP
from rig.levels import Level
from rig.player.player import Player
from rig.player.tools.headroom import ENOUGH, REMEMBERED, ZONE_DBFS


class Playing:
    """A player whose live line is looked at ten times a second of what it plays."""

    def __init__(self, max_input_dbu=12.2, **options):
        self.bench, self.told, self.now = Bench(), Told(), 0.0
        level = Level(max_input_dbu, "entered by you")
        self.player = Player(self.bench.engine, self.told.append, [A2], interface=level, **options)
        self.headroom = self.player.headroom
        self.headroom.clock = lambda: self.now
        self.player.start()
        self.bench.settle()
        self.line()
        self.told.clear()

    def line(self):
        return log_line(self.player.look(), Lost())

    def play(self, x, seconds=None):
        """`seconds` of x, over and over."""
        samples = x.size if seconds is None else round(seconds * RATE)
        y = np.resize(x, samples).astype(np.float32)
        for start in range(0, samples - RATE // 10 + 1, RATE // 10):
            self.bench.process(y[start : start + RATE // 10])
            self.now += 0.1
            self.line()

    def peaking(self, dbfs, seconds=1.5):
        self.play(sine(RATE, 110.0, 10 ** (dbfs / 20)), seconds)

    @property
    def warnings(self):
        return [line for line in self.told if line.startswith("Warning")]


@pytest.mark.parametrize(
    ("dbfs", "hint"),
    [(-15.0, "knob +6 to +12 dB"), (-9.4, "knob +1 to +6 dB"), (-6.0, "good level"), (-1.0, "knob -2 to -8 dB")],
)
def test_the_meter_says_how_far_the_knob_may_be_turned(dbfs, hint):
    playing = Playing()
    assert playing.headroom.hint == ""  # nothing has been played
    playing.peaking(dbfs)
    assert playing.headroom.hint == hint
    assert hint in playing.line()
    playing.play(np.zeros(RATE), 30)  # a pause changes nothing
    assert playing.headroom.hint == hint


def test_a_loud_moment_is_forgotten_after_ten_seconds_of_playing():
    playing = Playing()
    playing.peaking(-2.0, 1.0)
    playing.peaking(-12.0, 8.0)
    assert playing.headroom.loudest_dbfs == pytest.approx(-2.0, abs=0.1)
    playing.peaking(-12.0, 2.0)
    assert playing.headroom.loudest_dbfs == pytest.approx(-12.0, abs=0.1)
    assert REMEMBERED == 10 * ENOUGH


def test_the_bar_shows_the_zone_the_level_and_the_loudest_moment():
    playing = Playing()
    assert bar(-100.0, playing.headroom.loudest_dbfs, ZONE_DBFS) == "[..................|....|..]"
    assert bar(0.0, playing.headroom.loudest_dbfs, ZONE_DBFS) == "[##################|####|##]"
    playing.peaking(-5.5)
    assert bar(-20.0, playing.headroom.loudest_dbfs, ZONE_DBFS) == "[###########.......|..:.|..]"
    assert "[" in playing.line()


def test_a_loop_gives_no_advice_about_the_knob():
    playing = Playing()
    playing.bench.engine.loop(guitar(RATE))
    playing.player.rig.listen(LOOP)
    playing.bench.settle()
    playing.play(np.zeros(RATE), 3)
    assert playing.headroom.loudest_dbfs is not None
    assert playing.headroom.hint == ""


def test_a_typed_knob_gain_changes_the_sum_at_once_and_old_peaks_are_forgotten():
    playing = Playing()
    playing.peaking(-15.0)
    before = playing.player.sound.input_gain_db
    playing.player.do("knob", text=" 8,5 dB")
    assert playing.player.value("preamp_gain") == 8.5
    assert playing.player.sound.input_gain_db == pytest.approx(before - 8.5)
    assert any("- 8.5 dB (gain knob)" in line for line in playing.told)
    playing.line()
    assert playing.headroom.hint == ""
    for text, match in [("loud", "loud is no gain"), ("", "Nothing is no gain"), ("90", "cannot be right")]:
        playing.player.do("knob", text=text)
        assert match in playing.told[-1]
    assert playing.player.value("preamp_gain") == 8.5


def test_a_clipping_converter_is_told_of_once_a_minute_also_below_full_scale():
    playing = Playing()
    x = np.clip(sine(RATE, 110.0, 1.0), -0.93, 0.93)
    playing.play(x, 3)
    assert [line for line in playing.warnings if "interface clips" in line] == playing.warnings
    assert len(playing.warnings) == 1
    assert "then type the new gain (E)" in playing.warnings[0]
    playing.now += 60
    playing.play(x, 1)
    assert len(playing.warnings) == 2


def test_a_loud_guitar_that_does_not_clip_is_no_clipping():
    playing = Playing()
    playing.play(0.97 / np.abs(guitar(5 * RATE)).max() * guitar(5 * RATE))
    assert playing.warnings == []
    assert playing.bench.engine.flat_tops() == 0


def test_a_model_that_hears_more_than_it_was_trained_with_is_told_of():
    playing = Playing(max_input_dbu=22.2)
    playing.peaking(-5.0, 3)
    assert len(playing.warnings) == 1
    assert "nam hears peaks 5.2 dB above the loudest it was trained with (12.0 dBu)" in playing.warnings[0]


def test_a_model_that_hears_far_too_little_is_told_of_after_ten_seconds():
    playing = Playing(preamp_gain_db=30.0)
    playing.peaking(-20.0, 9)
    assert playing.warnings == []
    playing.peaking(-20.0, 5)
    assert len(playing.warnings) == 1
    assert "heard no more than -50 dBFS" in playing.warnings[0]


def test_gate_rumble_and_tuner_are_commands_with_values():
    playing = Playing()
    player, told = playing.player, playing.told
    assert [player.value(name) for name in ("gate", "gate_threshold", "rumble")] == [0.0, -60.0, 0.0]
    rng = np.random.default_rng(0)
    playing.play(1e-4 * rng.standard_normal(2 * RATE))
    player.do("gate")
    noise_dbfs = player.value("gate_threshold") - 9
    assert -70 < noise_dbfs < -66
    dbu = 12.2 + player.value("gate_threshold")
    assert f"({dbu:.1f} dBu at the guitar's jack)" in told[-2]
    assert "the noise peaks at -6" in told[-1]
    player.do("gate_threshold", 1)
    assert player.value("gate_threshold") == noise_dbfs + 10
    assert f"GATE {noise_dbfs + 10:.0f}" in playing.line()
    player.do("gate")
    assert player.value("gate") == 0.0
    player.do("gate")  # with the threshold it had
    assert player.value("gate_threshold") == noise_dbfs + 10
    for hz in (40.0, 60.0, 80.0, 0.0):
        player.do("rumble")
        assert player.value("rumble") == hz
    player.set("gate", 0.0)
    player.set("gate_threshold", -1000.0)
    player.set("rumble", 65.0)
    assert [player.value(name) for name in ("gate", "gate_threshold", "rumble")] == [0.0, -90.0, 60.0]
    assert playing.bench.engine.noise.gate_dbfs is None
    assert "CUT 60 Hz" in playing.line()
    player.do("tuner")
    assert playing.line().startswith("tuner  play one string")
    assert playing.line().endswith("| MUTED")


def test_a_gate_that_is_asked_for_while_somebody_plays_says_how_to_measure_the_noise():
    playing = Playing()
    playing.play(guitar(2 * RATE))
    playing.player.do("gate")
    assert playing.player.value("gate_threshold") == -60.0
    assert "damp the strings for a second" in playing.told[-1]
    playing.player.do("gate")
    playing.play(np.zeros(2 * RATE))
    playing.player.do("gate")
    assert playing.player.value("gate_threshold") == -80.0


def level(dbfs):
    return 10 ** (dbfs / 20)


def test_the_meter_the_hint_and_the_gate_key_know_no_dc_and_rig_says_that_there_is_some():
    playing = Playing()
    playing.play(noise(RATE, level(-72)) + level(-40), 4)
    assert playing.headroom.hint == ""
    assert [line for line in playing.warnings if "constant voltage (DC) of -40 dBFS" in line] == playing.warnings
    assert len(playing.warnings) == 1
    assert "the model hears it (U: no more)" in playing.warnings[0]
    playing.player.do("gate")
    assert playing.player.value("gate_threshold") == -62.0
    playing.play(sine(RATE, 110.0, level(-15)) + level(-40), 2)
    assert playing.headroom.hint == "knob +6 to +12 dB"
    playing.now += 10_000
    playing.play(noise(RATE, level(-72)) + level(-40), 2)
    assert len(playing.warnings) == 1  # once is enough


def test_hum_is_no_playing_and_gives_no_advice_about_the_knob():
    playing = Playing()
    playing.play(np.zeros(RATE), 1)
    playing.play(sine(RATE, 50.0, level(-40)), 3)
    assert playing.headroom.hint == ""
    playing.peaking(-15.0, 2.0)
    assert playing.headroom.hint == "knob +6 to +12 dB"
    playing.play(sine(RATE, 50.0, level(-40)), 3)  # a pause changes nothing
    assert playing.headroom.hint == "knob +6 to +12 dB"


def test_clipping_at_the_output_is_a_sentence():
    playing = Playing(level_mode="raw")
    playing.player.set("output_trim", 40.0)
    playing.bench.engine.record["guard"] = 1
    playing.told.clear()
    playing.peaking(-12.0, 2.0)
    said = [line for line in playing.warnings if "the output clips" in line]
    assert len(said) == 1
    assert "Turn the volume down (_), or the output trim (-)" in said[0]
