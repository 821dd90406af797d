"""Models of a real training against the take they were made from: the figures of the trainer are found again."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile as sf
from places import SHARED

import rig
from rig.nam import Model

RATE = 48000

# Two models that the official trainer (neural-amp-modeler 0.13.0) made from a synthetic preamp; both take and models
# are made anew or read from the folder beside the project. Published there: the trainer's own validation ESR.
LAB = SHARED / "lab" / "capture"
needs_lab = pytest.mark.skipif(not (LAB / "preamp.py").is_file(), reason="needs the synthetic preamp and its models")


@pytest.fixture(scope="module")
def lab_take(tmp_path_factory):
    """60 s of the training signal through the synthetic preamp, cut by the latency it was trained with."""
    folder = tmp_path_factory.mktemp("take")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True\n"
        "import numpy as np, soundfile as sf, trainsig, preamp\n"
        "preamp._run = preamp._run.py_func; import numba; preamp._run = numba.njit(preamp._run)\n"
        "x = trainsig.make(60.0); y = preamp.chain(x, 48000)\n"
        "sf.write('dry.wav', x, 48000, subtype='PCM_24')\n"
        "sf.write('wet.wav', np.append(y[305:], np.zeros(305)), 48000, subtype='PCM_24')\n"
    )
    subprocess.run([sys.executable, "-c", code, str(LAB)], cwd=folder, check=True)
    return folder


@pytest.mark.soak
@needs_lab
def test_the_validation_esr_of_the_trainer_is_found_again(lab_take):
    models = sorted((LAB / "models").glob("*.nam"))
    comparison = rig.compare_models(lab_take / "dry.wav", lab_take / "wet.wav", models)
    found = {score.file.split("_")[1]: score.esr for score in comparison.scores}
    assert comparison.span_basis == "the last 9 s, which no training sees"
    assert found["nano"] == pytest.approx(0.0096, rel=0.1)
    assert found["a2"] == pytest.approx(0.0147, rel=0.1)
    for score in comparison.scores:  # without the first receptive field, less one sample, of the 9 s
        model = Model.load(LAB / "models" / score.file)
        dry, wet = (sf.read(lab_take / name)[0] for name in ("dry.wav", "wet.wav"))
        look_back = model.receptive_field_samples - 1
        y = model.render(dry[-9 * RATE - 24_000 :].astype(np.float32))[24_000 + look_back :]
        target = wet[-9 * RATE + look_back :]
        expected = np.sum((target - y) ** 2) / np.sum(target**2)
        assert score.esr_trainer == pytest.approx(expected, rel=1e-4)
        assert abs(score.esr_trainer - score.esr) > 1e-6
    assert comparison.repeatability_esr < 1e-5


@needs_lab
@pytest.mark.soak
def test_fifty_models_are_ranked_faster_by_two_workers(lab_take, tmp_path):
    source = next((LAB / "models").glob("*a2*.nam"))
    models = [tmp_path / f"{i:02}.nam" for i in range(50)]
    for model in models:
        shutil.copy(source, model)
    took = {}
    for workers in (1, 2):
        started = time.perf_counter()
        comparison = rig.compare_models(lab_take / "dry.wav", lab_take / "wet.wav", models, workers=workers)
        took[workers] = time.perf_counter() - started
        assert len(comparison.scores) == 50
    print(f"50 models: {took[1]:.1f} s with one worker, {took[2]:.1f} s with two, {took[1] / took[2]:.2f} times faster")
