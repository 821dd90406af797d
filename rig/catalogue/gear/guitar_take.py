"""Ten seconds of guitar through the gear, as a pair that `rig compare` judges: `dry.wav` and `wet.wav` in a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio.align import find_lag
from ...audio.resample import resample
from ...audio.wav import read, write
from ...capture.checks.latency import MAX_LAG_SAMPLES
from ...capture.take.operator import Operator
from ...capture.take.short_recording import record_short
from ...capture.take.tape_deck import TapeDeck
from ...capture.take.wiring import CableCheck
from ...compare.pair import TakeFiles
from ...decibels import gain_from_db
from ...errors import CaptureError, FileError
from ...files import bundled
from ...trainer.capture_file import DRY, WET
from ..probe import RATE_HZ
from .probed import refuse_clipped
from .sent_level import SentLevel

SECONDS = 10.0
FADE_SAMPLES = 480  # at its end, which is cut out of something longer


def guitar() -> NDArray[np.float64]:
    """The first ten seconds of the guitar that comes with rig, (n,) at 48 kHz."""
    audio = read(bundled.di())
    x = resample(audio.samples[:, 0], audio.sample_rate, RATE_HZ)[: round(SECONDS * RATE_HZ)].astype(np.float64)
    x[-FADE_SAMPLES:] *= np.linspace(1.0, 0.0, FADE_SAMPLES)
    return x


def check_folder(folder: Path) -> None:
    """Raise a FileError where the pair cannot be kept, before anything sounds."""
    for name in (DRY, WET):
        if (folder / name).exists():
            raise FileError(f"{folder / name}: the file exists already; choose another folder with --keep.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".rig"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise FileError(f"{folder}: nothing can be kept there ({error.strerror}).") from error


def record_guitar(
    deck: TapeDeck, operator: Operator, cables: CableCheck | None, level: SentLevel, folder: Path
) -> TakeFiles:
    """Play it, and write what came back in step with it. Raises CaptureError as the probe does, AudioError."""
    dry = guitar()
    back = record_short(deck, operator, gain_from_db(level.trim_db) * dry, "Guitar", cables)
    refuse_clipped(back)
    lag = find_lag(dry, back, whiten=True, max_lag_samples=MAX_LAG_SAMPLES)
    if not lag.is_certain:  # whitened, noise and hum weigh as much as the guitar; as it is, it is louder than they are
        lag = find_lag(dry, back, max_lag_samples=MAX_LAG_SAMPLES)
    if not lag.is_certain:
        raise CaptureError("The guitar did not come back as the probe did: was something touched meanwhile?")
    late = max(0, round(lag.samples))
    write(folder / DRY, dry, RATE_HZ, "FLOAT")
    write(folder / WET, back[late : late + len(dry)], RATE_HZ, "FLOAT")
    return TakeFiles(folder / DRY, folder / WET, level.dbu, "" if level.dbu is None else level.basis)
