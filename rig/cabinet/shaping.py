"""Shape an impulse response: what a player turns to make a cabinet fit, and what a loader needs.

In this order: leading silence goes, minimum phase, low and high cut, trim, fade out. The cuts are Butterworth filters
applied to the taps, so they add no delay and cost nothing while playing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..decibels import gain_from_db
from ..dsp.minimum_phase import minimum_phase
from ..dsp.ramp import fade_table
from ..errors import IRError
from .ir import IR

SLOPES_DB = (6, 12, 18, 24)  # per octave: Butterworth of order 1 to 4
LOWEST_CUT_HZ, HIGHEST_CUT_HZ = 10.0, 22000.0
SILENCE_DB = -60.0  # re the peak: what comes before is taken for silence
BEFORE_S = 0.0002  # kept before the first arrival, so that its rise stays whole
SHORTEST_TRIM_MS = 1.0
CUT_TAIL_DB = -100.0  # how far a cut has to ring out behind the last tap
FADE_PART, FADE_MS = 0.25, 10.0  # a trimmed end is faded over a quarter of what is left, at most 10 ms


@dataclass(frozen=True, slots=True)
class Shaping:
    """What is done to an impulse response; the default is nothing.

    `low_cut_hz` removes what lies below, `high_cut_hz` what lies above, -3 dB there; None: no cut. `trim_ms` is the
    length that is kept, `fade_ms` the fade at its end (None: 10 ms at most, and only where something was trimmed).
    Raises IRError for a figure outside anything sensible.
    """

    trim_start: bool = False
    minimum_phase: bool = False
    low_cut_hz: float | None = None
    high_cut_hz: float | None = None
    slope_db: int = 12  # per octave, of both cuts
    trim_ms: float | None = None
    fade_ms: float | None = None

    def __post_init__(self) -> None:
        for what, hz in (("low", self.low_cut_hz), ("high", self.high_cut_hz)):
            if hz is not None and not LOWEST_CUT_HZ <= hz <= HIGHEST_CUT_HZ:
                raise IRError(f"A {what} cut at {hz:g} Hz is out of range: {LOWEST_CUT_HZ:g} to {HIGHEST_CUT_HZ:g} Hz.")
        if self.low_cut_hz is not None and self.high_cut_hz is not None and self.low_cut_hz >= self.high_cut_hz:
            raise IRError(
                f"The low cut ({self.low_cut_hz:g} Hz) must lie below the high cut ({self.high_cut_hz:g} Hz), "
                "or nothing is left."
            )
        if self.slope_db not in SLOPES_DB:
            known = ", ".join(map(str, SLOPES_DB))
            raise IRError(f"A cut falls by {known} dB per octave, not by {self.slope_db}.")
        if self.trim_ms is not None and not SHORTEST_TRIM_MS <= self.trim_ms < math.inf:
            raise IRError(f"An impulse response cannot be trimmed to {self.trim_ms:g} ms; 1 ms is the least.")
        if self.fade_ms is not None and not 0.0 <= self.fade_ms < math.inf:
            raise IRError(f"A fade cannot last {self.fade_ms:g} ms.")

    @property
    def changes_anything(self) -> bool:
        """Whether `apply` does something."""
        return self != Shaping(slope_db=self.slope_db)

    def apply(self, ir: IR) -> IR:
        """The shaped response; the very same one if there is nothing to do. Raises IRError if nothing is left of it."""
        if not self.changes_anything:
            return ir
        taps, rate = ir.taps.astype(np.float64), ir.sample_rate
        if self.trim_start:
            taps = taps[:, arrival(taps, rate) :]
        if self.minimum_phase:
            taps = minimum_phase(taps)
        taps = self._cut(taps, rate, ir.name)
        length = taps.shape[1]
        if self.trim_ms is not None:
            length = min(length, max(1, round(self.trim_ms * rate / 1000)))
        fade = None if self.fade_ms is None else round(self.fade_ms * rate / 1000)
        return ir.with_taps(shortened(taps, length, rate, fade))

    def _cut(self, taps: NDArray[np.float64], rate: int, name: str) -> NDArray[np.float64]:
        cuts = [(hz, kind) for hz, kind in ((self.low_cut_hz, "highpass"), (self.high_cut_hz, "lowpass")) if hz]
        if not cuts:
            return taps
        from scipy.signal import butter, sosfilt

        order = self.slope_db // 6
        before = taps.shape[1]
        for hz, kind in cuts:
            if hz >= 0.49 * rate:
                raise IRError(f"{name}: a cut at {hz:g} Hz needs a higher sample rate than {rate} Hz.")
            # The slowest pole of the filter decays by exp(-2 pi hz sin(pi / 2 order) t).
            decay_s = math.log(10) * -CUT_TAIL_DB / 20 / (2 * math.pi * hz * math.sin(math.pi / (2 * order)))
            taps = np.pad(taps, ((0, 0), (0, math.ceil(decay_s * rate))))
            taps = sosfilt(butter(order, hz, kind, output="sos", fs=rate), taps, axis=1)
        audible = np.flatnonzero(np.abs(taps).max(axis=0) > np.abs(taps).max() * gain_from_db(CUT_TAIL_DB))
        return taps[:, : max(before, int(audible[-1]) + 1 if audible.size else 0)]


def arrival(taps: NDArray[np.float64], sample_rate: int) -> int:
    """The sample where the sound of taps, (channels, n), begins: a little before the first above -60 dB re the peak."""
    loud = np.abs(taps).max(axis=0)
    first = int(np.argmax(loud > loud.max() * gain_from_db(SILENCE_DB)))
    return max(0, first - round(BEFORE_S * sample_rate))


def shortened(
    taps: NDArray[np.float64], samples: int, sample_rate: int, fade_samples: int | None = None
) -> NDArray[np.float64]:
    """The first `samples` of taps, (channels, n), the last `fade_samples` of them faded by a raised cosine.

    Without `fade_samples` the end is faded only if something is cut off: a quarter of what is left, at most 10 ms.
    """
    kept = np.array(taps[:, :samples])
    if fade_samples is None:
        cut = samples < taps.shape[1]
        fade_samples = min(round(FADE_PART * samples), round(FADE_MS * sample_rate / 1000)) if cut else 0
    fade = min(fade_samples, kept.shape[1])
    if fade:
        kept[:, -fade:] *= 1.0 - fade_table(fade).astype(np.float64)
    return kept
