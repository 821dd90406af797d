"""What `capture.json` says about a take, and a capture on disk as a whole; the file is `rig.trainer.capture_file`'s."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import __version__
from ...audio import wav
from ...errors import AudioError, CaptureError, LevelError
from ...trainer.capture_file import DRY, SCHEMA, WET, check_files, checked_content, damaged
from ...trainer.layout import RATE
from ..checks.verdict import Check
from ..levels import CaptureLevels
from .gear_metadata import Gear

if TYPE_CHECKING:  # whoever reads a capture checks none, and starts without all that takes
    from ..checks.checks import Judged
    from ..checks.latency import Latency
    from ..checks.trainer_checks import TrainerCheck
    from ..signal.training_signal import Signal
    from ..take.recording import Recording


def sidecar(
    signal: Signal,
    recording: Recording,
    latency: Latency,
    judged: Judged,
    trainer: Sequence[TrainerCheck],
    levels: CaptureLevels,
    gear: Gear,
    override: bool,
    files: dict[str, str],
) -> dict[str, Any]:
    """The content of the file; `files`: SHA-256 by name."""
    return {
        "schema": SCHEMA,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "rig_version": __version__,
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "signal": signal.to_json(),
        "audio": {"rate": RATE, "xruns": recording.xruns, **recording.audio},
        "latency": {**latency.to_json(), "polarity": judged.polarity},
        "levels": levels.to_json(),
        "quality": judged.quality,
        "checks": [check.to_json() for check in judged.checks],
        "trainer_checks": [check.to_json() for check in trainer],
        "override": override,
        "files": files,
        "metadata": gear.to_json(),
    }


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """A capture on disk, complete and as it was written."""

    folder: Path
    content: dict[str, Any]

    @classmethod
    def load(cls, folder: str | Path) -> Capture:
        """Raises CaptureError or AudioError: no capture, damaged, changed since, or of a schema rig does not know."""
        folder = Path(folder)
        content = checked_content(folder)
        check_files(folder, content)
        return cls(folder, content)

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.folder.absolute().name

    @property
    def rate(self) -> int:
        """Hz."""
        return int(self.content["audio"]["rate"])

    @property
    def gear(self) -> Gear:
        """What was captured. Raises CaptureError for a type of gear or tone that there is not."""
        try:
            return Gear(**{field.name: self.content["metadata"][field.name] for field in fields(Gear)})
        except CaptureError as error:
            raise damaged(self.folder, f"metadata: {error}".rstrip(".")) from error

    @property
    def levels(self) -> CaptureLevels:
        """X and Y of the two files; a trim that was played is in them already. CaptureError for an unknown method."""
        levels = self.content["levels"]
        try:
            return CaptureLevels(
                levels["input_level_dbu"], levels["input_method"], levels["output_level_dbu"], levels["output_method"]
            )
        except LevelError as error:
            raise damaged(self.folder, f"levels: {error}".rstrip(".")) from error

    @property
    def padded(self) -> tuple[int, int]:
        """Samples of silence at both ends of wet that were put where nothing was recorded."""
        before, behind = self.content["audio"].get("padded_samples", (0, 0))
        return before, behind

    @property
    def checks(self) -> tuple[Check, ...]:
        """As they were when it was taken."""
        return tuple(Check.from_json(check) for check in self.content["checks"])

    def pair(self) -> tuple[wav.Audio, wav.Audio]:
        """Dry and wet. Raises AudioError if they are not equally long."""
        dry, wet = wav.read(self.folder / DRY), wav.read(self.folder / WET)
        if len(dry.samples) != len(wet.samples):
            raise AudioError(
                f"{self.name}: dry.wav has {len(dry.samples)} samples, wet.wav {len(wet.samples)}; they have to be "
                "equally long."
            )
        return dry, wet
