"""All figures of one candidate that stand beside those of `rig.compare.measures`, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ..gear_figures import GearFigures
from ..measures import PowerSpectrum, Spectrum
from .equaliser import equaliser
from .fine_filter import fine_share
from .log_spectrum import log_spectrum_distance_db
from .shares import shares
from .weighting import esr_a_weighted


@dataclass(frozen=True, slots=True)
class Further:
    """Of a candidate after lag, polarity and level have been taken out; ESRs are ratios."""

    esr_a_weighted: float
    log_spectrum_db: float | None  # None: what is judged is shorter than a window
    esr_equalised: float  # with the EQ taken out as well
    eq_curve_db: dict[float, float | None]  # what it lacks in third octaves; None: the gear is not heard there
    eq_worst_hz: float | None  # the third octave to name; None: it needs no EQ
    error_shares: dict[str, float | None]  # of `shares.KINDS`; None: no pause tells noise and distortion apart


def further(
    gear: GearFigures,
    aligned: NDArray[Any],
    gain: float,
    matched: NDArray[Any],
    sounds: Spectrum,
    left: PowerSpectrum,
    esr_matched: float,
) -> Further:
    """The figures of a candidate; signals have shape (n,), the part that is judged.

    `aligned`: lag and polarity taken out, `sounds` its spectrum; `matched`: `gain` times that; `left`: the power
    spectrum of the gear minus it; `esr_matched`: its ESR.
    """
    rate = gear.sample_rate
    eq = equaliser(sounds, gain, gear.bands)
    mended = min(eq.mended, esr_matched)
    share = mended / esr_matched if esr_matched > 0 else 0.0
    return Further(
        esr_a_weighted=esr_a_weighted(left, gear.a_weights, gear.a_weighted_power),
        log_spectrum_db=log_spectrum_distance_db(matched, gear.resolutions, rate),
        esr_equalised=esr_matched - mended,
        eq_curve_db=eq.curve_db,
        eq_worst_hz=eq.worst_hz,
        error_shares=shares(share, fine_share(aligned, gain, gear.pieces), gear.wet - matched, gear.pauses, rate),
    )
