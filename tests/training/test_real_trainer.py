"""The official trainer itself: what it learns in minutes, whose figures agree, and what being killed costs.

    RIG_TRAINER_PYTHON=/path/to/python make soak      # an environment that has neural-amp-modeler 0.13.0

Without it the environment that `rig train --set-up` made is taken; where there is none, the tests skip.
"""

from __future__ import annotations

import os
import random
import shutil
import signal as signals
import statistics
import time
from pathlib import Path

import pytest
import stand_in_trainer
from gears import GEARS, played
from rigs import A2, NANO
from takes import recorded, signal
from trained import Told

from rig.capture.levels import CaptureLevels
from rig.capture.result.save import save_capture
from rig.capture.result.sidecar import Capture
from rig.capture.take.recording import Recording
from rig.compare.models import compare_models
from rig.compare.pair import TakeFiles
from rig.errors import TrainingError
from rig.nam import Model
from rig.training.bake import bake
from rig.training.cluster import train_on_cluster
from rig.training.environment import find_trainer
from rig.training.record import Plan, Record
from rig.training.run import Training

pytestmark = pytest.mark.soak

GOOD_ESR, MINUTES = 0.03, 10
KILLS, STEPS = 10, 460
AGREE = 0.02  # of each other's figure


@pytest.fixture(scope="module")
def command():
    given = os.environ.get("RIG_TRAINER_PYTHON")
    try:
        trainer = find_trainer(Path(given) if given else None)
    except TrainingError as error:
        pytest.skip(str(error))
    return [str(trainer.python), "-I"]


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """35 s of the simulated preamp, at known levels."""
    levels = CaptureLevels(14.0, "multimeter", 8.0, "multimeter")
    done = save_capture(tmp_path_factory.mktemp("real"), "preamp", signal(), Recording(recorded()), levels=levels)
    assert done.accepted, done.reason
    return done.folder


@pytest.fixture
def capture(taken, tmp_path):
    return shutil.copytree(taken, tmp_path / "preamp")


def test_nano_is_good_in_minutes_and_all_figures_agree(command, capture):
    began = time.monotonic()
    training = Training(Capture.load(capture), Plan.of("nano", minutes=MINUTES, until_esr=0.6 * GOOD_ESR))
    told = Told()
    record, finished = training.run(command, told)
    minutes = (time.monotonic() - began) / 60
    (score,) = compare_models(TakeFiles.of_capture(capture), models=[finished.path], workers=1).scores
    print(f"\nESR {finished.esr:.4f} after {minutes:.1f} min: {record.reason}; compare {score.esr_trainer:.4f}")
    for each in record.epochs:
        print(f"    epoch {each.epoch}: ESR {each.esr:.5f}, the trainer's {each.trainer_esr:.5f}, {each.seconds:.0f} s")
        assert each.esr == pytest.approx(each.trainer_esr, rel=AGREE)
    assert finished.esr < GOOD_ESR and minutes <= MINUTES
    assert score.esr_trainer == pytest.approx(finished.esr, rel=AGREE)
    model = Model.load(finished.path)
    assert (model.input_level_dbu, model.output_level_dbu) == (pytest.approx(14.0), pytest.approx(8.0))
    assert "14" in score.input_gain_basis or score.input_gain_db == pytest.approx(0.0)
    assert record.versions["neural-amp-modeler"] == stand_in_trainer.VERSIONS["neural-amp-modeler"]
    assert told.resumed == [0] and record.device == "cpu"


def test_killed_at_random_moments_it_learns_as_much(command, taken, tmp_path):
    """Three runs that are killed ten times in all, against three that are not: same seeds, same steps."""
    seed = int(os.environ.get("RIG_SEED", random.randrange(1 << 31)))
    print(f"\nRIG_SEED={seed}")
    rng = random.Random(seed)
    unkilled, killed, kills = [], [], 0
    for number in range(3):
        whole = shutil.copytree(taken, tmp_path / f"whole{number}")
        plan = Plan.of("nano", steps=STEPS, seed=number + 1)
        record, _ = Training(Capture.load(whole), plan).run(command, Told())
        unkilled.append(record.best.esr)
        torn = shutil.copytree(taken, tmp_path / f"torn{number}")
        wanted = KILLS // 3 + (number == 0)
        for _ in range(wanted):
            training, until = Training(Capture.load(torn), plan), time.monotonic() + rng.uniform(8, 45)
            killer = Killer(until)
            try:
                record, _ = training.run([*command], killer, must_stop=killer.must_stop)
            except TrainingError as error:  # it had learnt nothing yet
                assert "killed" in str(error), error
            kills += killer.killed
            for path in torn.rglob("*.nam"):
                if path.parent.name != ".part":
                    Model.load(path)
            assert Record.load(training.folder) is not None
        record, finished = Training(Capture.load(torn), plan).run(command, Told())
        assert record.state == "done" and finished is not None
        killed.append(record.best.esr)
    print(f"{kills} kills; ESR unkilled {unkilled}, killed {killed}")
    assert kills >= KILLS // 2
    assert statistics.median(killed) <= 1.1 * statistics.median(unkilled)


def children():
    """The trainers that this process has started."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent, told = stat.read_text().rpartition(")")[2].split()[1], (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(parent) == os.getpid() and b"in_trainer.py" in told:
            yield int(stat.parent.name)


class Killer(Told):
    """Kills the trainer with SIGKILL at a moment, wherever it is then."""

    def __init__(self, until: float) -> None:
        super().__init__()
        self.until, self.killed = until, 0

    def must_stop(self) -> bool:
        if not self.killed and time.monotonic() > self.until:
            self.killed = 1
            for pid in children():
                os.kill(pid, signals.SIGKILL)
        return False


def test_other_gear_and_an_lstm_learn_too(command, tmp_path):
    gear = next(each for each in GEARS if each.name == "crunch")
    y = played(gear, signal().samples, 1)
    done = save_capture(tmp_path, "crunch", signal(), Recording(recorded(0.5 * y / abs(y).max())))
    record, finished = Training(Capture.load(done.folder), Plan.of("lstm", minutes=2)).run(command, Told())
    print(f"\nlstm: ESR {finished.esr:.3f}, {len(record.epochs)} epochs")
    assert finished.esr < 0.5 and Model.load(finished.path)


@pytest.mark.parametrize(
    ("source", "minutes", "worst"), [(A2, 3, 0.05), (f"{NANO}+{A2}", 2, 0.2)], ids=["A2", "nano into A2"]
)
def test_a_bake_is_as_good_as_compare_says(command, tmp_path, source, minutes, worst):
    baked = bake(source, tmp_path, "baked", seconds=35.0)
    training = Training(Capture.load(baked.folder), Plan.of("nano", minutes=minutes, threads=1), accept=True)
    record, finished = training.run(command, Told())
    (score,) = compare_models(TakeFiles.of_capture(baked.folder), models=[finished.path], workers=1).scores
    print(f"\n{baked.source} as nano: ESR {finished.esr:.5f}, compare {score.esr_trainer:.5f}, {record.seconds:.0f} s")
    assert finished.esr < worst and score.esr_trainer == pytest.approx(finished.esr, rel=AGREE)
    named = [each["file"] for each in record.source["models"]]
    assert named == [Path(part).name for part in str(source).split("+")]


def test_two_captures_on_two_workers_of_a_cluster_one_of_which_is_killed(command, taken, tmp_path):
    distributed = pytest.importorskip("distributed")
    folders = [shutil.copytree(taken, tmp_path / name) for name in ("clean", "lead")]
    made = [Training(Capture.load(folder), Plan.of("nano", steps=200)) for folder in folders]
    said: list[str] = []
    trained_by: dict[str, str] = {}

    def tell(text: str) -> None:
        print(text)
        said.append(text)
        name, goes, worker = text.partition(": goes to the worker ")
        if goes:
            trained_by.setdefault(name, worker)

    class KillsItsWorker(Told):
        def epoch(self, record, epoch, is_best):
            super().epoch(record, epoch, is_best)
            if len(self.epochs) == 1:
                (pid,) = client.run(os.getpid, workers=[trained_by["lead"]]).values()
                os.kill(pid, signals.SIGKILL)

    told = [Told(), KillsItsWorker()]
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        ended = train_on_cluster(
            cluster.scheduler_address, list(zip(made, told, strict=True)), tell, threads=1, python=Path(command[0])
        )
    assert len(set(trained_by.values())) == 2  # each on its own
    assert sum("is gone; another goes on after epoch" in each for each in said) == 1
    assert told[0].resumed == [0] and told[1].resumed[0] == 0 and told[1].resumed[1] > 0
    for each, folder, heard in zip(ended, folders, told, strict=True):
        record, finished = each.outcome
        numbers = [one.epoch for one in record.epochs]
        print(f"{folder.name}: ESR {finished.esr:.4f}, epochs {numbers}, {record.seconds:.0f} s, from {heard.resumed}")
        assert record.state == "done" and record.epochs[-1].step >= 200
        assert heard.steps and finished.esr < 0.5 and Model.load(folder / f"{folder.name}-nano.nam")
