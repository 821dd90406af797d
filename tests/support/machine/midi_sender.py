"""A JACK client that sends MIDI events at known frames of known cycles, compiled, and keeps when it did.

    with Sender("pedals", server) as sender:
        sender.connect("rig:midi")
        sent = sender.play([(cycle, offset, message), ...])     # cycles counted from the first one

As a program, so that it is nobody's neighbour: reads such a list as JSON and prints what was sent.

    python tests/support/machine/midi_sender.py --server NAME --to rig:midi < events.json
"""

from __future__ import annotations

import argparse
import ctypes
import json
import sys
import time

import numpy as np
from jackclients import wait_until

from rig.backends.jack import libjack
from rig.dsp.native.compile import entry
from rig.dsp.native.memory import Layout
from rig.dsp.native.pointers import (
    fetch_add,
    foreign,
    ints,
    load_acquire,
    offset,
    pointer_to_int,
    record,
    store_release,
)

IDLE, ARMED, RUNNING, DONE = range(4)
SENDER = np.dtype(
    [
        ("client", np.int64),
        ("port", np.int64),
        ("get_buffer", np.int64),
        ("clear", np.int64),  # jack_midi_clear_buffer
        ("write", np.int64),  # jack_midi_event_write
        ("last_frame_time", np.int64),
        ("state", np.int64),
        ("cycle", np.int64),
        ("next", np.int64),
        ("count", np.int64),
        (
            "rows",
            np.int64,
        ),  # int64[count][5]: cycle, offset, size, address of the bytes, frame it was sent in
        ("refused", np.int64),
        ("next_frame", np.int64),
        ("jumps", np.int64),  # cycles that did not follow each other
        ("xruns", np.int64),
    ],
    align=True,
)
STATE, XRUNS = offset(SENDER, "state"), offset(SENDER, "xruns")
call_get_buffer, call_frame_time = foreign("l", "l", "u"), foreign("u", "l")
call_clear, call_write = foreign("v", "l"), foreign("i", "l", "u", "l", "l")


@entry("iup")
def on_cycle(frames, argument):
    here = pointer_to_int(argument)
    s = record(here, SENDER)
    buffer = call_get_buffer(s.get_buffer, s.port, frames)
    call_clear(s.clear, buffer)
    now = np.int64(call_frame_time(s.last_frame_time, s.client))
    if load_acquire(here + STATE) == ARMED:
        s.cycle, s.next_frame = 0, now
        store_release(here + STATE, RUNNING)
    if s.state == RUNNING:
        s.jumps += now != s.next_frame
        rows = ints(s.rows)
        while s.next < s.count and rows[5 * s.next] <= s.cycle:
            at = 5 * s.next
            s.refused += call_write(s.write, buffer, np.uint32(rows[at + 1]), rows[at + 3], rows[at + 2]) != 0
            rows[at + 4] = now
            s.next += 1
        s.cycle += 1
        s.next_frame = (now + frames) & 0xFFFFFFFF
        if s.next == s.count:
            store_release(here + STATE, DONE)
    return np.int32(0)


@entry("ip")
def on_sender_xrun(argument):
    fetch_add(pointer_to_int(argument) + XRUNS, 1)
    return np.int32(0)


class Sender:
    """One compiled JACK client with the MIDI port `out`."""

    def __init__(self, name, server_name):
        jack, _ = libjack.library()
        for callback in (on_cycle, on_sender_xrun):
            callback.compile()
        layout = Layout()
        part = layout.reserve(SENDER)
        self._arena = layout.allocate()
        self.state, address = self._arena[part][0], self._arena.address_of(part)
        self.client = jack.Client(name, no_start_server=True, servername=server_name)
        self.port = self.client.midi_outports.register("out")
        self.state["client"], self.state["port"] = libjack.handle(self.client), libjack.handle(self.port)
        for field, function in (
            ("get_buffer", "jack_port_get_buffer"),
            ("clear", "jack_midi_clear_buffer"),
            ("write", "jack_midi_event_write"),
            ("last_frame_time", "jack_last_frame_time"),
        ):
            self.state[field] = libjack.function_address(function)
        libjack.register(self.client, "jack_set_process_callback", on_cycle, address)
        libjack.register(self.client, "jack_set_xrun_callback", on_sender_xrun, address)
        self.client.activate()

    def connect(self, other):
        libjack.connect(self.port, other)

    def play(self, events, timeout_s=60.0):
        """Send `(cycle, offset, bytes)` in order; what was sent: (frame of the period, offset, bytes)."""
        rows = np.zeros((len(events), 5), np.int64)
        content = ctypes.create_string_buffer(b"".join(message for _, _, message in events) + b"\0")
        at = ctypes.addressof(content)
        for row, (cycle, when, message) in zip(rows, events, strict=True):
            row[:4] = cycle, when, len(message), at
            at += len(message)
        s = self.state
        s["rows"], s["count"], s["next"] = rows.ctypes.data, len(events), 0
        s["refused"], s["jumps"], xruns = 0, 0, int(s["xruns"])
        s["state"] = ARMED
        wait_until(lambda: s["state"] == DONE, "the events to be sent", timeout_s)
        time.sleep(0.15)  # xruns are told late
        self.torn = int(s["jumps"]) + int(s["xruns"]) - xruns
        self.refused = int(s["refused"])
        return [(int(row[4]), when, message) for row, (_, when, message) in zip(rows, events, strict=True)]

    def close(self):
        self.client.deactivate()
        self.client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def main():
    parser = argparse.ArgumentParser(description="Send MIDI events that are read from standard input.")
    parser.add_argument("--server")
    parser.add_argument("--to", required=True, help="MIDI port to send to")
    options = parser.parse_args()
    with Sender("pedals", options.server) as sender:
        sender.connect(options.to)
        for line in sys.stdin:  # a take a line
            events = [(cycle, when, bytes.fromhex(message)) for cycle, when, message in json.loads(line)]
            sent = [(frame, when, message.hex()) for frame, when, message in sender.play(events)]
            print(json.dumps({"sent": sent, "torn": sender.torn, "refused": sender.refused}), flush=True)


if __name__ == "__main__":
    main()
