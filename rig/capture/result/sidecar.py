"""`capture.json`: everything that is known about a capture, beside its pair.

Schema 1; fields may be added to it, and none changes its meaning.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__
from ...audio import wav
from ...errors import AudioError, CaptureError
from ..checks.checks import Judged
from ..checks.latency import Latency
from ..checks.trainer_checks import TrainerCheck
from ..checks.verdict import Check
from ..levels import CaptureLevels
from ..signal.layout import RATE
from ..signal.training_signal import Signal
from ..take.recording import Recording
from .gear_metadata import Gear

SCHEMA = 1
FILE_NAME = "capture.json"


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


def sha256_of(path: Path) -> str:
    """Of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """A capture on disk, complete and as it was written."""

    folder: Path
    content: dict[str, Any]

    @classmethod
    def load(cls, folder: str | Path) -> Capture:
        """Raises CaptureError or AudioError: no capture, damaged, changed since, or of a schema rig does not know."""
        folder = Path(folder)
        path = folder / FILE_NAME
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["schema"] != SCHEMA:
                raise CaptureError(
                    f"{folder.name}: {FILE_NAME} has schema {content['schema']}, expected {SCHEMA}; another version of "
                    "rig may know it."
                )
            for name, expected in content["files"].items():
                if sha256_of(folder / name) != expected:
                    raise CaptureError(f"{folder.name}: {name} was changed after the capture; take it again.")
            for part in ("signal", "latency", "levels", "quality", "metadata"):
                content[part].items()
            content["checks"] = [Check.from_json(check).to_json() for check in content["checks"]]
        except FileNotFoundError as error:
            missing = Path(error.filename or path).name
            raise CaptureError(f"{folder}: not a capture (there is no {missing} in it).") from error
        except OSError as error:
            raise CaptureError(f"{folder}: cannot be read ({error.strerror}).") from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CaptureError(f"{folder}: {FILE_NAME} is damaged; the pair itself may still be good.") from error
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
    def checks(self) -> tuple[Check, ...]:
        """As they were when it was taken."""
        return tuple(Check.from_json(check) for check in self.content["checks"])

    def pair(self) -> tuple[wav.Audio, wav.Audio]:
        """Dry and wet. Raises AudioError if they are not equally long."""
        dry, wet = wav.read(self.folder / "dry.wav"), wav.read(self.folder / "wet.wav")
        if len(dry.samples) != len(wet.samples):
            raise AudioError(
                f"{self.name}: dry.wav has {len(dry.samples)} samples, wet.wav {len(wet.samples)}; they have to be "
                "equally long."
            )
        return dry, wet
