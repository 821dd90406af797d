"""Captures that a stand-in trainer learns: the gear is the bundled nano model, played softer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import stand_in_trainer
from rigs import NANO
from takes import recorded, signal

from rig.audio import wav
from rig.capture.levels import CaptureLevels
from rig.capture.result.gear_metadata import Gear
from rig.capture.result.save import save_capture
from rig.capture.result.sidecar import Capture
from rig.capture.take.recording import Recording
from rig.files.hashing import sha256_of
from rig.nam import Model
from rig.trainer.layout import RATE
from rig.training.record import Epoch, Record

COMMAND = [sys.executable, "-I", stand_in_trainer.__file__]
PEAK = 0.5


def made(folder: Path, name: str = "mine") -> Path:
    """A capture of the nano model, PEAK at most, at known levels, and the model that is perfect for it beside it."""
    y = np.asarray(Model.load(NANO).render(signal().samples, 4096), np.float64)
    scale = PEAK / float(np.abs(y).max())
    levels = CaptureLevels(18.34, "multimeter", 6.5, "multimeter", send_trim_db=-2.0)
    recording = Recording(recorded(scale * y, delay=20))
    done = save_capture(folder, name, signal(), recording, levels=levels, gear=Gear("Mine", gear_type="preamp"))
    assert done.accepted, done.reason
    # By the trainer's rule the model's own delay is latency, and cut away: a perfect model would be late by it.
    wav.write(done.folder / "wet.wav", scale * y, RATE, subtype="PCM_24", overwrite=True)
    sidecar = json.loads((done.folder / "capture.json").read_text())
    sidecar["files"]["wet.wav"] = sha256_of(done.folder / "wet.wav")
    (done.folder / "capture.json").write_text(json.dumps(sidecar))
    content = json.loads(NANO.read_text())
    content["weights"][-1] *= scale  # head_scale: the output is linear in it
    (folder / "perfect.nam").write_text(json.dumps(content))
    return done.folder


def learns(capture: Path, errors: list[float], **more: object) -> Capture:
    """How the stand-in will learn it; the capture, to be trained."""
    script = {"model": str(capture.parent / "perfect.nam"), "errors": errors, **more}
    (capture / "stand_in.json").write_text(json.dumps(script))
    return Capture.load(capture)


class Told:
    """A `Listener` that remembers all."""

    def __init__(self) -> None:
        self.resumed: list[int] = []
        self.epochs: list[tuple[Epoch, bool]] = []
        self.notes: list[str] = []
        self.steps: list[int] = []

    def began(self, record: Record, resumed_step: int) -> None:
        self.resumed.append(resumed_step)

    def step(self, step: int, seconds: float) -> None:
        self.steps.append(step)

    def epoch(self, record: Record, epoch: Epoch, is_best: bool) -> None:
        self.epochs.append((epoch, is_best))

    def note(self, text: str) -> None:
        self.notes.append(text)
