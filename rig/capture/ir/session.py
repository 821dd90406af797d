"""Sweeps over JACK: as many as asked for, one 10 dB softer, and what they say about cabinet and loudspeaker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...audio.measures import FLOOR_DBFS, rms_dbfs
from ...decibels import gain_from_db
from ...errors import CaptureError
from ...trainer.layout import RATE
from ..checks.verdict import Check
from ..take.operator import Operator
from ..take.short_recording import record_short
from ..take.tape_deck import TapeDeck
from ..take.wiring import CableCheck
from .checks import impulse_checks
from .deconvolution import LATEST_S, Response, Sweep, finished_taps, measure

SOFTER_DB = -10.0
QUIET_DBFS = -50.0  # RMS of a silence that a sweep is recorded over
MOST_SWEEPS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Swept:
    """What came of the sweeps: the response, the taps that are kept, and the checks."""

    response: Response
    taps: NDArray[np.float64]
    checks: tuple[Check, ...]


def sweep_session(
    deck: TapeDeck,
    operator: Operator,
    sweep: Sweep,
    sweeps: int = 2,
    *,
    samples: int = 8192,
    minimum_phase: bool = False,
    softer: bool = True,
    cables: CableCheck | None = None,
) -> Swept:
    """Sweep `sweeps` times and average; `softer`: once more 10 dB softer, which tells whether anything compresses.

    Raises CaptureError: nothing comes back, the input clips, the silence is loud, the server tears every recording.
    """
    if not 1 <= sweeps <= MOST_SWEEPS:
        raise CaptureError(f"{sweeps} sweeps cannot be averaged; 1 to {MOST_SWEEPS} can.")
    silence = record_short(deck, operator, np.zeros(RATE), "Silence", cables)
    noise = rms_dbfs(silence, FLOOR_DBFS)
    operator.say(f"Silence    {noise:.1f} dBFS RMS")
    if noise > QUIET_DBFS:
        raise CaptureError(
            f"Without a sweep there is {noise:.0f} dBFS already: find out what sounds, then begin again."
        )
    signal = sweep.signal()
    recordings = [record_short(deck, operator, signal, f"Sweep {i + 1}/{sweeps}", cables) for i in range(sweeps)]
    response = measure(sweep, recordings)
    taps = finished_taps(response, samples, minimum=minimum_phase)
    soft = None
    if softer:
        quiet = Sweep(sweep.seconds, sweep.amplitude * gain_from_db(SOFTER_DB))
        other = measure(quiet, [record_short(deck, operator, quiet.signal(), "Softer", cables)])
        soft = other, finished_taps(other, samples, minimum=minimum_phase)
    checks = impulse_checks(response, taps, soft)
    arrives_in_time = response.latency_samples < round(LATEST_S * RATE) - 1
    if not arrives_in_time:
        raise CaptureError("The sweep comes back later than a second, or not at all: check cable and ports.")
    return Swept(response, taps, checks)
