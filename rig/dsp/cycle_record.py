"""What a backend tells the engine in each cycle: the meeting point of `backends` and `engine`.

A backend knows blocks, not models. Its compiled callback fills in one HOST record and calls the engine's block
function by address:

    void block(int64 engine, int64 host, int64 frames)

which reads `input` (never writes it: two readers may share that memory), and writes `frames` samples to each output.
Where gear hangs on the rig there are two ports more: `send` goes out to it, `returned` comes back.
"""

from __future__ import annotations

import numpy as np

from .native.pointers import foreign

MAX_FRAMES = 8192  # the longest cycle JACK knows

BLOCK_SIGNATURE = "vlll"
call_block = foreign("v", "l", "l", "l")  # (function, engine, host, frames)

HOST = np.dtype(
    [
        # set once, before the callback runs
        ("block", np.int64),  # address of the engine's block function
        ("engine", np.int64),  # its first argument
        ("sample_rate", np.float64),  # Hz
        # set by the backend in each cycle
        ("input", np.int64),  # address of float32[frames]
        ("output_1", np.int64),  # address of float32[frames]
        ("output_2", np.int64),  # address of float32[frames]
        ("returned", np.int64),  # address of float32[frames], 0: there is no such port
        ("send", np.int64),  # address of float32[frames], 0: there is no such port
        ("frame_time", np.int64),  # the server's frame counter at the start of the cycle (wraps at 2**32)
        ("timed", np.int64),  # 1: cycles have a deadline; 0: offline or freewheeling
        ("transport", np.int64),  # 1: the server's transport rolls; 0: it stands, or nobody follows it
        ("transport_frame", np.int64),  # where it is at the start of the cycle
        # counted by the backend's notification callbacks or its block callback, never reset
        ("cycles", np.int64),  # cycles the backend has called
        ("xruns", np.int64),
        ("gaps", np.int64),  # times the server's frame counter jumped from one cycle to the next
        ("missed_cycles", np.int64),  # as many as were left out there
        ("resizes", np.int64),  # changes of block size or rate
        ("gone", np.int64),  # 1: the server has shut down
        # MIDI, see `midi_actions.py`; without a port all of it stays 0
        ("midi", np.int64),  # address of EVENT[MOST_EVENTS]: what arrived in this cycle, in order
        ("midi_count", np.int64),  # how many of them; written in each cycle
        ("midi_lost", np.int64),  # events that found no room, ever
        ("midi_malformed", np.int64),  # messages that are none, ever
        ("midi_system", np.int64),  # system messages (clock, active sensing, sysex), ever: nothing listens to them
    ],
    align=True,
)
