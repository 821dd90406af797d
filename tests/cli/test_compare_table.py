"""The tables of `rig compare`, as a terminal shows them."""

from __future__ import annotations

import sys
from dataclasses import replace

import model_files
import numpy as np
import pytest
from scipy.signal import sosfilt

import rig
from rig.audio.wav import write
from rig.cli.compare_report import EQ_HZ, report

RATE = 48000


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A wire, and a louder one that is upside down, against gear with more bass."""
    folder = tmp_path_factory.mktemp("compared")
    for name, gain in (("wire", 1.0), ("upside-down", -2.0)):
        linear = model_files.finished("Linear", {"receptive_field": 1, "bias": False}, [gain])
        model_files.write(folder / f"{name}.nam", linear)
    x = 0.1 * np.random.default_rng(0).standard_normal(3 * RATE)
    write(folder / "dry.wav", x, RATE, "FLOAT")
    write(folder / "wet.wav", sosfilt([[1.1, 0.0, 0.0, 1.0, -0.3, 0.0]], x), RATE, "FLOAT")
    models = sorted(folder.glob("*.nam"))
    return rig.compare_models(folder / "dry.wav", folder / "wet.wav", models, capture_dbu=None)


@pytest.fixture
def terminal(monkeypatch):
    """80 columns."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def rows_of(name, text):
    return [line for line in text.splitlines() if line.startswith(name)]


def test_every_figure_is_shown_where_it_is_asked_for_and_fits_80_columns(found, terminal):
    usual, every = report(found), report(found, every_figure=True)
    assert max(map(len, every.splitlines())) <= 80
    assert "pre-emph" not in usual and "filter" in every and "pre-emph" in every
    wire = next(score for score in found.scores if score.name == "wire")
    row, _ = rows_of("wire.nam", usual)  # the second is by input level
    assert row.split()[1:4] == [f"{wire.null_db:.1f}", f"{wire.esr_matched:.4f}", f"{wire.esr_a_weighted:.4f}"]
    assert row.split()[-1] == f"{wire.log_spectrum_db:.2f}"
    _, more, of_eq, _ = rows_of("wire.nam", every)
    assert more.split()[1:3] == [f"{wire.null_equalised_db:.1f}", f"{wire.esr_pre_emphasised:.4f}"]
    linear = [f"{100 * wire.error_shares[kind]:.0f}" for kind in ("eq", "filter")]
    assert more.split()[5:] == [*linear, "-", "-"]  # noise without a pause
    assert of_eq.split()[1:] == [f"{wire.eq_curve_db[hz]:+z.1f}" for hz in EQ_HZ]


def test_figures_that_are_large_keep_their_columns_apart(found, terminal):
    huge = replace(found.scores[0], esr=6235.8896, lag_samples=-9339.85, polarity=-1, esr_a_weighted=0.9863)
    row, *_ = rows_of("w ", report(replace(found, scores=(replace(huge, file="w"),))))
    assert "0.9863     6236" in row and " -9339.9 inv " in row
    assert len(row.split()) == 10


def test_aliases_that_are_not_known_are_said_to_be_so(found, terminal):
    first, second = found.scores
    unknown = replace(second, aliasing_db=None, aliasing_basis="not known of recordings, as the dry file holds no tone")
    text = " ".join(report(replace(found, scores=(first, unknown))).split())
    assert f"Aliases what folds back of a sine of 2489 Hz at -12 dBFS: {first.file} {first.aliasing_db:.0f} dB" in text
    assert f"Aliases not known of recordings, as the dry file holds no tone: {second.file}" in text
