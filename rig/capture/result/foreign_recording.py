"""Recordings that rig did not make: from a DAW, or a capture that lies on disk already."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...audio import wav
from ...audio.align import find_lag
from ...errors import CaptureError
from ...trainer.layout import RATE, VALIDATION
from ..checks.checks import Evidence, Judged, judge
from ..checks.latency import measure_latency
from ..checks.trainer_checks import TrainerCheck, trainer_checks
from ..signal.training_signal import Signal
from ..take.recording import Recording
from .sidecar import Capture

LEAD_SAMPLES = 200  # samples by which a recording begun earlier is said to be late: the trainer looks from there on
SEARCHED_S = 60.0  # how much earlier or later than the signal a recording may have been begun
ROOM_SAMPLES = 12_000  # samples of silence put behind a recording that ends with the signal


def load_recording(path: str | Path, signal: Signal) -> Recording:
    """A recording from a file, begun anywhere near the signal; where the signal begins in it is found by correlation.

    A recording that was begun with the signal is taken as it is. One that ends early by less than its latency, as a DAW
    leaves it that exports just the length of the signal, gets silence behind it, where the signal is decaying.
    Raises AudioError or CaptureError: not mono, not 48 kHz (takes are never resampled), not a recording of the signal.
    """
    path = Path(path)
    with wav.Reader(path) as reader:
        if reader.sample_rate != RATE or reader.channels != 1:
            channels = "mono" if reader.channels == 1 else f"{reader.channels} channels"
            raise CaptureError(
                f"{path.name}: {channels}, {reader.sample_rate} Hz; a take is mono at {RATE} Hz and never resampled. "
                "Record it again with the session at 48000 Hz, or export one channel."
            )
        samples = reader.read().samples[:, 0]
    reach = round(SEARCHED_S * RATE)
    part = slice(0, VALIDATION + 6 * RATE)
    lag = find_lag(signal.samples[part], samples[: part.stop + reach], whiten=True, max_lag_samples=reach)
    begun_earlier = round(lag.samples) if abs(lag.samples) > 9000 else 0
    if begun_earlier < 0 or not lag.is_certain:
        raise CaptureError(
            f"{path.name}: not a recording of {signal.name} from its beginning on; begin recording before the signal."
        )
    pre_roll = max(0, begun_earlier - LEAD_SAMPLES)
    missing = pre_roll + signal.length + ROOM_SAMPLES - len(samples)
    if missing > ROOM_SAMPLES:
        raise CaptureError(
            f"{path.name}: ends {(missing - ROOM_SAMPLES) / RATE:.2f} s before {signal.name} does; record until a "
            "second after the end of the signal."
        )
    samples = np.concatenate([samples, np.zeros(max(0, missing))])
    return Recording(samples, pre_roll, audio={"server": None, "file": path.name})


def check_again(folder: str | Path) -> tuple[Judged, tuple[TrainerCheck, ...]]:
    """The checks of a capture as it lies on disk, and the trainer's."""
    capture = Capture.load(folder)
    dry, wet = capture.pair()
    x, y = dry.samples[:, 0], wet.samples[:, 0]
    evidence = Evidence(x, y, np.zeros(0), measure_latency(x, y), xruns=int(capture.content["audio"].get("xruns") or 0))
    rates, channels = (dry.sample_rate, wet.sample_rate), (dry.channels, wet.channels)
    return judge(evidence), trainer_checks(x, y, rates=rates, channels=channels)
