"""The worked numbers of level calibration, as a player meets them with a multimeter in hand."""

from __future__ import annotations

import pytest

from rig.capture import levels
from rig.capture.levels import CaptureLevels, advice_on_send, meter_doubt, peak_volts
from rig.decibels import gain_from_db
from rig.errors import LevelError
from rig.levels import calibrated_output_gain_db, input_gain_db, volts_rms_from_dbu


@pytest.mark.parametrize(
    ("volts", "dbfs", "dbu"), [(6.40, 0, 18.34), (1.00, -12, 14.22), (1.500, 0, 5.74), (3.000, 0, 11.76)]
)
def test_a_multimeter_at_the_send_gives_the_input_level(volts, dbfs, dbu):
    assert levels.send_level_dbu(volts, dbfs) == pytest.approx(dbu, abs=0.005)


def test_the_return_follows_from_the_send_plugged_into_it():
    send = levels.send_level_dbu(6.40)
    assert levels.return_level_dbu(send, -6.5, -0.5) == pytest.approx(12.34, abs=0.005)
    # Back again: the input of a return that is known gives the send.
    assert levels.send_level_from_known_input_dbu(12.34, -6.5, -0.5) == pytest.approx(18.34, abs=0.005)


def test_without_a_meter_a_known_input_or_the_data_sheet_serves():
    assert levels.send_level_from_known_input_dbu(12.2, -12, -9.5) == pytest.approx(14.7)
    assert levels.known_input_dbu(14.7, -12, -9.5) == pytest.approx(12.2)
    assert levels.known_input_dbu(14.7, -12, -4.5, preamp_gain_db=5) == pytest.approx(12.2)
    assert levels.send_level_from_spec_dbu(24, -3, 9) == 12
    assert levels.return_level_from_spec_dbu(24, 6) == 18


TABLE = [
    (0, 0.775, 1.095),
    (4, 1.228, 1.736),
    (5.74, 1.500, 2.121),
    (11.76, 3.000, 4.242),
    (12, 3.084, 4.361),
    (12.2, 3.156, 4.463),
    (12.5, 3.266, 4.619),
    (13, 3.460, 4.893),
    (15, 4.356, 6.160),
    (18, 6.153, 8.701),
    (19, 6.904, 9.763),
    (24, 12.277, 17.362),
]


@pytest.mark.parametrize(("dbu", "rms", "peak"), TABLE)
def test_dbu_in_volts(dbu, rms, peak):
    assert volts_rms_from_dbu(dbu) == pytest.approx(rms, abs=6e-4)
    assert peak_volts(dbu) == pytest.approx(peak, abs=1.1e-3)


@pytest.mark.parametrize(
    ("interface", "knob", "model", "gain_db", "gain"),
    [
        (12.2, 0, 5.74, 6.46, 2.103778),
        (12.2, 0, 11.76, 0.44, 1.051962),
        (12.2, 0, 15, -2.80, 0.724436),
        (12.2, 5, 15, -7.80, 0.407380),
        (12.2, 0, 18, -5.80, 0.512861),
        (15.0, 0, 11.76, 3.24, 1.452112),
        (15.0, 0, 15, 0.00, 1.000000),
        (12.5, 0, 15, -2.50, 0.749894),
        (12, 0, 19, -7.00, 0.446684),
    ],
)
def test_a_captured_level_gives_the_players_input_gain(interface, knob, model, gain_db, gain):
    assert input_gain_db(interface, model, knob) == pytest.approx(gain_db)
    assert gain_from_db(input_gain_db(interface, model, knob)) == pytest.approx(gain, abs=1e-6)


def test_a_captured_output_level_gives_the_calibrated_output_gain():
    assert calibrated_output_gain_db(10, 12) == -2


def test_what_a_source_loses_into_a_load():
    assert levels.loading_db(10e3, 1e6) == pytest.approx(-0.09, abs=0.005)
    assert levels.loading_db(10e3, 68e3) == pytest.approx(-1.2, abs=0.01)


def test_digital_gain_is_kept_in_the_books():
    levels = CaptureLevels(18.0, "multimeter", 12.3, "multimeter", send_trim_db=-3.0, wet_scale_db=2.0)
    assert levels.input_level_dbu == 15.0
    assert levels.output_level_dbu == pytest.approx(10.3)
    assert levels.with_trim(-6.0).input_level_dbu == 12.0
    assert levels.to_json()["input_method"] == "multimeter"


def test_what_is_not_known_stays_unknown():
    values = CaptureLevels(send_trim_db=-3.0).to_json()
    assert values["input_level_dbu"] is None and values["output_level_dbu"] is None
    assert values["input_method"] == values["output_method"] == "unknown"


def test_a_level_that_cannot_be_right_is_refused():
    with pytest.raises(LevelError, match="send level of 90 dBu"):
        CaptureLevels(send_dbu=90.0)
    with pytest.raises(LevelError, match="by multimeter, loopback-to-known-input, spec, unknown, not by 'guess'"):
        CaptureLevels(send_dbu=9.0, send_method="guess")
    with pytest.raises(LevelError, match="above zero"):
        levels.send_level_dbu(0.0)


def test_a_timid_or_hot_send_is_said_and_a_right_one_is_not():
    assert "timid" in advice_on_send(7.9)
    assert "hotter" in advice_on_send(20.1)
    assert advice_on_send(12.0) is advice_on_send(18.0) is None


def test_a_meter_for_mains_is_found_out():
    assert meter_doubt(1.0, 1.02) is None
    assert "200 Hz" in meter_doubt(1.0, 0.9)
