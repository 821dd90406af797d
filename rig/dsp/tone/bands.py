"""The tone controls: shelves and peaks behind the model, which are not there at all while they stand in the middle.

Each is a filter of second order with the response of R. Bristow-Johnson's "Audio EQ Cookbook" (a shelf as steep as it
gets without a bump: Q = 0.71), run as a state variable filter with trapezoidal integrators (A. Simper, "Solving the
continuous SVF equations using trapezoidal integration and equivalent currents", Cytomic 2013). That form stays quiet
while its values move, and its state does not depend on the gain: a filter that leaves the middle begins from silence.

A knob moves without zipper noise: its target goes through eight one-pole low-passes in a row, and the coefficients are
made anew for every sample on the way. So there is no step at all, wherever the knob is turned to meanwhile: thrown
about its whole range 500 times a second, it leaves less than -80 dB further than an octave from the lowest string.
What moves is the fourth root of the linear gain, as all coefficients follow from that by multiplication and division:
a power or a square root would be a call into the C library. State and arithmetic are float64, as for the rumble filter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..native.address import Address
from ..native.compile import inline, kernel
from ..native.pointers import Record, floats
from .knobs import HIGHEST_SHARE, KNOBS, LOW_SHELF, PEAK, Shape, root_from_db

STEPS = 8  # low-passes in a row
SMOOTH_S = 0.0085  # time constant of each of them: a knob is half-way after 65 ms, there after 120
NEAR = 1e-8  # so close the knob has arrived: -160 dB
BLOWN_UP = 1e30  # no state of a filter that was fed with numbers

BAND = np.dtype(
    [
        ("target", np.float64),  # fourth root of the linear gain; written by the control side or MIDI at any time
        ("goal", np.float64),  # the target it is on its way to
        ("steps", np.float64, (STEPS,)),  # the low-passes; the last of them is heard
        ("now", np.float64),  # what is heard
        ("moves", np.int64),  # 1: it is on its way
        ("follow", np.float64),  # how much of the way a low-pass goes per sample
        ("kind", np.int64),
        ("tangent", np.float64),  # tan(pi f / rate)
        ("damping", np.float64),  # 1 / Q
        ("state_1", np.float64),  # of the two integrators
        ("state_2", np.float64),
    ],
    align=True,
)


def prepare(bands: Any, sample_rate: float, gains_db: Sequence[float]) -> None:
    """Fill in the BAND records of `KNOBS` before the audio thread sees them: they stand where they shall."""
    for band, knob, gain_db in zip(bands, KNOBS, gains_db, strict=True):
        prepare_band(band, sample_rate, knob, gain_db)


def prepare_band(band: Any, sample_rate: float, shape: Shape, gain_db: float) -> None:
    """The same for one BAND record of any shape."""
    band["kind"], band["damping"] = shape.kind, 1.0 / shape.q
    band["tangent"] = math.tan(math.pi * min(shape.hz / sample_rate, HIGHEST_SHARE))
    band["follow"] = 1.0 - math.exp(-1.0 / (SMOOTH_S * sample_rate))
    for value in ("target", "goal", "steps", "now"):
        band[value] = root_from_db(gain_db)


@inline
def coefficients(kind: int, tangent: float, damping: float, root: float) -> Any:
    """g, k and the mix of input, band-pass and low-pass, m0 m1 m2, as Simper names them."""
    a = root * root  # A of the cookbook: the square root of the gain
    if kind == PEAK:
        k = damping / a
        return tangent, k, 1.0, k * (a * a - 1.0), 0.0
    if kind == LOW_SHELF:
        return tangent / root, damping, 1.0, damping * (a - 1.0), a * a - 1.0
    return tangent * root, damping, a * a, damping * (1.0 - a) * a, 1.0 - a * a


@kernel
def run_band(b: Record, y: Address, frames: int) -> None:
    """One tone control in place, float32[frames]; in the middle it leaves every sample as it is."""
    if b.target != b.goal:
        b.goal, b.moves = b.target, 1
    if b.moves == 0 and b.now == 1.0:
        return
    signal, goal, follow, moves = floats(y), b.goal, b.follow, b.moves
    steps, now = b.steps, b.now
    s1, s2 = b.state_1, b.state_2
    g, k, m0, m1, m2 = coefficients(b.kind, b.tangent, b.damping, now)
    a1 = 1.0 / (1.0 + g * (g + k))
    for i in range(frames):
        if moves != 0:
            now, furthest = goal, 0.0
            for n in range(STEPS):
                now = steps[n] + follow * (now - steps[n])
                steps[n] = now
                furthest = max(furthest, abs(goal - now))
            if furthest < NEAR:
                now, moves = goal, 0
                for n in range(STEPS):
                    steps[n] = goal
            g, k, m0, m1, m2 = coefficients(b.kind, b.tangent, b.damping, now)
            a1 = 1.0 / (1.0 + g * (g + k))
            if moves == 0 and now == 1.0:
                s1, s2 = 0.0, 0.0  # gone: the next time it begins from silence
        if moves != 0 or now != 1.0:
            v0 = np.float64(signal[i])
            v3 = v0 - s2
            v1 = a1 * (s1 + g * v3)
            v2 = s2 + g * v1
            s1, s2 = 2.0 * v1 - s1, 2.0 * v2 - s2
            signal[i] = np.float32(m0 * v0 + m1 * v1 + m2 * v2)
    if not (abs(s1) + abs(s2) < BLOWN_UP):
        s1, s2 = 0.0, 0.0  # something came that was no number: it shall not ring for ever
    b.now, b.moves, b.state_1, b.state_2 = now, moves, s1, s2
