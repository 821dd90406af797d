"""Gain ramps: nothing may click.

Every change of gain, model or impulse response is a raised cosine of 10 ms, the one fade of rig. On a 220 Hz sine it
leaves -102 dB above 2 kHz, where a linear fade leaves -72 dB and a hard switch -28 dB.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .native.address import Address
from .native.compile import kernel
from .native.pointers import Record, floats

FADE_S = 0.010

RAMP = np.dtype(
    [
        ("target", np.float64),  # linear gain; written by the control side at any time
        ("goal", np.float64),  # the target the running fade goes to
        ("start", np.float64),  # where it came from
        ("value", np.float64),  # where it is
        ("position_samples", np.int64),  # into the fade; the fade's length when it has ended
    ],
    align=True,
)


def fade_samples(sample_rate: float) -> int:
    """Length of a fade, at least one sample."""
    return max(1, round(FADE_S * sample_rate))


def fade_table(samples: int) -> NDArray[np.float32]:
    """The rising half of a raised cosine, shape (samples,): above 0 at the first sample, exactly 1 at the last."""
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, samples + 1) / samples)
    rise[-1] = 1.0
    return rise.astype(np.float32)


def settle(ramp: Any, gain: float) -> None:
    """Python side, before the audio thread sees the ramp: stand at `gain` without a fade."""
    ramp["target"] = ramp["goal"] = ramp["start"] = ramp["value"] = gain
    ramp["position_samples"] = 1 << 40


@kernel
def ramp_gains(ramp: Record, gains: Address, table: Address, fade: int, frames: int) -> None:
    """Write the gain of each of the next `frames` samples to float32 `gains`, following the ramp's target."""
    out, rise = floats(gains), floats(table)
    target = ramp.target
    if target != ramp.goal:
        ramp.start = ramp.value
        ramp.goal = target
        ramp.position_samples = 0
    at = ramp.position_samples
    start, span = np.float32(ramp.start), np.float32(ramp.goal - ramp.start)
    fading = min(max(fade - at, 0), frames)
    for i in range(fading):
        out[i] = start + span * rise[at + i]
    goal = np.float32(ramp.goal)
    for i in range(fading, frames):
        out[i] = goal
    if fading > 0:
        ramp.position_samples = at + fading
        ramp.value = np.float64(out[fading - 1])
    if ramp.position_samples >= fade:
        ramp.value = ramp.goal


@kernel
def multiply(x: Address, gains: Address, y: Address, frames: int) -> None:
    """y = x * gains, float32 each; y may be x."""
    source, gain, out = floats(x), floats(gains), floats(y)
    for i in range(frames):
        out[i] = source[i] * gain[i]
