"""Two networks in a row, inside the audio callback: a pedal into an amp, a preamp into a power amp.

    first network -> gain between -> DC blocker -> EQ -> second network

The gain between makes the second hear the level that the first puts out; it moves along rig's one fade. What the first
says that is no number is passed on as it is, past the second, so that whoever plays the row silences and resets both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...decibels import gain_from_db
from .. import dc_blocker
from ..dc_blocker import DC_BLOCKER, block_dc, settle_on
from ..meter import METER, count_nonfinite, meter
from ..native.address import Address
from ..native.compile import entry
from ..native.memory import Layout
from ..native.pointers import floats, foreign, record
from ..network.playable import Playable, Wrapping
from ..ramp import RAMP, fade_samples, fade_table, multiply, ramp_gains, settle
from ..tone.bands import BAND, prepare_eq, run_band, set_eq
from ..tone.equalizer import MOST_BANDS, EqBand

CHUNK = 256  # samples at a time

ROW = np.dtype(
    [
        ("run", np.int64, 2),
        ("reset", np.int64, 2),
        ("network", np.int64, 2),
        ("gain", RAMP),
        ("settled", np.float64),  # the first network's answer to silence
        ("dc_blocker", DC_BLOCKER),
        ("eq", BAND, (MOST_BANDS,)),
        ("meter", METER),  # of what the second hears
        ("between", np.int64),  # address of float32[CHUNK]: what the second hears
        ("gains", np.int64),  # address of float32[CHUNK]
        ("fade_table", np.int64),
        ("fade_samples", np.int64),
    ],
    align=True,
)
_call_run = foreign("v", "l", "l", "l", "l")
_call_reset = foreign("v", "l")
_FLOAT_BYTES = 4


@entry("vllll")
def run_row(row: Address, x: Address, y: Address, frames: int) -> None:
    """As `interpreter.run`: `frames` of float32 from x to y."""
    r = record(row, ROW)
    done = 0
    while done < frames:
        n = min(frames - done, CHUNK)
        skip = done * _FLOAT_BYTES
        _call_run(r.run[0], r.network[0], x + skip, r.between, n)
        if count_nonfinite(r.between, n) > 0:
            unfit, out = floats(r.between), floats(y + skip)
            for i in range(n):
                out[i] = unfit[i]
        else:
            ramp_gains(r.gain, r.gains, r.fade_table, r.fade_samples, n)
            multiply(r.between, r.gains, r.between, n)
            block_dc(r.dc_blocker, r.between, n)
            for i in range(MOST_BANDS):
                run_band(r.eq[i], r.between, n)
            meter(r.meter, r.between, n)
            _call_run(r.run[1], r.network[1], r.between, y + skip, n)
        done += n


@entry("vl")
def reset_row(row: Address) -> None:
    """As `interpreter.reset`."""
    r = record(row, ROW)
    _call_reset(r.reset[0], r.network[0])
    _call_reset(r.reset[1], r.network[1])
    settle_on(r.dc_blocker, r.settled * r.gain.value)
    for i in range(MOST_BANDS):
        r.eq[i].state_1, r.eq[i].state_2 = 0.0, 0.0


class RowNetwork(Wrapping):
    """Two networks, one behind the other, at one session's rate in Hz; plays like a `Network`."""

    def __init__(self, first: Playable, second: Playable, gain_db: float, sample_rate: float) -> None:
        layout = Layout()
        head, table = layout.reserve(ROW), layout.reserve(np.float32, fade_samples(sample_rate))
        between, gains = layout.reserve(np.float32, CHUNK), layout.reserve(np.float32, CHUNK)
        arena = layout.allocate()
        self.record = r = arena[head][0]
        super().__init__(run_row, reset_row, arena.address_of(head), arena, (first, second))
        for i, network in enumerate((first, second)):
            r["run"][i], r["reset"][i], r["network"][i] = network.run_address, network.reset_address, network.address
        arena[table][:] = fade_table(fade_samples(sample_rate))
        r["fade_table"], r["fade_samples"] = arena.address_of(table), fade_samples(sample_rate)
        r["between"], r["gains"] = arena.address_of(between), arena.address_of(gains)
        settle(r["gain"], gain_from_db(gain_db))
        first.reset()
        r["settled"] = first.process(np.zeros(1, np.float32))[0]
        dc_blocker.prepare(r["dc_blocker"], sample_rate, r["settled"] * r["gain"]["value"])
        self._sample_rate = sample_rate
        self.prepare_eq(())
        self._meter = arena[head]["meter"].view(np.uint8).data
        # What the first needs to forget, and then the second; its own DC blocker forgets beside whoever plays it.
        self.receptive_field_samples = first.receptive_field_samples + second.receptive_field_samples
        self.latency_samples = first.latency_samples + second.latency_samples
        self.reset()

    def set_gain_db(self, gain_db: float) -> None:
        """Fade to another gain between the two."""
        self.record["gain"]["target"] = gain_from_db(gain_db)

    @property
    def meter(self) -> memoryview:
        """The bytes of the METER record of what the second hears."""
        return self._meter

    def prepare_eq(self, bands: Sequence[EqBand]) -> None:
        """Before it is handed over: give it those bands of an equalizer that lie between the two."""
        prepare_eq(self.record["eq"], self._sample_rate, bands, "between", in_row=True)

    def set_eq(self, bands: Sequence[EqBand]) -> None:
        """Let the equalizer become another one; what sounds follows smoothly."""
        set_eq(self.record["eq"], self._sample_rate, bands, "between", in_row=True)
