import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig import levels
from rig.decibels import db_from_gain, gain_from_db
from rig.errors import LevelError
from rig.levels import FROM_MODEL, MEASURED, Level, Loudness, calibration, input_gain_db, output_gain

APOLLO = Level(12.2, "Apollo 8x, article")
STATED = Loudness(-14.2, FROM_MODEL)


@pytest.mark.parametrize(
    ("model_dbu", "gain_db", "gain"),
    [(5.74, 6.46, 2.103778), (11.76, 0.44, 1.051962), (15.0, -2.80, 0.724436), (18.0, -5.80, 0.512861)],
)
@pytest.mark.parametrize("knob_db", [0.0, 5.0])
def test_gain_table_of_the_gain_staging_article(model_dbu, gain_db, gain, knob_db):
    # overdriven.fr, 2025: an Apollo 8x (12.2 dBu) in front of models captured at four send levels.
    result = input_gain_db(12.2, model_dbu, preamp_gain_db=knob_db)
    assert result == pytest.approx(gain_db - knob_db)
    assert gain_from_db(result + knob_db) == pytest.approx(gain, abs=1e-6)
    shown = calibration(APOLLO, Level(model_dbu, levels.FROM_MODEL), knob_db)
    assert shown.gain_db == pytest.approx(gain_db - knob_db)


@pytest.mark.parametrize(
    ("interface_dbu", "model_dbu", "gain_db"),
    [(15.0, 11.76, 3.24), (15.0, 15.0, 0.0), (12.5, 15.0, -2.5), (12.0, 19.0, -7.0)],
)
def test_other_published_examples_of_the_input_gain(interface_dbu, model_dbu, gain_db):
    assert input_gain_db(interface_dbu, model_dbu) == pytest.approx(gain_db)


def test_the_plugins_own_example_of_the_calibrated_output():
    # Model at 19 dBu in and 10 dBu out, interface at 12 dBu: -7 dB before it and -2 dB after it.
    assert levels.calibrated_output_gain_db(10.0, 12.0) == pytest.approx(-2.0)


def test_a_higher_gain_knob_lifts_the_calibrated_output_as_much_as_it_lowers_the_input():
    before = levels.input_gain_db(12.0, 15.0, 5.0) - levels.input_gain_db(12.0, 15.0)
    after = levels.calibrated_output_gain_db(10.0, 12.0, 5.0) - levels.calibrated_output_gain_db(10.0, 12.0)
    assert before == -5.0
    assert after == 5.0


def test_the_sum_is_shown_whole_with_the_basis_of_each_number():
    shown = calibration(APOLLO, Level(15.0, levels.FROM_MODEL), 5.0)
    assert str(shown) == "12.2 dBu (Apollo 8x, article) - 15.0 dBu (model) - 5.0 dB (gain knob) = -7.8 dB"


def test_two_decimals_are_shown_where_one_would_make_the_sum_look_wrong():
    shown = calibration(APOLLO, Level(5.74, levels.FROM_MODEL))
    assert str(shown) == "12.2 dBu (Apollo 8x, article) - 5.74 dBu (model) - 0.0 dB (gain knob) = 6.46 dB"


def test_a_level_typed_in_says_so():
    shown = calibration(APOLLO, levels.entered_level(15.0, "model input level"))
    assert "15.0 dBu (entered by you)" in str(shown)


def test_a_sum_that_ends_in_nothing_is_not_shown_as_minus_nothing():
    assert str(calibration(Level(15.0, "box"), Level(15.0, "model"))).endswith("= 0.0 dB")
    assert str(calibration(Level(14.999, "box"), Level(15.0, "model"))).endswith("= 0.0 dB")


def test_without_levels_the_gain_is_zero_and_everything_missing_is_named():
    shown = calibration(None, None, 5.0)
    assert shown.gain_db == 0.0
    assert shown.terms == ()
    assert str(shown) == (
        "0.0 dB: the model says no input level (--model-input-dbu X supplies it) "
        "and no interface is named (--interface NAME or --max-input-dbu X)"
    )


def test_only_what_is_missing_is_named():
    assert str(calibration(APOLLO, None)) == "0.0 dB: the model says no input level (--model-input-dbu X supplies it)"
    without_interface = calibration(None, Level(15.0, "model"))
    assert str(without_interface) == "0.0 dB: no interface is named (--interface NAME or --max-input-dbu X)"


@pytest.mark.parametrize("absurd_dbu", [1e30, -61.0])
def test_an_absurd_input_level_in_a_file_is_named_and_not_used(absurd_dbu):
    shown = calibration(APOLLO, Level(absurd_dbu, levels.FROM_MODEL))
    assert shown.gain_db == 0.0
    assert "cannot be right (--model-input-dbu X replaces it)" in str(shown)


@pytest.mark.parametrize("absurd_dbu", [math.inf, math.nan])
def test_what_is_no_finite_number_is_no_level(absurd_dbu):
    with pytest.raises(LevelError, match="takes a finite number"):
        Level(absurd_dbu, levels.FROM_MODEL)


@pytest.mark.parametrize("absurd_dbu", [1e30, -61.0, math.inf, math.nan])
def test_an_absurd_output_level_in_a_file_is_named_and_not_used(absurd_dbu):
    after = output_gain("calibrated", STATED, absurd_dbu, APOLLO)
    assert (after.gain_db, after.mode) == (0.0, "raw")
    assert "cannot be right" in after.text


def test_a_sum_beyond_sixty_decibels_is_limited_and_says_so():
    shown = calibration(Level(-60.0, "box"), Level(60.0, "model"), 0.0)
    assert shown.gain_db == -60.0
    assert str(shown).endswith("= -120.0 dB, limited to -60.0 dB")


def test_the_output_is_normalized_when_nothing_is_asked():
    gain = output_gain(None, STATED, None, None)
    assert gain.mode == "normalized"
    assert gain.gain_db == pytest.approx(-3.8)
    assert gain.text == "normalized: -18.0 dB (target) - -14.2 dB (model loudness) = -3.8 dB"


def test_a_measured_loudness_says_so():
    gain = output_gain(None, Loudness(-21.3, MEASURED), None, None)
    assert (gain.mode, gain.gain_db) == ("normalized", pytest.approx(3.3))
    assert gain.text == "normalized: -18.0 dB (target) - -21.3 dB (model loudness, measured by rig) = 3.3 dB"


def test_a_model_without_an_answer_is_played_raw_and_why_is_said():
    gain = output_gain("normalized", Loudness(None, MEASURED), None, None)
    assert (gain.gain_db, gain.mode) == (0.0, "raw")
    assert "answers rig's test signal with silence" in gain.text


@pytest.mark.parametrize("mode", [None, "normalized"])
@pytest.mark.parametrize("loudness_db", [None, math.nan, 1e30])
def test_the_output_is_raw_where_the_file_has_no_usable_loudness(mode, loudness_db):
    gain = output_gain(mode, None if loudness_db is None else Loudness(loudness_db, FROM_MODEL), 12.3, APOLLO)
    assert (gain.gain_db, gain.mode) == (0.0, "raw")
    assert "the model" in gain.text


def test_the_calibrated_output_shows_its_sum():
    gain = output_gain("calibrated", STATED, 12.3, APOLLO, 5.0)
    assert gain.mode == "calibrated"
    assert gain.gain_db == pytest.approx(5.1)
    assert str(gain) == ("calibrated: 12.3 dBu (model) - 12.2 dBu (Apollo 8x, article) + 5.0 dB (gain knob) = 5.1 dB")


def test_the_calibrated_output_without_its_data_is_raw_and_names_it():
    gain = output_gain("calibrated", STATED, None, None)
    assert (gain.gain_db, gain.mode) == (0.0, "raw")
    assert gain.text == (
        "raw: 0.0 dB, as calibrated is not possible: the model says no output level "
        "and no interface is named (--interface NAME or --max-input-dbu X)"
    )


def test_raw_is_zero_decibels():
    assert output_gain("raw", STATED, 12.3, APOLLO) == levels.OutputGain(0.0, "raw", "raw: 0.0 dB")


@pytest.mark.parametrize("dbu", [math.nan, math.inf, -math.inf, 60.5, -61.0])
def test_a_level_that_cannot_be_right_is_refused(dbu):
    with pytest.raises(LevelError, match=r"Interface level of .* dBu cannot be right: it lies between -60 and 60"):
        levels.entered_level(dbu, "interface level")


@pytest.mark.parametrize("gain_db", [math.nan, math.inf, -1.0, 81.0])
def test_a_preamp_gain_that_cannot_be_right_is_refused(gain_db):
    with pytest.raises(LevelError, match=r"preamp gain of .* from 0 to 80 dB"):
        calibration(APOLLO, Level(15.0, "model"), gain_db)


@pytest.mark.parametrize("volts", [0.0, -1.0, math.nan, math.inf])
def test_a_voltage_without_a_level_is_refused(volts):
    with pytest.raises(LevelError, match="voltage"):
        levels.dbu_from_volts_rms(volts)


@given(st.floats(-60.0, 60.0))
def test_volts_and_decibels_come_back(dbu):
    # 1e-9 dB: a few roundings of double precision.
    assert levels.dbu_from_volts_rms(levels.volts_rms_from_dbu(dbu)) == pytest.approx(dbu, abs=1e-9)
    assert db_from_gain(gain_from_db(dbu)) == pytest.approx(dbu, abs=1e-9)
