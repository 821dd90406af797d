"""The level of a take: the loudest second of the signal is played until what comes back peaks at -6 to -3 dBFS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...audio.align import find_lag
from ...audio.measures import FLOOR_DBFS, peak_dbfs
from ...decibels import gain_from_db
from ...errors import CaptureError
from ...trainer.layout import RATE
from ..checks.digital_copy import is_a_copy
from ..checks.latency import MAX_LAG_SAMPLES
from ..signal.training_signal import Signal
from .operator import Operator
from .path_checks import AIM_DBFS
from .short_recording import ROOM_SAMPLES, record_short
from .tape_deck import TapeDeck
from .wiring import CableCheck

PEAK_DBFS = (-6.0, -3.0)  # where the return has to peak
STEPS = 12  # of the search
SOFTEST_TRIM_DB = -30.0


def loudest_second(signal: Signal) -> NDArray[np.float64]:
    """The second of the signal, (48000,), with the most energy among those that reach its peak."""
    seconds = signal.samples[: signal.length // RATE * RATE].reshape(-1, RATE)
    peaks = np.abs(seconds).max(axis=1)
    energy = np.where(peaks > 0.9 * peaks.max(), np.sum(seconds**2, axis=1), 0)
    return np.array(seconds[int(np.argmax(energy))])


@dataclass(frozen=True, slots=True)
class Step:
    """What to do after the loudest second came back: done, or turn something."""

    done: bool
    peak_dbfs: float
    return_gain_db: float  # by which the return has to be turned, 0 when done
    send_trim_db: float  # digital gain to try instead, where the return cannot be turned down far enough
    text: str


def level_step(returned: NDArray[np.float64], send_trim_db: float = 0.0) -> Step:
    """Judge the return of the loudest second, played with a digital gain of `send_trim_db` (0 or less)."""
    peak = peak_dbfs(returned, FLOOR_DBFS)
    if PEAK_DBFS[0] <= peak <= PEAK_DBFS[1]:
        return Step(True, peak, 0.0, send_trim_db, f"The return peaks at {peak:.1f} dBFS: right.")
    wanted = AIM_DBFS - peak
    if peak >= -0.1:
        text = f"The return clips. Turn its gain down by {-max(wanted, -6.0) + 6.0:.0f} dB and try again."
        return Step(False, peak, min(wanted, -6.0), min(0.0, send_trim_db - 6.0), text)
    way = "up" if wanted > 0 else "down"
    text = f"The return peaks at {peak:.1f} dBFS. Turn its gain {way} by {abs(wanted):.0f} dB, to -6 .. -3 dBFS."
    return Step(False, peak, wanted, min(0.0, send_trim_db + wanted), text)


def find_level(
    deck: TapeDeck,
    operator: Operator,
    signal: Signal,
    fixed_trim_db: float | None,
    *,
    self_test: bool = False,
    cables: CableCheck | None = None,
) -> float:
    """The digital gain in dB for the signal; the loudest second is repeated until the return's level is right.

    `fixed_trim_db` None: may be lowered; else it is kept, and only the return's gain can be turned. Raises CaptureError
    where that finds no level, or where what comes back never left the computer.
    """
    burst = loudest_second(signal)
    trim = 0.0 if fixed_trim_db is None else fixed_trim_db
    for _ in range(STEPS):
        back = record_short(deck, operator, gain_from_db(trim) * burst, "Level", cables)
        if not self_test and _is_our_own(burst, back):
            raise CaptureError(
                "What comes back is an exact copy of what was played: the computer records its own send (a monitor "
                "port, or a cable inside the computer). Choose the input that the gear is plugged into with --return."
            )
        step = level_step(back, trim)
        operator.say(step.text)
        if step.done:
            return trim
        answer = _what_now(operator, step, trim, fixed_trim_db is None)
        if answer == "g":
            return trim
        if answer == "s":
            trim = max(step.send_trim_db, SOFTEST_TRIM_DB)
    raise CaptureError("The level was not found: turn the gain of the return, then begin again.")


def _is_our_own(burst: NDArray[np.float64], back: NDArray[np.float64]) -> bool:
    played = np.concatenate([burst, np.zeros(ROOM_SAMPLES)])
    return is_a_copy(played, back, round(find_lag(played, back, max_lag_samples=MAX_LAG_SAMPLES).samples))


def _what_now(operator: Operator, step: Step, trim_db: float, free: bool) -> str:
    """`s` for a softer send, `g` to go on, anything else to try again."""
    too_hot, clips = step.return_gain_db < 0, step.peak_dbfs >= -0.1
    choices = ["a: again, after turning the return's gain", "g: go on as it is"]
    default: str | None = None if clips else "g"
    option = "--send-trim-db T, or turn the return's gain down"
    if free and too_hot and trim_db > SOFTEST_TRIM_DB:
        choices.append(f"s: play {trim_db - step.send_trim_db:.0f} dB softer")
        default = "s"
    enter = f" [{default}]" if default else ""
    return operator.ask(f"{'; '.join(choices)}{enter}:", option, default).strip().casefold()
