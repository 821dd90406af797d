"""Small block functions: engines that are too simple to be wrong, for the tests of the backends."""

from __future__ import annotations

import numpy as np

from rig.dsp.cycle_record import BLOCK_SIGNATURE, HOST
from rig.dsp.native.compile import entry
from rig.dsp.native.pointers import floats, record

ENGINE = np.dtype([("frames", np.int64), ("blocks", np.int64), ("longest", np.int64), ("sum", np.float64)], align=True)


@entry(BLOCK_SIGNATURE)
def passthrough(engine, host, frames):
    """What comes in goes out on both sides, the second one inverted; counts in an ENGINE record."""
    e, h = record(engine, ENGINE), record(host, HOST)
    x, y_1, y_2 = floats(h.input), floats(h.output_1), floats(h.output_2)
    for i in range(frames):
        v = x[i]
        e.sum += v
        y_1[i] = v
        y_2[i] = -v
    e.frames += frames
    e.blocks += 1
    e.longest = max(e.longest, frames)


@entry(BLOCK_SIGNATURE)
def halving(engine, host, frames):
    """Halves the float32 behind `engine` at every sample, and puts it out: soon denormal."""
    h = record(host, HOST)
    state, y_1, y_2 = floats(engine), floats(h.output_1), floats(h.output_2)
    for i in range(frames):
        state[0] *= np.float32(0.5)
        y_1[i] = state[0]
        y_2[i] = state[0]


def new_engine():
    """A fresh ENGINE record, as an array of one; its address is `.ctypes.data`."""
    return np.zeros(1, ENGINE)
