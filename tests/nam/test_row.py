"""Two models in a row: what each hears, what both are worth, and what is said of them."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from model_files import a1_standard, lstm, write
from rigs import A2, NANO, RATE, guitar, model

from rig.decibels import db_from_gain, gain_from_db
from rig.errors import ArgumentError, LevelError, ModelError, RigError
from rig.files.row_path import row_parts, whole_path
from rig.levels import FROM_MODEL, MEASURED, Level, Loudness, between_gain
from rig.nam import Model, Row, load_model
from rig.nam.row import guitar_db
from rig.sound import Sound


def with_levels(path, source, **metadata):
    """A copy of a model that states these levels."""
    content = json.loads(source.read_text())
    content["metadata"] = {**content.get("metadata", {}), **metadata}
    path.write_text(json.dumps(content))
    return Model.load(path)


@pytest.fixture
def pedal(tmp_path):
    return with_levels(tmp_path / "pedal.nam", NANO, input_level_dbu=12.0, output_level_dbu=9.5)


@pytest.fixture
def amp(tmp_path):
    return with_levels(tmp_path / "amp.nam", A2, input_level_dbu=14.25, output_level_dbu=4.0)


def one_after_the_other(first, second, gain_db, x, **levels):
    """The output of the first, the stated gain, the second: each rendered alone."""
    between = Sound(first, level_mode="raw", **levels).render(x, RATE)
    heard = (between * np.float32(gain_from_db(gain_db))).astype(np.float32)
    return Sound(second, interface=None, level_mode="raw").render(heard, RATE)


@pytest.mark.parametrize("quality", [1, 2])
def test_a_row_is_the_two_rendered_one_after_the_other_with_the_stated_gain_between(pedal, amp, quality):
    x, levels = guitar(RATE), {"interface": Level(12.2, "test"), "quality": quality}
    row = Sound([pedal, amp], level_mode="raw", **levels)
    assert isinstance(row.model, Row)
    assert str(row.model.between) == "9.5 dBu (first model) - 14.25 dBu (second model) = -4.75 dB"
    assert row.input_gain_db == pytest.approx(0.2)
    want = one_after_the_other(pedal, amp, -4.75, x, **levels)
    if quality != 1:  # the second plays at 2x as well
        heard = Sound(pedal, level_mode="raw", **levels).render(x, RATE) * np.float32(gain_from_db(-4.75))
        want = Sound(amp, interface=None, level_mode="raw", quality=quality).render(heard, RATE)
    got = row.render(x, RATE)
    if quality != 1:  # the filters of a file look ahead: rendered apart, the second hears the end of the file too early
        got, want = got[:-500], want[:-500]
    assert db_from_gain(np.abs(got - want).max() / np.abs(want).max()) < -120.0
    other = one_after_the_other(pedal, amp, 0.0, x, **levels)[: got.size]
    assert db_from_gain(np.abs(got - other).max() / np.abs(want).max()) > -40.0  # the gain counts


def test_of_every_kind_and_cut_into_any_blocks_it_is_the_same(tmp_path):
    kinds = [model(NANO), Model.load(write(tmp_path / "lstm.nam", lstm(1, 16))), model(A2)]
    x = guitar(RATE // 4)
    for first, second in ((kinds[0], kinds[1]), (kinds[1], kinds[2]), (kinds[2], kinds[0])):
        row = Row.of(first, second)
        network = row.network()
        whole = network.process(x)
        network.reset()
        cuts = [0, 1, 2, 65, 321, 1000, 1001, 5000, x.size]
        pieces = [network.process(x[a:b]) for a, b in pairwise(cuts)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole)
        assert np.abs(whole).max() > 1e-4


def test_silence_in_front_of_a_model_that_rests_at_a_constant_is_silence_for_the_second(tmp_path):
    some = (Model.load(write(tmp_path / f"{seed}.nam", lstm(1, 8, seed=seed))) for seed in range(20))
    rests = next(each for each in some if abs(each.network().process(np.zeros(1))[0]) > 1e-3)
    alone, row = model(NANO).network(), Row.of(rests, model(NANO)).network()
    np.testing.assert_allclose(row.process(np.zeros(4000)), alone.process(np.zeros(4000)), atol=1e-4)


def test_where_a_level_is_missing_the_loudness_of_the_first_decides_and_it_is_said():
    loud, second = Loudness(-9.0, MEASURED), Level(14.0, FROM_MODEL)
    found = between_gain(None, second, loud, -15.0)
    assert (found.gain_db, found.in_volts) == (-6.0, False)
    assert "the first model says no output level" in str(found)
    assert "measured by rig" in str(found)
    both = between_gain(None, None, loud, -15.0)
    assert "first model says no output level and the second model says no input level" in str(both)
    assert between_gain(12.0, second, loud, -15.0).gain_db == -2.0
    assert "cannot be right" in str(between_gain(500.0, second, loud, -15.0))
    assert between_gain(None, second, Loudness(None, MEASURED), -15.0).gain_db == 0.0
    row = Row.of(model(NANO), model(A2))  # the bundled ones state both
    assert row.between.in_volts


def test_the_guitar_is_as_loud_as_a_model_that_changes_nothing_would_measure(tmp_path):
    from rig.nam.loudness import measure_loudness_db

    content = {"version": "0.5.4", "architecture": "Linear", "sample_rate": 48000}
    content |= {"config": {"receptive_field": 1, "bias": False}, "weights": [1.0]}
    (tmp_path / "wire.nam").write_text(json.dumps(content))
    measured_db = measure_loudness_db(Model.load(tmp_path / "wire.nam"))
    assert guitar_db() == pytest.approx(measured_db, abs=0.02)


def test_a_level_that_was_entered_wins_and_goes_with_its_model(pedal, amp):
    row = Row.of(pedal, amp, second_input_dbu=9.5)
    assert row.between.gain_db == 0.0
    assert "entered by you" in str(row.between)
    assert row.changed(first=model(NANO)).second_input_dbu == 9.5
    assert row.changed(second=model(NANO)).second_input_dbu is None


def test_each_can_be_off_and_then_the_other_plays_as_if_alone(pedal, amp):
    x, interface = guitar(RATE // 2), Level(12.2, "test")
    for off, alone in (("first", amp), ("second", pedal)):
        row = Row.of(pedal, amp, off=off)
        got, want = Sound(row, interface=interface), Sound(alone, interface=interface)
        assert str(got.calibration) == str(want.calibration)
        assert str(got.output) == str(want.output)
        np.testing.assert_array_equal(got.render(x, RATE), want.render(x, RATE))
        assert row.macs_per_sample == alone.macs_per_sample


def test_each_has_its_own_quality_and_never_more_than_the_sound(pedal, amp):
    plain, both = Row.of(pedal, amp), Row.of(pedal, amp, first_quality=1, second_quality=4)
    late = [each.network(48000.0, 4).latency_samples for each in (pedal, amp)]
    assert plain.network(48000.0, 4).latency_samples == sum(late)
    assert both.network(48000.0, 4).latency_samples == late[1]
    assert both.network(48000.0, 1).latency_samples == 0


def test_the_trim_is_on_top_of_the_volts_and_is_no_reason_to_measure_again(pedal, amp):
    row = Row.of(pedal, amp, between_trim_db=6.0)
    assert row.between_gain_db == pytest.approx(row.between.gain_db + 6.0)
    sound = Sound(Row.of(pedal, amp)).with_loudness()
    assert sound.loudness is not None
    assert sound.changed(model=row).measured == sound.measured
    assert sound.changed(model=Row.of(amp, pedal)).measured is None


def test_what_it_is_worth_is_measured_with_both_and_its_smaller_size_is_that_of_both(pedal, amp):
    sound = Sound([pedal, amp]).with_loudness()
    assert sound.loudness is not None
    assert sound.loudness.basis == MEASURED
    smaller = sound.model.smaller()
    assert smaller is not None
    assert smaller.macs_per_sample == pedal.macs_per_sample + amp.smaller().macs_per_sample
    assert Row.of(pedal, pedal).smaller() is None


def test_what_is_odd_about_a_row_is_said(tmp_path, pedal):
    rig_model = with_levels(tmp_path / "rig.nam", A2, gear_type="amp_cab")
    assert any("hears a loudspeaker" in each for each in Row.of(rig_model, pedal).warnings)
    assert not any("loudspeaker" in each for each in Row.of(pedal, rig_model).warnings)
    content = json.loads(NANO.read_text())
    content["sample_rate"] = 96000
    (tmp_path / "fast.nam").write_text(json.dumps(content))
    mixed = Row.of(pedal, Model.load(tmp_path / "fast.nam"))
    assert any("48000 Hz" in each and "96000 Hz" in each for each in mixed.warnings)
    assert np.isfinite(mixed.network(48000.0).process(guitar(4000))).all()


def test_what_cannot_be_is_refused_in_a_sentence(pedal, amp):
    with pytest.raises(ModelError, match="two models together, no more"):
        Row.of(Row.of(pedal, amp), amp)
    with pytest.raises(ArgumentError, match="one model, or two"):
        Sound([pedal, amp, pedal])
    with pytest.raises(ArgumentError, match=r"rig\.Model"):
        Sound([pedal, "amp.nam"])
    with pytest.raises(LevelError, match="cannot be right"):
        Row.of(pedal, amp, second_input_dbu=500.0)
    with pytest.raises(LevelError, match="trim"):
        Row.of(pedal, amp, between_trim_db=99.0)
    with pytest.raises(RigError, match="quality"):
        Row.of(pedal, amp, first_quality=3)
    assert Sound([pedal]).model is pedal


def test_two_files_are_named_with_a_plus_and_a_file_with_a_plus_in_its_name_is_that_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("pedal.nam", "amp.nam", "boost+.nam", "a+b.nam"):
        (tmp_path / name).write_bytes(NANO.read_bytes())
    row = load_model("pedal.nam+amp.nam")
    assert isinstance(row, Row)
    assert (row.first.path.name, row.second.path.name) == ("pedal.nam", "amp.nam")
    assert not isinstance(load_model("a+b.nam"), Row)
    assert load_model("boost+.nam+a+b.nam").second.path.name == "a+b.nam"
    whole = whole_path(load_path := tmp_path / "pedal.nam+amp.nam")
    assert row_parts(load_path) is not None
    monkeypatch.chdir("/")
    assert load_model(whole).second.path == tmp_path / "amp.nam"
    with pytest.raises(ModelError, match=r"gone\.nam"):
        load_model(f"{tmp_path / 'pedal.nam'}+gone.nam")
    with pytest.raises(ModelError):
        load_model("nothing+here")


def test_standard_in_front_of_lstm_is_as_loud_as_its_levels_say(tmp_path):
    first = Model.load(write(tmp_path / "standard.nam", a1_standard()))
    second = Model.load(write(tmp_path / "lstm.nam", lstm(1, 16)))
    row = Row.of(first, second)
    assert not row.between.in_volts  # the tests' own models state no level
    assert row.is_recurrent
    assert row.receptive_field_samples == first.receptive_field_samples + second.receptive_field_samples - 1
