"""The probe through real gear: played several times and averaged, its lag taken out, its fingerprint taken.

Noise and hum differ from time to time and the answer does not: hum is told from it by that, and the average has less
noise. DC, gain and polarity mean nothing to a fingerprint. How far the times differ is the noise that was there while
it played, of the gear itself too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...audio.align import Lag, find_lag
from ...audio.measures import ac_rms_dbfs, count_full_scale, peak_dbfs
from ...capture.checks.digital_copy import is_a_copy
from ...capture.checks.latency import MAX_LAG_SAMPLES
from ...capture.take.operator import Operator
from ...capture.take.short_recording import record_short
from ...capture.take.tape_deck import TapeDeck
from ...capture.take.wiring import CableCheck
from ...decibels import db_from_power, gain_from_db
from ...errors import CaptureError
from ..fingerprint import Vector, answered
from ..probe import probe
from .mains_hum import APART_SAMPLES, BEGIN_SAMPLES, without_hum
from .sent_level import SentLevel

TIMES = len(BEGIN_SAMPLES)
SAMPLES = BEGIN_SAMPLES[-1] + APART_SAMPLES  # of all times
CLIPS_DBFS = -0.1
NOISY_DB = 20.0  # below this signal-to-noise at the softest level the fingerprint is blurred
TINY = 1e-20
SOFTEST, USUAL = 0, 3  # bursts of the probe: -45 and -16 dBFS


@dataclass(frozen=True, slots=True, eq=False)
class Probed:
    """What the gear answered at one level. `snr_db`: of the average, at usual playing; `snr_softest_db` at -45 dBFS."""

    level: SentLevel
    vector: Vector  # (220,) in dB
    lag: Lag
    level_dbfs: float  # RMS of what came back of the burst of -16 dBFS
    noise_dbfs: float  # RMS of the silence before
    snr_db: float
    snr_softest_db: float
    peak_dbfs: float

    def __str__(self) -> str:
        turned = ", upside down" if self.lag.polarity < 0 else ""
        blurred = "" if self.snr_softest_db >= NOISY_DB else "; its soft parts drown in noise"
        return (
            f"Probe     back after {self.lag.samples:.1f} samples ({self.lag.samples / 48:.1f} ms){turned}, at most "
            f"{self.peak_dbfs:.1f} dBFS; signal-to-noise {self.snr_db:.0f} dB, {self.snr_softest_db:.0f} dB at its "
            f"softest{blurred}"
        )


def seconds_of(levels: int) -> float:
    """How long the probe takes at so many levels."""
    return levels * SAMPLES / 48000


def all_times() -> NDArray[np.float64]:
    """The probe as often as it is played, (SAMPLES,)."""
    sent = np.zeros(SAMPLES)
    for at in BEGIN_SAMPLES:
        sent[at : at + len(probe().samples)] = probe().samples
    return sent


def play_probe(
    deck: TapeDeck, operator: Operator, cables: CableCheck | None, level: SentLevel, silence: NDArray[np.float64]
) -> Probed:
    """Play it and judge what comes back; `silence`: what came back while nothing played, (n,).

    Raises CaptureError: nothing comes back, it clips, or it never left the computer.
    """
    played = gain_from_db(level.trim_db) * all_times()
    back = record_short(deck, operator, played, "Probe", cables)
    refuse_clipped(back)
    lag = find_lag(played, back, whiten=True, max_lag_samples=MAX_LAG_SAMPLES)
    if not lag.is_certain:
        raise CaptureError(
            "What comes back is not what was played: are both ports the right ones, and is nothing else heard there?"
        )
    late = round(lag.samples)
    if is_a_copy(played, back[: len(played)], late):
        raise CaptureError(
            "What comes back is an exact copy of what was played: the computer records its own send (a monitor port, "
            "or a cable inside the computer). Choose the input that the gear is plugged into with --return."
        )
    return judged(level, back, lag, silence)


def judged(level: SentLevel, back: NDArray[np.float64], lag: Lag, silence: NDArray[np.float64]) -> Probed:
    """What a recording of all times says, (n,), the first of them at `lag`. Raises CaptureError for silence."""
    length = len(probe().samples)
    padded = np.pad(back, (MAX_LAG_SAMPLES, length + MAX_LAG_SAMPLES))
    late = MAX_LAG_SAMPLES + round(lag.samples)
    times = without_hum(np.stack([padded[late + at : late + at + length] for at in BEGIN_SAMPLES]))
    average = times.mean(axis=0)
    found = answered(average)
    if found is None:
        raise CaptureError("The gear answers the probe with silence: is it on, and its volume up?")

    def snr_db(burst: int) -> float:
        passage = probe().of("burst")[burst]
        part = slice(passage.start, passage.stop)
        noise = float(np.mean(np.var(times[:, part], axis=0, ddof=1))) / TIMES + TINY
        return db_from_power(max(float(np.var(average[part])) - noise, TINY) / noise)

    return Probed(
        level=level,
        vector=found.vector,
        lag=lag,
        level_dbfs=found.level_dbfs,
        noise_dbfs=ac_rms_dbfs(silence, -200.0),
        snr_db=snr_db(USUAL),
        snr_softest_db=snr_db(SOFTEST),
        peak_dbfs=peak_dbfs(back, -200.0),
    )


def refuse_clipped(back: NDArray[np.float64]) -> None:
    """Raise a CaptureError for a return at full scale."""
    if count_full_scale(back) or peak_dbfs(back, -200.0) >= CLIPS_DBFS:
        raise CaptureError(
            "The return clips: turn its gain down by 6 dB, or play softer (--send-trim-db T), and begin again."
        )
