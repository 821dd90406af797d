"""Before a take: is the path alive, quiet, and as loud as it should be?

Arithmetic on short recordings; playing them is up to whoever has a server. Three things are played: nothing, a tone of
1 kHz at -40 dBFS, and the loudest second of the signal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...audio.measures import FLOOR_DBFS, ac_rms_dbfs, peak_dbfs
from ...decibels import db_from_gain, gain_from_db
from ...trainer.layout import RATE
from ..checks.checks import LIMITS
from ..checks.measures import hum_dbfs
from ..checks.verdict import Check, above, below
from ..signal.training_signal import Signal

TONE_HZ, TONE_DBFS = 1000.0, -40.0
ALIVE_DB = 12.0  # the tone has to stand out of the silence by this much
PEAK_DBFS = (-6.0, -3.0)  # where the return has to peak
AIM_DBFS = -4.5
SILENCE_S = 1.0


def tone(seconds: float = 1.0, dbfs: float = TONE_DBFS, hz: float = TONE_HZ) -> NDArray[np.float64]:
    """A sine with a peak of `dbfs`, faded in and out over 10 ms."""
    n = round(seconds * RATE)
    edge = np.minimum(1.0, np.minimum(np.arange(n), np.arange(n)[::-1]) / (RATE / 100))
    return gain_from_db(dbfs) * np.sin(2 * np.pi * hz * np.arange(n) / RATE) * (0.5 - 0.5 * np.cos(np.pi * edge))


def tone_peak_dbfs(recording: NDArray[np.float64], hz: float = TONE_HZ) -> float:
    """The peak of the sine of that frequency in a recording, noise and everything else left out."""
    window = np.hanning(len(recording))
    turn = np.exp(-2j * np.pi * hz * np.arange(len(recording)) / RATE)
    return max(FLOOR_DBFS, db_from_gain(2 * abs(np.sum(window * turn * recording)) / np.sum(window)))


def loudest_second(signal: Signal) -> NDArray[np.float64]:
    """The second of the signal with the most energy among those that reach its peak."""
    seconds = signal.samples[: signal.length // RATE * RATE].reshape(-1, RATE)
    peaks = np.abs(seconds).max(axis=1)
    energy = np.where(peaks > 0.9 * peaks.max(), np.sum(seconds**2, axis=1), 0)
    return np.array(seconds[int(np.argmax(energy))])


def silence_checks(silence: NDArray[np.float64]) -> tuple[Check, ...]:
    """Noise, hum and DC of at least a second in which nothing was played, by the limits of a take.

    The noise is judged against a take that peaks where it should, about 12 dB above its RMS level.
    """
    offset = float(np.mean(silence))
    noise = ac_rms_dbfs(silence, FLOOR_DBFS)
    snr_db = AIM_DBFS - 12.0 - noise
    hums = {mains: hum_dbfs(silence, mains) for mains in (50.0, 60.0)}
    mains = max(hums, key=lambda hz: hums[hz])
    rows = (
        ("noise", below(snr_db, *LIMITS["noise"]), snr_db, "dB", f"noise {noise:.1f} dBFS RMS"),
        ("hum", above(hums[mains], *LIMITS["hum"]), hums[mains], "dBFS RMS", f"{mains:g} Hz at {hums[mains]:.1f} dBFS"),
        ("dc", above(abs(offset), *LIMITS["dc"]), abs(offset), "of full scale", f"an offset of {offset:+.5f}"),
    )
    advice = {
        "noise": "Lower the gear's own noise, or send hotter.",
        "hum": "Look for a ground loop: one outlet for everything, the ground lifted at the re-amp box.",
        "dc": "Use a coupled line input.",
    }
    return tuple(
        Check(name, verdict, figure, unit, *LIMITS[name], text, "" if verdict == "ok" else advice[name])
        for name, verdict, figure, unit, text in rows
    )


def alive_check(silence: NDArray[np.float64], toned: NDArray[np.float64]) -> Check:
    """Whether the tone came back."""
    before, level = tone_peak_dbfs(silence), tone_peak_dbfs(toned)
    stands_out = level - max(before, -120.0)
    good = stands_out >= ALIVE_DB
    advice = "" if good else "Nothing comes back: is the gear on, not muted, and are both ports the right ones?"
    text = f"1 kHz at {TONE_DBFS:g} dBFS comes back at {level:.1f} dBFS"
    return Check("path", "ok" if good else "fail", stands_out, "dB", None, ALIVE_DB, text, advice)


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
