"""What plays, on its way to the disk: a ring that the audio thread fills and a writer empties.

One ring holds the guitar and both outputs under one count of frames, so that they cannot drift apart. Nobody waits for
anybody. When the writer is late and the ring is full, the audio thread counts what is lost until the ring has been
emptied, and then goes on; the reader is told the exact length where it belongs, and silence goes there.

`begin` and `write` are called by the audio thread only, `read` by the writer only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .native.address import Address
from .native.compile import entry, kernel
from .native.memory import Layout
from .native.pointers import floats, load_acquire, offset, record, store_release

CHANNELS = 3  # the guitar, left, right
FLOAT_BYTES = 4

RING = np.dtype(
    [
        # Python's
        ("samples", np.int64),  # capacity in frames, a power of two
        ("data", np.int64),  # address of float32[CHANNELS][samples]
        ("wanted", np.int64),  # n: take n shall run; -n: it shall end; 0: there was none yet
        # the audio thread's
        ("taken", np.int64),  # the take that runs or ran last
        ("ended", np.int64),  # the take that ended last
        ("frames", np.int64),  # of this take up to now, with those that were lost
        ("head", np.int64),  # frames written, ever growing
        ("lost_frames", np.int64),  # up to now, not announced yet; 0: the ring has room
        ("lost_in_take_frames", np.int64),
        ("xruns", np.int64),  # during this take
        ("xruns_seen", np.int64),
        # handed from one to the other
        ("gap_frames", np.int64),  # lost right before the next frame to read; set while the ring is empty
        ("tail", np.int64),  # frames read, ever growing
    ],
    align=True,
)
WANTED, ENDED, HEAD, TAIL = (offset(RING, name) for name in ("wanted", "ended", "head", "tail"))


@kernel
def ring_begin(ring: Address, xruns: int) -> None:
    """Once per cycle: begin or end a take, so that all channels do so at the same sample."""
    r, wanted = record(ring, RING), load_acquire(ring + WANTED)
    if wanted > 0 and r.taken != wanted:
        r.taken, r.frames, r.lost_in_take_frames, r.xruns, r.xruns_seen = wanted, 0, 0, 0, xruns
    elif wanted < 0 and r.ended != -wanted:
        if r.taken != -wanted:  # it has not even begun
            r.taken, r.frames, r.lost_in_take_frames, r.xruns = -wanted, 0, 0, 0
        store_release(ring + ENDED, -wanted)
    if xruns > r.xruns_seen:
        r.xruns += xruns - r.xruns_seen
    r.xruns_seen = xruns  # a server that came back counts from zero


@kernel
def ring_write(ring: Address, guitar: Address, left: Address, right: Address, frames: int) -> None:
    """Keep `frames` samples of each channel, or count them as lost."""
    r = record(ring, RING)
    if r.taken == r.ended:
        return
    r.frames += frames
    head, tail = r.head, load_acquire(ring + TAIL)
    full = head != tail if r.lost_frames > 0 else head - tail + frames > r.samples
    if full:
        r.lost_frames += frames
        r.lost_in_take_frames += frames
        return
    if r.lost_frames > 0:
        r.gap_frames, r.lost_frames = r.lost_frames, 0
    channel_bytes, mask = FLOAT_BYTES * r.samples, r.samples - 1
    keep(guitar, r.data, head, mask, frames)
    keep(left, r.data + channel_bytes, head, mask, frames)
    keep(right, r.data + 2 * channel_bytes, head, mask, frames)
    store_release(ring + HEAD, head + frames)


@kernel
def keep(x: Address, data: Address, head: int, mask: int, frames: int) -> None:
    """Copy a chunk into one channel of the ring."""
    source, kept = floats(x), floats(data)
    for k in range(frames):
        kept[(head + k) & mask] = source[k]


@entry("lllll")
def ring_read(ring: Address, target: Address, most: int, over: int) -> int:
    """Move the oldest frames, at most `most`, to float32[CHANNELS][most] at `target`; how many.

    Below zero: so many frames were lost here. 0: nothing is there now. `over`: no cycle writes any more, so the loss at
    the very end is told as well.
    """
    r = record(ring, RING)
    head, tail = load_acquire(ring + HEAD), r.tail
    if head == tail:
        lost = r.lost_frames
        if over == 0 or lost == 0:
            return 0
        r.lost_frames = 0
        return -lost
    if r.gap_frames > 0:
        lost = r.gap_frames
        r.gap_frames = 0
        return -lost
    frames, mask = min(head - tail, most), r.samples - 1
    for channel in range(CHANNELS):
        source, out = floats(r.data + FLOAT_BYTES * channel * r.samples), floats(target + FLOAT_BYTES * channel * most)
        for k in range(frames):
            out[k] = source[(tail + k) & mask]
    store_release(ring + TAIL, tail + frames)
    return frames


class Ring:
    """A ring for at least `samples` frames, in memory of its own that is touched now and not later."""

    def __init__(self, samples: int) -> None:
        capacity = 1 << max(samples - 1, 1).bit_length()
        layout = Layout()
        head, data = layout.reserve(RING), layout.reserve(np.float32, CHANNELS * capacity)
        self._arena = layout.allocate()
        self.record: Any = self._arena[head][0]
        self.address = self._arena.address_of(head)
        self.record["samples"], self.record["data"] = capacity, self._arena.address_of(data)

    @property
    def samples(self) -> int:
        """How many frames it holds."""
        return int(self.record["samples"])

    def begin(self) -> int:
        """Let a new take begin with the next cycle; its number. What nobody has read of the one before is dropped."""
        number = abs(int(self.record["wanted"])) + 1
        self.record["tail"], self.record["gap_frames"], self.record["lost_frames"] = self.record["head"], 0, 0
        self.record["wanted"] = number
        return number

    def end(self) -> None:
        """Let the take end with the next cycle."""
        self.record["wanted"] = -abs(int(self.record["wanted"]))

    @property
    def has_ended(self) -> bool:
        """Whether the take that was to end has done so."""
        return int(self.record["ended"]) == -int(self.record["wanted"])

    @property
    def frames(self) -> int:
        """Length of the take up to now."""
        return int(self.record["frames"]) if self.record["taken"] == abs(self.record["wanted"]) else 0

    def read(self, target: NDArray[np.float32], over: bool = False) -> int:
        """The oldest frames into `target`, (CHANNELS, n), contiguous; see `ring_read`."""
        return int(ring_read(self.address, target.ctypes.data, target.shape[1], int(over)))
