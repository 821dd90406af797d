"""From a recording to a folder: cut, written, read back, judged, and only then given its name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...audio import wav
from ...errors import CaptureError
from ...trainer.capture_file import DRY, WET, sha256_of, write_content
from ...trainer.layout import RATE
from ..checks.checks import Evidence, Judged, judge
from ..checks.latency import Latency
from ..checks.measures import NO_TRACK
from ..checks.trainer_checks import trainer_checks
from ..levels import CaptureLevels
from ..signal.training_signal import Signal, as_24_bit, write_signal
from ..take.recording import Recording
from .folder import checked_name, new_capture, refuse_existing
from .gear_metadata import Gear
from .rejected import keep_rejected
from .report import report_html
from .sidecar import sidecar
from .training_folder import write_training_folder

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """What became of a take. `folder` is the capture, or where the rejected take is kept with its reason."""

    folder: Path
    accepted: bool
    reason: str | None  # None: accepted
    latency: Latency
    judged: Judged

    def to_json(self) -> dict[str, Any]:
        """For --json."""
        return {
            "folder": str(self.folder),
            "accepted": self.accepted,
            "reason": self.reason,
            "verdict": self.judged.verdict,
            "latency": self.latency.to_json(),
            "quality": self.judged.quality,
            "checks": [check.to_json() for check in self.judged.checks],
        }


def save_capture(
    into: Path,
    name: str,
    signal: Signal,
    recording: Recording,
    *,
    levels: CaptureLevels | None = None,
    gear: Gear | None = None,
    latency_samples: int | None = None,
    accept: bool = False,
    self_test: bool = False,
    architecture: str = "standard",
    tell: Tell | None = None,
) -> Saved:
    """Cut a recording and write it as `into`/`name`; a take that fails a check is kept beside it, as NAME.rejected-1.

    `latency_samples`: given by hand, it replaces the trainer's figure. `accept`: accept it whatever the checks say,
    which is noted in the sidecar. `architecture`: how large the WaveNet in train/ is. `tell` gets one sentence per
    step. Raises CaptureError or AudioError: the name is taken or impossible, nothing can be written, the recording is
    too short.
    """
    target = Path(into) / checked_name(name)
    refuse_existing(target)
    say = tell if tell is not None else _say_nothing
    levels, gear = levels or CaptureLevels(), gear or Gear(name=name)
    say("Finding the latency ...")
    latency = recording.latency(signal)
    if latency_samples is not None:
        applied = latency_samples
    else:
        applied = latency.trainer.samples if latency.trainer.samples is not None else round(latency.correlation.samples)
    say("Writing the pair and checking what is on disk ...")
    try:
        cut = recording.cut(signal, applied)
    except CaptureError as error:
        return _set_aside(target, recording, latency, _without_checks(latency), str(error), {})
    with new_capture(target) as new:
        if signal.kind == "t3k-v3" and signal.path is not None:  # known by the hash of its bytes
            shutil.copyfile(signal.path, new.path / DRY)
        else:
            write_signal(new.path / DRY, signal)
        wav.write(new.path / WET, as_24_bit(cut), RATE, "PCM_24")
        dry, wet = (wav.read(new.path / file).samples[:, 0] for file in (DRY, WET))
        pre_roll = np.asarray(recording.samples[: recording.pre_roll], np.float64)
        judged = judge(
            Evidence(
                dry, wet, pre_roll, latency, latency_samples, recording.xruns, recording.broken, self_test=self_test
            )
        )
        trainer = trainer_checks(dry, wet)
        files = {file: sha256_of(new.path / file) for file in (DRY, WET)}
        content = sidecar(signal, recording, latency, judged, trainer, levels, gear, accept, files)
        content["latency"]["applied"] = applied
        by_hand = latency_samples is not None
        refusals = [c.text for c in trainer if not c.passed and not (by_hand and c.name == "latency")]
        reason = _reason(judged, refusals)
        if reason is None or accept:
            say("Drawing the report ...")
            write_training_folder(new.path / "train", name, signal, architecture)
            write_content(new.path, content)
            report = report_html(name, content, dry, wet, pre_roll, judged)
            (new.path / "report.html").write_text(report, encoding="utf-8")
            return Saved(target, True, None, latency, judged)
        new.discard()
    return _set_aside(target, recording, latency, judged, reason, content)


def _reason(judged: Judged, trainer_refuses: list[str]) -> str | None:
    failed = [f"{check.name}: {check.text}. {check.advice}" for check in judged.of("fail")]
    if not failed and trainer_refuses:
        failed = [f"the official trainer would refuse it: {text}" for text in trainer_refuses]
    return " ".join(failed) or None


def _without_checks(latency: Latency) -> Judged:
    return Judged((), latency.correlation.polarity, NO_TRACK)


def _set_aside(
    target: Path, recording: Recording, latency: Latency, judged: Judged, reason: str, content: dict[str, Any]
) -> Saved:
    kept = keep_rejected(target, recording.samples, {"reason": reason, **content})
    return Saved(kept, False, reason, latency, judged)


def _say_nothing(sentence: str) -> None:
    pass
