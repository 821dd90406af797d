"""Models in training as a trainer would leave them: the bundled nano model, played louder or softer."""

from __future__ import annotations

import json
from pathlib import Path

from rigs import NANO

from rig.training.offer import training_folder
from rig.training.record import Epoch, Plan, Record


def weighted(folder: Path, gain: float) -> Path:
    """The nano model with its output so much louder: the output is linear in its last weight. It has no loudness."""
    content = json.loads(NANO.read_text())
    content["weights"][-1] *= gain
    path = folder / f"best-{gain:g}.nam"
    path.write_text(json.dumps(content))
    return path


def learnt(epoch: int, esr: float | None = None) -> Record:
    """A record whose best epoch is this one, each half as far from the gear as the one before."""
    epochs = [Epoch(k, 100 * k, 10.0 * k, 0.5**k, 0.5**k, 0.1) for k in range(1, epoch)]
    epochs.append(Epoch(epoch, 100 * epoch, 10.0 * epoch, 0.5**epoch if esr is None else esr, None, 0.1))
    return Record("mine", {}, Plan.of("nano"), repeatability_esr=0.001, epochs=epochs, best_epoch=epoch)


def published(folder: Path, name: str, epoch: int, gain: float) -> str:
    """A model in the training folder; the text of its offer."""
    from rig.library.trained_offers import publish

    offered = publish(weighted(folder, gain), name, epoch, 0.5**epoch, seconds=(1.0,), esrs=(0.5**epoch,))
    assert (training_folder() / f"{name}.nam").is_file()
    return f"{name} {offered.sha256}"
