"""A lane: one way from a source to the mixer.

source -> input gain -> EQ before -> model (or none) -> output gain, polarity -> DC blocker -> EQ behind -> tone
       -> delay, to a part of a sample

A lane is made complete off the audio thread, hears the last moments of the real input before anyone hears it (the
run-in), and is handed over by address (`handover.py`). Player, A/B test and bypass differ only in what their lanes
hold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .decibels import gain_from_db
from .dsp import dc_blocker, fractional_delay
from .dsp.combined.blend import BlendNetwork
from .dsp.combined.row import RowNetwork
from .dsp.convolver.kernels import MAX_CHUNK
from .dsp.dc import DC
from .dsp.dc_blocker import DC_BLOCKER, block_dc, settle_on
from .dsp.fractional_delay import delay_fraction, fraction_taps, whole_and_fraction
from .dsp.gate import GATE
from .dsp.loop_tapes import LOOP_TAPES
from .dsp.meter import count_nonfinite
from .dsp.native.address import Address
from .dsp.native.compile import kernel
from .dsp.native.memory import Layout
from .dsp.native.pointers import Record, floats, foreign, load_acquire, offset, record
from .dsp.network.playable import Playable
from .dsp.ramp import RAMP, multiply, ramp_gains, settle
from .dsp.rumble import RUMBLE
from .dsp.tone.bands import BAND, prepare, prepare_eq, run_band, set_eq
from .dsp.tone.equalizer import MOST_BANDS, EqBand
from .dsp.tone.knobs import FLAT, KNOBS, root_from_db
from .errors import RigError

TONE_CONTROLS = len(KNOBS)
FAULT_SILENCE_S = 0.05  # how long a lane stays silent after a non-finite sample

SOURCE = np.dtype(
    [
        ("head", np.int64),  # samples written since the engine was made
        ("ring", np.int64),  # address of float32[ring_samples]: the past of what the lanes hear, for run-ins
        ("ring_samples", np.int64),  # a power of two
        ("chunk", np.int64),  # address of float32[MAX_CHUNK]: the samples of this chunk, as they came in
        ("loop", LOOP_TAPES),  # what it plays where it is no port
        ("feed", np.int64),  # address of what the lanes hear of this chunk: `chunk` itself, or `filtered`
        ("filtered", np.int64),  # address of float32[MAX_CHUNK]: the chunk behind the rumble filter
        ("ac", np.int64),  # address of float32[MAX_CHUNK]: the chunk without its DC, for meters and the gate
        ("dc", DC),
        ("rumble", RUMBLE),
        ("gate", GATE),
    ],
    align=True,
)
HEAD = offset(SOURCE, "head")

LANE = np.dtype(
    [
        ("run", np.int64),  # address of the network's run function, 0: no model, the gained input passes
        ("reset", np.int64),
        ("network", np.int64),
        ("source", np.int64),  # address of its SOURCE
        ("heard_samples", np.int64),  # of the source, that have gone through it
        ("run_in_samples", np.int64),  # of the past, that it must hear before it may be heard
        ("input_gain", RAMP),
        ("output_gain", RAMP),  # negative for inverted polarity
        ("dc_settled", np.float64),  # the model's answer to silence, before the output gain
        ("dc_blocker", DC_BLOCKER),
        ("delay_samples", np.int64),
        ("delay_ring", np.int64),  # address of float32[delay_mask + 1]
        ("delay_mask", np.int64),
        ("delay_at", np.int64),
        ("fraction_taps", np.int64),  # address of float32[TAPS], 0: the delay is a whole number of samples
        ("fraction_past", np.int64),  # address of float32[TAPS - 1 + MAX_CHUNK]
        ("fault_samples", np.int64),  # silence after each fault
        ("silent_samples", np.int64),  # of it that are still owed
        ("faults", np.int64),  # times a non-finite sample came out of the model
        ("gains", np.int64),  # scratch, float32[MAX_CHUNK] each
        ("gained", np.int64),
        ("output", np.int64),
        ("past", np.int64),
        ("input_base_gain", np.float64),  # without the player's trims, for MIDI; 0: no trims
        ("output_base_gain", np.float64),
        ("latency_samples", np.int64),  # of its output behind its source
        ("has_tone", np.int64),  # 1: it has tone controls that MIDI may move; bypass has none
        ("tone", BAND, (TONE_CONTROLS,)),
        ("eq_before", BAND, (MOST_BANDS,)),  # the equalizer; a band is flat where it does not lie
        ("eq_behind", BAND, (MOST_BANDS,)),
    ],
    align=True,
)
_call_run = foreign("v", "l", "l", "l", "l")
_call_reset = foreign("v", "l")


@kernel
def delay(lane: Record, x: Address, frames: int) -> None:
    """Delay in place."""
    if lane.fraction_taps != 0:
        delay_fraction(lane.fraction_taps, lane.fraction_past, x, frames)
    if lane.delay_samples == 0:
        return
    signal, ring, at, mask, late = (
        floats(x),
        floats(lane.delay_ring),
        lane.delay_at,
        lane.delay_mask,
        lane.delay_samples,
    )
    for i in range(frames):
        ring[(at + i) & mask] = signal[i]
        signal[i] = ring[(at + i - late) & mask]
    lane.delay_at = (at + frames) & mask


@kernel
def run_lane(lane: Record, x: Address, table: Address, fade: int, frames: int) -> None:
    """Send `frames` <= MAX_CHUNK samples at `x` through the lane into its `output`."""
    ramp_gains(lane.input_gain, lane.gains, table, fade, frames)
    multiply(x, lane.gains, lane.gained, frames)
    for i in range(MOST_BANDS):
        run_band(lane.eq_before[i], lane.gained, frames)
    out = floats(lane.output)
    if lane.run != 0:
        _call_run(lane.run, lane.network, lane.gained, lane.output, frames)
    else:
        gained = floats(lane.gained)
        for i in range(frames):
            out[i] = gained[i]
    if count_nonfinite(lane.output, frames) > 0:
        # Nothing of this chunk can be trusted, and the model remembers: start it afresh behind a short silence.
        lane.faults += 1
        lane.silent_samples = lane.fault_samples
        if lane.reset != 0:
            _call_reset(lane.reset, lane.network)
        for i in range(frames):
            out[i] = np.float32(lane.dc_settled)
        settle_on(lane.dc_blocker, lane.dc_settled * lane.output_gain.value)
    ramp_gains(lane.output_gain, lane.gains, table, fade, frames)
    multiply(lane.output, lane.gains, lane.output, frames)
    block_dc(lane.dc_blocker, lane.output, frames)
    if lane.silent_samples > 0:
        # Comes back along the fade: the last `fade` samples of the owed silence rise.
        rise = floats(table)
        for i in range(frames):
            left = lane.silent_samples - i
            if left > fade:
                out[i] = np.float32(0)
            elif left > 0:
                out[i] *= rise[fade - left]
        lane.silent_samples = max(0, lane.silent_samples - frames)
    for i in range(MOST_BANDS):
        run_band(lane.eq_behind[i], lane.output, frames)
    for i in range(TONE_CONTROLS):
        run_band(lane.tone[i], lane.output, frames)
    delay(lane, lane.output, frames)
    lane.heard_samples += frames


@kernel
def hear_past(lane_address: Address, until: int, budget: int, table: Address, fade: int) -> bool:
    """Let the lane hear its source up to sample `until`, at most `budget` samples now; True when it has.

    The past comes from the source's ring. If so much time went by that the ring was overwritten, the lane begins
    again one run-in before `until`: it enters as settled as ever.
    """
    lane = record(lane_address, LANE)
    source = record(lane.source, SOURCE)
    ring, past, mask = floats(source.ring), floats(lane.past), source.ring_samples - 1
    if until - lane.heard_samples > source.ring_samples // 2:
        lane.heard_samples = until - min(lane.run_in_samples, source.ring_samples // 2)
    while lane.heard_samples < until and budget > 0:
        frames = min(until - lane.heard_samples, budget, MAX_CHUNK)
        for i in range(frames):
            past[i] = ring[(lane.heard_samples + i) & mask]
        run_lane(lane, lane.past, table, fade, frames)
        budget -= frames
    return lane.heard_samples >= until


@kernel
def source_head(lane_address: Address) -> int:
    """How many samples the lane's source has written."""
    return load_acquire(record(lane_address, LANE).source + HEAD)


class Lane:
    """One lane in memory of its own, not yet connected to a source.

    `network`: None passes the gained input. Gains in dB. `inverted` flips the polarity. `delay_samples` >= 0; one
    that is not whole is at least `fraction.CENTRE`.
    """

    def __init__(
        self,
        sample_rate: float,
        network: Playable | None = None,
        input_gain_db: float = 0.0,
        output_gain_db: float = 0.0,
        inverted: bool = False,
        delay_samples: float = 0,
        source: int = 0,
    ) -> None:
        self.network, self.source, self._sign = network, source, -1.0 if inverted else 1.0
        self._sample_rate = sample_rate
        self.trims_db: tuple[float, float] | None = None  # of input and output, where the gains hold trims
        self.tone_db: tuple[float, ...] | None = None  # of `KNOBS`, where it has tone controls
        whole, rest = whole_and_fraction(delay_samples)
        ring_delay = whole - fractional_delay.CENTRE if rest else whole
        if ring_delay < 0:
            raise RigError(
                f"A lane cannot be {delay_samples:g} samples late: 0 or more, and {fractional_delay.CENTRE} or more "
                "where it is not a whole number."
            )
        self.delay_samples = whole + rest
        ring_samples = 1 << ring_delay.bit_length()
        layout = Layout()
        head, ring = layout.reserve(LANE), layout.reserve(np.float32, ring_samples)
        taps, taps_past = (
            layout.reserve(np.float32, fractional_delay.TAPS),
            layout.reserve(np.float32, fractional_delay.TAPS + MAX_CHUNK),
        )
        scratch = {name: layout.reserve(np.float32, MAX_CHUNK) for name in ("gains", "gained", "output", "past")}
        self._arena = layout.allocate()
        self.record = lane = self._arena[head][0]
        self.address = self._arena.address_of(head)
        for name, part in scratch.items():
            lane[name] = self._arena.address_of(part)
        lane["delay_ring"], lane["delay_mask"] = self._arena.address_of(ring), ring_samples - 1
        lane["delay_samples"] = ring_delay
        if rest:
            self._arena[taps][:] = fraction_taps(rest)
            lane["fraction_taps"], lane["fraction_past"] = (
                self._arena.address_of(taps),
                self._arena.address_of(taps_past),
            )
        if network is not None:
            lane["run"], lane["reset"], lane["network"] = network.run_address, network.reset_address, network.address
            lane["dc_settled"] = network.process(np.zeros(1, np.float32))[0]  # its answer to silence
            network.reset()
        settle(lane["input_gain"], gain_from_db(input_gain_db))
        settle(lane["output_gain"], self._sign * gain_from_db(output_gain_db))
        prepare(lane["tone"], sample_rate, FLAT)
        self.prepare_eq(())
        dc_blocker.prepare(lane["dc_blocker"], sample_rate, lane["dc_settled"] * lane["output_gain"]["value"])
        lane["fault_samples"] = round(FAULT_SILENCE_S * sample_rate)
        # The model's own memory, and long enough for the DC blocker to forget where it started.
        past = network.receptive_field_samples if network is not None else 0
        lane["latency_samples"] = self.latency_samples
        lane["run_in_samples"] = past + whole + fractional_delay.TAPS + dc_blocker.settling_samples(sample_rate)

    @property
    def latency_samples(self) -> int:
        """How late its output is, by its model and its delay."""
        return (self.network.latency_samples if self.network is not None else 0) + round(self.delay_samples)

    def has_trims(self, input_db: float, output_db: float) -> None:
        """Say how much of the gains are the player's trims: a MIDI knob may move those in the audio thread."""
        ends = self.record["input_gain"]["target"], self.record["output_gain"]["target"]
        self.trims_db = (input_db, output_db)
        self.record["input_base_gain"], self.record["output_base_gain"] = (
            end * gain_from_db(-trim_db) for end, trim_db in zip(ends, self.trims_db, strict=True)
        )

    def trim(self, input_db: float, output_db: float) -> None:
        """Fade to other trims on top of the gains that `has_trims` has told of."""
        self.trims_db = (input_db, output_db)
        self.record["input_gain"]["target"] = self.record["input_base_gain"] * gain_from_db(input_db)
        self.record["output_gain"]["target"] = self.record["output_base_gain"] * gain_from_db(output_db)

    def prepare_tone(self, gains_db: Sequence[float]) -> None:
        """Before it is handed over: give it tone controls, that stand so. A MIDI knob may move them, too."""
        self.tone_db = tuple(gains_db)
        self.record["has_tone"] = 1
        prepare(self.record["tone"], self._sample_rate, gains_db)

    def prepare_eq(self, bands: Sequence[EqBand]) -> None:
        """Before it is handed over: give it an equalizer; what of it lies between two models in a row goes there."""
        row = self.network if isinstance(self.network, RowNetwork) else None
        if row is not None:
            row.prepare_eq(bands)
        prepare_eq(self.record["eq_before"], self._sample_rate, bands, "before", in_row=row is not None)
        prepare_eq(self.record["eq_behind"], self._sample_rate, bands, "behind", in_row=row is not None)

    def set_eq(self, bands: Sequence[EqBand]) -> None:
        """Let the equalizer that `prepare_eq` has given it become another one; what sounds follows smoothly."""
        row = self.network if isinstance(self.network, RowNetwork) else None
        if row is not None:
            row.set_eq(bands)
        set_eq(self.record["eq_before"], self._sample_rate, bands, "before", in_row=row is not None)
        set_eq(self.record["eq_behind"], self._sample_rate, bands, "behind", in_row=row is not None)

    def set_tone(self, gains_db: Sequence[float]) -> None:
        """Turn the tone controls that `prepare_tone` has given it; what sounds follows smoothly."""
        self.tone_db = tuple(gains_db)
        for band, gain_db in zip(self.record["tone"], gains_db, strict=True):
            band["target"] = root_from_db(gain_db)

    def set_between_gain_db(self, gain_db: float) -> None:
        """Fade to another gain between two models in a row; where there is one model, nothing."""
        if isinstance(self.network, RowNetwork):
            self.network.set_gain_db(gain_db)

    def set_share(self, share: float) -> None:
        """Fade to another share of the second of two models side by side; where there is one model, nothing."""
        if isinstance(self.network, BlendNetwork):
            self.network.set_share(share)

    def set_input_gain_db(self, gain_db: float) -> None:
        """Fade to another input gain."""
        if self.trims_db is not None:
            self.record["input_base_gain"] = gain_from_db(gain_db - self.trims_db[0])
        self.record["input_gain"]["target"] = gain_from_db(gain_db)

    def set_output_gain_db(self, gain_db: float) -> None:
        """Fade to another output gain."""
        if self.trims_db is not None:
            self.record["output_base_gain"] = self._sign * gain_from_db(gain_db - self.trims_db[1])
        self.record["output_gain"]["target"] = self._sign * gain_from_db(gain_db)
