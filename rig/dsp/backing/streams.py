"""A track beside the guitar: streams of a file, each a ring that a reader fills and the audio thread empties.

What changes is always another stream: it fades in while the one before fades out. So a start is a fade from silence, a
stop a fade to it. Every stream begins one fade before its place; what it is started for is whole.

A stream goes on from another (`follows`): it is prepared from a place that the other has passed meanwhile, and leaves
out as much as that has played since. Or it is anchored to the transport of the server: it plays sample k while the
transport is at `anchor` + k, and leaves by itself where that is stopped or goes elsewhere.

Nobody waits for anybody. Before a ring runs dry, the rest of it fades out; when there is enough again, it goes on where
it was, or where the transport is by now. `stream_fill` is called by the reader only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..buffers import clear
from ..native.address import Address
from ..native.compile import entry, kernel
from ..native.memory import Layout
from ..native.pointers import Record, floats, load_acquire, offset, record, store_release
from ..ramp import RAMP, multiply, ramp_gains

SIDES = 2
FLOAT_BYTES = 4
AT_ONCE = -1  # in place of an anchor

BACKING = np.dtype(
    [
        ("wanted", np.int64),  # control side -> audio thread: address of a STREAM, 0: silence
        ("playing", np.int64),
        ("leaving", np.int64),  # what fades out
        ("level", RAMP),
        ("rolling", np.int64),  # 1: the server's transport moves; as it was in this cycle
        ("transport_frame", np.int64),
        ("left", np.int64),  # this chunk, float32[MAX_CHUNK] each
        ("right", np.int64),
        ("gains", np.int64),
    ],
    align=True,
)
STREAM = np.dtype(
    [
        # made by Python before anybody looks
        ("samples", np.int64),  # capacity in frames, a power of two
        ("data", np.int64),  # address of float32[SIDES][samples]
        ("follows", np.int64),  # the address of the stream that it goes on from, 0: none
        ("follows_at", np.int64),  # its first frame is this one of that stream
        ("anchor", np.int64),  # its first frame plays at this one of the transport; AT_ONCE: it does not matter
        ("begins_whole", np.int64),  # 1: before its place there is nothing to be faded in
        # the reader's
        ("head", np.int64),  # frames written, ever growing
        ("ended", np.int64),  # 1: nothing will come behind them
        # the audio thread's
        ("tail", np.int64),  # frames played, ever growing
        ("faded", np.int64),  # samples into its fade; 0: silent
        ("stalled", np.int64),  # 1: the reader is late
        ("stalls", np.int64),  # how often that was so
        ("left", np.int64),  # 1: the transport has gone elsewhere, or stands
    ],
    align=True,
)
WANTED = offset(BACKING, "wanted")
HEAD, ENDED, TAIL = offset(STREAM, "head"), offset(STREAM, "ended"), offset(STREAM, "tail")


@kernel
def backing_begin(b: Record, backing: Address, rolling: int, transport_frame: int, fade: int, frames: int) -> None:
    """Once per cycle, before any sample: begin to change to the stream that is wanted. `backing`: address of `b`."""
    b.rolling, b.transport_frame = rolling, transport_frame
    if b.leaving != 0 and record(b.leaving, STREAM).faded == 0:
        b.leaving = 0
    if b.playing != 0 and b.leaving == 0:
        s = record(b.playing, STREAM)
        due = transport_frame - s.anchor
        # A stream that stalls stands still; the next one is prepared for where the transport is then.
        if s.anchor != AT_ONCE and (rolling == 0 or due != s.tail):
            s.left, b.leaving, b.playing = 1, b.playing, 0
    wanted = load_acquire(backing + WANTED)
    if wanted == b.playing or b.leaving != 0:
        return
    if wanted == 0 or stream_begins(record(wanted, STREAM), wanted, b.playing, rolling, transport_frame, fade, frames):
        b.leaving, b.playing = b.playing, wanted


@kernel
def stream_begins(
    s: Record, stream: Address, playing: Address, rolling: int, transport_frame: int, fade: int, frames: int
) -> bool:
    """Whether a stream can begin with this cycle; then it stands at its first frame to be heard."""
    if s.left != 0:
        return False
    skipped = 0
    if s.anchor != AT_ONCE:
        skipped = transport_frame - s.anchor
        if rolling == 0 or skipped < 0:
            return False
    elif s.follows != 0 and s.follows == playing:
        skipped = max(record(playing, STREAM).tail - s.follows_at, 0)
    ended = load_acquire(stream + ENDED)
    if load_acquire(stream + HEAD) - skipped < fade + frames and ended == 0:
        return False
    if skipped == fade and s.begins_whole != 0:
        s.faded = fade
    s.tail = skipped
    return True


@kernel
def backing_run(b: Record, master: Address, table: Address, fade: int, frames: int) -> None:
    """Have a chunk of the track, at its level and under the gains of the master, into `b.left` and `b.right`."""
    clear(b.left, frames)
    clear(b.right, frames)
    if b.playing != 0:
        stream_play(b.playing, b.left, b.right, True, table, fade, frames)
    if b.leaving != 0:
        stream_play(b.leaving, b.left, b.right, False, table, fade, frames)
    ramp_gains(b.level, b.gains, table, fade, frames)
    multiply(b.gains, master, b.gains, frames)
    multiply(b.left, b.gains, b.left, frames)
    multiply(b.right, b.gains, b.right, frames)


@kernel
def stream_play(
    stream: Address, left: Address, right: Address, stays: bool, table: Address, fade: int, frames: int
) -> None:
    """Add the next frames of a stream to `left` and `right`; it fades in and is heard if it `stays`, else out."""
    s = record(stream, STREAM)
    ended = load_acquire(stream + ENDED)
    head = load_acquire(stream + HEAD)  # behind that: of a stream that has ended it is the last
    there = head - s.tail
    if s.stalled != 0:
        if ended != 0 or (there >= s.samples // 4 and s.anchor == AT_ONCE):
            s.stalled = 0
    elif ended == 0 and there - frames < fade:
        s.stalled = 1
        s.stalls += 1
    rises = stays and s.stalled == 0
    first, second, rise = floats(s.data), floats(s.data + FLOAT_BYTES * s.samples), floats(table)
    y_1, y_2, mask, tail, faded = floats(left), floats(right), s.samples - 1, s.tail, s.faded
    for k in range(frames):
        faded = min(faded + 1, fade) if rises else max(faded - 1, 0)
        if faded > 0 and tail < head:
            y_1[k] += rise[faded - 1] * first[tail & mask]
            y_2[k] += rise[faded - 1] * second[tail & mask]
            tail += 1
    s.faded = faded
    store_release(stream + TAIL, tail)


@kernel
def backing_add(b: Record, left: Address, right: Address, frames: int) -> None:
    """Put that chunk of the track on top of what is heard of the guitar."""
    y_1, y_2, x_1, x_2 = floats(left), floats(right), floats(b.left), floats(b.right)
    for k in range(frames):
        y_1[k] += x_1[k]
        y_2[k] += x_2[k]


@entry("llll")
def stream_fill(stream: Address, x: Address, frames: int) -> int:
    """Append up to `frames` frames of float32[frames][SIDES]; how many of them found room."""
    s = record(stream, STREAM)
    head = s.head
    n = min(frames, s.samples - (head - load_acquire(stream + TAIL)))
    source, mask = floats(x), s.samples - 1
    first, second = floats(s.data), floats(s.data + FLOAT_BYTES * s.samples)
    for k in range(n):
        first[(head + k) & mask] = source[2 * k]
        second[(head + k) & mask] = source[2 * k + 1]
    store_release(stream + HEAD, head + n)
    return n


class StreamRing:
    """The ring of one stream, for at least `samples` frames, in memory of its own that is touched now and not later."""

    def __init__(self, samples: int) -> None:
        capacity = 1 << max(samples - 1, 1).bit_length()
        layout = Layout()
        head, data = layout.reserve(STREAM), layout.reserve(np.float32, SIDES * capacity)
        self._arena = layout.allocate()
        self.record: Any = self._arena[head][0]
        self.address = self._arena.address_of(head)
        self.record["samples"], self.record["data"] = capacity, self._arena.address_of(data)
        self.record["anchor"] = AT_ONCE

    def fill(self, frames: NDArray[np.float32]) -> int:
        """Append as many of `frames`, (n, SIDES) and contiguous, as there is room for; how many that were."""
        return int(stream_fill(self.address, frames.ctypes.data, len(frames)))

    def end(self) -> None:
        """Nothing follows what was filled in."""
        self.record["ended"] = 1

    @property
    def is_over(self) -> bool:
        """Whether all of it has been played."""
        return bool(self.record["ended"]) and int(self.record["tail"]) == int(self.record["head"])
