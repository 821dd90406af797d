"""Two networks side by side, inside the audio callback, and one knob between them.

    +-> first network ------------------------> delay -> 1 - share -+
    |                                                               +->
    +-> input gain -> second network -> gain -> delay ----> share --+

The delays bring the two together, the gain makes them equally loud and turns the second over where it is upside down.
So the two add up as one signal would, and the shares are of amplitude: in the middle it is as loud as at either end.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...decibels import gain_from_db
from ..native.address import Address
from ..native.compile import entry, kernel
from ..native.memory import Layout
from ..native.pointers import Record, floats, foreign, record
from ..network.playable import Playable, Wrapping
from ..ramp import RAMP, fade_samples, fade_table, ramp_gains, settle

CHUNK = 256  # samples at a time

DELAY = np.dtype(
    [
        ("samples", np.int64),
        ("ring", np.int64),  # address of float32[mask + 1]
        ("mask", np.int64),
        ("at", np.int64),
        ("settled", np.float64),  # what the network answers to silence
    ],
    align=True,
)
BLEND = np.dtype(
    [
        ("run", np.int64, 2),
        ("reset", np.int64, 2),
        ("network", np.int64, 2),
        ("input_gain", np.float64),  # of the second
        ("gain", np.float64),  # behind the second; negative: turned over
        ("share", RAMP),  # of the second
        ("delay", DELAY, 2),
        ("heard", np.int64),  # addresses of float32[CHUNK]
        ("first", np.int64),
        ("second", np.int64),
        ("shares", np.int64),
        ("fade_table", np.int64),
        ("fade_samples", np.int64),
    ],
    align=True,
)
_call_run = foreign("v", "l", "l", "l", "l")
_call_reset = foreign("v", "l")
_FLOAT_BYTES = 4


class Alignment(NamedTuple):
    """What makes the second network's output comparable with that of the first."""

    input_gain_db: float = 0.0  # in front of the second
    gain_db: float = 0.0  # behind it
    inverted: bool = False
    first_late_samples: int = 0  # so much the first one is delayed
    second_late_samples: int = 0


@kernel
def delay_in_place(d: Record, x: Address, frames: int) -> None:
    """`frames` samples at x, `samples` of them later."""
    if d.samples == 0:
        return
    signal, ring, at, mask, late = floats(x), floats(d.ring), d.at, d.mask, d.samples
    for i in range(frames):
        ring[(at + i) & mask] = signal[i]
        signal[i] = ring[(at + i - late) & mask]
    d.at = (at + frames) & mask


@entry("vllll")
def run_blend(blend: Address, x: Address, y: Address, frames: int) -> None:
    """As `interpreter.run`: `frames` of float32 from x to y."""
    r = record(blend, BLEND)
    first, second, heard, shares = floats(r.first), floats(r.second), floats(r.heard), floats(r.shares)
    input_gain, gain = np.float32(r.input_gain), np.float32(r.gain)
    done = 0
    while done < frames:
        n = min(frames - done, CHUNK)
        source, out = floats(x + done * _FLOAT_BYTES), floats(y + done * _FLOAT_BYTES)
        for i in range(n):
            heard[i] = source[i] * input_gain
        _call_run(r.run[0], r.network[0], x + done * _FLOAT_BYTES, r.first, n)
        _call_run(r.run[1], r.network[1], r.heard, r.second, n)
        delay_in_place(r.delay[0], r.first, n)
        delay_in_place(r.delay[1], r.second, n)
        ramp_gains(r.share, r.shares, r.fade_table, r.fade_samples, n)
        for i in range(n):
            out[i] = first[i] * (np.float32(1) - shares[i]) + second[i] * gain * shares[i]
        done += n


@entry("vl")
def reset_blend(blend: Address) -> None:
    """As `interpreter.reset`."""
    r = record(blend, BLEND)
    for k in range(2):
        _call_reset(r.reset[k], r.network[k])
        d = r.delay[k]
        ring, settled = floats(d.ring), np.float32(d.settled)
        for i in range(d.mask + 1):
            ring[i] = settled
        d.at = 0


class BlendNetwork(Wrapping):
    """Two networks side by side, at one session's rate in Hz; plays like a `Network`. `share` of the second: 0 to 1."""

    def __init__(
        self, first: Playable, second: Playable, alignment: Alignment, share: float, sample_rate: float
    ) -> None:
        late = (alignment.first_late_samples, alignment.second_late_samples)
        layout = Layout()
        head, table = layout.reserve(BLEND), layout.reserve(np.float32, fade_samples(sample_rate))
        scratch = {name: layout.reserve(np.float32, CHUNK) for name in ("heard", "first", "second", "shares")}
        rings = [layout.reserve(np.float32, 1 << samples.bit_length()) for samples in late]
        arena = layout.allocate()
        self.record = r = arena[head][0]
        super().__init__(run_blend, reset_blend, arena.address_of(head), arena, (first, second))
        for i, network in enumerate((first, second)):
            r["run"][i], r["reset"][i], r["network"][i] = network.run_address, network.reset_address, network.address
            network.reset()
            d = r["delay"][i]
            d["samples"], d["ring"], d["mask"] = late[i], arena.address_of(rings[i]), (1 << late[i].bit_length()) - 1
            d["settled"] = network.process(np.zeros(1, np.float32))[0]
        for name, part in scratch.items():
            r[name] = arena.address_of(part)
        arena[table][:] = fade_table(fade_samples(sample_rate))
        r["fade_table"], r["fade_samples"] = arena.address_of(table), fade_samples(sample_rate)
        r["input_gain"] = gain_from_db(alignment.input_gain_db)
        r["gain"] = gain_from_db(alignment.gain_db) * (-1.0 if alignment.inverted else 1.0)
        settle(r["share"], share)
        # A delay that waits for what the other model does by itself is none of the player's.
        self.latency_samples = min(
            network.latency_samples + samples for network, samples in zip((first, second), late, strict=True)
        )
        self.receptive_field_samples = max(
            network.receptive_field_samples + samples for network, samples in zip((first, second), late, strict=True)
        )
        self.reset()

    def set_share(self, share: float) -> None:
        """Fade to another share of the second."""
        self.record["share"]["target"] = share
