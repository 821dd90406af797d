"""The reference vectors as gear and as recordings: what a model answers and what is recorded of it are one sound."""

from __future__ import annotations

import numpy as np
import pytest
from places import ROOT

import rig
from rig.audio.align import shifted
from rig.audio.wav import write

REFERENCE = ROOT.parent / "shared" / "reference"
RATE = 48000
PAIRS = (
    ("community_lite_12_6", "community_feather_8_4"),
    ("community_standard_16_8", "core_wavenet_a1_standard"),
    pytest.param("core_wavenet_a1_standard", "community_lite_12_6", marks=pytest.mark.soak),
)
FIGURES = ("esr_aligned", "esr_matched", "esr_pre_emphasised", "crest_db")

pytestmark = pytest.mark.skipif(not (REFERENCE / "index.json").exists(), reason="needs ../shared/reference")


def expected(name):
    return np.load(REFERENCE / "expected" / f"{name}.npy").astype(float)


def same_figures(recording, model, changed_db=0.0, sign=1):
    for name in FIGURES:
        a, b = getattr(recording, name), getattr(model, name)
        if changed_db == 0.0 or name != "esr_aligned":
            assert a == pytest.approx(b, rel=0.01), name
    for level, ratio in model.esr_by_input_level.items():
        found = recording.esr_by_input_level[level]
        assert (found is None) == (ratio is None) and (ratio is None or found == pytest.approx(ratio, rel=0.01))
    for hz, depth in model.null_by_octave_db.items():
        found = recording.null_by_octave_db[hz]
        assert (found is None) == (depth is None) and (depth is None or found == pytest.approx(depth, abs=0.04))
    assert recording.polarity == sign * model.polarity
    assert (recording.state, recording.verdict) == (model.state, model.verdict)


@pytest.mark.parametrize(("gear", "other"), PAIRS)
def test_a_recording_of_a_model_has_the_figures_of_the_model(tmp_path, gear, other):
    write(tmp_path / "wet.wav", expected(gear), RATE, "FLOAT")
    write(tmp_path / "plain.wav", expected(other), RATE, "FLOAT")
    moved = -(10 ** (-3 / 20)) * shifted(expected(other), 0.37)
    write(tmp_path / "moved.wav", moved, RATE, "FLOAT")
    candidates = [REFERENCE / "models" / f"{other}.nam", tmp_path / "plain.wav", tmp_path / "moved.wav"]
    found = rig.compare_models(REFERENCE / "input.wav", tmp_path / "wet.wav", candidates, capture_dbu=None)
    assert not found.failures
    scores = {score.file: score for score in found.scores}
    model, plain, turned = (scores[path.name] for path in candidates)
    same_figures(plain, model)
    assert plain.esr == pytest.approx(model.esr, rel=0.01)
    assert plain.lag_samples == pytest.approx(model.lag_samples, abs=0.02)
    assert plain.gain_db == pytest.approx(model.gain_db, abs=0.05)
    assert plain.loudness_difference_lu == pytest.approx(model.loudness_difference_lu, abs=0.05)
    assert plain.spectral_difference_db == pytest.approx(model.spectral_difference_db, rel=0.01)
    same_figures(turned, model, -3.0, -1)
    assert turned.lag_samples == pytest.approx(model.lag_samples - 0.37, abs=0.02)
    assert turned.gain_db == pytest.approx(model.gain_db + 3.0, abs=0.05)
    assert turned.loudness_difference_lu == pytest.approx(model.loudness_difference_lu - 3.0, abs=0.05)
