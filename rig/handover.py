"""How a new model or cabinet takes over while the guitar sounds.

Python prepares a CHANGE completely (lanes loaded, settled, run in; filters transformed), keeps its parts alive, and
exchanges its address into `pending`. The audio thread takes it as soon as no fade runs; it lets the new lanes hear
what they missed since (and a room prepare its late part), fades, and publishes the same CHANGE, now holding what was
replaced, in `retired`. Only then does Python free it. No lock, no wait, on either side.

    STEADY -> CATCH_UP -> CROSS -> STEADY                  old and new run together for one fade
    STEADY -> FADE_OUT -> CATCH_UP -> FADE_IN -> STEADY    one after the other, where the CPU could not run both

An overloaded rig falls asleep: the lanes fade out and are no longer run, so the machine is free at once, whatever
Python is doing. Whatever lane is handed over next wakes it.
"""

from __future__ import annotations

import numpy as np

from .dsp.native.address import Address
from .dsp.native.compile import entry, kernel
from .dsp.native.memory import Layout
from .dsp.native.pointers import Record, exchange, load_acquire, offset, record, store_release
from .dsp.ramp import RAMP
from .lane import LANE, hear_past, source_head

LANES = 4  # lanes an engine can run at once; their sum goes into the cabinet
KEEP = -1  # in a CHANGE: leave this as it is

STEADY, FADE_OUT, CATCH_UP, CROSS, FADE_IN = range(5)

CROSS_LOAD = 0.45  # above this share of the period old and new are not run together
CATCH_UP_RATE = 2  # samples of the past a new lane hears per sample of the present

CHANGE = np.dtype(
    [
        ("lanes", np.int64, (LANES,)),  # address of a LANE, 0: none, KEEP
        ("cabinet", np.int64),  # address of a CABINET, 0: none, KEEP
        ("next", np.int64),  # once it is retired: address of another that was retired before, 0: none
    ],
    align=True,
)
HANDOVER = np.dtype(
    [
        ("pending", np.int64),  # control side -> audio thread: address of a CHANGE
        ("retired", np.int64),  # audio thread -> control side, the latest first
        ("phase", np.int64),
        ("position_samples", np.int64),  # into the fade
        ("change", np.int64),  # the CHANGE at work
        ("lanes", np.int64, (LANES,)),  # what plays
        ("next_lanes", np.int64, (LANES,)),  # what will
        ("cabinet", np.int64),
        ("next_cabinet", np.int64),
        ("voice", np.int64),  # first of the two convolver voices that play; the other two belong to the next cabinet
        ("suspended", np.int64),  # 1: overloaded, lanes are not run
        ("resuming", np.int64),  # 1: this fade in ends a sleep, so lanes that stay rise with it
        ("suspend_gain", RAMP),  # their way to silence
        ("changes", np.int64),  # completed ever
    ],
    align=True,
)
PENDING, RETIRED = offset(HANDOVER, "pending"), offset(HANDOVER, "retired")


@kernel
def take_change(h: Record, address: Address, load: float) -> None:
    """At the start of a chunk: begin a pending change if nothing stands in its way."""
    if h.phase != STEADY or load_acquire(address + PENDING) == 0:
        return
    if h.suspended == 0 and h.suspend_gain.target == 0.0:
        return  # on its way to sleep: let it get there
    h.change = exchange(address + PENDING, 0)
    if h.change == 0:
        return  # called back in this very moment
    change = record(h.change, CHANGE)
    heavy = False
    for i in range(LANES):
        h.next_lanes[i] = h.lanes[i] if change.lanes[i] == KEEP else change.lanes[i]
        heavy |= change.lanes[i] != KEEP and runs_model(h.lanes[i]) and runs_model(h.next_lanes[i])
    h.next_cabinet = h.cabinet if change.cabinet == KEEP else change.cabinet
    h.position_samples = 0
    h.phase = FADE_OUT if heavy and load > CROSS_LOAD and h.suspended == 0 else CATCH_UP


@kernel
def runs_model(lane: Address) -> bool:
    """Whether there is a lane and it has a model."""
    return lane != 0 and record(lane, LANE).run != 0


@kernel
def catch_up(h: Record, cabinet_ready: bool, table: Address, fade: int, frames: int) -> None:
    """Let the new lanes hear what came before this chunk; when all is ready, the fade begins with this chunk."""
    ready = cabinet_ready
    for i in range(LANES):
        lane = h.next_lanes[i]
        if lane != 0 and lane != h.lanes[i]:
            ready &= hear_past(lane, source_head(lane) - frames, CATCH_UP_RATE * frames, table, fade)
    if ready:
        if h.suspended != 0 and lanes_change(h):
            h.suspended, h.resuming = 0, 1
            ramp_to_one(h.suspend_gain)
        # After FADE_OUT (position at its end) and after a sleep the old lanes are silent already.
        h.phase = FADE_IN if h.position_samples > 0 or h.resuming != 0 else CROSS
        h.position_samples = 0


@kernel
def ramp_to_one(ramp: Record) -> None:
    """Stand at gain 1 without a fade."""
    ramp.target, ramp.goal, ramp.start, ramp.value, ramp.position_samples = 1.0, 1.0, 1.0, 1.0, 1 << 40


@kernel
def lanes_change(h: Record) -> bool:
    """Whether the change at work brings or removes a lane."""
    changed = False
    for i in range(LANES):
        changed |= h.next_lanes[i] != h.lanes[i]
    return changed


@kernel
def finish_change(h: Record, address: Address) -> None:
    """The new has taken over: give the old back."""
    change = record(h.change, CHANGE)
    for i in range(LANES):
        if change.lanes[i] != KEEP:
            change.lanes[i] = h.lanes[i]
            h.lanes[i] = h.next_lanes[i]
    if change.cabinet != KEEP:
        change.cabinet = h.cabinet
        if h.next_cabinet != h.cabinet:  # the same one again goes on with the voices it has
            h.cabinet = h.next_cabinet
            h.voice = 2 - h.voice
    done = h.change
    h.change, h.phase, h.position_samples, h.resuming = 0, STEADY, 0, 0
    h.changes += 1
    # The control side only ever takes the whole list, so it is ours while 0 stands there.
    change.next = exchange(address + RETIRED, 0)
    store_release(address + RETIRED, done)


@entry("lllll")
def publish(handover: Address, change: Address, table: Address, fade: int) -> int:
    """Control side: run the new lanes in on the live input, then hand the change over.

    Runs without the GIL. Returns the address of an earlier change that was never taken, or 0; the caller calls
    pending changes back first (`recall`), so that only a bug makes it anything else.
    """
    c = record(change, CHANGE)
    for i in range(LANES):
        if c.lanes[i] != KEEP and c.lanes[i] != 0:
            lane = record(c.lanes[i], LANE)
            head = source_head(c.lanes[i])
            lane.heard_samples = max(0, head - lane.run_in_samples)
            while not hear_past(c.lanes[i], head, 1 << 40, table, fade):
                head = source_head(c.lanes[i])
    for i in range(LANES):
        if c.lanes[i] != KEEP and c.lanes[i] != 0:  # what came in while the others were run in
            hear_past(c.lanes[i], source_head(c.lanes[i]), 1 << 40, table, fade)
    return exchange(handover + PENDING, change)


@entry("ll")
def recall(handover: Address) -> int:
    """Control side: take back a change the audio thread has not begun; its address, or 0."""
    return exchange(handover + PENDING, 0)


@entry("ll")
def collect(handover: Address) -> int:
    """Control side: the changes whose replaced parts may be freed, the first of the list, or 0."""
    return exchange(handover + RETIRED, 0)


class Change:
    """A hand-over on its way, in memory of its own: it begins as one that keeps everything as it is."""

    def __init__(self) -> None:
        layout = Layout()
        part = layout.reserve(CHANGE)
        self._arena = layout.allocate()
        self.record = self._arena[part][0]
        self.address = self._arena.address_of(part)
        self.record["lanes"] = KEEP
        self.record["cabinet"] = KEEP
