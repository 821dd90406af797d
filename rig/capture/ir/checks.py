"""Whether an impulse response can be trusted.

No clipping, little distortion, a loudspeaker that is linear, the same twice, a tail that ends. What was not looked at,
as there was one sweep or no softer one, is unknown.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...cabinet.response import response_db
from ...decibels import db_from_gain
from ...trainer.layout import RATE
from ..checks.verdict import Check, Limit
from .deconvolution import Response

LIMITS: dict[str, Limit] = {
    "clipping": Limit("above", -1.0, -0.1, "dBFS"),  # peak
    "tail": Limit("above", -60.0, None, "dB"),  # RMS of the last part of the response, re its peak
    "repeat": Limit("above", -40.0, -20.0, "dB"),  # what sweeps differ by, re the response
    "linearity": Limit("above", 0.5, 3.0, "dB"),  # between two levels
    "distortion": Limit("above", -30.0, -14.0, "dB"),  # energy of all orders re the response: 3 % and 20 %
}
TAIL_PART = 0.05  # of the response
LINEAR_HZ = (80.0, 5000.0)
SMOOTHING = 6  # parts of an octave
AUDIBLE_DB = 25.0  # below the loudest frequency; deeper notches differ by noise alone


def impulse_checks(
    response: Response,
    taps: NDArray[np.float64],
    softer: tuple[Response, NDArray[np.float64]] | None = None,
    fade_part: float = 0.25,
) -> tuple[Check, ...]:
    """All checks of `taps`, (n,), at 48 kHz; `fade_part`: the share of their end that is faded out.

    `softer`: the same measured 10 dB softer, response and taps of the same length.
    """
    return (
        _peak(response.peak),
        _tail(taps, fade_part),
        _repeat(response.repeat_db),
        _linear(taps, None if softer is None else softer[1]),
        _distortion(response),
    )


def difference_db(taps: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Largest difference of two responses, (n,) each, in 80 Hz - 5 kHz, smoothed, level taken out, where audible."""
    hz = np.geomspace(*LINEAR_HZ, 200)
    a, b = (response_db(x[np.newaxis], RATE, hz, SMOOTHING)[0] for x in (taps, other))
    audible = a > a.max() - AUDIBLE_DB
    difference = (a - b)[audible]
    return float(np.max(np.abs(difference - np.mean(difference))))


def _peak(peak: float) -> Check:
    figure = db_from_gain(peak)
    advice = "Turn the microphone's gain down and sweep again."
    return LIMITS["clipping"].check("clipping", figure, f"peak {figure:.1f} dBFS", advice)


def _tail(taps: NDArray[np.float64], fade_part: float) -> Check:
    """Judged just before the fade, which would hide what is there."""
    length = round(TAIL_PART * len(taps))
    end = len(taps) - round(fade_part * len(taps))
    tail = float(np.sqrt(np.mean(taps[end - length : end] ** 2)))
    figure = db_from_gain(max(tail, 1e-15) / np.abs(taps).max())
    advice = "Keep more of it, sweep longer or louder, or average more sweeps."
    return LIMITS["tail"].check("tail", figure, f"the tail has fallen to {figure:.1f} dB of the peak", advice)


def _repeat(figure: float | None) -> Check:
    if figure is None:
        return LIMITS["repeat"].check(
            "repeat", None, "there was one sweep only, so whether it repeats is not known", "Sweep at least twice."
        )
    advice = "Something moved or made noise between two sweeps: sweep again in silence."
    return LIMITS["repeat"].check("repeat", figure, f"the sweeps differ by {figure:.1f} dB of the response", advice)


def _linear(taps: NDArray[np.float64], softer: NDArray[np.float64] | None) -> Check:
    if softer is None:
        text = "there was no softer sweep, so whether anything compresses is not known"
        return LIMITS["linearity"].check("linearity", None, text, "Leave out --no-softer.")
    figure = difference_db(taps, softer)
    advice = "Power amp or loudspeaker is compressing: turn the power amp down."
    text = f"loud and soft differ by up to {figure:.2f} dB from 80 Hz to 5 kHz"
    return LIMITS["linearity"].check("linearity", figure, text, advice)


def _distortion(response: Response) -> Check:
    limit, figure = LIMITS["distortion"], response.thd_db
    assert limit.warn is not None
    if figure < response.noise_db and response.noise_db > limit.warn:
        text = f"noise of {response.noise_db:.0f} dB hides the distortion"
        return limit.check("distortion", None, text, "Sweep louder, longer, or average more sweeps.")
    if figure < response.noise_db:
        text = f"the distortion lies below the noise of {response.noise_db:.0f} dB; it is not in the response"
        return limit.check("distortion", response.noise_db, text, "")
    advice = "Amp or loudspeaker distorts: turn the power amp down, or the sweep (--dbfs)."
    return limit.check("distortion", figure, f"distortion of {figure:.1f} dB; it is not in the response", advice)
