"""The loudness that rig measures where a file states none, against closed forms and against what files do state."""

from __future__ import annotations

import numpy as np
import pytest
from model_files import linear_from
from places import SHARED
from rigs import A2, NANO

from rig.nam import Model, loudness
from rig.nam.loudness import measure_loudness_db

REFERENCE = SHARED / "reference" / "models"


def test_the_stimulus_has_the_figures_of_the_trainers():
    for seed in range(loudness.SEEDS):
        x = loudness.stimulus(seed).astype(float)
        assert x.shape == (48000,)
        assert x.mean() == pytest.approx(-0.0397, abs=1e-6)
        assert 20 * np.log10(x.std()) == pytest.approx(-15.19, abs=0.001)
        assert 10 * np.log10(np.mean(x**2)) == pytest.approx(-14.97, abs=0.01)
        assert np.abs(x).max() < 1.0  # no louder than any guitar can be


def test_every_octave_of_the_stimulus_has_the_same_power():
    power = np.abs(np.fft.rfft(loudness.stimulus(0).astype(float))) ** 2  # by Hz, as it lasts one second
    # A sum of 1 / f over an octave starting at n is ln 2 - 1 / (4 n) and less: 0.05 dB at 32 Hz.
    octaves = [10 * np.log10(power[32 << i : 64 << i].sum()) for i in range(8)]
    assert np.ptp(octaves) < 0.1
    assert power[2] == pytest.approx(500 * power[1000], rel=0.01)


@pytest.mark.parametrize(("gain", "rate"), [(1.0, 48000), (0.125, 48000), (-4.0, 44100)])
def test_the_loudness_of_a_gain_is_that_of_the_stimulus_and_the_gain(tmp_path, gain, rate):
    # Power around the mean and of the mean add up. 0.001 dB: rounding to float32.
    model = linear_from(tmp_path / "gain.nam", [gain], rate=rate)
    stimulus_db = 10 * np.log10(10**-1.519 + 0.0397**2)
    assert measure_loudness_db(model) == pytest.approx(stimulus_db + 20 * np.log10(abs(gain)), abs=0.001)


@pytest.mark.parametrize("gain", [0.0, 1e-9])
def test_a_silent_model_has_no_loudness(tmp_path, gain):
    assert measure_loudness_db(linear_from(tmp_path / "silent.nam", [gain])) is None


def test_a_model_that_answers_with_what_is_no_number_has_no_loudness(tmp_path):
    assert measure_loudness_db(linear_from(tmp_path / "infinite.nam", [3e38, 3e38, 3e38])) is None


# One draw of the stimulus, the mean of all. The trainer's noise is one draw of its own: over 14 models, random noise of
# the same spectrum lay up to 0.52 dB from it, and the mean of four up to 0.33 dB.
ONE_DB, MEAN_DB = 0.52, 0.33


def check_against_the_file(path, monkeypatch):
    model = Model.load(path)
    assert model.loudness_db is not None
    assert measure_loudness_db(model) == pytest.approx(model.loudness_db, abs=MEAN_DB)
    monkeypatch.setattr(loudness, "SEEDS", 1)
    assert measure_loudness_db(model) == pytest.approx(model.loudness_db, abs=ONE_DB)


@pytest.mark.parametrize("path", [NANO, A2], ids=lambda path: path.name)
def test_the_models_that_come_with_rig_measure_as_loud_as_they_state(path, monkeypatch):
    check_against_the_file(path, monkeypatch)


# Of the reference models these were trained; the others hold random weights and a round number for their loudness.
@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference set is not here")
@pytest.mark.parametrize("name", ["core_A2", "core_lstm", "core_wavenet"])
def test_the_reference_models_measure_as_loud_as_they_state(name, monkeypatch):
    check_against_the_file(REFERENCE / f"{name}.nam", monkeypatch)
