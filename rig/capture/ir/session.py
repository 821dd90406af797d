"""Sweeps over JACK: as many as asked for, one 10 dB softer, and what they say about cabinet and loudspeaker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...audio.align import find_lag
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
from .deconvolution import Response, Sweep, finished_taps, measure

SOFTER_DB = -10.0
QUIET_DBFS = -50.0  # RMS of a silence that a sweep is recorded over
SETTLES_S = 8  # by then a microphone that was just opened is quiet
MOST_SWEEPS = 64
PLAYED_BEFORE = 480  # samples before a sweep is heard that it is said to have been played, where nobody knows
FOUND = 0.05  # correlation of a sweep with a recording of it: a dull cabinet in a loud room has 0.2, noise 0.01


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
    _wait_for_silence(deck, operator, cables)
    signal = sweep.signal()
    recordings = [record_short(deck, operator, signal, f"Sweep {i + 1}/{sweeps}", cables) for i in range(sweeps)]
    response = measure(sweep, recordings)
    taps = finished_taps(response, samples, minimum=minimum_phase)
    soft = None
    if softer:
        quiet = Sweep(sweep.seconds, sweep.amplitude * gain_from_db(SOFTER_DB))
        other = measure(quiet, [record_short(deck, operator, quiet.signal(), "Softer", cables)])
        soft = other, finished_taps(other, samples, minimum=minimum_phase)
    return Swept(response, taps, impulse_checks(response, taps, soft))


def _wait_for_silence(deck: TapeDeck, operator: Operator, cables: CableCheck | None) -> None:
    """Return once a second is quiet and has no DC: a microphone that is opened pops, and settles within a few.

    Raises CaptureError where it does not become quiet.
    """
    noise = FLOOR_DBFS
    for second in range(SETTLES_S):
        silence = record_short(deck, operator, np.zeros(RATE), "Silence", cables)
        noise = rms_dbfs(silence, FLOOR_DBFS)
        if noise <= QUIET_DBFS:
            waited = f", after {second} s in which a pop died away" if second else ""
            operator.say(f"Silence    {noise:.1f} dBFS RMS{waited}")
            return
    raise CaptureError(
        f"Without a sweep there is {noise:.0f} dBFS already, for {SETTLES_S} s: find out what sounds, then begin again."
    )


def from_recordings(
    sweep: Sweep,
    recordings: Mapping[str, NDArray[np.float64]],
    *,
    samples: int = 8192,
    minimum_phase: bool = False,
) -> Swept:
    """The same from recordings of the sweep that were made elsewhere, by name, (m,) each at 48 kHz, begun before it.

    Raises CaptureError: the sweep is not in one of them, or begins or ends outside it; and what `measure` refuses.
    """
    cut = [_cut(sweep, recording, name) for name, recording in recordings.items()]
    response = measure(sweep, cut)
    taps = finished_taps(response, samples, minimum=minimum_phase)
    return Swept(response, taps, impulse_checks(response, taps))


def _cut(sweep: Sweep, recording: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """The part of a recording that begins as `sweep.signal()` was played, PLAYED_BEFORE samples before it is heard."""
    played = sweep.bare()
    lag = find_lag(played, recording, max_lag_samples=len(recording))
    if lag.confidence < FOUND:
        raise CaptureError(
            f"{name}: the sweep is not found in it (agreement {lag.confidence:.2f}, at least {FOUND:g} is "
            "needed); is it a recording of this sweep, with the amp out of standby?"
        )
    heard = round(lag.samples)
    if heard < -sweep.lead // 2 or heard + len(played) > len(recording) + RATE // 100:
        raise CaptureError(f"{name}: does not hold the whole sweep; record from before it until 2 s after it.")
    start = heard - PLAYED_BEFORE - sweep.lead
    length = len(sweep.signal())
    whole = np.zeros(length)
    part = recording[max(0, start) : max(0, start + length)]
    whole[max(0, -start) :][: len(part)] = part[: length - max(0, -start)]
    return whole
