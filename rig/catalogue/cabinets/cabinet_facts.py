"""What is kept of one cabinet: facts from its file, and what its response tells."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CabinetFacts:
    """What a response is. Times are from the first sample of the file; levels as `rig ir` tells them."""

    sample_rate_hz: int
    channels: int
    samples: int
    duration_ms: float
    coding: str  # libsndfile's name: PCM_24, FLOAT, ...
    peak_dbfs: float
    peak_ms: float
    arrival_ms: float  # the first sample above -40 dB re the peak
    level_db: float  # gain for pink noise of 80 Hz to 6 kHz
    decay_60_ms: float  # from the peak to the last sample above -60 dB of it
    late_10_ms_db: float  # energy more than 10 ms behind the onset, re all of it
    centre_hz: float  # where the middle of its energy lies for pink noise of 60 Hz to 12 kHz
    tilt_db_per_octave: float  # slope of the response from 100 Hz to 6.4 kHz: negative is darker
    notes: tuple[str, ...] = ()  # what looks wrong about it

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)
