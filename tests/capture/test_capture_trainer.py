"""Our signal and takes before the official trainer itself: neural-amp-modeler 0.13.0, in an environment of its own.

    RIG_TRAINER_PYTHON=/path/to/python make soak      # one that has the package already

Without it the environment is made, which downloads several gigabytes; where that is not possible the test skips.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import capturing
import pytest
from child import run_in_child
from jackserver import JACKD_IS_MISSING

from rig.trainer.configurations import TRAINER

NEEDED_GB = 14
INSTALL_S = 3000

# What train/a2.py does before it trains: the trainer knows its signal by hash, and ours has the same layout.
CHECKS = """
import json, sys
from pathlib import Path
from nam.data import Split, init_dataset
from nam.models.exportable import Exportable
from nam.train import core
from nam.train._version import Version
from nam.train.lightning_module import LightningModule

folder = Path(sys.argv[1])
core._detect_input_version = lambda path: (Version(3, 0, 0), False)
report = core.validate_data(folder / "dry.wav", folder / "wet.wav", None)
model = LightningModule.init_from_config(json.loads((folder / "train" / "model.json").read_text()))
data = json.loads((folder / "train" / "data.json").read_text())
data["common"] |= {"x_path": str(folder / "dry.wav"), "y_path": str(folder / "wet.wav")}
data["common"]["nx"] = model.net.receptive_field
lengths = {split.value: len(init_dataset(data, split)) for split in Split}
print("REPORT " + json.dumps({**report.model_dump(), "splits": lengths}))
"""


@pytest.fixture(scope="module")
def trainer(tmp_path_factory):
    """A Python that has the trainer."""
    given = os.environ.get("RIG_TRAINER_PYTHON")
    if given:
        yield Path(given)
        return
    folder = tmp_path_factory.mktemp("trainer")
    if shutil.disk_usage(folder).free < NEEDED_GB * 1e9:
        pytest.skip(f"the trainer's environment needs {NEEDED_GB} GB")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    try:
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--no-input", "--only-binary", ":all:", TRAINER],
            check=True,
            timeout=INSTALL_S,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        pytest.skip(f"{TRAINER} cannot be installed here: {error.stderr.strip().splitlines()[-1]}")
    except subprocess.TimeoutExpired:
        pytest.skip(f"{TRAINER} was not installed within {INSTALL_S} s")
    yield python
    shutil.rmtree(folder / "venv")


@pytest.mark.soak
@pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
def test_the_official_trainer_takes_our_signal_and_takes(trainer, tmp_path):
    captures = run_in_child(capturing.captures, 128, str(tmp_path), ["plain", "late and inverted"])
    for capture in captures:
        assert capture["accepted"], capture
        done = subprocess.run(
            [trainer, "-c", CHECKS, capture["folder"]],
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "MPLBACKEND": "Agg"},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout.partition("REPORT ")[2])
        assert report["passed"] and report["passed_critical"], report
        assert report["latency"]["calibration"]["recommended"] == 0  # it was cut off
        assert report["length"]["delta_seconds"] == 0 and report["checks"]["passed"]
        assert report["splits"]["validation"] == 1 and report["splits"]["train"] > 50
