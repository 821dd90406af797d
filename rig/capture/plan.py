"""Everything that is wanted of a capture."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .levels import CaptureLevels
from .result.gear_metadata import Gear
from .signal.training_signal import Signal
from .take.retakes import RETAKES
from .take.wiring import Wiring


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is wanted of a capture, decided before anything sounds.

    `send_trim_db` None: found by the level search; `latency_samples` None: the tightest cut. `round_trip_samples`: what
    `rig calibrate latency` found at this period, None: nothing; a self-test compares with it.
    """

    into: Path
    name: str
    wiring: Wiring  # from `choose_wiring`, on the same server
    signal: Signal
    levels: CaptureLevels = field(default_factory=CaptureLevels)
    gear: Gear = field(default_factory=Gear)
    send_trim_db: float | None = None
    latency_samples: int | None = None
    accept: bool = False
    self_test: bool = False
    repair_drift: bool = False
    round_trip_samples: float | None = None
    trial: bool = True
    second_take: bool = False
    freewheel: bool = False
    retakes: int = RETAKES
    architecture: str = "standard"
