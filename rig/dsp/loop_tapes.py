"""A loop that may become another one while it plays: the old tape fades out while the new one fades in.

Python writes the address of the tape that is wanted; the audio thread takes it as soon as no fade runs. A tape that
holds another section of the same recording goes on where the old one is, if that lies in its section: then both play
the same samples, and moving an end of the section is not heard at all.
"""

from __future__ import annotations

import numpy as np

from .buffers import clear
from .native.address import Address
from .native.compile import kernel
from .native.pointers import Record, floats, load_acquire, offset, record
from .tape import TAPE, tape_advance, tape_begin, tape_play

LOOP_TAPES = np.dtype(
    [
        ("wanted", np.int64),  # control side -> audio thread: address of a TAPE, 0: silence
        ("playing", np.int64),
        ("coming", np.int64),  # what fades in while `crossing`
        ("crossing", np.int64),
        ("position_samples", np.int64),  # into the fade
    ],
    align=True,
)
WANTED = offset(LOOP_TAPES, "wanted")


@kernel
def loop_begin(loop: Record, address: Address, frame_time: int, xruns: int, resizes: int, frames: int) -> None:
    """Once per cycle, before any sample: begin to change to what is wanted. `address` is that of `loop`."""
    wanted = load_acquire(address + WANTED)
    begins = loop.crossing == 0 and wanted != loop.playing
    if begins:
        loop.coming, loop.crossing, loop.position_samples = wanted, 1, 0
    if loop.playing != 0:
        tape_begin(loop.playing, frame_time, xruns, resizes, frames)
    if loop.crossing != 0 and loop.coming != 0:
        tape_begin(loop.coming, frame_time, xruns, resizes, frames)
        if begins and loop.playing != 0:
            go_on_where(record(loop.playing, TAPE), record(loop.coming, TAPE))


@kernel
def go_on_where(old: Record, new: Record) -> None:
    """Begin a section of the same recording at the place of the old one."""
    at = old.position_samples + old.origin_samples - new.origin_samples
    if new.recording != 0 and new.recording == old.recording and 0 <= at < new.play_samples:
        new.position_samples = at


@kernel
def loop_play(loop: Record, y: Address, scratch: Address, table: Address, fade: int, frames: int) -> None:
    """The next `frames` samples into float32 `y`."""
    if loop.playing != 0:
        tape_play(loop.playing, y, frames)
    else:
        clear(y, frames)
    if loop.crossing == 0:
        return
    if loop.coming != 0:
        tape_play(loop.coming, scratch, frames)
    else:
        clear(scratch, frames)
    rise, incoming, out = floats(table), floats(scratch), floats(y)
    for k in range(frames):
        at = min(loop.position_samples + k, fade - 1)  # the last of the table is 1
        out[k] += rise[at] * (incoming[k] - out[k])


@kernel
def loop_advance(loop: Record, fade: int, frames: int) -> None:
    """Move on; at the end of the fade the new tape plays alone, and nothing looks at the old one any more."""
    if loop.playing != 0:
        tape_advance(loop.playing, frames)
    if loop.crossing == 0:
        return
    if loop.coming != 0:
        tape_advance(loop.coming, frames)
    loop.position_samples += frames
    if loop.position_samples >= fade:
        loop.playing, loop.coming, loop.crossing = loop.coming, 0, 0
