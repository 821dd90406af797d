"""An impulse response as a file with what is known about it beside it: `v30.wav` and `v30.json`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import __version__
from ...audio import wav
from ...audio.resample import resample_response
from ...errors import CaptureError
from ...files.json_file import write_json
from ...trainer.layout import RATE
from ..checks.verdict import Check, worst
from ..entered_text import checked_text
from .deconvolution import FILE_PEAK_DBFS, Response, Sweep, as_file

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Microphone:
    """What stood where; None: not said."""

    speaker: str | None = None
    microphone: str | None = None
    distance_cm: float | None = None
    place: str | None = None

    def __post_init__(self) -> None:
        for what in ("speaker", "microphone", "place"):
            checked_text(getattr(self, what), what)
        if self.distance_cm is not None and not (math.isfinite(self.distance_cm) and self.distance_cm >= 0):
            raise CaptureError(f"A distance of {self.distance_cm:g} cm cannot be; say how far the microphone is away.")

    def to_json(self) -> dict[str, Any]:
        """For the sidecar."""
        return {
            "speaker": self.speaker,
            "microphone": self.microphone,
            "distance_cm": self.distance_cm,
            "place": self.place,
        }


def save_impulse(
    path: str | Path,
    taps: NDArray[np.float64],
    response: Response,
    sweep: Sweep,
    checks: Sequence[Check],
    about: Microphone | None = None,
    *,
    sample_rate: int = RATE,
    peak_dbfs: float = FILE_PEAK_DBFS,
    subtype: str = "PCM_24",
    latency_known: bool = True,
) -> Path:
    """Write taps (n,) as a mono WAV file, at another rate if asked, and its sidecar; the path of the sidecar.

    `latency_known`: of a recording made elsewhere nobody knows when the sweep was played.

    Never replaces anything. Raises CaptureError or AudioError: a file of that name exists, nothing can be written.
    """
    path = Path(path)
    sidecar = path.with_suffix(".json")
    if path.suffix.lower() != ".wav":
        raise CaptureError(f"{path.name}: an impulse response is a .wav file; name it {path.stem or 'ir'}.wav.")
    if sidecar.exists():
        raise CaptureError(f"{sidecar.name}: the file exists already; choose another name.")
    # The taps of a filter weigh less each where there are more of them; only the true gain in the sidecar knows that.
    filed, gain_db = as_file(resample_response(taps, RATE, sample_rate)[0], peak_dbfs)
    content = {
        "schema": SCHEMA,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "rig_version": __version__,
        "file": path.name,
        "rate": sample_rate,
        "samples": len(filed),
        "true_gain_db": round(-gain_db, 3),
        "latency_samples": response.latency_samples if latency_known else None,
        "sweep": {"seconds": sweep.seconds, "amplitude": sweep.amplitude},
        "harmonics_db": {str(order): level for order, level in response.harmonics_db.items()},
        "thd_db": round(response.thd_db, 1),
        "verdict": worst(check.verdict for check in checks),
        "checks": [check.to_json() for check in checks],
        "about": (about or Microphone()).to_json(),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        wav.write(path, filed, sample_rate, subtype)
        write_json(sidecar, content)
    except OSError as error:
        raise CaptureError(f"{path.name}: cannot be written to {path.parent} ({error.strerror}).") from error
    return sidecar
