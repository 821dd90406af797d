"""Keys and words point the way they say: up is more, flat is tuned up, and the lowest volume is silence."""

from __future__ import annotations

import pytest
from rigs import NANO, RATE, Bench, Told, db, guitar, sine

from rig.cli.live.meters import tuner_lines
from rig.files import bundled
from rig.player.commands import COMMANDS
from rig.player.key_map import KEYS
from rig.player.player import Player
from rig.player.tools.tuner import TunerReading, note

PAIRS = [("+", "-"), ("=", "-"), ("]", "["), ("K", "k"), ('"', "'"), (".", ","), (")", "("), ("}", "{"), ("^", "_")]


@pytest.fixture(scope="module")
def stage():
    bench, told = Bench(), Told()
    player = Player(bench.engine, told.append, [NANO], bundled.irs())
    player.start()
    bench.settle()
    for command in ("mix_add", "next_ir"):
        player.do(command)
        assert player.arrive(60)
        bench.settle()
    player.set("volume", -6.0)
    yield bench, player, told
    player.close()


@pytest.mark.parametrize(("up", "down"), PAIRS)
def test_the_key_that_looks_like_more_is_more_and_its_neighbour_less(stage, up, down):
    _, player, _ = stage
    name = KEYS[up][0]
    player.set(name, max(1.0, player.value(name)) if name == "preamp_gain" else player.value(name))
    before = player.value(name)
    player.do(*KEYS[up])
    assert player.value(name) > before
    player.do(*KEYS[down])
    assert player.value(name) == pytest.approx(before)


@pytest.mark.parametrize(("command", "step_db"), [("output_trim", 1.0), ("volume", 1.0)])
def test_one_step_up_is_heard_as_one_decibel_more(stage, command, step_db):
    bench, player, _ = stage
    x = guitar(RATE)

    def heard():
        bench.settle()
        return bench.process(x)

    before = heard()
    player.do(command, 1)
    # The same notes through a model that is a little further on: far within a twentieth of a decibel.
    assert db(heard(), before) == pytest.approx(step_db, abs=0.05)
    player.do(command, -1)


def test_one_step_of_the_input_trim_is_half_a_decibel_more_into_the_model(stage):
    bench, player, _ = stage

    def into_the_model_dbfs():
        bench.settle()
        bench.engine.reading("model")
        bench.process(sine(RATE, 220.0))
        return bench.engine.reading("model").peak_dbfs

    before = into_the_model_dbfs()
    player.do("input_trim", 1)
    assert into_the_model_dbfs() == pytest.approx(before + 0.5, abs=0.01)
    player.do("input_trim", -1)


@pytest.mark.parametrize("name", ["output_trim", "input_trim", "preamp_gain", "gate_threshold", "volume"])
def test_nobody_sets_more_than_the_range_allows(stage, name):
    _, player, _ = stage
    before = player.value(name)
    for far, end in ((500.0, COMMANDS[name].high), (-500.0, COMMANDS[name].low)):
        player.set(name, far)
        assert player.value(name) == end
    player.set(name, before)


def test_the_lowest_volume_is_silence(stage):
    bench, player, _ = stage
    player.set("volume", -60.0)
    bench.settle()
    assert not bench.process(guitar(RATE)).any()
    player.set("volume", -6.0)
    bench.settle()


@pytest.mark.parametrize(("cents", "way"), [(-20.0, "tune up"), (20.0, "tune down"), (0.5, "in tune")])
def test_a_string_that_is_flat_is_to_be_tuned_up(cents, way):
    hz = 110.0 * 2 ** (cents / 1200)
    shown = tuner_lines(TunerReading(440.0, hz, *note(hz)))[0]
    assert f"A2  {cents:+5.1f} cents" in shown
    assert way in shown
    needle = shown[shown.index("[") : shown.index("]") + 1]
    if abs(cents) > 1:
        assert (needle.index("o") < needle.index("|")) == (cents < 0)


@pytest.mark.parametrize(("peak_dbfs", "words"), [(-20.0, "knob +11 to +17 dB"), (-1.0, "knob -2 to -8 dB")])
def test_a_soft_guitar_is_to_be_turned_up_and_a_loud_one_down(stage, peak_dbfs, words):
    bench, player, _ = stage
    headroom = player.headroom
    headroom.read()  # what was played before
    headroom._input.clear()
    for _ in range(20):
        bench.process(sine(4800, 220.0, 10 ** (peak_dbfs / 20)))
        headroom.read()
    assert headroom.hint == words
