"""From a recording to a folder: cut, written, read back, judged, and only then given its name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...audio import wav
from ...errors import CaptureError
from ...files.hashing import sha256_of
from ...trainer.capture_fields import finite
from ...trainer.capture_file import DRY, WET, write_content
from ...trainer.layout import RATE
from ..checks.cable import Loop
from ..checks.checks import Evidence, Judged, judge
from ..checks.latency import Latency, stated_cut
from ..checks.measures import NO_TRACK
from ..checks.trainer_checks import TrainerCheck, trainer_checks
from ..levels import CaptureLevels
from ..signal.training_signal import Signal, as_24_bit, write_signal
from ..take.clock_drift import without_drift
from ..take.recording import Recording
from .folder import checked_name, new_capture, refuse_existing
from .full_scale import within_full_scale
from .gear_metadata import Gear
from .judged_take import drift_offer, padding_check, with_checks
from .known_levels import level_checks
from .rejected import TakeOnDisk, keep_rejected
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
            "quality": finite(self.judged.quality),
            "checks": [finite(check.to_json()) for check in self.judged.checks],
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
    loop: Loop | None = None,
    repair_drift: bool = False,
    architecture: str = "standard",
    on_disk: TakeOnDisk | None = None,
    baked: dict[str, Any] | None = None,
    tell: Tell | None = None,
) -> Saved:
    """Cut a recording and write it as `into`/`name`; a take that fails a check is kept beside it, as NAME.rejected-1.

    `latency_samples`: given by hand, it replaces the tightest cut; in a recording made elsewhere it counts from the
    first sample of the file. `accept`: accept it whatever the checks say, which is noted in the sidecar. `loop`: what
    is known of the cable of a self-test. `repair_drift`: undo a clock that ran at another speed. `architecture`: how
    large the WaveNet in train/ is. `on_disk`: where the take lies already; it is discarded once the capture is
    complete. `baked`: of what it was rendered, where no gear was recorded. `tell` gets one sentence per step. Raises
    CaptureError or AudioError: the name is taken or impossible, nothing can be written, the recording is too short, a
    latency that cannot be, a drift that cannot be undone.
    """
    target = Path(into) / checked_name(name)
    refuse_existing(target)
    say = tell if tell is not None else _say_nothing
    levels, gear = levels or CaptureLevels(), gear or Gear(name=name)
    say("Finding the latency ...")
    latency = recording.latency(signal)
    stated = None if latency_samples is None else stated_cut(latency, latency_samples)
    applied = latency.tightest if stated is None else stated
    if repair_drift:
        say("Measuring and undoing the drift of the clock ...")
        recording = without_drift(signal, recording, applied)
    say("Writing the pair and checking what is on disk ...")
    try:
        cut = recording.cut(signal, applied)
    except CaptureError as error:
        judged = Judged((), latency.correlation.polarity, NO_TRACK)
        kept = _set_aside(target, recording, {"reason": str(error)}, on_disk)
        return Saved(kept, False, str(error), latency, judged)
    if recording.audio.get("server") is None:  # from a file
        cut, levels = within_full_scale(cut, levels, say)
    with new_capture(target) as new:
        if signal.kind == "t3k-v3" and signal.path is not None:  # known by the hash of its bytes
            shutil.copyfile(signal.path, new.path / DRY)
        else:
            write_signal(new.path / DRY, signal)
        wav.write(new.path / WET, as_24_bit(cut), RATE, "PCM_24")
        dry, wet = (wav.read(new.path / file).samples[:, 0] for file in (DRY, WET))
        evidence = Evidence(
            *(dry, wet, recording.before, latency, stated, recording.xruns, recording.broken),
            self_test=self_test,
            loop=loop or Loop(),
            padded=recording.missing(signal, applied),
        )
        judged = judge(evidence)
        if not self_test:
            judged = with_checks(judged, (*padding_check(recording, signal, applied), *level_checks(levels)))
        trainer = trainer_checks(dry, wet)
        files = {file: sha256_of(new.path / file) for file in (DRY, WET)}
        content = sidecar(signal, recording, latency, judged, trainer, levels, gear, accept, files)
        content["latency"]["applied"] = applied
        if any(evidence.padded):
            content["audio"]["padded_samples"] = list(evidence.padded)
        if baked is not None:
            content["baked"] = baked
        reason = _reason(judged, _trainer_refuses(trainer, stated is not None))
        accepted = reason is None or accept
        if accepted:
            say("Drawing the report ...")
            write_training_folder(new.path / "train", name, signal, architecture)
            write_content(new.path, content)
            report = report_html(name, content, dry, wet, recording.before, judged)
            (new.path / "report.html").write_text(report, encoding="utf-8", errors="backslashreplace")
        else:
            new.discard()
    if accepted:
        if on_disk is not None:
            on_disk.discard()
        return Saved(target, True, None, latency, judged)
    assert reason is not None
    reason += drift_offer(judged)
    return Saved(_set_aside(target, recording, {"reason": reason, **content}, on_disk), False, reason, latency, judged)


def _trainer_refuses(trainer: tuple[TrainerCheck, ...], by_hand: bool) -> list[str]:
    """What the official trainer would say; its own latency does not matter where one was given by hand."""
    return [check.text for check in trainer if not check.passed and not (by_hand and check.name == "latency")]


def _reason(judged: Judged, trainer_refuses: list[str]) -> str | None:
    failed = [f"{check.name}: {check.text}. {check.advice}" for check in judged.of("fail")]
    if not failed and trainer_refuses:
        failed = [f"the official trainer would refuse it: {text}" for text in trainer_refuses]
    return " ".join(failed) or None


def _set_aside(target: Path, recording: Recording, content: dict[str, Any], on_disk: TakeOnDisk | None) -> Path:
    """Where the take lies, with the reason beside it."""
    if on_disk is not None and on_disk.folder is not None:
        on_disk.explain(content)
        return on_disk.folder
    return keep_rejected(target, recording.recorded, content)


def _say_nothing(sentence: str) -> None:
    pass
