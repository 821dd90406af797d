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

The bands of an equalizer move in frequency and Q, too, by low-passes of their own: of the eighth root of the tangent,
which is nearly even in octaves, and of the fourth root of 1 / Q. A filter of this form is stable however they move
(A. Wishnick, "Time-varying filters for musical applications", DAFx 2014). What cannot glide, another kind of filter or
a jump of more than an octave, goes by way of 0 dB: the band fades out, is another one, and fades in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..native.address import Address
from ..native.compile import inline, kernel
from ..native.pointers import Record, floats
from .equalizer import MOST_BANDS, EqBand, Place
from .knobs import HIGHEST_SHARE, KNOBS, LOW_SHELF, PEAK, Shape, root_from_db

STEPS = 8  # low-passes in a row
SMOOTH_S = 0.0085  # time constant of each of them: a knob is half-way after 65 ms, there after 120
NEAR = 1e-8  # so close the knob has arrived: -160 dB
BLOWN_UP = 1e30  # no state of a filter that was fed with numbers
UNUSED = EqBand("peak", 1000.0, 0.0)
OCTAVE = 2.0 ** (1 / 8)  # of corners

BAND = np.dtype(
    [
        ("target", np.float64),  # fourth root of the linear gain; written by the control side or MIDI at any time
        ("goal", np.float64),  # the target it is on its way to
        ("steps", np.float64, (STEPS,)),  # the low-passes; the last of them is heard
        ("now", np.float64),  # what is heard
        ("moves", np.int64),  # 1: it is on its way
        ("follow", np.float64),  # how much of the way a low-pass goes per sample
        ("kind_target", np.int64),  # these three may be written at any time, too
        ("corner_target", np.float64),  # eighth root of tan(pi f / rate)
        ("width_target", np.float64),  # fourth root of 1 / Q
        ("kind", np.int64),
        ("corner", np.float64),
        ("width", np.float64),
        ("corner_steps", np.float64, (STEPS,)),
        ("width_steps", np.float64, (STEPS,)),
        ("corner_goal", np.float64),  # the targets they are on their way to
        ("width_goal", np.float64),
        ("glides", np.int64),  # 1: corner or width are on their way
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
    shape_band(band, sample_rate, shape)
    band["kind"] = band["kind_target"]
    for part in ("corner", "width"):
        for value in (part, f"{part}_goal", f"{part}_steps"):
            band[value] = band[f"{part}_target"]
    band["follow"] = 1.0 - math.exp(-1.0 / (SMOOTH_S * sample_rate))
    for value in ("target", "goal", "steps", "now"):
        band[value] = root_from_db(gain_db)


def prepare_eq(bands: Any, sample_rate: float, eq: Sequence[EqBand], place: Place, *, in_row: bool) -> None:
    """Fill in the BAND records of an equalizer in one place; what lies elsewhere is there, and flat."""
    for row, band in zip(bands, _slots(eq), strict=True):
        prepare_band(row, sample_rate, band, band.heard_db if band.place(in_row) == place else 0.0)


def set_eq(bands: Any, sample_rate: float, eq: Sequence[EqBand], place: Place, *, in_row: bool) -> None:
    """The same while they sound: they follow smoothly, also from one place to another."""
    for row, band in zip(bands, _slots(eq), strict=True):
        shape_band(row, sample_rate, band)
        row["target"] = root_from_db(band.heard_db if band.place(in_row) == place else 0.0)


def _slots(eq: Sequence[EqBand]) -> list[EqBand]:
    return [*eq, *[UNUSED] * (MOST_BANDS - len(eq))]


def shape_band(band: Any, sample_rate: float, shape: Shape) -> None:
    """Let a BAND record become another filter, while it sounds as well: it glides there."""
    band["corner_target"] = math.tan(math.pi * min(shape.hz / sample_rate, HIGHEST_SHARE)) ** (1 / 8)
    band["width_target"] = shape.q ** (-1 / 4)
    band["kind_target"] = shape.kind


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


@inline
def is_within_reach(b: Record) -> bool:
    """Whether what the band shall be can be glided to from where it is on its way to."""
    far = max(b.corner_target, b.corner_goal) > OCTAVE * min(b.corner_target, b.corner_goal)
    return bool(b.kind_target == b.kind and not far)


@inline
def tangent_and_damping(corner: float, width: float) -> Any:
    """tan(pi f / rate), and 1 / Q."""
    fourth, square = corner * corner * corner * corner, width * width
    return fourth * fourth, square * square


@kernel
def take_shape(b: Record) -> None:
    """Be what it shall be, at once: nothing of it is heard."""
    b.kind, b.glides = b.kind_target, 0
    b.corner, b.corner_goal = b.corner_target, b.corner_target
    b.width, b.width_goal = b.width_target, b.width_target
    for n in range(STEPS):
        b.corner_steps[n], b.width_steps[n] = b.corner, b.width


@kernel
def run_band(b: Record, y: Address, frames: int) -> None:
    """One tone control in place, float32[frames]; in the middle it leaves every sample as it is."""
    if b.moves == 0 and b.now == 1.0:
        if b.target == 1.0:
            return
        take_shape(b)
    is_near = is_within_reach(b)
    wanted = b.target if is_near else 1.0
    if wanted != b.goal:
        b.goal, b.moves = wanted, 1
    if is_near and (b.corner_target != b.corner_goal or b.width_target != b.width_goal):
        b.corner_goal, b.width_goal, b.glides = b.corner_target, b.width_target, 1
    signal, goal, follow, moves, glides = floats(y), b.goal, b.follow, b.moves, b.glides
    steps, now, corner_steps, width_steps = b.steps, b.now, b.corner_steps, b.width_steps
    corner, width, corner_goal, width_goal = b.corner, b.width, b.corner_goal, b.width_goal
    s1, s2 = b.state_1, b.state_2
    tangent, damping = tangent_and_damping(corner, width)
    g, k, m0, m1, m2 = coefficients(b.kind, tangent, damping, now)
    a1 = 1.0 / (1.0 + g * (g + k))
    for i in range(frames):
        is_moving = moves != 0 or glides != 0
        if glides != 0:
            corner, width, furthest = corner_goal, width_goal, 0.0
            for n in range(STEPS):
                corner = corner_steps[n] + follow * (corner - corner_steps[n])
                width = width_steps[n] + follow * (width - width_steps[n])
                corner_steps[n], width_steps[n] = corner, width
                furthest = max(furthest, abs(corner_goal - corner), abs(width_goal - width))
            if furthest < NEAR:
                corner, width, glides = corner_goal, width_goal, 0
                for n in range(STEPS):
                    corner_steps[n], width_steps[n] = corner_goal, width_goal
            tangent, damping = tangent_and_damping(corner, width)
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
            if moves == 0 and now == 1.0:
                s1, s2 = 0.0, 0.0  # gone: the next time it begins from silence
        if is_moving:
            g, k, m0, m1, m2 = coefficients(b.kind, tangent, damping, now)
            a1 = 1.0 / (1.0 + g * (g + k))
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
    b.corner, b.width, b.glides = corner, width, glides
