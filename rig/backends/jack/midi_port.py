"""The JACK MIDI port, read inside the process callback: what arrived in this cycle, each with its frame.

libjack's two functions are called by address. They give pointers into the port's own buffer: nothing is copied but the
three bytes of each message, nothing waits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from ...dsp.cycle_record import HOST
from ...dsp.midi_events import MOST_MESSAGES, take_message
from ...dsp.native.address import Address
from ...dsp.native.compile import kernel
from ...dsp.native.pointers import foreign, record

MESSAGE = np.dtype([("time", np.uint32), ("size", np.int64), ("data", np.int64)], align=True)  # jack_midi_event_t

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
    count = types.int64(call_event_count(count_function, buffer))
    if count > MOST_MESSAGES:
        h.midi_lost += count - MOST_MESSAGES
        count = MOST_MESSAGES
    m: Any = record(message, MESSAGE)
    for i in range(count):
        if call_event_get(get_function, message, buffer, types.uint32(i)) == 0:
            take_message(host, m.data, m.size, types.int64(m.time), frames)
