"""Recordings of one length that go round in step, in place of a model: one place for all, so none can run ahead.

A lane plays this as it plays a network; what the lane hears goes nowhere. Which recording is heard, or which sum of
them, is a number that somebody else writes: the switch of a comparison, in the silence between its fades.

All play one section of themselves. At its end they go over to its beginning along the fade of `dsp/ramp.py`, and a
section that is moved away from the place that is played is reached along the same fade. So it may move at any time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...decibels import gain_from_db
from ...errors import RigError
from ..native.address import Address
from ..native.compile import entry, kernel
from ..native.memory import Layout
from ..native.pointers import Record, floats, load_acquire, offset, record
from ..network.playable import Wrapping
from ..ramp import RAMP, fade_samples, fade_table, ramp_gains, settle

CHUNK = 256  # samples at a time
SHORTEST_FADES = 4  # of a section

LOOPS = np.dtype(
    [
        ("heard", np.int64),  # address of an int64: which of the choices
        ("tracks", np.int64),
        ("samples", np.int64),  # of each track
        ("bodies", np.int64),  # address of float32[tracks][samples]
        ("gains", np.int64),  # address of RAMP[tracks]
        ("choices", np.int64),
        ("mixes", np.int64),  # address of float32[choices][tracks]: how much of each track a choice is
        ("section", np.int64),  # first sample << 32 | stop: one number, so that its ends move together
        ("position_samples", np.int64),  # of the next sample
        ("crossing", np.int64),  # 1: on the way to `coming_samples`
        ("coming_samples", np.int64),
        ("faded_samples", np.int64),  # into that fade
        ("at", np.int64),  # scratch, int64[CHUNK] each
        ("coming", np.int64),
        ("rise", np.int64),  # scratch, float32[CHUNK] each
        ("level", np.int64),
        ("fade_table", np.int64),
        ("fade_samples", np.int64),
    ],
    align=True,
)
SECTION = offset(LOOPS, "section")
PLACE = np.dtype([("samples", np.int64)], align=True)
_FLOAT_BYTES, _RAMP_BYTES, _PLACE_BYTES = 4, RAMP.itemsize, PLACE.itemsize
_STOP = (1 << 32) - 1


@kernel
def find_places(r: Record, address: Address, frames: int) -> None:
    """Where each of the next `frames` <= CHUNK samples comes from, and move on. `address`: that of `r`."""
    section = load_acquire(address + SECTION)
    first, stop = section >> 32, section & _STOP
    rise, table, fade = floats(r.rise), floats(r.fade_table), r.fade_samples
    for k in range(frames):
        if r.crossing == 0 and (r.position_samples >= stop - fade or r.position_samples < first):
            r.crossing, r.coming_samples, r.faded_samples = 1, first, 0
        record(r.at + k * _PLACE_BYTES, PLACE).samples = r.position_samples
        record(r.coming + k * _PLACE_BYTES, PLACE).samples = r.coming_samples
        rise[k] = np.float32(0)
        r.position_samples += 1
        if r.crossing != 0:
            rise[k] = table[r.faded_samples]
            r.coming_samples += 1
            r.faded_samples += 1
            if r.faded_samples >= fade:
                r.position_samples, r.crossing = r.coming_samples, 0


@entry("vllll")
def run_loops(loops: Address, x: Address, y: Address, frames: int) -> None:
    """As `interpreter.run`: the next `frames` of float32 into y, whatever stands in x."""
    r = record(loops, LOOPS)
    rise, level = floats(r.rise), floats(r.level)
    done = 0
    while done < frames:
        n, out = min(frames - done, CHUNK), floats(y + done * _FLOAT_BYTES)
        find_places(r, loops, n)
        heard = load_acquire(r.heard)
        for k in range(n):
            out[k] = np.float32(0)
        for i in range(r.tracks):
            ramp_gains(record(r.gains + i * _RAMP_BYTES, RAMP), r.level, r.fade_table, r.fade_samples, n)
            if heard < 0 or heard >= r.choices:
                continue
            share = floats(r.mixes + (heard * r.tracks + i) * _FLOAT_BYTES)[0]
            if share == 0:
                continue
            body = floats(r.bodies + i * r.samples * _FLOAT_BYTES)
            for k in range(n):
                now = body[record(r.at + k * _PLACE_BYTES, PLACE).samples]
                if rise[k] != 0:
                    now += rise[k] * (body[record(r.coming + k * _PLACE_BYTES, PLACE).samples] - now)
                out[k] += share * level[k] * now
        done += n


@entry("vl")
def reset_loops(loops: Address) -> None:
    """As `interpreter.reset`: from the beginning of the section."""
    r = record(loops, LOOPS)
    r.position_samples, r.crossing = load_acquire(loops + SECTION) >> 32, 0


class LoopNetwork(Wrapping):
    """Tracks of one length that go round in step; plays like a `Network`, and hears nothing.

    `tracks`: float32 of shape (n,) each, at `sample_rate` in Hz. `heard`: the address of an int64 that says which
    choice is heard. `mixes`, (choices, tracks): how much of each track a choice is; None: each track is one.
    Raises RigError for tracks of different lengths, and for those that are shorter than four fades.
    """

    receptive_field_samples = 0
    latency_samples = 0

    def __init__(
        self,
        tracks: Sequence[NDArray[np.float32]],
        heard: Address,
        sample_rate: float,
        mixes: Sequence[Sequence[float]] | None = None,
    ) -> None:
        self.fade_samples, self.samples = fade_samples(sample_rate), len(tracks[0])
        if any(track.shape != (self.samples,) for track in tracks):
            raise RigError("Loops that play in step are equally long, and have one channel each.")
        if self.samples < SHORTEST_FADES * self.fade_samples or self.samples > _STOP >> 1:
            raise RigError(f"A loop has at least {SHORTEST_FADES * self.fade_samples} samples, not {self.samples}.")
        shares = np.eye(len(tracks), dtype=np.float32) if mixes is None else np.asarray(mixes, np.float32)
        layout = Layout()
        head, table = layout.reserve(LOOPS), layout.reserve(np.float32, self.fade_samples)
        bodies = layout.reserve(np.float32, len(tracks) * self.samples)
        gains, mix = layout.reserve(RAMP, len(tracks)), layout.reserve(np.float32, shares.size)
        scratch = {name: layout.reserve(PLACE, CHUNK) for name in ("at", "coming")}
        scratch |= {name: layout.reserve(np.float32, CHUNK) for name in ("rise", "level")}
        arena = layout.allocate()
        self.record = r = arena[head][0]
        self._gains = arena[gains]
        super().__init__(run_loops, reset_loops, arena.address_of(head), arena, ())
        arena[table][:] = fade_table(self.fade_samples)
        for i, track in enumerate(tracks):
            arena[bodies][i * self.samples : (i + 1) * self.samples] = track
            settle(self._gains[i], 1.0)
        arena[mix][:] = shares.ravel()
        for name, part in (*scratch.items(), ("bodies", bodies), ("gains", gains), ("mixes", mix)):
            r[name] = arena.address_of(part)
        r["fade_table"], r["fade_samples"] = arena.address_of(table), self.fade_samples
        r["tracks"], r["samples"], r["choices"], r["heard"] = len(tracks), self.samples, len(shares), heard
        self.set_section(0, self.samples)
        self.reset()

    @property
    def shortest_samples(self) -> int:
        """Of a section."""
        return SHORTEST_FADES * self.fade_samples

    def set_section(self, first: int, stop: int) -> None:
        """Go round in the samples from `first` to before `stop` from now on; where it plays outside, it fades there.

        Raises RigError for a section that is none, or shorter than four fades.
        """
        if not 0 <= first <= stop - self.shortest_samples <= self.samples - self.shortest_samples:
            raise RigError(f"Samples {first} to {stop} are no section of a loop of {self.samples}.")
        self.record["section"] = first << 32 | stop

    def set_gain(self, track: int, gain: float) -> None:
        """Fade a track to a linear gain; negative: upside down."""
        self._gains[track]["target"] = gain

    def settle_gain(self, track: int, gain_db: float, inverted: bool = False) -> None:
        """Before it is heard: a track at a gain, without a fade."""
        settle(self._gains[track], gain_from_db(gain_db) * (-1.0 if inverted else 1.0))

    @property
    def position_samples(self) -> int:
        """The sample that is played next."""
        return int(self.record["position_samples"])

    def begin_at(self, position_samples: int) -> None:
        """Before it is heard: begin there."""
        self.record["position_samples"], self.record["crossing"] = position_samples, 0
