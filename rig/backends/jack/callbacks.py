"""What JACK calls, compiled: the process callback and the notifications. No Python, no lock, no file.

A notification in Python would have to wait for the GIL, and the whole server waits with it: a buffer-size callback
that waited stopped all audio for 1.5 s. So these only count and set flags in a CLIENT record, which Python polls. The
addresses of libjack's functions stand in the record too: a global would be kept, stale, in the cache of compiled code.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...dsp.cycle_record import HOST
from ...dsp.native.address import NOWHERE, Address
from ...dsp.native.compile import entry, inline
from ...dsp.native.pointers import (
    Record,
    fetch_add,
    foreign,
    int64,
    offset,
    pointer_to_int,
    record,
    store_release,
    uint32,
)
from ..cycle import FRAME_TIME_MASK, cycle
from .midi_port import MESSAGE, MIDI_OUT, read_port, write_port

POSITION = np.dtype(  # the beginning of jack_position_t, and room for the rest of it
    [
        ("unique", np.uint64),
        ("usecs", np.uint64),
        ("frame_rate", np.uint32),
        ("frame", np.uint32),
        ("rest", np.uint64, 32),
    ],
    align=True,
)
CLIENT = np.dtype(
    [
        ("host", HOST),  # first, so that both records have one address
        # handles and functions of libjack
        ("client", np.int64),
        ("input_port", np.int64),
        ("output_port_1", np.int64),
        ("output_port_2", np.int64),
        ("return_port", np.int64),  # 0: not there
        ("send_port", np.int64),  # 0: not there
        ("get_buffer", np.int64),  # jack_port_get_buffer
        ("last_frame_time", np.int64),  # jack_last_frame_time
        ("get_time", np.int64),  # jack_get_time
        ("get_latency", np.int64),  # jack_port_get_latency_range
        ("set_latency", np.int64),  # jack_port_set_latency_range
        ("get_thread_id", np.int64),  # gettid of the C library; 0 where there is none
        # set by Python
        ("latency_samples", np.int64),  # what the engine adds between input and outputs
        # noted by the callbacks
        ("thread_id", np.int64),  # of the audio thread; 0: not known
        ("block_size", np.int64),
        ("rate", np.int64),
        ("follows_frames", np.int64),  # 1: what follows was written by the cycle before; set to 0 by Python at a start
        ("next_frame", np.int64),  # where the server's frame counter is in the next cycle, if none is missed
        ("called_at_us", np.int64),
        ("frames_before", np.int64),
        ("resizes_before", np.int64),
        ("range_1", np.uint32, 2),  # jack_latency_range_t: min, max
        ("range_2", np.uint32, 2),
        ("midi_port", np.int64),  # 0: not there
        ("midi_event_count", np.int64),  # jack_midi_get_event_count
        ("midi_event_get", np.int64),  # jack_midi_event_get
        ("midi_message", MESSAGE),  # filled by that
        ("midi_out_port", np.int64),  # 0: not there
        ("midi_clear_buffer", np.int64),  # jack_midi_clear_buffer
        ("midi_event_write", np.int64),  # jack_midi_event_write
        ("midi_out", MIDI_OUT),  # what Python wants to be sent
        ("ports_changed", np.int64),  # times a port of anybody's came or went
        ("cables_changed", np.int64),  # times any two ports were connected or parted
        ("transport_query", np.int64),  # jack_transport_query; 0: nobody follows the transport
        ("position", POSITION),  # filled by that
    ],
    align=True,
)

XRUNS, RESIZES, GONE, TIMED = (offset(HOST, name) for name in ("xruns", "resizes", "gone", "timed"))
RANGE_1, RANGE_2 = offset(CLIENT, "range_1"), offset(CLIENT, "range_2")
MIDI_MESSAGE, MIDI_OUT_AT = offset(CLIENT, "midi_message"), offset(CLIENT, "midi_out")
POSITION_AT = offset(CLIENT, "position")
PORTS_CHANGED, CABLES_CHANGED = offset(CLIENT, "ports_changed"), offset(CLIENT, "cables_changed")
ROLLING = 1  # jack_transport_state_t; others are standing, or getting ready
MILLION = 1_000_000
CAPTURE = 0  # jack_latency_callback_mode_t; the other one is playback

call_get_buffer = foreign("l", "l", "u")  # void *(port, frames)
call_last_frame_time = foreign("u", "l")  # frames (client)
call_get_time = foreign("l")  # microseconds
call_latency = foreign("v", "l", "i", "l")  # void (port, mode, range)
call_get_thread_id = foreign("i")
call_transport_query = foreign("i", "l", "l")  # state (client, position)


@inline
def count_missed(c: Record, now: int, frames: int) -> None:
    """Count the cycles that never came between the last one and this one, which starts at frame `now`.

    A process that is stopped or starved is told nothing, and neither is the server. Not counted is what is no loss: a
    new period or rate, freewheeling, and a clock that jumps by more than the time that passed, as it is another one
    (PipeWire's, when another card becomes the driver).
    """
    at_us = call_get_time(c.get_time)
    gap = (now - c.next_frame) & FRAME_TIME_MASK
    is_same = frames == c.frames_before and c.host.resizes == c.resizes_before
    passed = (at_us - c.called_at_us) * c.rate  # in millionths of a frame
    if c.follows_frames != 0 and is_same and gap != 0 and gap * MILLION <= passed + frames * MILLION:
        c.host.gaps += 1
        c.host.missed_cycles += max(1, int64(gap / np.float64(frames) + 0.5))
    c.follows_frames = c.host.timed
    c.next_frame = (now + frames) & FRAME_TIME_MASK
    c.called_at_us, c.frames_before, c.resizes_before = at_us, frames, c.host.resizes


@entry("iup")
def on_process(frames: int, argument: Any) -> int:
    """JackProcessCallback. Always 0: any other answer silently ends the callbacks for good."""
    here = pointer_to_int(argument)
    c = record(here, CLIENT)
    if c.thread_id == 0 and c.get_thread_id != 0:  # JACK's thread-init callback does not run in this thread
        c.thread_id = call_get_thread_id(c.get_thread_id)
    x = call_get_buffer(c.get_buffer, c.input_port, frames)
    y_1 = call_get_buffer(c.get_buffer, c.output_port_1, frames)
    y_2 = call_get_buffer(c.get_buffer, c.output_port_2, frames)
    returned = call_get_buffer(c.get_buffer, c.return_port, frames) if c.return_port != 0 else NOWHERE
    send = call_get_buffer(c.get_buffer, c.send_port, frames) if c.send_port != 0 else NOWHERE
    if c.midi_port != 0:
        events = call_get_buffer(c.get_buffer, c.midi_port, frames)
        read_port(here, events, here + MIDI_MESSAGE, c.midi_event_count, c.midi_event_get, int64(frames))
    if c.midi_out_port != 0:
        room = call_get_buffer(c.get_buffer, c.midi_out_port, frames)
        write_port(here + MIDI_OUT_AT, room, c.midi_clear_buffer, c.midi_event_write)
    if x != 0 and y_1 != 0 and y_2 != 0:  # 0: a port that has just gone with its server
        c.host.transport = 0
        if c.transport_query != 0:
            state = call_transport_query(c.transport_query, c.client, here + POSITION_AT)
            c.host.transport, c.host.transport_frame = int64(state == ROLLING), int64(c.position.frame)
        now = int64(call_last_frame_time(c.last_frame_time, c.client))
        count_missed(c, now, int64(frames))
        cycle(here, x, returned, y_1, y_2, send, now, int64(frames))
    return 0


@entry("ip")
def on_xrun(argument: Any) -> int:
    """JackXRunCallback."""
    fetch_add(pointer_to_int(argument) + XRUNS, 1)
    return 0


@entry("iup")
def on_buffer_size(frames: int, argument: Any) -> int:
    """JackBufferSizeCallback; also called, with the size we know, when the client is activated."""
    here = pointer_to_int(argument)
    c = record(here, CLIENT)
    if c.block_size != frames:
        c.block_size = frames
        fetch_add(here + RESIZES, 1)
    return 0


@entry("iup")
def on_sample_rate(rate: int, argument: Any) -> int:
    """JackSampleRateCallback; also called, with the rate we know, when the client is activated."""
    here = pointer_to_int(argument)
    c = record(here, CLIENT)
    if c.rate != rate:
        c.rate = rate
        fetch_add(here + RESIZES, 1)
    return 0


@entry("vip")
def on_freewheel(starting: int, argument: Any) -> None:
    """JackFreewheelCallback: a cycle has no deadline while JACK renders as fast as it can."""
    store_release(pointer_to_int(argument) + TIMED, 0 if starting != 0 else 1)


@entry("vilp")
def on_shutdown(code: int, reason: Address, argument: Any) -> None:
    """JackInfoShutdownCallback: the server has gone, or has thrown us out. Nothing of libjack may be called here."""
    store_release(pointer_to_int(argument) + GONE, 1)


@entry("vip")
def on_latency(mode: int, argument: Any) -> None:
    """JackLatencyCallback: capture latency flows from the input to the outputs, playback latency the other way."""
    here = pointer_to_int(argument)
    c = record(here, CLIENT)
    added = uint32(c.latency_samples)
    if mode == CAPTURE:
        call_latency(c.get_latency, c.input_port, mode, here + RANGE_1)
        if c.send_port != 0:
            call_latency(c.set_latency, c.send_port, mode, here + RANGE_1)
        c.range_1[0] += added
        c.range_1[1] += added
        call_latency(c.set_latency, c.output_port_1, mode, here + RANGE_1)
        call_latency(c.set_latency, c.output_port_2, mode, here + RANGE_1)
    else:
        call_latency(c.get_latency, c.output_port_1, mode, here + RANGE_1)
        call_latency(c.get_latency, c.output_port_2, mode, here + RANGE_2)
        c.range_1[0] = min(c.range_1[0], c.range_2[0]) + added
        c.range_1[1] = max(c.range_1[1], c.range_2[1]) + added
        call_latency(c.set_latency, c.input_port, mode, here + RANGE_1)
        if c.return_port != 0:
            call_latency(c.set_latency, c.return_port, mode, here + RANGE_1)


@entry("vuip")
def on_port(port: int, came: int, argument: Any) -> None:
    """JackPortRegistrationCallback."""
    fetch_add(pointer_to_int(argument) + PORTS_CHANGED, 1)


@entry("vuuip")
def on_cable(source: int, target: int, connected: int, argument: Any) -> None:
    """JackPortConnectCallback."""
    fetch_add(pointer_to_int(argument) + CABLES_CHANGED, 1)


@entry("vp", brief=True)
def on_message(text: Any) -> None:
    """The error and info function of libjack. It prints to the terminal otherwise, even from the audio thread."""
