"""THE SIGNAL PATH, in order. Read this file first.

    guitar -> rumble filter -> gate listens
           -> [ input gain -> EQ -> model -> output gain -> DC blocker -> EQ, tone -> delay ] -> gate acts -> mixer
           -> sleep -> dip -> cabinet -> dip -> master -> volume -> clip guard -> recorder -> track -> out

In brackets: a lane, one way through a model (`lane.py`); there are up to four. While the sound changes, the lanes of
the old one fall and those of the new one rise (`handover.py`); where the cabinet changes, both run, and the new one
fades in over the old. The gate decides on the guitar, and acts on what comes out of a lane, as many samples later as
that is late (`dsp/gate.py`). Sleep silences the lanes of an overloaded rig. The dip is that of a comparison
(`ab_switch.py`), in front of the cabinet and behind it. The master mutes; beside it stands the player's own volume.

What hangs beside the path stands in `side_branches.py`. Tapes and gear get the guitar as it came in; meter and gate
leave its DC out (`dsp/dc.py`). The recorder takes what came in, and what is heard of the guitar: mute, fades and clip
guard are in it. A track beside the guitar comes behind it, under the same master (`dsp/backing/`). Where gear hangs
on the rig, the guitar also goes out to it, and what comes back is a source like the guitar:

    guitar -> send gain -> clip guard -> send ... gear ... return -> lanes

`block` is called by the backend's audio thread once per cycle. It is compiled; nothing in it allocates, waits or
touches Python. All it works on is one CHAIN record (`chain_record.py`) and what that points to, owned by `engine.py`.
Pedals and knobs act at the start of a chunk, see `midi_actions.py`.
"""

from __future__ import annotations

import numpy as np

from .ab_switch import DIFFERENCE, B, dip, lane_share
from .cabinet.prepared import CABINET
from .chain_record import CHAIN, HANDOVER_AT, PORT, RETURN, SOURCE_BYTES, SOURCES, SOURCES_AT, SWITCH_AT
from .dsp.backing.streams import backing_add, backing_run
from .dsp.buffers import clear, copy, cross, limit, subtract
from .dsp.convolver.kernels import LINE, MAX_CHUNK, voice_ready
from .dsp.cpu_load import begin_cycle, end_cycle
from .dsp.cycle_record import BLOCK_SIGNATURE, HOST
from .dsp.dc import take_dc_away
from .dsp.gate import apply_gate, run_gate
from .dsp.loop_tapes import loop_play
from .dsp.meter import RUNAWAY, count_flat_tops, count_nonfinite, meter
from .dsp.native.address import NOWHERE, Address
from .dsp.native.compile import entry, kernel
from .dsp.native.pointers import Record, floats, foreign, record, store_release
from .dsp.ramp import multiply, ramp_gains
from .dsp.rumble import run_rumble
from .handover import CATCH_UP, CROSS, FADE_IN, FADE_OUT, LANES, STEADY, catch_up, finish_change, take_change
from .lane import HEAD, LANE, SOURCE, run_lane
from .midi_actions import act_on_events
from .side_branches import begin_tapes, feed_gear, feed_tapes, meters

FLOAT_BYTES = 4
_call_convolve = foreign("v", "l", "l", "l")


@entry(BLOCK_SIGNATURE)
def block(engine: Address, host: Address, frames: int) -> None:
    """One cycle of the backend."""
    c, h = record(engine, CHAIN), record(host, HOST)
    begin_cycle(c.load)
    begin_tapes(c, h, engine, frames)
    for at in range(0, frames, MAX_CHUNK):
        n = min(MAX_CHUNK, frames - at)
        skip = at * FLOAT_BYTES
        if c.midi != 0:
            act_on_events(engine, host, at, frames, n)
        returned = h.returned + skip if h.returned != 0 else NOWHERE
        send = h.send + skip if h.send != 0 else NOWHERE
        signal_path(c, engine, h.input + skip, returned, send, h.output_1 + skip, h.output_2 + skip, n)
    if end_cycle(c.load, h.timed != 0, c.handover.phase == STEADY and c.handover.suspended == 0, frames):
        c.handover.suspend_gain.target = 0.0  # overloaded: go to sleep
    c.cycles += 1


@kernel
def signal_path(
    c: Record, engine: Address, x: Address, returned: Address, send: Address, left: Address, right: Address, frames: int
) -> None:
    """`frames` <= MAX_CHUNK samples from `x` to `left` and `right`, and out to gear and back where there is some."""
    read_sources(c, engine, x, returned, frames)
    if send != 0:
        feed_gear(c, engine, send, frames)
    take_change(c.handover, engine + HANDOVER_AT, c.load.smoothed_share)
    if c.handover.phase == CATCH_UP:
        ready = cabinet_ready(c.handover, record(c.line, LINE))
        catch_up(c.handover, ready, c.fade_table, c.fade_samples, frames)
    fade_weights(c, frames)
    if c.switch.active != 0:
        dip(c.switch, engine + SWITCH_AT, c.dip, c.fade_table, c.fade_samples, frames)
    mix_lanes(c, frames)
    cabinet(c, left, right, frames)
    if c.switch.active != 0:
        multiply(left, c.dip, left, frames)
        multiply(right, c.dip, right, frames)
    ramp_gains(c.master, c.gains, c.fade_table, c.fade_samples, frames)
    multiply(left, c.gains, left, frames)
    multiply(right, c.gains, right, frames)
    beside = c.backing.playing != 0 or c.backing.leaving != 0
    if beside:
        backing_run(c.backing, c.gains, c.fade_table, c.fade_samples, frames)
    if c.volume.target != 1.0 or c.volume.value != 1.0:
        ramp_gains(c.volume, c.gains, c.fade_table, c.fade_samples, frames)
        multiply(left, c.gains, left, frames)
        multiply(right, c.gains, right, frames)
    if c.guard != 0:
        limit(left, frames)
        limit(right, frames)
    feed_tapes(c, engine, left, right, frames)
    if beside:
        backing_add(c.backing, left, right, frames)
        if c.guard != 0:
            limit(left, frames)
            limit(right, frames)
    meters(c, left, right, frames)
    advance_fade(c, engine, frames)


@kernel
def read_sources(c: Record, engine: Address, x: Address, returned: Address, frames: int) -> None:
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
            loop_play(source.loop, source.chunk, c.bus, c.fade_table, c.fade_samples, frames)  # the bus is still free
        clean_source(c, source, i, frames)
        ring, feed, mask, head = floats(source.ring), floats(source.feed), source.ring_samples - 1, source.head
        for k in range(frames):
            ring[(head + k) & mask] = feed[k]
        # Whoever runs a new lane in, on another thread, may read up to the head.
        store_release(engine + SOURCES_AT + i * SOURCE_BYTES + HEAD, head + frames)


@kernel
def clean_source(c: Record, source: Record, index: int, frames: int) -> None:
    """The rumble filter, and the gate's decisions, which know no DC; what comes back from gear is left as it is."""
    source.feed = source.chunk
    if index == RETURN:
        return
    take_dc_away(source.dc, source.chunk, source.ac, frames)
    listened = source.ac
    if run_rumble(source.rumble, source.chunk, source.filtered, c.fade_table, c.fade_samples, frames):
        source.feed = listened = source.filtered
    if source.gate.threshold != 0.0 or source.gate.active != 0:
        run_gate(source.gate, listened, c.gains, c.fade_table, c.fade_samples, frames)


@kernel
def read_port(c: Record, x: Address, chunk: Address, frames: int) -> None:
    """What came in; a NaN from outside is silence for everything behind this line."""
    incoming, kept = floats(x), floats(chunk)
    unfit = count_nonfinite(x, frames)
    c.input_faults += unfit
    for k in range(frames):
        kept[k] = incoming[k] if unfit == 0 or abs(incoming[k]) <= np.float32(RUNAWAY) else np.float32(0)


@kernel
def fade_weights(c: Record, frames: int) -> None:
    """The weight of the new in each sample of this chunk."""
    h, rise, table = c.handover, floats(c.rise), floats(c.fade_table)
    moving = h.phase == FADE_OUT or h.phase == CROSS or h.phase == FADE_IN
    done = h.phase == CATCH_UP and h.position_samples > 0
    for k in range(frames):
        at = h.position_samples + k
        if moving:
            rise[k] = table[at] if at < c.fade_samples else np.float32(1)
        else:
            rise[k] = np.float32(1) if done else np.float32(0)


@kernel
def mix_lanes(c: Record, frames: int) -> None:
    """Run every lane that can be heard and add it to the bus."""
    h = c.handover
    clear(c.bus, frames)
    old_runs = (
        h.phase == STEADY
        or h.phase == FADE_OUT
        or h.phase == CROSS
        or (h.phase == CATCH_UP and h.position_samples == 0)
    )
    new_runs = h.phase == CROSS or h.phase == FADE_IN
    for i in range(LANES):
        ramp_gains(c.mix[i], c.gains, c.fade_table, c.fade_samples, frames)
        old = h.lanes[i]
        new = old if h.phase == STEADY else h.next_lanes[i]
        stays = old == new
        if old != 0 and h.suspended == 0 and (stays or old_runs):
            add_lane(c, i, old, 0 if stays and h.resuming == 0 else 1 if stays else -1, frames)
        if new != 0 and not stays and new_runs:
            add_lane(c, i, new, 1, frames)
    ramp_gains(h.suspend_gain, c.gains, c.fade_table, c.fade_samples, frames)
    multiply(c.bus, c.gains, c.bus, frames)
    if c.switch.active != 0:
        multiply(c.bus, c.dip, c.bus, frames)
    if h.suspend_gain.target == 0.0 and h.suspend_gain.value == 0.0:
        h.suspended = 1


@kernel
def add_lane(c: Record, index: int, address: Address, direction: int, frames: int) -> None:
    """Run one lane; its weight is 1 (direction 0), rises (1) or falls (-1). Its mixer level is in `gains`."""
    lane = record(address, LANE)
    source = record(lane.source, SOURCE)
    run_lane(lane, source.feed, c.fade_table, c.fade_samples, frames)
    if source.gate.active != 0:
        apply_gate(source.gate, lane.output, lane.latency_samples, frames)
    if index == 0 and direction >= 0:
        meter(c.model_meter, lane.gained, frames)
    share = np.float32(lane_share(c.switch, index))
    if share == 0:
        return  # the other side of a comparison runs as well, so that neither costs nor waits more than the other
    bus, out, gains, rise = floats(c.bus), floats(lane.output), floats(c.gains), floats(c.rise)
    one = np.float32(1)
    for k in range(frames):
        weight = one if direction == 0 else rise[k] if direction > 0 else one - rise[k]
        bus[k] += out[k] * gains[k] * weight * share


@kernel
def cabinet(c: Record, left: Address, right: Address, frames: int) -> None:
    """The bus through the cabinet, or through the old and the new one while they change."""
    h, line = c.handover, record(c.line, LINE)
    coming = h.phase != STEADY and h.next_cabinet != h.cabinet  # it is not heard yet, but a long one has to prepare
    crossing = coming and (h.phase == CROSS or h.phase == FADE_IN)
    now, then = h.voice, 2 - h.voice
    set_voices(line, now, h.cabinet)
    second = c.switch.cabinet if c.switch.active != 0 and not coming else NOWHERE
    set_voices(line, then, h.next_cabinet if coming else second)
    _call_convolve(c.convolve, c.line, c.bus, frames)
    first_voice, first = (then, second) if second != 0 and c.switch.heard == B else (now, h.cabinet)
    copy(voice_output(c, line, first_voice, first, False), left, frames)
    copy(voice_output(c, line, first_voice, first, True), right, frames)
    if second != 0 and c.switch.heard == DIFFERENCE:
        subtract(voice_output(c, line, then, second, False), left, frames)
        subtract(voice_output(c, line, then, second, True), right, frames)
    if crossing:
        cross(voice_output(c, line, then, h.next_cabinet, False), c.rise, left, frames)
        cross(voice_output(c, line, then, h.next_cabinet, True), c.rise, right, frames)


@kernel
def cabinet_ready(h: Record, line: Record) -> bool:
    """Whether the next cabinet would play all of its response from here on: cabinets at once, rooms after a moment."""
    if h.next_cabinet == h.cabinet or h.next_cabinet == 0:
        return True
    filters, first = record(h.next_cabinet, CABINET), 2 - h.voice
    if not voice_ready(line, first, filters.left):
        return False
    return filters.right == 0 or voice_ready(line, first + 1, filters.right)


@kernel
def set_voices(line: Record, first: int, address: Address) -> None:
    """Give a pair of convolver voices the filters of a cabinet, or none."""
    line.voices[first].filter = 0
    line.voices[first + 1].filter = 0
    if address != 0:
        line.voices[first].filter = record(address, CABINET).left
        line.voices[first + 1].filter = record(address, CABINET).right


@kernel
def voice_output(c: Record, line: Record, first: int, address: Address, right: bool) -> Address:
    """Where one side of a cabinet's output lies; without a cabinet it is the bus itself."""
    if address == 0:
        return c.bus
    stereo = record(address, CABINET).right != 0
    return line.voices[first + 1].out if right and stereo else line.voices[first].out


@kernel
def advance_fade(c: Record, engine: Address, frames: int) -> None:
    """Move the fade on; at its end the next phase begins with the next chunk."""
    h = c.handover
    if h.phase == FADE_OUT or h.phase == CROSS or h.phase == FADE_IN:
        h.position_samples += frames
        if h.position_samples >= c.fade_samples:
            if h.phase == FADE_OUT:
                h.phase = CATCH_UP  # with the position at its end: the old is silent
            else:
                finish_change(h, engine + HANDOVER_AT)
