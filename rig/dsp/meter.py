"""Peak, RMS and clip count, and the check that keeps NaN out of everything that remembers."""

from __future__ import annotations

import numpy as np

from .native.address import Address
from .native.compile import kernel
from .native.pointers import Record, floats

METER = np.dtype(
    [
        ("peak", np.float64),  # largest magnitude since the control side wrote 0 here
        ("squares", np.float64),  # sum of squares, ever growing: the reader takes differences
        ("samples", np.int64),  # how many went into it
        ("clips", np.int64),  # samples at or above `FULL_SCALE`, ever growing
    ],
    align=True,
)

FLAT_TOPS = np.dtype(
    [
        ("count", np.int64),  # runs ever
        ("run_samples", np.int64),  # of the running one
        ("before", np.float32),  # the last sample
    ],
    align=True,
)
FLAT_SAMPLES = 3  # of 24 bits, no string below 3 Hz has as many equal samples at its top

FULL_SCALE = 1.0 - 2.0**-22  # the largest 24-bit sample is 1 - 2**-23: at or above this a converter has clipped
RUNAWAY = 1e6  # +120 dBFS: no signal of a working model; treated like NaN before it can fill the cabinet's memory


@kernel
def meter(m: Record, x: Address, frames: int) -> None:
    """Add `frames` float32 samples to a METER record."""
    source = floats(x)
    peak, squares, clips = np.float32(0), np.float64(0), 0
    full = np.float32(FULL_SCALE)
    for i in range(frames):
        v = abs(source[i])
        peak = max(peak, v)
        squares += np.float64(v * v)
        clips += v >= full
    m.peak = max(m.peak, np.float64(peak))
    m.squares += squares
    m.samples += frames
    m.clips += clips


@kernel
def meter_without_dc(m: Record, x: Address, ac: Address, frames: int) -> None:
    """Add samples to a METER record: levels of those at `ac`, which have no DC, clips of those that came in, at `x`."""
    source = floats(x)
    before = m.clips
    meter(m, ac, frames)
    clips, full = 0, np.float32(FULL_SCALE)
    for i in range(frames):
        clips += abs(source[i]) >= full
    m.clips = before + clips


@kernel
def count_flat_tops(f: Record, x: Address, frames: int) -> None:
    """Add the runs of equal samples at half of full scale or more to a FLAT_TOPS record.

    A guitar moves on from sample to sample; the same value three times, that loud, is a converter at its end, also
    where the interface calls it less than full scale.
    """
    source, half, before, run, count = floats(x), np.float32(0.5), f.before, f.run_samples, f.count
    for i in range(frames):
        v = source[i]
        run = run + 1 if v == before and abs(v) >= half else 1
        count += run == FLAT_SAMPLES
        before = v
    f.before, f.run_samples, f.count = before, run, count


@kernel
def count_nonfinite(x: Address, frames: int) -> int:
    """How many samples are NaN, infinite or beyond `RUNAWAY`."""
    source = floats(x)
    count, limit = 0, np.float32(RUNAWAY)
    for i in range(frames):
        count += not (abs(source[i]) <= limit)  # written so that NaN counts
    return count
