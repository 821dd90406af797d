"""Hum of the mains under the playing: what the model of the gear leaves, looked at line by line.

A string is seldom within a hertz of the mains and of several of its harmonics at once, and the model explains strings.
So hum stands out in what is left, also where it is far softer than what the model leaves of a fuzz. And hum is steady,
where strings are struck and die away: for seconds, its lines are sines that neither swell nor drift. Soft hum in front
of a fuzz comes and goes with the strings, but the strengths of its lines re one another stay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft

from ....trainer.layout import PROGRAMME, RATE, VALIDATION
from ..measures import HARMONICS, hum_lines, runs_of_true
from .gear_model import BANDS, FRAME, Explained, Spectra

MAINS_HZ = (50.0, 60.0)
SLOW = 16  # hum is looked for at the rate divided by this
NARROW_HZ = 0.8  # of a line of the mains: a string may be 2 Hz beside one
SHORTEST = 3 * RATE // SLOW // 2  # samples at the slow rate: of a piece in which a line is narrow
MOST = 0.35  # of what is not explained: a piece is hum
WINDOW, STEP = 3 * RATE // SLOW, RATE // SLOW // 2  # samples at the slow rate
LOUD = 0.016  # of the power of wet
OF_WHAT_IS_LEFT = 0.1
SOFT, OF_WHAT_IS_LEFT_BESIDE_SOFT = 0.0005, 0.03  # softer hum, in front of a fuzz: it has to last longer
ALIKE = 0.9  # cosine between the lines of a window of soft hum and those of the window before
RISES = 4.0  # times what it is at both ends
LINES, COUNTS = 3, 0.03  # so many harmonics, each at least that much of all
FEW_LINES, MOST_OF_FEW = 2, 0.6  # fewer do, where they are so much of what is not explained: strings do not meet twice
BLOCK = RATE // SLOW // 2  # samples at the slow rate: half a second, of which six in a row tell what is steady
STEADY = 0.65  # of the power of the lines: hum behind any gear mostly has 0.8 and more, and noise at most 0.6
DRIFT_HZ = np.linspace(-0.4, 0.4, 41)  # of the mains
LASTS, LASTS_SOFTLY = 3, 5  # windows; of clean gear of any kind, never more than two in a row pass for soft hum


def hums(take: Explained, frames: slice) -> float | None:
    """The mains frequency that makes up a good part of what is not explained in these frames; None: neither."""
    piece = _slow((take.wet - take.model)[:, frames])
    total = float(np.mean(piece**2))
    if len(piece) < SHORTEST or total <= 0:
        return None
    for mains in MAINS_HZ:
        lines = hum_lines(piece, mains, RATE / SLOW, NARROW_HZ)
        if lines.sum() > MOST * total and (are_harmonics(lines, total) or are_steady(piece, mains, lines)):
            return mains
    return None


def hum_pieces(take: Explained, samples: int) -> list[tuple[float, int, int]]:
    """Where it hums in the programme of a take of so many samples, and at neither end: (mains in Hz, start, stop)."""
    left, wet = _slow(take.wet - take.model), _slow(take.wet)
    starts = np.arange(0, len(left) - WINDOW + 1, STEP)
    at_ends = (starts * SLOW < VALIDATION - WINDOW * SLOW) | (starts * SLOW >= samples - VALIDATION)
    inside = (starts * SLOW >= PROGRAMME - RATE) & (starts * SLOW < samples - VALIDATION - WINDOW * SLOW // 2)
    window, wet_power = np.hanning(WINDOW) ** 2, np.array([np.mean(wet[at : at + WINDOW] ** 2) for at in starts])
    # All lines together are no more than all that is left: where that is less than hum would be, none is looked for.
    most = np.array([np.sum(window * left[at : at + WINDOW] ** 2) for at in starts]) / window.sum()
    found = []
    for mains in MAINS_HZ:
        power, before = np.zeros(len(starts)), np.zeros(HARMONICS)
        loud, soft, goes_on = np.zeros((3, len(starts)), bool)
        for i in np.flatnonzero(at_ends | (inside & (2 * most > SOFT * wet_power))):
            part = slice(starts[i], starts[i] + WINDOW)
            lines = hum_lines(left[part], mains, RATE / SLOW, NARROW_HZ)
            power[i], all_left = lines.sum(), float(np.mean(left[part] ** 2))
            harmonics = are_harmonics(lines, all_left)
            if power[i] > max(LOUD * wet_power[i], OF_WHAT_IS_LEFT * all_left):
                loud[i] = harmonics or are_steady(left[part], mains, lines)
            soft[i] = harmonics and power[i] > max(SOFT * wet_power[i], OF_WHAT_IS_LEFT_BESIDE_SOFT * all_left)
            goes_on[i] = lines @ before > ALIKE * np.linalg.norm(lines) * np.linalg.norm(before)
            before = lines
        usual = float(np.median(power[at_ends])) if at_ends.any() else 0.0
        rises = inside & (power > RISES * usual)
        for first, last in [*runs_of_true(loud & rises, LASTS), *runs_of_true(soft & rises, LASTS_SOFTLY, goes_on)]:
            found.append((mains, int(starts[first]) * SLOW, (int(starts[last - 1]) + WINDOW) * SLOW))
    return found


def are_harmonics(lines: NDArray[np.float64], left: float) -> bool:
    """Whether enough of the lines of the mains are there, by their powers and by that of all that is not explained."""
    count, power = int(np.sum(lines > COUNTS * lines.sum())), float(lines.sum())
    return count >= LINES or (count >= FEW_LINES and power > MOST_OF_FEW * left)


def are_steady(x: NDArray[np.float64], mains_hz: float, lines: NDArray[np.float64]) -> bool:
    """Whether several lines of x, (n,) at the slow rate, are sines of one strength throughout, by their powers in x."""
    harmonics = 1 + np.flatnonzero(lines > COUNTS * lines.sum())
    if len(harmonics) < FEW_LINES or len(x) < WINDOW:
        return False
    blocks = x[: len(x) // BLOCK * BLOCK].reshape(-1, BLOCK)
    seconds = np.arange(blocks.size).reshape(blocks.shape) * SLOW / RATE
    strength = np.array(
        [np.sum(np.hanning(BLOCK) * blocks * np.exp(-2j * np.pi * mains_hz * k * seconds), axis=1) for k in harmonics]
    )
    drifts = np.exp(-2j * np.pi * DRIFT_HZ[:, None, None] * harmonics[:, None] * seconds[:, 0])
    in_step = np.sum(np.square(np.abs(np.mean(drifts * strength, axis=2))), axis=1)
    return bool(np.max(in_step) > STEADY * np.sum(np.mean(np.square(np.abs(strength)), axis=1)))


def _slow(spectrum: Spectra) -> NDArray[np.float64]:
    """The lows of a short-time spectrum as a signal again, (n,) at RATE / SLOW; Hann windows half over each other."""
    size = FRAME // SLOW
    lows = np.zeros((size // 2 + 1, spectrum.shape[1]), np.complex128)
    fine = np.flatnonzero((np.diff(BANDS, prepend=BANDS[0] - 1) == 1) & (size // 2 > BANDS))
    lows[BANDS[fine]] = spectrum[fine]
    pieces = irfft(lows, size, axis=0) / SLOW
    out = np.zeros((spectrum.shape[1] + 1) * size // 2)
    for index in range(spectrum.shape[1]):
        out[index * size // 2 : index * size // 2 + size] += pieces[:, index]
    return out[size // 2 : -size // 2]
