"""A noise gate: it listens to the guitar before the model, and turns down what comes out behind it.

It opens with the first sample at or above the threshold and is fully open 0.5 ms later. It shuts when the guitar has
stayed below the closing level, `HYSTERESIS_DB` lower, for a hold time that follows how the note fell: half of the time
that the fall by the last 12 dB took. A damped string is shut after 40 ms, a ringing chord is given up to 300 ms, in
which its beating strings may come back. Then it fades out for as long as it held. No envelope is smoothed, so no note
is late.

The gain belongs to a sample of the source; whoever applies it to a signal that is some samples late asks for the gain
of as many samples ago.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..decibels import gain_from_db
from .native.compile import inline, kernel
from .native.pointers import floats
from .ramp import RAMP, ramp_gains

HYSTERESIS_DB = 6.0  # from the threshold down to the level at which it shuts
FALL_DB = 12.0  # above the level at which it shuts: where the fall of a note begins to be timed
ATTACK_S = 0.0005
LEAST_HOLD_S = 0.04  # more than half a period of the lowest string of any bass
MOST_HOLD_S = 0.3
GAINS = 1 << 13  # samples of gain that are kept, for models that answer late

GATE = np.dtype(
    [
        ("threshold", np.float64),  # linear peak at which it opens, 0: off; written by the control side at any time
        ("in_force", np.float64),  # the threshold, kept while the gate is being switched off
        ("depth", RAMP),  # 0: the guitar passes whatever the gate says, 1: the gate decides
        ("active", np.int64),  # 0: switched off, and every gain that is kept is 1
        ("idle", np.int64),  # samples since it was switched off and faded
        ("is_open", np.int64),
        ("openings", np.int64),  # counted ever
        ("since_close", np.int64),  # samples since the last one at or above the closing level
        ("since_loud", np.int64),  # samples since the last one FALL_DB above that, or since it opened
        ("attack", np.int64),  # samples
        ("least_hold", np.int64),  # samples
        ("most_hold", np.int64),  # samples
        ("start", np.float64),  # gain at which the ramp began
        ("position", np.int64),  # samples into the ramp
        ("length", np.int64),  # of the ramp
        ("gains", np.int64),  # address of float32[GAINS]: the gain of every sample of the source, the last GAINS
        ("head", np.int64),  # gains ever written
    ],
    align=True,
)
_CLOSING, _LOUD = gain_from_db(-HYSTERESIS_DB), gain_from_db(FALL_DB)


def prepare(gate: Any, gains: int, sample_rate: float) -> None:
    """Fill in what the audio thread needs; `gains`: address of float32[GAINS]."""
    gate["gains"] = gains
    gate["attack"] = max(1, round(ATTACK_S * sample_rate))
    gate["least_hold"], gate["most_hold"] = round(LEAST_HOLD_S * sample_rate), round(MOST_HOLD_S * sample_rate)


@kernel
def run_gate(g: Any, x: int, table: int, fade: int, depths: int, frames: int) -> None:
    """Write the gain of each of the `frames` samples of the source at `x`; `depths`: scratch for as many.

    Costs nothing while it is off: call it where `threshold` or `active` is not 0.
    """
    if g.active == 0:
        begin(g)
    if g.threshold != 0.0:
        g.in_force, g.depth.target, g.idle = g.threshold, 1.0, 0
    else:
        g.depth.target = 0.0
    ramp_gains(g.depth, table, fade, depths, frames)
    source, depth, kept = floats(x), floats(depths), floats(g.gains)
    opening = np.float32(g.in_force)
    closing = np.float32(g.in_force * _CLOSING)
    loud = np.float32(g.in_force * _CLOSING * _LOUD)
    is_open, since_close, since_loud = g.is_open, g.since_close, g.since_loud
    start, position, length, head = g.start, g.position, g.length, g.head
    for i in range(frames):
        v = abs(source[i])
        since_close = 0 if v >= closing else since_close + 1
        since_loud = 0 if v >= loud else since_loud + 1
        if is_open == 0:
            if v >= opening:
                start = ramp_gain(start, 0.0, position, length)
                is_open, position, length, since_loud = 1, 0, g.attack, 0
                g.openings += 1
        elif since_close > 0:
            hold = min(max((since_loud - since_close) // 2, g.least_hold), g.most_hold)
            if since_close > hold:
                start = ramp_gain(start, 1.0, position, length)
                is_open, position, length = 0, 0, hold
        position += 1
        gain = np.float32(ramp_gain(start, np.float64(is_open), position, length))
        kept[(head + i) & (GAINS - 1)] = np.float32(1) + depth[i] * (gain - np.float32(1))
    g.is_open, g.since_close, g.since_loud = is_open, since_close, since_loud
    g.start, g.position, g.length, g.head = start, min(position, length), length, head + frames
    if g.threshold == 0.0 and g.depth.value == 0.0:
        g.idle += frames
        if g.idle >= GAINS:
            g.active = 0


@inline
def ramp_gain(start: Any, goal: Any, position: Any, length: Any) -> Any:
    """Where the ramp is: 3 t^2 - 2 t^3 from `start` to `goal`."""
    t = min(np.float64(position) / np.float64(length), 1.0)
    return start + (goal - start) * (t * t * (3.0 - 2.0 * t))


@kernel
def begin(g: Any) -> None:
    """Switched on: open, so that what sounds goes on, and with a past of gain 1."""
    kept = floats(g.gains)
    for i in range(GAINS):
        kept[i] = np.float32(1)
    g.active, g.is_open, g.since_close, g.since_loud = 1, 1, 0, 0
    g.start, g.position, g.length = 1.0, 1, 1


@kernel
def apply_gate(g: Any, late: int, y: int, frames: int) -> None:
    """Turn down the `frames` samples at `y`, which are `late` samples behind those that were heard last."""
    signal, kept = floats(y), floats(g.gains)
    at = g.head - frames - min(late, GAINS - frames)
    for i in range(frames):
        signal[i] *= kept[(at + i) & (GAINS - 1)]
