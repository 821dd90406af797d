"""A preamp that exists only as arithmetic: what captures are tested on.

Two triode-like stages, each clipping differently up and down, with a cathode whose bias follows the signal, a second
grid that blocks when it is overdriven and recovers slowly, coupling capacitors and a tone control. It runs at 8 times
the rate between two linear-phase filters, in a compiled loop over plain memory, so that the same arithmetic serves
arrays here and the callback of a separate JACK client. Blocks of any size give the same output.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.signal import firwin

from rig.dsp.native.compile import entry, kernel
from rig.dsp.native.memory import Layout
from rig.dsp.native.pointers import doubles, floats, record

RATE = 48000
TIMES = 8  # oversampling
REACH = 16  # samples of the base rate that each filter looks either way
TAPS = 2 * REACH * TIMES + 1
HELD = TAPS + TIMES - 1  # oversampled samples that are remembered
LATENCY = 2 * REACH  # samples, of both filters together; whole

FILTER_HZ = {"into_1": 15.0, "stopper_1": 11000.0, "between": 25.0, "stopper_2": 7500.0, "out": 60.0, "tone": 700.0}
CATHODE_1_S, CATHODE_2_S, BLOCK_S, UNBLOCK_S = 0.018, 0.009, 0.0008, 0.025

PREAMP = np.dtype(
    [
        ("taps", np.int64),  # address of float64[TAPS]
        ("before", np.int64),  # address of float64[2 * REACH + 1]: the last inputs, newest first
        ("after", np.int64),  # address of float64[HELD]: the last oversampled outputs, newest first
        *((name, np.float64) for name in ("drive_1", "drive_2", "gain", "tone")),
        *((f"a_{name}", np.float64) for name in FILTER_HZ),
        *((f"a_{name}", np.float64) for name in ("cathode_1", "cathode_2", "block", "unblock")),
        *((f"s_{name}", np.float64) for name in FILTER_HZ),
        *((f"s_{name}", np.float64) for name in ("cathode_1", "cathode_2", "grid")),
    ],
    align=True,
)


@kernel
def _stages(p, x):
    """One oversampled sample through both stages."""
    p.s_into_1 += p.a_into_1 * (x - p.s_into_1)
    p.s_stopper_1 += p.a_stopper_1 * (x - p.s_into_1 - p.s_stopper_1)
    v = p.drive_1 * p.s_stopper_1 - p.s_cathode_1
    plate = math.tanh(v) if v >= 0 else 1.6 * math.tanh(v / 1.6)
    p.s_cathode_1 += p.a_cathode_1 * (0.35 * max(plate, 0.0) - 0.1 * max(-plate, 0.0) - p.s_cathode_1)
    p.s_between += p.a_between * (-plate - p.s_between)
    p.s_stopper_2 += p.a_stopper_2 * (-plate - p.s_between - p.s_stopper_2)
    v = p.drive_2 * p.s_stopper_2 - p.s_cathode_2 - p.s_grid
    blocked = 0.5 * max(v - 0.8, 0.0)
    p.s_grid += (p.a_block if blocked > p.s_grid else p.a_unblock) * (blocked - p.s_grid)
    plate = math.tanh(0.9 * v) / 0.9 if v >= 0 else 1.8 * math.tanh(v / 1.8)
    p.s_cathode_2 += p.a_cathode_2 * (0.25 * max(plate, 0.0) - 0.08 * max(-plate, 0.0) - p.s_cathode_2)
    p.s_out += p.a_out * (-plate - p.s_out)
    u = -plate - p.s_out
    p.s_tone += p.a_tone * (u - p.s_tone)
    return p.gain * (p.tone * p.s_tone + (1 - p.tone) * (u - p.s_tone) + 0.3 * u)


@kernel
def run_preamp(preamp, x, y, frames):
    """`frames` float32 samples from address x to address y, which may be the same; `preamp`: address of a PREAMP."""
    p = record(preamp, PREAMP)
    taps, before, after = doubles(p.taps), doubles(p.before), doubles(p.after)
    source, out = floats(x), floats(y)
    for i in range(frames):
        for k in range(2 * REACH, 0, -1):
            before[k] = before[k - 1]
        before[0] = np.float64(source[i])
        for k in range(HELD - 1, TIMES - 1, -1):
            after[k] = after[k - TIMES]
        for phase in range(TIMES):
            up = 0.0
            k = phase
            j = 0
            while k < TAPS:
                up += taps[k] * before[j]
                k += TIMES
                j += 1
            after[TIMES - 1 - phase] = _stages(p, TIMES * up)
        down = 0.0
        for k in range(TAPS):
            down += taps[k] * after[TIMES - 1 + k]  # ends at the first of the new ones: a whole latency
        out[i] = np.float32(down)


@entry("vllll")
def play_preamp(preamp, x, y, frames):
    """`run_preamp` for Python: compiled once and kept."""
    run_preamp(preamp, x, y, frames)


class Preamp:
    """The preamp with its memory; `address` is what compiled code hands to `run_preamp`."""

    def __init__(self, drive_1=6.0, drive_2=3.0, gain=0.25, tone=0.45):
        layout = Layout()
        state, taps = layout.reserve(PREAMP), layout.reserve(np.float64, TAPS)
        before, after = layout.reserve(np.float64, 2 * REACH + 1), layout.reserve(np.float64, HELD)
        self._arena = layout.allocate()
        self._arena[taps][:] = firwin(TAPS, 0.98 / TIMES, window=("kaiser", 9.0))
        self.record, self.address = self._arena[state][0], self._arena.address_of(state)
        for name, part in (("taps", taps), ("before", before), ("after", after)):
            self.record[name] = self._arena.address_of(part)
        for name, value in (("drive_1", drive_1), ("drive_2", drive_2), ("gain", gain), ("tone", tone)):
            self.record[name] = value
        step = 1 / (RATE * TIMES)
        for name, hz in FILTER_HZ.items():
            self.record[f"a_{name}"] = 1 - math.exp(-2 * math.pi * hz * step)
        for name, seconds in (
            ("cathode_1", CATHODE_1_S),
            ("cathode_2", CATHODE_2_S),
            ("block", BLOCK_S),
            ("unblock", UNBLOCK_S),
        ):
            self.record[f"a_{name}"] = 1 - math.exp(-step / seconds)

    def process(self, x):
        """The next samples, LATENCY late."""
        x = np.ascontiguousarray(x, np.float32)
        y = np.empty_like(x)
        play_preamp(self.address, x.ctypes.data, y.ctypes.data, x.size)
        return y


def preamp(x, **settings):
    """x through a preamp that has rested, (n,) float32, without its latency."""
    return Preamp(**settings).process(np.concatenate([x, np.zeros(LATENCY)]))[LATENCY:]
