"""What PortAudio calls, compiled: the stream callback and the word that the stream has ended. No Python, no lock.

The stream is opened with a buffer per channel (`paNonInterleaved`), so that what arrives is what the engine reads: the
address of one channel. Channels that rig does not play into are silenced.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...dsp.cycle_record import HOST, MAX_FRAMES
from ...dsp.native.address import NOWHERE
from ...dsp.native.compile import entry
from ...dsp.native.pointers import (
    fetch_add,
    floats,
    foreign,
    int64,
    ints,
    load_acquire,
    offset,
    pointer_to_int,
    record,
    store_release,
)
from ...dsp.native.signature import UNSIGNED_LONG
from ..cycle import FRAME_TIME_MASK, SAMPLE_BYTES, cycle

STREAM = np.dtype(
    [
        ("host", HOST),  # first, so that both records have one address
        # set by Python
        ("input_channel", np.int64),  # counted from 0
        ("output_channels", np.int64),  # how many are open
        ("left", np.int64),  # which of them
        ("right", np.int64),  # the same as left: a single output, which gets the mean of both sides
        ("quiet", np.int64),  # address of float32[MAX_FRAMES]: silence, heard where there is no input
        ("spare", np.int64),  # address of float32[MAX_FRAMES]: the right side of a single output
        ("get_thread_id", np.int64),  # gettid of the C library; 0 where there is none
        ("leaving", np.int64),  # 1: the end of the stream was asked for
        ("latency_samples", np.int64),  # what the engine adds between input and outputs
        # noted by the callback
        ("thread_id", np.int64),  # of the audio thread; 0: not known
        ("frame_time", np.int64),
        ("block_size", np.int64),  # the longest cycle of the last few; 0 before the first
        ("longest", np.int64),  # so far in this look
        ("looked", np.int64),  # cycles in it
    ],
    align=True,
)
XRUNS, RESIZES, GONE = (offset(HOST, name) for name in ("xruns", "resizes", "gone"))
LEAVING = offset(STREAM, "leaving")

CONTINUE = 0  # paContinue; anything else ends the stream
LOST = 1 | 2 | 4 | 8  # paInputUnderflow, paInputOverflow, paOutputUnderflow, paOutputOverflow
LOOK = 64  # cycles: some host APIs call with a number of frames that varies from one to the next

STREAM_CALLBACK = f"ipp{UNSIGNED_LONG}p{UNSIGNED_LONG}p"

call_get_thread_id = foreign("i")


@entry(STREAM_CALLBACK)
def on_stream(inputs: Any, outputs: Any, frames: int, times: Any, flags: int, argument: Any) -> int:
    """PaStreamCallback. Always paContinue: a stream that ended by itself would have to be opened again."""
    here = pointer_to_int(argument)
    s = record(here, STREAM)
    n = int64(frames)
    if s.thread_id == 0 and s.get_thread_id != 0:
        s.thread_id = call_get_thread_id(s.get_thread_id)
    if int64(flags) & LOST != 0:
        fetch_add(here + XRUNS, 1)
    s.longest = max(s.longest, n)
    s.looked += 1
    if n > s.block_size or s.looked == LOOK:
        if s.block_size != 0 and s.block_size != s.longest:
            fetch_add(here + RESIZES, 1)
        s.block_size = s.longest
        s.longest, s.looked = 0, 0
    x, y = pointer_to_int(inputs), pointer_to_int(outputs)
    source = ints(x)[s.input_channel] if x != 0 else NOWHERE  # there is no input, or not yet
    single = s.left == s.right
    done = 0
    while done < n:
        m = min(n - done, MAX_FRAMES)
        at = SAMPLE_BYTES * done
        heard = source + at if source != 0 else s.quiet
        y_1 = ints(y)[s.left] + at
        y_2 = s.spare if single else ints(y)[s.right] + at
        cycle(here, heard, NOWHERE, y_1, y_2, NOWHERE, s.frame_time, m)
        if single:
            left, right = floats(y_1), floats(y_2)
            for i in range(m):
                left[i] = np.float32(0.5) * (left[i] + right[i])
        s.frame_time = (s.frame_time + m) & FRAME_TIME_MASK
        done += m
    for channel in range(s.output_channels):
        if channel != s.left and channel != s.right:
            unused = floats(ints(y)[channel])
            for i in range(n):
                unused[i] = 0.0
    return CONTINUE


@entry("vp")
def on_finished(argument: Any) -> None:
    """PaStreamFinishedCallback: a stream that ends without being asked to has lost its device."""
    here = pointer_to_int(argument)
    if load_acquire(here + LEAVING) == 0:
        store_release(here + GONE, 1)
