"""What is kept of this desk counts in a comparison too: the send for a training signal, the interface for a guitar."""

from __future__ import annotations

import json

import model_files
import numpy as np
import pytest

import rig
from rig.audio.wav import write
from rig.cli import main
from rig.compare.models import take_files
from rig.errors import ConfigError
from rig.library.calibrated_levels import KnownLevel, remember, settings_file
from rig.nam import Model
from rig.trainer.layout import KNOWN_FROM_S, SILENCE_END_S, VALIDATION_S, has_training_layout

RATE = 48000
APOLLO = KnownLevel(12.2, "table, article", "2026-01-31", "Apollo 8x")
SEND = KnownLevel(18.34, "multimeter", "2026-01-31")
MODEL_DBU = 15.0


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


@pytest.fixture
def model(tmp_path):
    document = model_files.wavenet([4, 2], seed=0, dilations=(1, 2, 4, 8))
    document["metadata"] = {"input_level_dbu": MODEL_DBU}
    return model_files.write(tmp_path / "gear.nam", document)


@pytest.fixture
def guitar(config, model):
    """A DI and the gear that heard it 2.8 dB softer than the numbers in the file: 12.2 dBu where the model says 15."""
    rng = np.random.default_rng(1)
    x = (0.2 * rng.standard_normal(2 * RATE) * np.tile(np.exp(-np.arange(RATE // 4) / 3000), 8)).astype(np.float32)
    write(config / "di.wav", x, RATE, "FLOAT")
    write(config / "amp.wav", Model.load(model).render((x * 10 ** (-2.8 / 20)).astype(np.float32)), RATE, "FLOAT")
    return config / "di.wav", config / "amp.wav"


@pytest.fixture
def training(config):
    """A pair in the trainer's layout, in the folder of a capture that states no level."""
    folder, rng = config / "e570", np.random.default_rng(2)
    folder.mkdir()
    x = 0.1 * rng.standard_normal(int(KNOWN_FROM_S) * RATE)
    x[VALIDATION_S * RATE : SILENCE_END_S * RATE] = 0
    x[-VALIDATION_S * RATE :] = x[: VALIDATION_S * RATE]
    assert has_training_layout(x, RATE)
    for name in ("dry.wav", "wet.wav"):
        write(folder / name, x, RATE, "FLOAT")
    return folder


def test_a_guitar_enters_the_models_at_the_level_of_the_kept_interface(guitar, model, capsys):
    untold = rig.compare_models(*guitar, [model]).scores[0]
    assert untold.input_gain_basis == "0.0 dB: the capture's level is not known (--capture-dbu X states it)"
    remember(interface=APOLLO, send=SEND)
    told = rig.compare_models(*guitar, [model]).scores[0]
    basis = "12.2 dBu (kept: Apollo 8x, table, article, 2026-01-31) - 15.0 dBu (model) = -2.8 dB"
    assert told.input_gain_db == pytest.approx(-2.8)
    assert told.input_gain_basis == basis
    assert told.esr < 1e-9 < untold.esr
    assert main(["compare", *map(str, guitar), str(model)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"Input {basis}" in said
    assert "not stated" not in said


def test_what_is_said_wins_and_nothing_can_be_said(guitar, model, capsys):
    remember(interface=APOLLO)
    assert rig.compare_models(*guitar, [model], capture_dbu=6.0).scores[0].input_gain_db == pytest.approx(-9.0)
    assert rig.compare_models(*guitar, [model], capture_dbu=None).scores[0].input_gain_db == 0.0
    for value, gain_db in (("6", -9.0), ("none", 0.0), ("kept", -2.8)):
        assert main(["compare", *map(str, guitar), str(model), "--capture-dbu", value, "--json"]) == 0
        score = json.loads(capsys.readouterr().out)["scores"][0]
        assert score["input_gain_db"] == pytest.approx(gain_db), value
    assert main(["compare", *map(str, guitar), str(model), "--capture-dbu", "loud"]) == 2
    assert "'loud' is no level: a number of dBu, kept or none is" in capsys.readouterr().err


def test_a_training_signal_went_out_at_the_send_with_its_trim(training):
    files = take_files(training, None)
    assert files.input_dbu is None
    remember(interface=APOLLO)
    assert take_files(training, None).input_dbu is None  # it never came in at the interface
    remember(send=SEND)
    for found in (take_files(training, None), take_files(training / "dry.wav", training / "wet.wav")):
        assert found.input_dbu == pytest.approx(18.34)
        assert found.input_basis == "kept: send, multimeter, 2026-01-31"
    levels = {"input_level_dbu": None, "send_trim_db": -6.0}
    (training / "capture.json").write_text(json.dumps({"schema": 1, "levels": levels}))
    found = take_files(training, None)
    assert found.input_dbu == pytest.approx(12.34)
    assert found.input_basis == "kept: send, multimeter, 2026-01-31, send trim -6.0 dB"


def test_what_a_capture_states_is_never_replaced_by_what_is_kept(training):
    levels = {"input_level_dbu": 9.5, "input_method": "multimeter", "send_trim_db": -6.0}
    (training / "capture.json").write_text(json.dumps({"schema": 1, "levels": levels}))
    remember(send=SEND, interface=APOLLO)
    found = take_files(training, None)
    assert (found.input_dbu, found.input_basis) == (9.5, "capture, multimeter")
    assert take_files(training, None, None).input_dbu is None
    settings_file().write_text("{")
    assert take_files(training, None).input_dbu == 9.5  # so nobody looks there
    (training / "capture.json").unlink()
    with pytest.raises(ConfigError, match=r"calibration\.json: damaged"):
        take_files(training, None)
