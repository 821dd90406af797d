"""The JACK MIDI ports inside the process callback: what arrived in this cycle, each with its frame, and what goes out.

libjack's functions are called by address. For what arrives they give pointers into the port's own buffer: nothing is
copied but the three bytes of each message, nothing waits. What goes out are the lamps of foot switches: Python puts
messages into a ring, and the next cycle sends them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...dsp.cycle_record import HOST
from ...dsp.midi_events import MOST_MESSAGES, take_message
from ...dsp.native.address import Address
from ...dsp.native.compile import kernel
from ...dsp.native.pointers import foreign, int64, load_acquire, octets, offset, record, store_release, uint32

MESSAGE = np.dtype([("time", np.uint32), ("size", np.int64), ("data", np.int64)], align=True)  # jack_midi_event_t

MOST_WAITING = 256  # messages that wait for the next cycle; a power of two
MIDI_OUT = np.dtype(
    [
        ("written", np.int64),  # messages ever, by Python
        ("sent", np.int64),  # likewise, by the audio thread
        ("messages", np.int64, MOST_WAITING),  # status, and the two data bytes 8 and 16 bits up
        ("bytes", np.int64),  # where libjack reads one of them
    ],
    align=True,
)
_WRITTEN, _SENT, _BYTES = (offset(MIDI_OUT, name) for name in ("written", "sent", "bytes"))
MESSAGE_BYTES = 3

call_clear_buffer = foreign("v", "l")  # (port buffer)
call_event_write = foreign("i", "l", "u", "l", "l")  # 0 if there was room (port buffer, frame, data, bytes)
call_event_count = foreign("u", "l")  # count (port buffer)
call_event_get = foreign("i", "l", "l", "u")  # 0 if there is one (jack_midi_event_t *, port buffer, index)


@kernel
def read_port(
    host: Address, buffer: Address, message: Address, count_function: Address, get_function: Address, frames: int
) -> None:
    """Bring the events of a port's `buffer` into the HOST record; `message`: where libjack may put a MESSAGE."""
    h: Any = record(host, HOST)
    h.midi_count = 0
    if buffer == 0:  # a port that has just gone with its server
        return
    count = int64(call_event_count(count_function, buffer))
    if count > MOST_MESSAGES:
        h.midi_lost += count - MOST_MESSAGES
        count = MOST_MESSAGES
    m: Any = record(message, MESSAGE)
    for i in range(count):
        if call_event_get(get_function, message, buffer, uint32(i)) == 0:
            take_message(host, m.data, m.size, int64(m.time), frames)


@kernel
def write_port(out: Address, buffer: Address, clear_function: Address, write_function: Address) -> None:
    """Send what waits in the MIDI_OUT record at `out` through a port's `buffer`, at the start of this cycle."""
    if buffer == 0:  # a port that has just gone with its server
        return
    call_clear_buffer(clear_function, buffer)
    o: Any = record(out, MIDI_OUT)
    waiting, data = load_acquire(out + _WRITTEN), octets(out + _BYTES)
    while o.sent < waiting:
        message = o.messages[o.sent & (MOST_WAITING - 1)]
        for i in range(MESSAGE_BYTES):
            data[i] = np.uint8((message >> (8 * i)) & 0xFF)
        if call_event_write(write_function, buffer, uint32(0), out + _BYTES, MESSAGE_BYTES) != 0:
            return  # no room in this cycle
        store_release(out + _SENT, o.sent + 1)


def put(out: Any, message: bytes) -> bool:
    """Let the next cycle send a message of three bytes; False: too many wait already. `out`: the MIDI_OUT record."""
    written = int(out["written"])
    if written - int(out["sent"]) >= MOST_WAITING:
        return False
    out["messages"][written & (MOST_WAITING - 1)] = int.from_bytes(message[:MESSAGE_BYTES], "little")
    out["written"] = written + 1  # only now: the audio thread reads up to here
    return True
