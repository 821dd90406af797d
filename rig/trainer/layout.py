"""Where everything lies in a training signal, as neural-amp-modeler 0.13.0 expects it of its version 3 signal.

    0 - 9 s               validation, first time
    9 - 10 s              silence
    10.5 s, 11.5 s        single samples ("blips") from which the latency is found
    12 - 15 s             sweep
    15 - 17 s             noise
    17 s - 9.5 s to end   programme
    0.5 s                 silence
    last 9 s              validation again, the same samples

All places count from the start or from the end, so a signal may have any length from SHORTEST_S on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 48000  # Hz; the only rate there is
VALIDATION_S, SILENCE_END_S = 9, 10
VALIDATION = VALIDATION_S * RATE  # samples, at both ends
SILENCE_END = SILENCE_END_S * RATE
BACKGROUND = (492_000, 498_000)  # silence that sets the threshold of the latency search
BLIPS = (504_000, 552_000)
SWEEP = 12 * RATE
NOISE = 15 * RATE
PROGRAMME = 17 * RATE
END_SILENCE = RATE // 2  # samples before the second validation
TRAIN_START = 480_000  # the trainer learns from here up to -VALIDATION
FULL_S = 190.0  # the length of the official signal; services want no other
SHORTEST_S = 35.0
KNOWN_FROM_S = 30.0  # a shorter signal that looks so is none
FULL_SCALE_24 = 1 << 23  # steps of a 24-bit sample to 1.0


def has_training_layout(dry: NDArray[Any], rate: int) -> bool:
    """Whether a signal (n,) of a rate in Hz begins and ends with the same 9 s, with 1 s of silence behind the first."""
    validation, silence_end = VALIDATION_S * rate, SILENCE_END_S * rate
    return (
        len(dry) >= KNOWN_FROM_S * rate
        and not dry[validation:silence_end].any()
        and bool(dry[:validation].any())
        and np.array_equal(dry[:validation], dry[-validation:])
    )
