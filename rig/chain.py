"""THE SIGNAL PATH, in order. Read this file first.

guitar -> rumble filter -> [ input gain -> model -> output gain -> DC blocker ] -> gate -> mixer -> cabinet
                             a lane, see `lane.py`; up to four of them        -> master -> clip guard -> out

Meter, tapes and gear get the guitar as it came in. The gate listens to it behind the rumble filter.

Where gear hangs on the rig, the guitar also goes out to it, and what comes back is a source like the guitar:

guitar -> send gain -> send ... gear ... return -> [ lane ] -> mixer

The recorder takes the guitar as it came in, and what goes out at the very end: mute, fades and clip guard are in it.
The master mutes; beside it stands the player's own volume. Pedals and knobs act at the start of a chunk, see `midi.py`.

`block` is called by the backend's audio thread once per cycle. It is compiled; nothing in it allocates, waits or
touches Python. All it works on is one CHAIN record and what that points to, owned by `engine.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .ab_switch import SWITCH, B, dip
from .cabinet.prepared import CABINET
from .dsp.convolver.kernels import LINE, MAX_CHUNK, voice_ready
from .dsp.cpu_load import LOAD, begin_cycle, end_cycle
from .dsp.cycle_record import BLOCK_SIGNATURE, HOST
from .dsp.gate import apply_gate, run_gate
from .dsp.meter import FLAT_TOPS, METER, RUNAWAY, count_flat_tops, count_nonfinite, meter
from .dsp.native.compile import entry, kernel
from .dsp.native.pointers import floats, foreign, load_acquire, offset, record, store_release
from .dsp.ramp import RAMP, multiply, ramp_gains
from .dsp.ring import ring_begin, ring_write
from .dsp.rumble import run_rumble
from .dsp.tape import tape_advance, tape_begin, tape_play, tape_record
from .handover import CATCH_UP, CROSS, FADE_IN, FADE_OUT, HANDOVER, LANES, STEADY, catch_up, finish_change, take_change
from .lane import HEAD, LANE, SOURCE, run_lane
from .midi_actions import act_on_events

PORT, LOOP, RETURN = 0, 1, 2  # the sources: the input port, a tape in its place, what comes back from gear
SOURCES = 3
FLOAT_BYTES = 4

CHAIN = np.dtype(
    [
        ("fade", np.int64),  # samples
        ("fade_table", np.int64),  # address of float32[fade]
        ("guard", np.int64),  # 1: hard limit at +-1
        ("line", np.int64),  # address of the convolver's LINE
        ("convolve", np.int64),  # address of its function
        ("sources", SOURCE, (SOURCES,)),
        ("tapes", np.int64, (3,)),  # recorders of the input, of the left output and of the return, 0: none
        ("send_source", np.int64),  # which source goes out to the gear
        ("send_gain", RAMP),
        ("probe", np.int64),  # address of a TAPE that plays to the gear and records what comes back, 0: none
        ("switch", SWITCH),
        ("handover", HANDOVER),
        ("mix", RAMP, (LANES,)),  # level of each lane in the mixer
        ("master", RAMP),
        ("input_meter", METER),
        ("model_meter", METER),  # what the first lane's model hears
        ("output_meter", METER),
        ("send_meter", METER),
        ("return_meter", METER),
        ("cycles", np.int64),
        ("input_faults", np.int64),  # non-finite samples that came in
        ("load", LOAD),
        ("bus", np.int64),  # scratch, float32[MAX_CHUNK] each
        ("gains", np.int64),
        ("dip", np.int64),
        ("rise", np.int64),  # weight of the new during a fade; the old has 1 - rise
        ("recorder", np.int64),  # address of a RING that takes what is heard, and the guitar with it; 0: none
        ("midi", np.int64),  # address of the MIDI record, 0: nothing listens to MIDI
        ("volume", RAMP),  # the player's own, beside the master, which mutes
        ("flat_tops", FLAT_TOPS),  # of the input port
    ],
    align=True,
)
TAKE_INPUT, TAKE_OUTPUT, TAKE_RETURN = 0, 1, 2
TAKES = 3
_HANDOVER, _TAPES, _SOURCES = offset(CHAIN, "handover"), offset(CHAIN, "tapes"), offset(CHAIN, "sources")
_PROBE, _SWITCH = offset(CHAIN, "probe"), offset(CHAIN, "switch")
_RECORDER = offset(CHAIN, "recorder")
_SOURCE_BYTES = SOURCE.itemsize
_call_convolve = foreign("v", "l", "l", "l")


@entry(BLOCK_SIGNATURE)
def block(engine: int, host: int, frames: int) -> None:
    """One cycle of the backend."""
    c, h = record(engine, CHAIN), record(host, HOST)
    begin_cycle(c.load)
    begin_tapes(c, engine, h, frames)
    recorder = load_acquire(engine + _RECORDER)
    if recorder != 0:
        ring_begin(recorder, h.xruns)
    for at in range(0, frames, MAX_CHUNK):
        n = min(MAX_CHUNK, frames - at)
        skip = at * FLOAT_BYTES
        if c.midi != 0:
            act_on_events(c, host, at, n, frames)
        returned = h.returned + skip if h.returned != 0 else 0
        send = h.send + skip if h.send != 0 else 0
        signal_path(c, engine, h.input + skip, returned, send, h.output_1 + skip, h.output_2 + skip, n)
    if end_cycle(c.load, frames, h.timed != 0, c.handover.phase == STEADY and c.handover.suspended == 0):
        c.handover.suspend_gain.target = 0.0  # overloaded: go to sleep
    c.cycles += 1


@kernel
def signal_path(c: Any, engine: int, x: int, returned: int, send: int, left: int, right: int, frames: int) -> None:
    """`frames` <= MAX_CHUNK samples from `x` to `left` and `right`, and out to gear and back where there is some."""
    read_sources(c, engine, x, returned, frames)
    if send != 0:
        feed_gear(c, engine, send, frames)
    take_change(c.handover, engine + _HANDOVER, c.load.smoothed)
    if c.handover.phase == CATCH_UP:
        catch_up(c.handover, frames, c.fade_table, c.fade, cabinet_ready(c.handover, record(c.line, LINE)))
    fade_weights(c, frames)
    if c.switch.active != 0:
        dip(c.switch, engine + _SWITCH, c.dip, c.fade_table, c.fade, frames)
    mix_lanes(c, frames)
    cabinet(c, left, right, frames)
    if c.switch.active != 0:
        multiply(left, c.dip, left, frames)
        multiply(right, c.dip, right, frames)
    ramp_gains(c.master, c.fade_table, c.fade, c.gains, frames)
    multiply(left, c.gains, left, frames)
    multiply(right, c.gains, right, frames)
    if c.volume.target != 1.0 or c.volume.value != 1.0:
        ramp_gains(c.volume, c.fade_table, c.fade, c.gains, frames)
        multiply(left, c.gains, left, frames)
        multiply(right, c.gains, right, frames)
    if c.guard != 0:
        limit(left, frames)
        limit(right, frames)
    meters(c, left, right, frames)
    record_takes(c, engine, left, frames)
    recorder = load_acquire(engine + _RECORDER)
    if recorder != 0:
        ring_write(recorder, heard_chunk(c), left, right, frames)
    advance_fade(c, engine, frames)


@kernel
def read_sources(c: Any, engine: int, x: int, returned: int, frames: int) -> None:
    """Bring this chunk of the ports and of the loop into the chain, and keep it for run-ins."""
    for i in range(SOURCES):
        source = c.sources[i]
        if i == PORT:
            read_port(c, x, source.chunk, frames)
            count_flat_tops(c.flat_tops, source.chunk, frames)
        elif i == RETURN:
            if returned == 0:
                continue  # no gear
            read_port(c, returned, source.chunk, frames)
            meter(c.return_meter, source.chunk, frames)
        else:
            loop = source.tape
            if loop != 0:
                tape_play(loop, source.chunk, frames)
            else:
                chunk = floats(source.chunk)
                for k in range(frames):
                    chunk[k] = np.float32(0)
        clean_source(c, source, i, frames)
        ring, feed, mask, head = floats(source.ring), floats(source.feed), source.ring_samples - 1, source.head
        for k in range(frames):
            ring[(head + k) & mask] = feed[k]
        # Whoever runs a new lane in, on another thread, may read up to the head.
        store_release(engine + _SOURCES + i * _SOURCE_BYTES + HEAD, head + frames)


@kernel
def clean_source(c: Any, source: Any, index: int, frames: int) -> None:
    """The rumble filter, and the gate's decisions; what comes back from gear is left as it is."""
    source.feed = source.chunk
    if index == RETURN:
        return
    if run_rumble(source.rumble, source.chunk, source.filtered, c.fade_table, c.fade, frames):
        source.feed = source.filtered
    if source.gate.threshold != 0.0 or source.gate.active != 0:
        run_gate(source.gate, source.feed, c.fade_table, c.fade, c.gains, frames)


@kernel
def read_port(c: Any, x: int, chunk: int, frames: int) -> None:
    """What came in; a NaN from outside is silence for everything behind this line."""
    incoming, kept = floats(x), floats(chunk)
    unfit = count_nonfinite(x, frames)
    c.input_faults += unfit
    for k in range(frames):
        kept[k] = incoming[k] if unfit == 0 or abs(incoming[k]) <= np.float32(RUNAWAY) else np.float32(0)


@kernel
def feed_gear(c: Any, engine: int, send: int, frames: int) -> None:
    """The guitar out to the gear, at the gain of the send, and the signal of a measurement on top of it."""
    ramp_gains(c.send_gain, c.fade_table, c.fade, c.gains, frames)
    multiply(c.sources[c.send_source].chunk, c.gains, send, frames)
    probe = load_acquire(engine + _PROBE)
    if probe != 0:
        tape_play(probe, c.bus, frames)  # the bus is still free
        out, extra = floats(send), floats(c.bus)
        for k in range(frames):
            out[k] += extra[k]
    limit(send, frames)
    meter(c.send_meter, send, frames)


@kernel
def fade_weights(c: Any, frames: int) -> None:
    """The weight of the new in each sample of this chunk."""
    h, rise, table = c.handover, floats(c.rise), floats(c.fade_table)
    moving = h.phase == FADE_OUT or h.phase == CROSS or h.phase == FADE_IN
    done = h.phase == CATCH_UP and h.position > 0
    for k in range(frames):
        at = h.position + k
        if moving:
            rise[k] = table[at] if at < c.fade else np.float32(1)
        else:
            rise[k] = np.float32(1) if done else np.float32(0)


@kernel
def mix_lanes(c: Any, frames: int) -> None:
    """Run every lane that can be heard and add it to the bus."""
    h, bus = c.handover, floats(c.bus)
    for k in range(frames):
        bus[k] = np.float32(0)
    old_runs = h.phase == STEADY or h.phase == FADE_OUT or h.phase == CROSS or (h.phase == CATCH_UP and h.position == 0)
    new_runs = h.phase == CROSS or h.phase == FADE_IN
    for i in range(LANES):
        ramp_gains(c.mix[i], c.fade_table, c.fade, c.gains, frames)
        old = h.lanes[i]
        new = old if h.phase == STEADY else h.next_lanes[i]
        stays = old == new
        if old != 0 and h.suspended == 0 and (stays or old_runs):
            add_lane(c, i, old, 0 if stays and h.resuming == 0 else 1 if stays else -1, frames)
        if new != 0 and not stays and new_runs:
            add_lane(c, i, new, 1, frames)
    ramp_gains(h.suspend_gain, c.fade_table, c.fade, c.gains, frames)
    multiply(c.bus, c.gains, c.bus, frames)
    if c.switch.active != 0:
        multiply(c.bus, c.dip, c.bus, frames)
    if h.suspend_gain.target == 0.0 and h.suspend_gain.value == 0.0:
        h.suspended = 1


@kernel
def add_lane(c: Any, index: int, address: int, direction: int, frames: int) -> None:
    """Run one lane; its weight is 1 (direction 0), rises (1) or falls (-1). Its mixer level is in `gains`."""
    lane = record(address, LANE)
    source = record(lane.source, SOURCE)
    run_lane(lane, source.feed, frames, c.fade_table, c.fade)
    if source.gate.active != 0:
        apply_gate(source.gate, lane.late, lane.output, frames)
    if index == 0 and direction >= 0:
        meter(c.model_meter, lane.gained, frames)
    if c.switch.active != 0 and c.switch.cabinet == 0 and index != c.switch.heard:
        return  # the other side of a comparison runs as well, so that neither costs nor waits more than the other
    bus, out, gains, rise = floats(c.bus), floats(lane.output), floats(c.gains), floats(c.rise)
    one = np.float32(1)
    for k in range(frames):
        weight = one if direction == 0 else rise[k] if direction > 0 else one - rise[k]
        bus[k] += out[k] * gains[k] * weight


@kernel
def cabinet(c: Any, left: int, right: int, frames: int) -> None:
    """The bus through the cabinet, or through the old and the new one while they change."""
    h, line = c.handover, record(c.line, LINE)
    coming = h.phase != STEADY and h.next_cabinet != h.cabinet  # it is not heard yet, but a long one has to prepare
    crossing = coming and (h.phase == CROSS or h.phase == FADE_IN)
    now, then = h.voice, 2 - h.voice
    set_voices(line, now, h.cabinet)
    second = c.switch.cabinet if c.switch.active != 0 and not coming else 0
    set_voices(line, then, h.next_cabinet if coming else second)
    _call_convolve(c.convolve, c.line, c.bus, frames)
    first_voice, first = (then, second) if second != 0 and c.switch.heard == B else (now, h.cabinet)
    copy(voice_output(c, line, first_voice, first, False), left, frames)
    copy(voice_output(c, line, first_voice, first, True), right, frames)
    if crossing:
        cross(voice_output(c, line, then, h.next_cabinet, False), c.rise, left, frames)
        cross(voice_output(c, line, then, h.next_cabinet, True), c.rise, right, frames)


@kernel
def cabinet_ready(h: Any, line: Any) -> bool:
    """Whether the next cabinet would play all of its response from here on: cabinets at once, rooms after a moment."""
    if h.next_cabinet == h.cabinet or h.next_cabinet == 0:
        return True
    filters, first = record(h.next_cabinet, CABINET), 2 - h.voice
    if not voice_ready(line, first, filters.left):
        return False
    return filters.right == 0 or voice_ready(line, first + 1, filters.right)


@kernel
def set_voices(line: Any, first: int, address: int) -> None:
    """Give a pair of convolver voices the filters of a cabinet, or none."""
    line.voices[first].filter = 0
    line.voices[first + 1].filter = 0
    if address != 0:
        line.voices[first].filter = record(address, CABINET).left
        line.voices[first + 1].filter = record(address, CABINET).right


@kernel
def voice_output(c: Any, line: Any, first: int, address: int, right: bool) -> int:
    """Where one side of a cabinet's output lies; without a cabinet it is the bus itself."""
    if address == 0:
        return c.bus
    stereo = record(address, CABINET).right != 0
    return line.voices[first + 1].out if right and stereo else line.voices[first].out


@kernel
def copy(x: int, y: int, frames: int) -> None:
    """y = x."""
    source, out = floats(x), floats(y)
    for k in range(frames):
        out[k] = source[k]


@kernel
def cross(x: int, rise: int, y: int, frames: int) -> None:
    """Y goes over to x."""
    source, weight, out = floats(x), floats(rise), floats(y)
    for k in range(frames):
        out[k] += weight[k] * (source[k] - out[k])


@kernel
def limit(y: int, frames: int) -> None:
    """The clip guard: what the converter would do anyway, and nothing that is not a number. Its meter counts."""
    out, one = floats(y), np.float32(1)
    for k in range(frames):
        v = out[k]
        if not (abs(v) <= one):
            out[k] = one if v > one else -one if v < -one else np.float32(0)


@kernel
def meters(c: Any, left: int, right: int, frames: int) -> None:
    """What came in, and what goes out."""
    meter(c.input_meter, heard_chunk(c), frames)
    meter(c.output_meter, left, frames)
    meter(c.output_meter, right, frames)


@kernel
def heard_chunk(c: Any) -> int:
    """The guitar as it came in: this chunk of the source that the first lane hears, the port or the loop."""
    first = c.handover.lanes[0]
    heard = record(first, LANE).source if first != 0 else 0
    return record(heard, SOURCE).chunk if heard != 0 else c.sources[PORT].chunk


@kernel
def begin_tapes(c: Any, engine: int, h: Any, frames: int) -> None:
    """Start or break tapes, once per cycle."""
    if c.sources[LOOP].tape != 0:
        tape_begin(c.sources[LOOP].tape, h.frame_time, h.xruns, h.resizes, frames)
    probe = load_acquire(engine + _PROBE)
    if probe != 0:
        tape_begin(probe, h.frame_time, h.xruns, h.resizes, frames)
    for i in range(TAKES):
        tape = load_acquire(engine + _TAPES + 8 * i)
        if tape != 0:
            tape_begin(tape, h.frame_time, h.xruns, h.resizes, frames)


@kernel
def record_takes(c: Any, engine: int, left: int, frames: int) -> None:
    """Feed the recorders, and move all tapes on."""
    if c.sources[LOOP].tape != 0:
        tape_advance(c.sources[LOOP].tape, frames)
    probe = load_acquire(engine + _PROBE)
    if probe != 0:
        tape_record(probe, c.sources[RETURN].chunk, frames)
        tape_advance(probe, frames)
    for i in range(TAKES):
        tape = load_acquire(engine + _TAPES + 8 * i)
        if tape != 0:
            heard = c.sources[PORT].chunk if i == TAKE_INPUT else c.sources[RETURN].chunk if i == TAKE_RETURN else left
            tape_record(tape, heard, frames)
            tape_advance(tape, frames)


@kernel
def advance_fade(c: Any, engine: int, frames: int) -> None:
    """Move the fade on; at its end the next phase begins with the next chunk."""
    h = c.handover
    if h.phase == FADE_OUT or h.phase == CROSS or h.phase == FADE_IN:
        h.position += frames
        if h.position >= c.fade:
            if h.phase == FADE_OUT:
                h.phase = CATCH_UP  # with the position at its end: the old is silent
            else:
                finish_change(h, engine + _HANDOVER)
