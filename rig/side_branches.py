"""What hangs beside the signal path and changes nothing in it: gear on the send, meters, tapes, the recorder.

All of it is called from `chain.py`, with the CHAIN record `c` and its address `chain`. Addresses that Python exchanges
while the audio thread runs are read with `load_acquire`.
"""

from __future__ import annotations

from .chain_record import (
    BACKING_AT,
    LOOP,
    LOOP_AT,
    PORT,
    PROBE_AT,
    RECORDER_AT,
    RETURN,
    TAKE_INPUT,
    TAKE_RETURN,
    TAKES,
    TAPES_AT,
)
from .dsp.backing.streams import backing_begin
from .dsp.buffers import limit
from .dsp.loop_tapes import loop_advance, loop_begin
from .dsp.meter import meter, meter_without_dc
from .dsp.native.address import NOWHERE, Address
from .dsp.native.compile import kernel
from .dsp.native.pointers import Record, floats, load_acquire, record
from .dsp.ramp import multiply, ramp_gains
from .dsp.ring import ring_begin, ring_write
from .dsp.tape import tape_advance, tape_begin, tape_play, tape_record
from .lane import LANE, SOURCE


@kernel
def feed_gear(c: Record, chain: Address, send: Address, frames: int) -> None:
    """The guitar out to the gear, at the gain of the send, and the signal of a measurement on top of it."""
    ramp_gains(c.send_gain, c.gains, c.fade_table, c.fade_samples, frames)
    multiply(c.sources[c.send_source].chunk, c.gains, send, frames)
    probe = load_acquire(chain + PROBE_AT)
    if probe != 0:
        tape_play(probe, c.bus, frames)  # the bus is still free
        out, extra = floats(send), floats(c.bus)
        for k in range(frames):
            out[k] += extra[k]
    limit(send, frames)
    meter(c.send_meter, send, frames)


@kernel
def meters(c: Record, left: Address, right: Address, frames: int) -> None:
    """What came in, without its DC, and what goes out: one meter for both sides."""
    meter_without_dc(c.input_meter, heard_chunk(c), heard_ac(c), frames)
    meter(c.output_meter, left, frames)
    meter(c.output_meter, right, frames)


@kernel
def heard_chunk(c: Record) -> Address:
    """The guitar as it came in: this chunk of the source that the first lane hears, the port or the loop."""
    first = c.handover.lanes[0]
    heard = record(first, LANE).source if first != 0 else NOWHERE
    return record(heard, SOURCE).chunk if heard != 0 else c.sources[PORT].chunk


@kernel
def heard_ac(c: Record) -> Address:
    """The same chunk without its DC."""
    first = c.handover.lanes[0]
    heard = record(first, LANE).source if first != 0 else NOWHERE
    return record(heard, SOURCE).ac if heard != 0 else c.sources[PORT].ac


@kernel
def begin_tapes(c: Record, h: Record, chain: Address, frames: int) -> None:
    """Once per cycle: start or break tapes, begin or end a recording, change the track. `h`: the HOST record."""
    backing_begin(c.backing, chain + BACKING_AT, h.transport, h.transport_frame, c.fade_samples, frames)
    loop_begin(c.sources[LOOP].loop, chain + LOOP_AT, h.frame_time, h.xruns, h.resizes, frames)
    probe = load_acquire(chain + PROBE_AT)
    if probe != 0:
        tape_begin(probe, h.frame_time, h.xruns, h.resizes, frames)
    for i in range(TAKES):
        tape = load_acquire(chain + TAPES_AT + 8 * i)
        if tape != 0:
            tape_begin(tape, h.frame_time, h.xruns, h.resizes, frames)
    recorder = load_acquire(chain + RECORDER_AT)
    if recorder != 0:
        ring_begin(recorder, h.xruns)


@kernel
def feed_tapes(c: Record, chain: Address, left: Address, right: Address, frames: int) -> None:
    """At the end of a chunk: record what came in and what goes out, and move all tapes on."""
    loop_advance(c.sources[LOOP].loop, c.fade_samples, frames)
    probe = load_acquire(chain + PROBE_AT)
    if probe != 0:
        tape_record(probe, c.sources[RETURN].chunk, frames)
        tape_advance(probe, frames)
    for i in range(TAKES):
        tape = load_acquire(chain + TAPES_AT + 8 * i)
        if tape != 0:
            heard = c.sources[PORT].chunk if i == TAKE_INPUT else c.sources[RETURN].chunk if i == TAKE_RETURN else left
            tape_record(tape, heard, frames)
            tape_advance(tape, frames)
    recorder = load_acquire(chain + RECORDER_AT)
    if recorder != 0:
        ring_write(recorder, heard_chunk(c), left, right, frames)
