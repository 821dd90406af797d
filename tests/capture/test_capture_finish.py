"""`rig capture finish`, `cut` and `check`: names and levels reach a copy of the model, and only the right model."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import takes
from commandline import forked, refused
from rigs import NANO
from takes import recorded, signal

from rig.audio import wav
from rig.capture.levels import CaptureLevels
from rig.capture.result.finish import finish, judged
from rig.capture.result.gear_metadata import Gear
from rig.capture.result.save import save_capture
from rig.capture.signal.training_signal import as_24_bit, write_signal
from rig.capture.take.recording import Recording
from rig.errors import CaptureError, ModelError
from rig.files.hashing import sha256_of
from rig.nam import Model
from rig.trainer.layout import RATE


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """A capture whose gear is a model: the perfectly trained one is that model."""
    y = np.asarray(Model.load(NANO).render(signal().samples, 4096), np.float64)
    levels = CaptureLevels(18.34, "multimeter", None, "unknown", send_trim_db=-2.0)
    gear = Gear("Mine", gear_type="preamp", gear_make="Engl", tone_type="crunch")
    recording = Recording(recorded(0.5 * y / np.abs(y).max(), delay=20))
    done = save_capture(tmp_path_factory.mktemp("c"), "mine", signal(), recording, levels=levels, gear=gear)
    assert done.accepted, done.reason
    return done.folder


def test_names_levels_and_latency_reach_a_copy_and_the_rest_stays(capture, tmp_path):
    before = NANO.read_bytes()
    done = finish(capture, NANO, tmp_path / "out.nam")
    assert NANO.read_bytes() == before
    loaded = Model.load(tmp_path / "out.nam")
    assert (loaded.name, loaded.gear_make, loaded.tone_type) == ("Mine", "Engl", "crunch")
    assert loaded.input_level_dbu == pytest.approx(16.34)
    assert loaded.output_level_dbu == Model.load(NANO).output_level_dbu  # not known to the capture: as it was
    old, new = json.loads(before), json.loads((tmp_path / "out.nam").read_text())
    assert new["weights"] == old["weights"] and new["config"] == old["config"]
    record = new["metadata"]["training"]["rig"]
    sidecar = json.loads((capture / "capture.json").read_text())
    assert record["latency_samples"] == sidecar["latency"]["applied"] and record["validation_esr"] == done.esr
    assert new["metadata"]["loudness"] == old["metadata"]["loudness"]


def test_the_model_is_held_against_the_take_with_gain_and_lag_named(capture, tmp_path):
    done = finish(capture, NANO, tmp_path / "out.nam")
    y = Model.load(NANO).render(signal().samples, 4096)
    assert done.esr_aligned < 1e-4 < done.esr
    assert done.gain_db == pytest.approx(20 * np.log10(0.5 / np.abs(y).max()), abs=0.05)
    sidecar = json.loads((capture / "capture.json").read_text())
    assert done.lag_samples == pytest.approx(sidecar["latency"]["applied"] - 20, abs=0.1)
    assert set(done.esr_by_level_db) == {0, -6, -12, -24}


def test_a_model_of_something_else_is_refused(capture, tmp_path):
    content = json.loads(NANO.read_text())
    rng = np.random.default_rng(0)
    content["weights"] = [float(w) for w in rng.permutation(content["weights"])]
    (tmp_path / "other.nam").write_text(json.dumps(content))
    with pytest.raises(CaptureError, match=r"other\.nam: does not sound like the take of mine"):
        finish(capture, tmp_path / "other.nam", tmp_path / "out.nam")
    assert not (tmp_path / "out.nam").exists()
    assert finish(capture, tmp_path / "other.nam", tmp_path / "out.nam", accept=True).path.exists()


@pytest.mark.parametrize(
    ("figures", "verdict", "words"),
    [
        ((0.004, 0.004, 0.0, 0.0), "ok", "great"),
        ((0.03, 0.03, 0.0, 0.0), "ok", "not bad"),
        ((0.05, 0.05, 0.0, 0.0), "warn", "might be ok: train longer"),
        ((0.2, 0.2, 0.0, 0.0), "warn", "probably not good: train longer"),
        ((1.2, 0.012, 6.7, -3.0), "warn", "6.7 samples late and 3.0 dB too loud, ESR 1.2; with that taken out 0.012"),
        ((4.0, 0.001, 0.0, 0.0, True), "warn", "upside down, ESR 4"),
        ((1.2, 1.0, 40.0, 2.0), "fail", "still 1: something went wrong"),
        ((0.31, 0.31, 0.0, 0.0), "fail", "something went wrong"),
    ],
)
def test_a_finished_model_is_worth_what_the_trainers_bands_say_with_the_reason(figures, verdict, words):
    found, reason = judged(*figures)
    assert found == verdict and words in reason


def test_the_esr_is_the_trainers_which_leaves_out_what_a_model_cannot_know_yet(capture, tmp_path):
    """The trainer feeds the last 9 s alone, and compares from the first output on that knows its whole past."""
    done = finish(capture, NANO, tmp_path / "out.nam")
    model = Model.load(NANO)
    dry, wet = (wav.read(capture / name).samples[:, 0] for name in ("dry.wav", "wet.wav"))
    first = model.receptive_field_samples - 1
    played = np.asarray(model.render(dry[-9 * RATE :], 4096), np.float64)[first:]
    target = wet[-9 * RATE :][first:]
    assert done.left_out_samples == first > 1000
    assert done.esr == pytest.approx(np.sum((played - target) ** 2) / np.sum(target**2), rel=1e-4)
    assert done.verdict == "warn" and "samples" in done.reason and "dB too" in done.reason


def test_gear_that_is_silent_where_models_are_judged_is_named(capture, tmp_path):
    copy = tmp_path / "silent"
    shutil.copytree(capture, copy)
    wet = wav.read(copy / "wet.wav").samples[:, 0].copy()
    wet[-9 * RATE :] = 0.0
    wav.write(copy / "wet.wav", as_24_bit(wet), RATE, overwrite=True)
    content = json.loads((copy / "capture.json").read_text())
    content["files"]["wet.wav"] = sha256_of(copy / "wet.wav")
    (copy / "capture.json").write_text(json.dumps(content))
    with pytest.raises(CaptureError, match="silent: the gear is silent in the last 9 s"):
        finish(copy, NANO, tmp_path / "out.nam")


def test_another_rate_a_target_that_exists_and_the_model_itself_are_refused(capture, tmp_path):
    content = json.loads(NANO.read_text())
    content["sample_rate"] = 44100
    (tmp_path / "slow.nam").write_text(json.dumps(content))
    with pytest.raises(CaptureError, match=r"slow\.nam: made for 44100 Hz, the capture mine has 48000 Hz"):
        finish(capture, tmp_path / "slow.nam", tmp_path / "out.nam")
    model = tmp_path / "model.nam"
    model.write_bytes(NANO.read_bytes())
    with pytest.raises(ModelError, match="the trained model itself"):
        finish(capture, model, model, overwrite=True)
    (tmp_path / "there.nam").write_text("mine")
    with pytest.raises(ModelError, match="exists already"):
        finish(capture, model, tmp_path / "there.nam")
    with pytest.raises(ModelError, match=r"name it out\.nam"):
        finish(capture, model, tmp_path / "out.wav")
    with pytest.raises(CaptureError, match="not a capture"):
        finish(tmp_path, model, tmp_path / "out.nam")
    assert (tmp_path / "there.nam").read_text() == "mine"


def test_from_a_recording_to_a_finished_model_on_the_command_line(tmp_path):
    write_signal(tmp_path / "s.wav", signal())
    wav.write(tmp_path / "rec.wav", as_24_bit(recorded()), RATE)
    done = forked("capture", "cut", "s.wav", "rec.wav", "--name", "pre", "--send-dbu", 12, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["accepted"] and report["verdict"] == "unknown"  # the level of the return
    checked = forked("capture", "check", "captures/pre", cwd=tmp_path)
    assert checked.returncode == 0 and "trainer: replicate" in checked.stdout
    finished = forked("capture", "finish", "captures/pre", NANO, "--json", cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert Model.load(tmp_path / "captures" / "pre" / "pre.nam").input_level_dbu == 12
    again = ("capture", "finish", "captures/pre", NANO)
    refused(forked(*again, cwd=tmp_path), r"pre\.nam: the file exists already", "--overwrite")
    assert forked(*again, "--overwrite", cwd=tmp_path).returncode == 0
    refused(forked("capture", "cut", "s.wav", "rec.wav", "--name", "pre", cwd=tmp_path), "never replaced")
    wav.write(tmp_path / "bad.wav", as_24_bit(takes.dropped(recorded(), 64)), RATE)
    bad = forked("capture", "cut", "s.wav", "bad.wav", cwd=tmp_path)
    assert bad.returncode == 1 and "Not accepted: continuity" in bad.stdout
    assert (tmp_path / "captures" / "bad.rejected-1" / "take.wav").exists()
    refused(forked("capture", "cut", "s.wav", "rec.wav", "--name", "x", "--gear-type", "kazoo", cwd=tmp_path), "kazoo")
