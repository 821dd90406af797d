"""Designs the cabinets in this folder: `python irs/make_irs.py` writes them again.

A cabinet is described as what shapes its sound, one filter each, in the order in which the sound meets them:

    box       the speaker in its box: a high-pass whose Q is the resonance; a closed box is tighter than an open back
    bumps     broad features: the resonance, the hollow of the lower mids, the presence of the cone
    break-up  narrow peaks and dips where the cone no longer moves as one piece; drawn from a seed
    comb      a reflection (floor, neighbouring speaker) that reaches the microphone a little later
    roll-off  two low-passes: a guitar speaker has next to nothing above 6 kHz

Every one of them is minimum phase, so the response starts at once and adds no delay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from scipy import signal

SAMPLE_RATE = 48_000
TAPS = 2048
FADE_TAPS = 512
PEAK_DBFS = -1.0

Section = NDArray[np.float64]  # (6,): b0 b1 b2 a0 a1 a2


@dataclass(frozen=True, slots=True)
class Bump:
    """A peak (or dip) of `gain_db` at `hz`; the higher `q`, the narrower."""

    hz: float
    gain_db: float
    q: float


@dataclass(frozen=True, slots=True)
class Reflection:
    """A second path to the microphone, longer by `path_m` metres and weaker by `level_db`."""

    path_m: float
    level_db: float


@dataclass(frozen=True, slots=True)
class Cabinet:
    """Everything that makes one cabinet; frequencies in Hz."""

    file_name: str
    box_hz: float
    box_q: float
    rumble_hz: float  # a further high-pass, below which the microphone hears nothing of use
    bumps: tuple[Bump, ...]
    break_up_seed: int
    break_up_db: float  # largest peak or dip of the break-up
    reflections: tuple[Reflection, ...]
    roll_off: tuple[tuple[float, float], ...]  # low-passes: Hz, Q


CABINETS = (
    Cabinet(
        file_name="rig-1x12-open.wav",  # an open back combo, microphone half way to the edge
        box_hz=92.0,
        box_q=0.75,
        rumble_hz=45.0,
        bumps=(Bump(118, 6.5, 1.4), Bump(380, -3.0, 0.9), Bump(1500, 1.5, 1.0), Bump(2900, 6.5, 1.1)),
        break_up_seed=1,
        break_up_db=4.0,
        reflections=(Reflection(0.58, -13.0), Reflection(1.45, -18.0)),
        roll_off=((5200.0, 1.2), (6600.0, 0.8), (9500.0, 0.7)),
    ),
    Cabinet(
        file_name="rig-2x12.wav",  # a half closed 2x12, brighter, microphone near the dust cap
        box_hz=78.0,
        box_q=1.0,
        rumble_hz=40.0,
        bumps=(Bump(105, 3.0, 1.8), Bump(430, -4.0, 0.8), Bump(2300, 3.5, 1.2), Bump(3600, 6.5, 1.4)),
        break_up_seed=2,
        break_up_db=4.5,
        reflections=(Reflection(0.36, -12.0), Reflection(1.10, -17.0)),
        roll_off=((5600.0, 1.4), (7200.0, 0.8), (10500.0, 0.7)),
    ),
    Cabinet(
        file_name="rig-4x12-closed.wav",  # a closed 4x12: deep, tight, thick; microphone off the centre
        box_hz=84.0,
        box_q=1.5,
        rumble_hz=38.0,
        bumps=(Bump(112, 4.0, 1.4), Bump(470, -4.5, 0.9), Bump(1250, -1.5, 1.2), Bump(2600, 6.0, 1.0)),
        break_up_seed=3,
        break_up_db=5.0,
        reflections=(Reflection(0.31, -11.0), Reflection(0.47, -14.0), Reflection(0.95, -17.0)),
        roll_off=((4700.0, 1.3), (6000.0, 0.9), (9000.0, 0.7)),
    ),
)


def uniform(seed: int, low: float, high: float, count: int) -> NDArray[np.float64]:
    """Evenly distributed numbers from the raw stream of PCG64, the part of numpy's randomness that never changes."""
    raw = np.random.PCG64(seed).random_raw(count)
    return low + (high - low) * (raw >> np.uint64(11)) * 2.0**-53


def peaking(bump: Bump) -> Section:
    """A peaking filter (R. Bristow-Johnson, Audio EQ Cookbook)."""
    w = 2.0 * math.pi * bump.hz / SAMPLE_RATE
    alpha = math.sin(w) / (2.0 * bump.q)
    a = 10.0 ** (bump.gain_db / 40.0)
    section = np.array([1 + alpha * a, -2 * math.cos(w), 1 - alpha * a, 1 + alpha / a, -2 * math.cos(w), 1 - alpha / a])
    return section / section[3]


def passing(hz: float, q: float, *, high: bool) -> Section:
    """A high-pass or low-pass of second order (same source)."""
    w = 2.0 * math.pi * hz / SAMPLE_RATE
    alpha = math.sin(w) / (2.0 * q)
    edge = -1.0 if high else 1.0
    b = (1.0 - edge * math.cos(w)) / 2.0
    section = np.array([b, 2.0 * edge * b, b, 1 + alpha, -2 * math.cos(w), 1 - alpha])
    return section / section[3]


def break_up(seed: int, largest_db: float) -> list[Section]:
    """Narrow modes from 900 Hz up to 9 kHz, closer and sharper towards the top, as on a paper cone."""
    modes = 18
    place = np.arange(modes) + uniform(seed, -0.3, 0.3, modes)
    hz = 900.0 * (9000.0 / 900.0) ** (place / modes)
    gain_db = uniform(seed + 100, -largest_db, largest_db, modes)
    q = uniform(seed + 200, 5.0, 12.0, modes)
    return [peaking(Bump(*mode)) for mode in zip(hz, gain_db, q, strict=True)]


def reflected(h: NDArray[np.float64], reflection: Reflection) -> NDArray[np.float64]:
    """The response with a later, weaker and duller copy of itself; its zeros stay inside the unit circle."""
    delay = round(reflection.path_m / 343.0 * SAMPLE_RATE)
    dull = signal.sosfilt([passing(2500.0, 0.7, high=False)], h)
    result = h.copy()
    result[delay:] += 10.0 ** (reflection.level_db / 20.0) * dull[:-delay]
    return result


def impulse_response(cabinet: Cabinet) -> NDArray[np.float64]:
    """The taps, (2048,), peak at -1 dBFS, faded to nothing at the end and rounded to 24 bit."""
    sections = [
        passing(cabinet.rumble_hz, 0.7, high=True),
        passing(cabinet.box_hz, cabinet.box_q, high=True),
        *(peaking(bump) for bump in cabinet.bumps),
        *break_up(cabinet.break_up_seed, cabinet.break_up_db),
        *(passing(hz, q, high=False) for hz, q in cabinet.roll_off),
    ]
    h = np.zeros(TAPS)
    h[0] = 1.0
    h = signal.sosfilt(np.array(sections), h)
    for reflection in cabinet.reflections:
        h = reflected(h, reflection)
    h[-FADE_TAPS:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, FADE_TAPS + 1) / FADE_TAPS)
    h *= 10.0 ** (PEAK_DBFS / 20.0) / np.abs(h).max()
    return np.round(h * 2**23) / 2**23


def main() -> None:
    """Write every cabinet beside this script."""
    for cabinet in CABINETS:
        sf.write(Path(__file__).with_name(cabinet.file_name), impulse_response(cabinet), SAMPLE_RATE, subtype="PCM_24")
        print(cabinet.file_name)


if __name__ == "__main__":
    main()
