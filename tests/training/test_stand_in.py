"""The stand-in trainer of the tests behaves as the real one was heard to behave, and the real one still does.

tests/golden/trainer holds what neural-amp-modeler 0.13.0 (PyTorch 2.13.0, pytorch-lightning 2.6.1) said and wrote under
rig/training/in_trainer.py on 30 November 2026, on a capture of 35 s, 46 steps to an epoch: said.json all of it by its
shape, learnt.nam the model of the first epoch. To record it again:

    RIG_TRAINER_PYTHON=/path/to/python RIG_RECORD=1 python -m pytest -m soak tests/training/test_stand_in.py
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from overheard import overhear, whole_life
from trained import COMMAND, Told, learns

from rig.errors import TrainingError
from rig.nam import Model
from rig.training.environment import find_trainer
from rig.training.record import Plan
from rig.training.run import Training

GOLDEN = Path(__file__).parents[1] / "golden" / "trainer"
SAID, LEARNT = GOLDEN / "said.json", GOLDEN / "learnt.nam"
STEPS = 46  # of the real one's epoch on a take of 35 s


@pytest.fixture
def job(taken, tmp_path):
    """The job.json that rig writes for a trainer, and the capture that it names."""
    shutil.copy(taken.parent / "perfect.nam", tmp_path / "perfect.nam")
    capture = learns(shutil.copytree(taken, tmp_path / "mine"), [0.5, 0.4, 0.3, 0.2], steps=STEPS)
    training = Training(capture, Plan.of("nano", steps=STEPS, threads=1))
    training.run(COMMAND, Told())
    return training.folder / "job.json"


def test_the_stand_in_says_and_writes_what_the_real_trainer_did(job, tmp_path):
    assert whole_life(COMMAND, job, tmp_path / "life", STEPS) == json.loads(SAID.read_text(encoding="utf-8"))


def test_what_the_real_trainer_learnt_is_a_model_and_the_stand_in_writes_the_like(job, tmp_path):
    overhear(COMMAND, job, tmp_path / "life", STEPS)
    ours, theirs = (json.loads(path.read_text()) for path in (tmp_path / "life" / "learnt.nam", LEARNT))
    assert {key: type(value) for key, value in ours.items()} == {key: type(value) for key, value in theirs.items()}
    assert (ours["architecture"], ours["sample_rate"]) == (theirs["architecture"], theirs["sample_rate"])
    played = Model.load(LEARNT).render(np.sin(np.arange(9600) / 20).astype(np.float32))
    assert np.isfinite(played).all() and 0.01 < np.abs(played).max() < 2


@pytest.mark.soak
def test_the_real_trainer_says_and_writes_what_it_did(job, tmp_path):
    given = os.environ.get("RIG_TRAINER_PYTHON")
    try:
        trainer = find_trainer(Path(given) if given else None)
    except TrainingError as error:
        pytest.skip(str(error))
    heard = whole_life([str(trainer.python), "-I"], job, tmp_path / "life", STEPS)
    if os.environ.get("RIG_RECORD"):
        GOLDEN.mkdir(exist_ok=True)
        shutil.copy(tmp_path / "life" / "learnt.nam", LEARNT)
        SAID.write_text(json.dumps(heard, indent=1) + "\n", encoding="utf-8")
        pytest.skip("recorded: run it again without RIG_RECORD, to hear whether it says the same")
    assert heard == json.loads(SAID.read_text(encoding="utf-8"))
