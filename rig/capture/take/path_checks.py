"""Before a take: is the path alive, and quiet? Arithmetic on two short recordings, (n,) float64 at 48 kHz.

One was made while nothing played, the other of a tone of 1 kHz at -40 dBFS; `path_trial.py` plays them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...audio.measures import FLOOR_DBFS, ac_rms_dbfs
from ...decibels import db_from_gain, gain_from_db
from ...trainer.layout import RATE
from ..checks.latency import USABLE
from ..checks.limits import LIMITS
from ..checks.measures import hum_dbfs
from ..checks.verdict import Check

TONE_HZ, TONE_DBFS = 1000.0, -40.0
ALIVE_DB = 12.0  # the tone has to stand out of the silence by this much
RINGS_ON_DB = 20.0  # over the silence, a quarter of a second after a tone has ended
LATEST_SAMPLES = RATE // 4  # samples: by then what was played has come back
FRAME = RATE // 200  # 5 ms: whole periods of the tone
AT_ONCE = 4  # frames in which a tone that is late rises from a tenth to half; feedback builds up more slowly
AIM_DBFS = -4.5  # where a take peaks, between the limits of `level_step`


def tone(seconds: float = 1.0, dbfs: float = TONE_DBFS, hz: float = TONE_HZ) -> NDArray[np.float64]:
    """A sine with a peak of `dbfs`, (n,) at 48 kHz, faded in and out over 10 ms."""
    n = round(seconds * RATE)
    edge = np.minimum(1.0, np.minimum(np.arange(n), np.arange(n)[::-1]) / (RATE / 100))
    return gain_from_db(dbfs) * np.sin(2 * np.pi * hz * np.arange(n) / RATE) * (0.5 - 0.5 * np.cos(np.pi * edge))


def tone_peak_dbfs(recording: NDArray[np.float64], hz: float = TONE_HZ) -> float:
    """The peak of the sine of that frequency in a recording, (n,) at 48 kHz, noise and everything else left out."""
    window = np.hanning(len(recording))
    turn = np.exp(-2j * np.pi * hz * np.arange(len(recording)) / RATE)
    return max(FLOOR_DBFS, db_from_gain(2 * abs(np.sum(window * turn * recording)) / np.sum(window)))


def silence_checks(silence: NDArray[np.float64]) -> tuple[Check, ...]:
    """Noise, hum and DC of at least a second in which nothing was played, by the limits of a take.

    The noise is judged against a take that peaks where it should, about 12 dB above its RMS level.
    """
    offset = float(np.mean(silence))
    noise = ac_rms_dbfs(silence, FLOOR_DBFS)
    snr_db = AIM_DBFS - 12.0 - noise
    hums = {mains: hum_dbfs(silence, mains) for mains in (50.0, 60.0)}
    mains = max(hums, key=lambda hz: hums[hz])
    return (
        LIMITS["noise"].check(
            "noise", snr_db, f"noise {noise:.1f} dBFS RMS", "Lower the gear's own noise, or send hotter."
        ),
        LIMITS["hum"].check(
            "hum",
            hums[mains],
            f"{mains:g} Hz at {hums[mains]:.1f} dBFS",
            "Look for a ground loop: one outlet for everything, the ground lifted at the re-amp box.",
        ),
        LIMITS["dc"].check("dc", abs(offset), f"an offset of {offset:+z.5f}", "Use a coupled line input."),
    )


def alive_check(silence: NDArray[np.float64], toned: NDArray[np.float64]) -> Check:
    """Whether the tone came back."""
    before, level = tone_peak_dbfs(silence), tone_peak_dbfs(toned)
    stands_out = level - max(before, -120.0)
    good = stands_out >= ALIVE_DB
    advice = "" if good else "Nothing comes back: is the gear on, not muted, and are both ports the right ones?"
    text = f"1 kHz at {TONE_DBFS:g} dBFS comes back at {level:.1f} dBFS"
    return Check("path", "ok" if good else "fail", stands_out, "dB", None, ALIVE_DB, text, advice, "below")


def ringing_check(silence: NDArray[np.float64], toned: NDArray[np.float64]) -> Check:
    """Whether the path falls silent after the tone: feedback, a reverb or a delay do not.

    `silence` is (n,), `toned` the tone of one second and at least half a second behind it. A path that is only late is
    told from one that rings on: there the tone is whole as soon as it begins, and does not build up.
    """
    late = _late_samples(silence, toned)
    if late > USABLE[1]:
        late_ms, most_ms = late / RATE * 1000, USABLE[1] / RATE * 1000
        text = f"the tone comes back {late_ms:.0f} ms late, and a take can be at most {most_ms:.0f} ms late"
        advice = "Choose a shorter period; no network and no digital effect may lie in the loop."
        return Check("delay", "fail", late_ms, "ms", None, most_ms, text, advice, "above")
    rest = toned[RATE + LATEST_SAMPLES :]
    above_db = ac_rms_dbfs(rest, FLOOR_DBFS) - ac_rms_dbfs(silence, -90.0)
    good = above_db < RINGS_ON_DB
    text = f"a quarter of a second after the tone it is {max(above_db, 0.0):.0f} dB above silence"
    advice = "" if good else "It rings on: the return is fed back into the send, or a reverb or delay is on."
    return Check("feedback", "ok" if good else "fail", above_db, "dB", None, RINGS_ON_DB, text, advice, "above")


def _late_samples(silence: NDArray[np.float64], toned: NDArray[np.float64]) -> int:
    """How late the tone comes back, in samples: its level rises above half of what it reaches.

    0 where it builds up, as in a loop that feeds back: its level then tells nothing of when it came.
    """
    levels = _tone_levels(toned)
    half = 0.5 * float(np.quantile(levels, 0.8))
    begins = int(np.argmax(levels > min(half, max(half / 5, float(_tone_levels(silence).max(initial=0.0))))))
    whole = int(np.argmax(levels > half))
    return whole * FRAME if whole - begins <= AT_ONCE else 0


def _tone_levels(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of the tone is in every frame, (n // FRAME,)."""
    frames = x[: len(x) // FRAME * FRAME].reshape(-1, FRAME)
    return np.asarray(np.abs(frames @ np.exp(-2j * np.pi * TONE_HZ * np.arange(FRAME) / RATE)))
