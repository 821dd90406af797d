"""MIDI messages as the audio thread takes them: whole, checked, and with the frame they belong to.

A backend calls `take_message` for everything that came in during a cycle. What is a message to a channel becomes one
EVENT behind the HOST record; all else is counted there and forgotten. Nothing waits for a later cycle, and a storm
costs no more than `MOST_MESSAGES` looks and `MOST_EVENTS` events.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .cycle_record import HOST
from .native.address import Address
from .native.compile import kernel
from .native.pointers import octets, record

EVENT = np.dtype(
    [
        ("offset_frames", np.int64),  # since the start of the cycle
        ("status", np.int64),  # 0x80 to 0xEF: kind of message and channel
        ("data_1", np.int64),  # 0 to 127
        ("data_2", np.int64),  # likewise; 0 where the message has only one
    ],
    align=True,
)
EVENT_BYTES = EVENT.itemsize
MOST_EVENTS = 512  # in one cycle; a MIDI cable brings two in 64 frames
MOST_MESSAGES = 4096  # in one cycle that are looked at; JACK has room for fewer

NOTE_ON, CONTROL_CHANGE, PROGRAM_CHANGE, PRESSURE, SYSTEM = 0x90, 0xB0, 0xC0, 0xD0, 0xF0


@kernel
def take_message(host: Address, message: Address, size: int, at: int, frames: int) -> None:
    """Note one message of `size` bytes at address `message` that arrived `at` frames into a cycle of `frames`."""
    h: Any = record(host, HOST)
    if size < 1 or message == 0:
        h.midi_malformed += 1
        return
    data = octets(message)
    status = np.int64(data[0])
    if status >= SYSTEM:
        h.midi_system += 1
        return
    kind = status & 0xF0
    wanted = 2 if kind in (PROGRAM_CHANGE, PRESSURE) else 3
    # JACK has no running status: every message begins with its status byte.
    if status < 0x80 or size != wanted or data[1] >= 0x80 or (wanted == 3 and data[2] >= 0x80):
        h.midi_malformed += 1
        return
    if h.midi_count >= MOST_EVENTS:
        h.midi_lost += 1
        return
    e: Any = record(h.midi + EVENT_BYTES * h.midi_count, EVENT)
    e.offset_frames = min(max(at, 0), frames - 1)
    e.status = status
    e.data_1 = np.int64(data[1])
    e.data_2 = np.int64(data[2]) if wanted == 3 else 0
    h.midi_count += 1
