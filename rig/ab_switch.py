"""Two sides, A and B, of which one is heard, or A minus B: the switch of a comparison.

Both sides always run. Every press fades out and in again, 10 ms each, and changes sides in the silence between, also
where the side stays the same: neither the ear nor a recording can tell from the switch itself what it did. The dip is
applied in front of the cabinet and behind it, so that it hides a change of lanes and a change of cabinets alike.

The sides are the lanes 0 and 1 before one cabinet; where the second side has a cabinet of its own, they are two
cabinets behind the lanes. Recordings that play in step are one lane that reads by itself what is heard
(`dsp/loops/`); it may have more sides than two.
"""

from __future__ import annotations

import numpy as np

from .dsp.native.address import Address
from .dsp.native.compile import kernel
from .dsp.native.pointers import Record, floats, load_acquire, offset

A, B, DIFFERENCE = 0, 1, 2
STILL, DOWN, UP = range(3)

SWITCH = np.dtype(
    [
        ("presses", np.int64),  # counted by the control side, after it has written `wanted`
        ("wanted", np.int64),  # the side to be heard, or DIFFERENCE
        ("active", np.int64),  # 0: nothing is compared, all lanes sound
        ("cabinet", np.int64),  # address of the CABINET of side B; 0: both sides have the same
        ("inside", np.int64),  # 1: the lane itself plays the side that is heard
        ("served", np.int64),  # presses that have been answered
        ("heard", np.int64),
        ("phase", np.int64),
        ("position_samples", np.int64),  # into the fade
    ],
    align=True,
)
PRESSES, HEARD = offset(SWITCH, "presses"), offset(SWITCH, "heard")


@kernel
def dip(s: Record, address: Address, gains: Address, table: Address, fade: int, frames: int) -> None:
    """The gain of each of the next `frames` samples into float32 `gains`; `address` is that of the record `s`."""
    presses = load_acquire(address + PRESSES)
    if s.phase == STILL and presses != s.served:
        s.served, s.phase, s.position_samples = presses, DOWN, 0
    elif s.phase == DOWN and s.position_samples >= fade:
        s.heard, s.phase, s.position_samples = s.wanted, UP, 0
    elif s.phase == UP and s.position_samples >= fade:
        s.phase = STILL
    out, rise, one = floats(gains), floats(table), np.float32(1)
    for k in range(frames):
        at = min(s.position_samples + k, fade - 1)  # the last of the table is 1: silence, or full level
        out[k] = one if s.phase == STILL else rise[at] if s.phase == UP else one - rise[at]
    s.position_samples += frames


@kernel
def lane_share(s: Record, index: int) -> float:
    """How much of a lane goes into the cabinet: all, nothing, or (B in A minus B) all of it upside down."""
    if s.active == 0 or s.cabinet != 0 or s.inside != 0:
        return 1.0
    if s.heard == DIFFERENCE:
        return 1.0 if index == A else -1.0
    return 1.0 if index == s.heard else 0.0
