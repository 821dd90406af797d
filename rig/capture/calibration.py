"""Levels and latency over real cables: a tone and how loud it comes back, noise and how late."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..audio.align import Lag, find_lag
from ..audio.measures import FLOOR_DBFS, peak_dbfs
from ..decibels import gain_from_db
from ..errors import CaptureError, RigError
from ..trainer.layout import RATE
from .checks.latency import MAX_LAG_SAMPLES
from .checks.limits import FLAT_TOPS
from .checks.quantisation import flat_tops
from .take.operator import Operator
from .take.path_checks import TONE_HZ, tone, tone_peak_dbfs
from .take.short_recording import record_short
from .take.tape_deck import TapeDeck

STEADY = slice(RATE // 2, RATE)  # of a tone of one second, latency included
QUIETEST_DBFS = -60.0  # below this a tone that came back is none
NOISE_DBFS = -20.0
LOOP_S = 1.0


def read_tone(deck: TapeDeck, operator: Operator, dbfs: float, hz: float = TONE_HZ) -> float:
    """The peak in dBFS with which a sine of `dbfs` comes back. Raises CaptureError: not at all, or clipped."""
    back = record_short(deck, operator, tone(1.0, dbfs, hz), "Tone")
    peak, read = peak_dbfs(back, FLOOR_DBFS), tone_peak_dbfs(back[STEADY], hz)
    if peak >= -0.1 or FLAT_TOPS.verdict(flat_tops(back)) != "ok":
        raise CaptureError(
            f"The tone of {dbfs:g} dBFS clips at the input: play it softer (--dbfs {dbfs - 12:g}), or turn its gain "
            "down."
        )
    if read < QUIETEST_DBFS:
        raise CaptureError(
            f"The tone of {dbfs:g} dBFS comes back at {read:.1f} dBFS: check the cable and both ports (--send, "
            "--return)."
        )
    return read


def round_trip(deck: TapeDeck, operator: Operator) -> Lag:
    """How late, and how turned, noise comes back. Raises CaptureError where it does not."""
    noise = gain_from_db(NOISE_DBFS) * np.random.default_rng(7).uniform(-1, 1, RATE // 2)
    back = record_short(deck, operator, noise, "Noise")
    lag = find_lag(noise, back, max_lag_samples=MAX_LAG_SAMPLES)
    if not lag.is_certain:
        raise CaptureError("The noise did not come back: check the cable and both ports (--send, --return).")
    return lag


def play_tone(deck: TapeDeck, hz: float, dbfs: float, until: Callable[[float], bool]) -> None:
    """A sine with a peak of `dbfs` until `until(peak_dbfs of the return)` says so; faded in and out."""
    deck.play_endlessly(_seamless(hz, dbfs), until)


def volts_while_it_plays(deck: TapeDeck, operator: Operator, dbfs: float) -> float:
    """What a multimeter at the send shows, asked while 1 kHz plays. Raises CaptureError for what is no voltage."""
    answers: list[str] = []
    errors: list[RigError] = []

    def ask() -> None:
        try:
            answers.append(operator.ask("Volts?", "--volts V", ""))
        except RigError as error:
            errors.append(error)

    asking = threading.Thread(target=ask, name="rig-volts", daemon=True)
    asking.start()
    play_tone(deck, TONE_HZ, dbfs, lambda peak_dbfs: not asking.is_alive())
    for error in errors:
        raise error
    try:
        volts = float(answers[0].casefold().removesuffix("v").replace(",", "."))
    except (ValueError, IndexError):
        volts = 0.0
    if not 0 < volts < math.inf:
        raise CaptureError("That is no voltage; type what the meter shows, such as 1.5, or give --volts V.")
    return volts


def _seamless(hz: float, dbfs: float) -> NDArray[np.float32]:
    """A second that joins with itself: the frequency is a whole number of Hz."""
    samples = round(LOOP_S * RATE)
    t = np.arange(samples) / RATE
    return (gain_from_db(dbfs) * np.sin(2 * np.pi * round(hz) * t)).astype(np.float32)
