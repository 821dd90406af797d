"""The rumble filter: a Butterworth high-pass of fourth order in front of the model.

Steps on a stage, hands on the body of the guitar and whatever else lies below the lowest string drive a model that
knows nothing of them. Fourth order, as it is gentler to the strings than the second: 60 Hz takes 0.3 dB of a low E, not
1.1.

Two second-order sections with their state in float64: at 40 Hz in a session of 192 kHz the poles lie so close to 1 that
float32 would add noise. Coefficients by the bilinear transform (R. Bristow-Johnson's cookbook).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .native.address import Address
from .native.compile import inline, kernel
from .native.pointers import Record, doubles, floats

CUTOFFS_HZ = (40.0, 60.0, 80.0)
SECTIONS = 2
QS = tuple(1 / (2 * math.cos(math.pi * (2 * k + 1) / (4 * SECTIONS))) for k in range(SECTIONS))
ROW = 5 * SECTIONS  # b0 b1 b2 a1 a2 of each section
STATE = 2 * SECTIONS

RUMBLE = np.dtype(
    [
        ("wanted", np.int64),  # 0: off, else 1 + the position in CUTOFFS_HZ; written by the control side at any time
        ("now", np.int64),  # what is heard
        ("next", np.int64),  # what is faded to; the same as `now` where nothing changes
        ("position_samples", np.int64),  # into the fade
        ("rows", np.int64),  # address of float64[len(CUTOFFS_HZ)][ROW]
        ("states", np.int64),  # address of float64[2][STATE]: of what is heard, and of what is faded to
    ],
    align=True,
)
_ROW_BYTES, _STATE_BYTES = 8 * ROW, 8 * STATE


def coefficients(cutoff_hz: float, sample_rate: float) -> NDArray[np.float64]:
    """The sections of one filter, shape (SECTIONS, 5): b0 b1 b2 a1 a2, with a0 = 1."""
    w = 2 * math.pi * cutoff_hz / sample_rate
    rows = []
    for q in QS:
        alpha, c = math.sin(w) / (2 * q), math.cos(w)
        b = (1 + c) / 2
        rows.append(np.array([b, -2 * b, b, -2 * c, 1 - alpha]) / (1 + alpha))
    return np.array(rows)


def all_coefficients(sample_rate: float) -> NDArray[np.float64]:
    """Every filter there is, one after the other, shape (n,)."""
    return np.concatenate([coefficients(hz, sample_rate).ravel() for hz in CUTOFFS_HZ])


@kernel
def run_rumble(r: Record, x: Address, y: Address, table: Address, fade: int, frames: int) -> bool:
    """Filter `frames` samples from x to y; False: it is off and nothing was written, x is to be heard itself."""
    if r.next == r.now and r.wanted != r.now:
        r.next, r.position_samples = r.wanted, 0
        clear(r.states + _STATE_BYTES)
    if r.now == 0 and r.next == 0:
        return False
    if r.next == r.now:
        filter_row(r.rows + (r.now - 1) * _ROW_BYTES, r.states, x, y, frames)
        return True
    cross(r, x, y, table, fade, frames)
    if r.position_samples >= fade:
        states = doubles(r.states)
        for i in range(STATE):
            states[i] = states[STATE + i]
        r.now = r.next
    return True


@kernel
def cross(r: Record, x: Address, y: Address, table: Address, fade: int, frames: int) -> None:
    """From one filter to another, sample by sample; off is the guitar itself."""
    source, out, rise = floats(x), floats(y), floats(table)
    for i in range(frames):
        v = np.float64(source[i])
        old = v if r.now == 0 else step(doubles(r.rows + (r.now - 1) * _ROW_BYTES), doubles(r.states), v)
        new = (
            v if r.next == 0 else step(doubles(r.rows + (r.next - 1) * _ROW_BYTES), doubles(r.states + _STATE_BYTES), v)
        )
        at = r.position_samples + i
        out[i] = np.float32(old + (new - old) * np.float64(rise[at]) if at < fade else new)
    r.position_samples += frames


@kernel
def filter_row(row: Address, state: Address, x: Address, y: Address, frames: int) -> None:
    """One filter, steadily."""
    source, out, c, z = floats(x), floats(y), doubles(row), doubles(state)
    for i in range(frames):
        out[i] = np.float32(step(c, z, np.float64(source[i])))


@inline
def step(c: Any, z: Any, v: Any) -> Any:
    """One sample through the sections, transposed direct form II."""
    for s in range(SECTIONS):
        k, m = 5 * s, 2 * s
        w = c[k] * v + z[m]
        z[m] = c[k + 1] * v - c[k + 3] * w + z[m + 1]
        z[m + 1] = c[k + 2] * v - c[k + 4] * w
        v = w
    return v


@kernel
def clear(state: Address) -> None:
    """As after long silence."""
    z = doubles(state)
    for i in range(STATE):
        z[i] = 0.0
