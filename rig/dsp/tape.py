"""The one sample-exact play and record primitive: a loop, a capture and a recorder are all a tape.

In one cycle a tape plays sample k and records sample k, from memory that was touched beforehand. A strict take breaks
itself when the server's frame time jumps, or when the xrun or block-size counter moves: a stalled device can spoil
samples without leaving a gap in the frame time, so all three are needed. Notifications arrive late; whoever uses a
take looks at the counters again 0.15 s after its end (`Tape.intact`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .meter import FULL_SCALE
from .native.address import Address
from .native.compile import kernel
from .native.memory import Layout
from .native.pointers import floats, load_acquire, offset, record, store_release
from .ramp import fade_table

IDLE, ARMED, RUNNING, DONE, BROKEN = range(5)
STATES = ("idle", "armed", "running", "done", "broken")

TAPE = np.dtype(
    [
        ("state", np.int64),
        ("play", np.int64),  # address of float32[play_samples], 0: silence
        ("play_samples", np.int64),
        ("take", np.int64),  # address of float32[samples] to record into, 0: nothing
        ("samples", np.int64),  # length of the take; 0: endless, the play side repeats
        ("strict", np.int64),  # 1: a gap breaks the take; 0: go on (a loop to listen to)
        ("position_samples", np.int64),  # of the next sample
        ("recording", np.int64),  # which recording it is a section of, 0: none
        ("origin_samples", np.int64),  # where in that recording its sample 0 lies
        ("start_frame", np.int64),  # the server's frame time of sample 0
        ("next_frame", np.int64),
        ("gap_at_samples", np.int64),  # where the take broke
        ("gap_samples", np.int64),  # frames that were lost there; 0 where a counter broke it
        ("clips", np.int64),  # recorded samples at full scale
        ("xruns_before", np.int64),
        ("resizes_before", np.int64),
    ],
    align=True,
)
STATE = offset(TAPE, "state")
_WRAP = (1 << 32) - 1  # frame time is a 32-bit counter


@kernel
def tape_begin(tape: Address, frame_time: int, xruns: int, resizes: int, frames: int) -> None:
    """Once per cycle, before any sample: start an armed tape, or notice that a strict take has been torn."""
    state = load_acquire(tape + STATE)
    t = record(tape, TAPE)
    if state == ARMED:
        t.position_samples, t.gap_samples, t.clips = 0, 0, 0
        t.start_frame, t.next_frame = frame_time, frame_time
        t.xruns_before, t.resizes_before = xruns, resizes
        store_release(tape + STATE, RUNNING)
    elif state == RUNNING and t.strict != 0:
        gap = (frame_time - t.next_frame) & _WRAP
        if gap != 0 or xruns != t.xruns_before or resizes != t.resizes_before:
            t.gap_at_samples, t.gap_samples = t.position_samples, gap
            store_release(tape + STATE, BROKEN)
    t.next_frame = (frame_time + frames) & _WRAP


@kernel
def tape_play(tape: Address, y: Address, frames: int) -> None:
    """Write the next `frames` samples to float32 `y`: zeros if the tape is not running or is at its end."""
    t, out = record(tape, TAPE), floats(y)
    running = load_acquire(tape + STATE) == RUNNING and t.play != 0
    source, at = floats(t.play), t.position_samples
    for i in range(frames):
        out[i] = np.float32(0)
        if running:
            if t.samples == 0 and at >= t.play_samples:
                at = 0
            if at < t.play_samples:
                out[i] = source[at]
            at += 1


@kernel
def tape_record(tape: Address, x: Address, frames: int) -> None:
    """Record the `frames` samples that belong to the next positions."""
    t, source = record(tape, TAPE), floats(x)
    if load_acquire(tape + STATE) == RUNNING and t.take != 0:
        out, full = floats(t.take), np.float32(FULL_SCALE)
        for i in range(min(frames, t.samples - t.position_samples)):
            out[t.position_samples + i] = source[i]
            t.clips += abs(source[i]) >= full


@kernel
def tape_advance(tape: Address, frames: int) -> None:
    """After playing and recording: move on, and end a take that is complete."""
    t = record(tape, TAPE)
    if load_acquire(tape + STATE) == RUNNING:
        t.position_samples += frames
        if t.samples > 0:
            if t.position_samples >= t.samples:
                t.position_samples = t.samples
                store_release(tape + STATE, DONE)
        elif t.play_samples > 0:
            t.position_samples %= t.play_samples


class Tape:
    """A tape in memory of its own; made complete before the audio thread sees it.

    `play`: what it plays, shape (n,), or nothing. `samples`: length of the take to record, or None for an endless
    loop. `strict` takes break on any irregularity of the server.
    """

    def __init__(
        self, play: NDArray[np.float32] | None = None, samples: int | None = None, strict: bool = True
    ) -> None:
        layout = Layout()
        head = layout.reserve(TAPE)
        play_part = layout.reserve(np.float32, 0 if play is None else play.size)
        take_part = layout.reserve(np.float32, samples or 0)
        self._arena = layout.allocate()
        self.record = self._arena[head][0]
        self.take: NDArray[np.float32] = self._arena[take_part]
        self.address = self._arena.address_of(head)
        if play is not None and play.size:
            self._arena[play_part][:] = play
            self.record["play"], self.record["play_samples"] = self._arena.address_of(play_part), play.size
        if samples:
            self.record["take"], self.record["samples"] = self._arena.address_of(take_part), samples
        self.record["strict"] = strict

    def arm(self) -> None:
        """Start with the next cycle."""
        self.record["state"] = ARMED

    @property
    def state(self) -> str:
        """One of `STATES`."""
        return STATES[int(self.record["state"])]

    def intact(self, xruns: int, resizes: int) -> bool:
        """Whether a take that is done was not torn, given the host's counters 0.15 s after its end."""
        before = int(self.record["xruns_before"]), int(self.record["resizes_before"])
        return self.state == "done" and before == (xruns, resizes)


def joined(samples: NDArray[np.float32], fade: int) -> NDArray[np.float32]:
    """A loop as it goes round: its end faded into its beginning, so that the seam does not click.

    `samples`, (n,), become (n - fade,), `fade` samples shorter; a loop of fewer than four fades stays as it is.
    """
    if samples.size < 4 * fade:
        return samples
    rise = fade_table(fade)
    body = samples[fade:].copy()
    body[-fade:] = body[-fade:] * (1 - rise) + samples[:fade] * rise
    return body
