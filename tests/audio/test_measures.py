"""Every figure of a signal against what it must be by arithmetic."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

import rig
from rig.audio import measures
from rig.audio.measures import FLOOR_DBFS, FULL_SCALE

RATE = 48000
SINE = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)  # whole periods of 48 samples, one of them at the very peak
SQUARE = np.where(np.arange(RATE) % 2, 1.0, -1.0)
SILENCE = np.zeros(RATE)
NOTHING = np.zeros(0)


def test_levels_are_not_referenced_to_a_sine():
    # 1e-9 dB: the rounding of a sum of 48000.
    assert measures.peak_dbfs(SINE) == pytest.approx(0.0, abs=1e-9)
    assert measures.rms_dbfs(SINE) == pytest.approx(10 * math.log10(0.5), abs=1e-9)
    assert measures.rms_dbfs(0.5 * SQUARE) == measures.peak_dbfs(0.5 * SQUARE) == pytest.approx(-6.0206, abs=1e-4)


def test_a_constant_counts_for_the_rms_but_not_for_that_of_what_can_be_heard():
    assert measures.rms_dbfs(0.1 * SINE + 0.5) == pytest.approx(10 * math.log10(0.005 + 0.25), abs=1e-9)
    assert measures.ac_rms_dbfs(0.1 * SINE + 0.5) == pytest.approx(-23.0103, abs=1e-4)
    assert measures.ac_rms_dbfs(np.ones(100)) == -math.inf


@pytest.mark.parametrize("level", [measures.rms_dbfs, measures.ac_rms_dbfs, measures.peak_dbfs])
@pytest.mark.parametrize("x", [SILENCE, NOTHING, SILENCE.astype(np.float32)])
def test_silence_has_a_level_of_minus_infinity_or_of_the_floor_that_is_asked_for(level, x):
    assert level(x) == -math.inf
    assert level(x, FLOOR_DBFS) == FLOOR_DBFS
    assert level(1e-12 * SINE, FLOOR_DBFS) == FLOOR_DBFS  # what is softer than the floor is the floor
    assert level(0.5 * SQUARE, FLOOR_DBFS) == pytest.approx(-6.0206, abs=1e-4)


def test_what_is_not_a_number_is_no_silence():
    for level in (measures.rms_dbfs, measures.ac_rms_dbfs, measures.peak_dbfs):
        assert math.isnan(level(np.array([0.0, math.nan, 0.0]), FLOOR_DBFS))
    assert measures.peak_dbfs(np.array([0.0, math.inf])) == math.inf


def test_squares_are_summed_in_double_precision_whatever_the_samples_are():
    soft = np.full(RATE, 1e-25, np.float32)  # the square of it is no float32
    assert measures.rms_dbfs(soft) == pytest.approx(-500.0, abs=1e-3)
    assert measures.energy(np.full(RATE, 0.1, np.float32)) == pytest.approx(RATE * float(np.float32(0.1)) ** 2)


def test_crest_factors():
    assert measures.crest_db(0.1 * SINE) == pytest.approx(10 * math.log10(2), abs=1e-9)
    assert measures.crest_db(SQUARE) == measures.crest_db(SILENCE) == measures.crest_db(NOTHING) == 0.0


def test_samples_at_full_scale_are_those_of_a_24_bit_converter_at_its_end():
    one = 2.0**-23
    assert measures.count_full_scale(np.array([1 - 3 * one, 1 - 2 * one, 1 - one, 1.0, 1.5, -1.0, 0.0])) == 5
    assert measures.count_full_scale(np.array([1 - 2 * one, 1 - 3 * one], np.float32)) == 1
    assert measures.count_full_scale(NOTHING) == 0


def test_the_esr_is_the_energy_of_the_error_over_that_of_the_target():
    assert measures.esr(SINE, SINE) == 0.0
    assert measures.esr(SILENCE, SINE) == pytest.approx(1.0)
    assert measures.esr(-SINE, SINE) == pytest.approx(4.0)
    assert measures.esr(1.1 * SINE, SINE) == pytest.approx(0.01)
    assert measures.esr(np.float32(0.5) * SINE.astype(np.float32), SINE) == pytest.approx(0.25)


@pytest.mark.parametrize("predicted", [SINE, SILENCE])
def test_the_esr_of_a_silent_target_is_infinite_and_no_error(predicted):
    assert measures.esr(predicted, SILENCE) == math.inf


def test_the_best_gain_leaves_the_least_error_and_is_one_for_silence():
    other = np.cos(2 * np.pi * 1000 * np.arange(RATE) / RATE)  # orthogonal to the sine
    assert measures.best_gain(SINE, 0.5 * SINE + other) == pytest.approx(0.5)
    assert measures.best_gain(SINE, -2 * SINE) == pytest.approx(-2.0)
    assert measures.best_gain(SILENCE, SINE) == 1.0


def test_each_figure_is_defined_once():
    names = r"(esr|rms_dbfs|ac_rms_dbfs|crest_db|best_gain|mean_square|count_full_scale)"
    pattern = re.compile(rf"^def {names}\(|^(FULL_SCALE|CLIPPED) = .*\*\* ?-22", re.MULTILINE)
    found = [
        next(filter(None, match.groups()))
        for path in Path(rig.__file__).parent.rglob("*.py")
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert sorted(found) == sorted({*found}) and len(found) == 8
    assert FULL_SCALE == 1 - 2**-22
