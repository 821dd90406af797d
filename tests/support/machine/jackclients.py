"""JACK clients that are not rig: a player, a recorder, one that does nothing. Compiled, so that they miss no cycle.

A `Deck` plays a float32 array from memory, or records into memory, sample for sample. `bounce` makes a recorder start
in the very cycle in which a player starts, so that sample k of the recording is what arrived while sample k was
played: with rig between them (which adds no latency of its own) the two are aligned as they are. Frame times are kept
as a second witness. A take in which a frame time jumps, an xrun is reported or the block size changes is refused
(`TakeBroken`) and may be repeated: a busy machine loses cycles by itself. Also works under freewheel.

    with Deck("player", server, plays=True) as player, Deck("recorder", server, records=2) as recorder:
        player.connect("out", "rig:in"); recorder.connect("in_1", "rig:out_1"); recorder.connect("in_2", "rig:out_2")
        y = bounce(player, recorder, x)

All decks of a process must be on one server (see jackserver.py). As a program, for a server other than the session's:

    python jackclients.py --server NAME --to rig:in --from rig:out_1 --from rig:out_2 [--freewheel] x.npy y.npy
"""

from __future__ import annotations

import argparse
import ctypes
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pytest
from child import run_in_child
from jackserver import FREEWHEELS, JackServer
from numpy.typing import ArrayLike, NDArray

from rig.backends.jack import libjack
from rig.dsp.native.compile import entry
from rig.dsp.native.memory import Layout
from rig.dsp.native.pointers import (
    fetch_add,
    floats,
    foreign,
    load_acquire,
    offset,
    pointer_to_int,
    record,
    store_release,
)

IDLE, ARMED, RUNNING, DONE, BROKEN = range(5)

DECK = np.dtype(
    [
        ("client", np.int64),
        ("out", np.int64),  # ports; 0: not there
        ("inputs", np.int64, 2),
        ("get_buffer", np.int64),
        ("last_frame_time", np.int64),
        ("usleep", np.int64),
        # one take
        ("play", np.int64),  # address of float32[length]
        ("record", np.int64),  # address of float32[2][length]
        ("length", np.int64),
        ("position", np.int64),
        ("state", np.int64),
        ("cue", np.int64),  # address of another deck's `state`: start in the cycle in which that one runs; 0: at once
        ("start_time", np.int64),  # frame time of the first sample
        ("next_time", np.int64),
        ("xruns_before", np.int64),
        ("resizes_before", np.int64),
        # counted for ever
        ("cycles", np.int64),
        ("xruns", np.int64),
        ("resizes", np.int64),
        ("block_size", np.int64),
        ("freewheeling", np.int64),
        ("gone", np.int64),
        ("stall_us", np.int64),  # sleep that long in the next cycle: an xrun on demand
        ("lax", np.int64),  # 1: a take goes on whatever is lost
    ],
    align=True,
)
STATE, CYCLES, XRUNS, RESIZES, FREEWHEELING, GONE = (
    offset(DECK, name) for name in ("state", "cycles", "xruns", "resizes", "freewheeling", "gone")
)
call_get_buffer, call_frame_time, call_usleep = foreign("l", "l", "u"), foreign("u", "l"), foreign("i", "u")


@entry("iup")
def on_cycle(frames, argument):
    here = pointer_to_int(argument)
    d = record(here, DECK)
    n = np.int64(frames)
    now = np.int64(call_frame_time(d.last_frame_time, d.client))
    if d.stall_us > 0:
        call_usleep(d.usleep, np.uint32(d.stall_us))
        d.stall_us = 0
    if load_acquire(here + STATE) == ARMED and (d.cue == 0 or load_acquire(d.cue) >= RUNNING):
        d.position, d.start_time, d.next_time = 0, now, now
        d.xruns_before, d.resizes_before = load_acquire(here + XRUNS), load_acquire(here + RESIZES)
        store_release(here + STATE, RUNNING)
    m = 0
    if d.state == RUNNING:
        whole = load_acquire(here + XRUNS) == d.xruns_before and load_acquire(here + RESIZES) == d.resizes_before
        if d.lax == 0 and (now != d.next_time or not whole):
            store_release(here + STATE, BROKEN)
        else:
            m = min(n, d.length - d.position)
    if d.out != 0:
        y, source = floats(call_get_buffer(d.get_buffer, d.out, frames)), floats(d.play)
        for i in range(m):
            y[i] = source[d.position + i]
        for i in range(m, n):
            y[i] = 0.0
    for channel in range(2):
        if d.inputs[channel] != 0:
            x = floats(call_get_buffer(d.get_buffer, d.inputs[channel], frames))
            target = floats(d.record + 4 * channel * d.length)
            for i in range(m):
                target[d.position + i] = x[i]
    if d.state == RUNNING:
        d.position += m
        d.next_time = (now + n) & 0xFFFFFFFF
        if d.position == d.length:
            store_release(here + STATE, DONE)
    store_release(here + CYCLES, d.cycles + 1)
    return np.int32(0)


@entry("ip")
def on_deck_xrun(argument):
    fetch_add(pointer_to_int(argument) + XRUNS, 1)
    return np.int32(0)


@entry("iup")
def on_deck_buffer_size(frames, argument):
    here = pointer_to_int(argument)
    d = record(here, DECK)
    if d.block_size != frames:
        d.block_size = frames
        fetch_add(here + RESIZES, 1)
    return np.int32(0)


@entry("vip")
def on_deck_freewheel(starting, argument):
    store_release(pointer_to_int(argument) + FREEWHEELING, np.int64(starting))


@entry("vilp")
def on_deck_shutdown(code, reason, argument):
    store_release(pointer_to_int(argument) + GONE, 1)


CALLBACKS = {
    "jack_set_process_callback": on_cycle,
    "jack_set_xrun_callback": on_deck_xrun,
    "jack_set_buffer_size_callback": on_deck_buffer_size,
    "jack_set_freewheel_callback": on_deck_freewheel,
    "jack_on_info_shutdown": on_deck_shutdown,
}


class TakeBroken(Exception):
    """The machine or the server lost cycles during a take: repeat it."""


class Deck:
    """One compiled JACK client with the ports asked for: `out` if it plays, `in_1` and `in_2` as it records.

    Without any it is the empty client that counts cycles, for comparison. Active from the start.
    """

    def __init__(self, name: str, server_name: str | None = None, plays: bool = False, records: int = 0) -> None:
        jack, _ = libjack.library()
        for callback in CALLBACKS.values():
            callback.compile()
        layout = Layout()
        part = layout.reserve(DECK)
        self._arena = layout.allocate()
        self.address = self._arena.address_of(part)
        self.state: Any = self._arena[part][0]
        self.client = jack.Client(name, no_start_server=True, servername=server_name)
        self.ports = {"out": self.client.outports.register("out")} if plays else {}
        for i in range(records):
            self.ports[f"in_{i + 1}"] = self.client.inports.register(f"in_{i + 1}")
            self.state["inputs"][i] = libjack.handle(self.ports[f"in_{i + 1}"])
        self.state["out"] = libjack.handle(self.ports["out"]) if plays else 0
        self.state["client"] = libjack.handle(self.client)
        self.state["get_buffer"] = libjack.function_address("jack_port_get_buffer")
        self.state["last_frame_time"] = libjack.function_address("jack_last_frame_time")
        self.state["usleep"] = ctypes.cast(ctypes.CDLL(None).usleep, ctypes.c_void_p).value
        self.state["block_size"] = self.client.blocksize
        for setter, callback in CALLBACKS.items():
            libjack.register(self.client, setter, callback, self.address)
        self.client.activate()

    def connect(self, own: str, other: str) -> None:
        """Connect one of our ports (`out`, `in_1`, `in_2`) to a port of another client, unless it is."""
        libjack.connect(self.ports[own], other)

    def counted(self, name: str) -> int:
        """One of the counters: cycles, xruns, resizes, block_size, freewheeling, gone."""
        return int(self.state[name])

    def freewheel(self, on: bool) -> None:
        """Let the server render as fast as it can, or in real time again; returns when it does, if it can."""
        on = on and FREEWHEELS
        if self.counted("freewheeling") == on:  # JACK calls that an error
            return
        self.client.set_freewheel(on)
        wait_until(lambda: self.counted("freewheeling") == on, "the server to change freewheel mode")

    def arm(self, length: int, x: NDArray[np.float32] | None = None, cue: Deck | None = None) -> None:
        """Get ready for a take of `length` samples; it starts with the deck `cue`, or in the next cycle."""
        self._x = np.zeros(length, np.float32)
        if x is not None:
            self._x[: x.size] = x
        self.recorded = np.zeros((2, length), np.float32)
        self.recorded[:] = 0  # touches the pages
        self.state["play"], self.state["record"] = self._x.ctypes.data, self.recorded.ctypes.data
        self.state["length"], self.state["cue"] = length, cue.address + STATE if cue else 0
        self.state["state"] = ARMED

    def close(self) -> None:
        """Leave the server."""
        if not self.counted("gone"):
            self.client.deactivate()
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Take:
    """What the recorder heard."""

    samples: NDArray[np.float32]  # (n, 2); the second column is zero where only one port records
    played_at: int  # frame time of the first sample played
    recorded_at: int  # frame time of the first sample recorded


def bounce(player: Deck, recorder: Deck, x: ArrayLike, extra_samples: int = 0, timeout_s: float = 60.0) -> Take:
    """Play `x`, record as long and `extra_samples` more, from the same cycle on.

    The recorder must come after the player in JACK's graph: connected to it, or to what it plays into. Raises
    `TakeBroken` if anything was lost.
    """
    signal = np.ascontiguousarray(x, np.float32)
    length = signal.size + extra_samples
    for deck in (player, recorder):
        deck.state["state"] = IDLE
    time.sleep(0.05)  # a cycle under way still writes into the last take
    recorder.arm(length, cue=player)
    player.arm(length, signal)
    try:
        wait_until(lambda: min(d.state["state"] for d in (player, recorder)) >= DONE, "the take", timeout_s)
    except TimeoutError as error:
        raise TakeBroken("the take did not end; has the server stopped?") from error
    time.sleep(0.2)  # xruns are told asynchronously: let the last ones arrive
    for deck in (player, recorder):
        s = deck.state
        if s["state"] != DONE or s["xruns"] != s["xruns_before"] or s["resizes"] != s["resizes_before"] or s["gone"]:
            raise TakeBroken(
                f"{deck.client.name}: state {s['state']} after {s['position']} of {length} samples, "
                f"{s['xruns'] - s['xruns_before']} xruns, {s['resizes'] - s['resizes_before']} new block sizes"
            )
    if player.state["start_time"] != recorder.state["start_time"]:
        raise TakeBroken("player and recorder did not start in the same cycle")
    samples = np.ascontiguousarray(recorder.recorded.T)
    return Take(samples, int(player.state["start_time"]), int(recorder.state["start_time"]))


def bounce_until_whole(
    player: Deck, recorder: Deck, x: ArrayLike, extra_samples: int = 0, tries: int = 10, timeout_s: float = 60.0
) -> Take:
    """Repeat `bounce` until nothing is lost; the last failure is raised.

    The last two tries are made under freewheel, which a busy machine cannot tear: these takes are about samples.
    Whether rig keeps up in real time, `costs_no_cycles` asks.
    """
    was_free, torn = bool(player.counted("freewheeling")), TakeBroken("tries must be at least 1")
    try:
        for attempt in range(tries):
            if attempt == tries - 2 and not was_free:
                print("this machine tears every take in real time: the rest under freewheel")
                player.freewheel(True)
            try:
                return bounce(player, recorder, x, extra_samples, timeout_s)
            except TakeBroken as error:
                torn = error
                time.sleep(1.0)  # what was played of it rings out, down to the memory of a DC blocker
        raise torn
    finally:
        if not was_free:
            player.freewheel(False)


def empty_server_tears(period: int, rate: int) -> bool:
    """Whether a server with nothing but an empty client on it loses cycles now: then none is rig's doing."""
    return bool(run_in_child(_xruns_of_an_empty_server, period, rate))


def _xruns_of_an_empty_server(period: int, rate: int, seconds: float = 20.0) -> int:
    """How many there were when the first was seen; so long as the takes last of which not one was whole."""
    with JackServer(rate=rate, period=period) as server, Deck("empty", server.name) as deck:
        wait_until(lambda: deck.counted("cycles") > 10, "the first cycles")
        before, end = deck.counted("xruns"), time.monotonic() + seconds
        while deck.counted("xruns") == before and time.monotonic() < end:
            time.sleep(0.05)
        return deck.counted("xruns") - before


def skip_if_torn(why: str, period: int = 64) -> None:
    """Skip a test that got no whole take, if the machine tears the cycles of an empty server too."""
    if empty_server_tears(period, 48000):
        pytest.skip(f"{why}, and this machine tears the cycles of an empty server as well")


def cycles_lost(ours: int, theirs: int) -> bool:
    """Whether a client had fewer cycles than an empty one had meanwhile; the two are not read in the same cycle."""
    assert theirs > 100, f"the server stood still: {theirs} cycles"
    return ours < theirs - max(1, 0.01 * theirs)


def costs_no_cycles(disturb: Callable[[], Any], ours: Callable[[], int], empty: Deck, tries: int = 3) -> bool:
    """Whether, once, a client (`ours` counts its cycles) lost none that an empty one had while it was disturbed.

    A machine that takes the processor away costs a cycle now and then; what waits for Python loses them every time.
    """
    for _ in range(tries):
        before = ours(), empty.counted("cycles")
        disturb()
        after = ours(), empty.counted("cycles")
        if not cycles_lost(after[0] - before[0], after[1] - before[1]):
            return True
        print(f"cycles before, ours and of an empty client: {before}, after: {after}")
    return False


def wait_until(condition: Any, what: str, timeout_s: float = 20.0) -> None:
    """Poll until `condition()` is true; `TimeoutError` names what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s} s for {what}")
        time.sleep(0.005)


def main() -> None:
    parser = argparse.ArgumentParser(description="Play one .npy file into a JACK port and record what comes back.")
    parser.add_argument("--server")
    parser.add_argument("--to", required=True, help="port to play into")
    parser.add_argument("--from", required=True, action="append", dest="sources", help="port to record; up to two")
    parser.add_argument("--extra", type=int, default=0, help="samples to record beyond the end")
    parser.add_argument("--tries", type=int, default=10)
    parser.add_argument("--freewheel", action="store_true")
    parser.add_argument("x", type=Path)
    parser.add_argument("y", type=Path)
    args = parser.parse_args()
    with (
        Deck("player", args.server, plays=True) as player,
        Deck("recorder", args.server, records=len(args.sources)) as recorder,
    ):
        player.connect("out", args.to)
        for i, source in enumerate(args.sources):
            recorder.connect(f"in_{i + 1}", source)
        if args.freewheel:
            player.freewheel(True)
        try:
            take = bounce_until_whole(player, recorder, np.load(args.x), args.extra, args.tries)
        finally:
            if args.freewheel:
                player.freewheel(False)
        np.save(args.y, take.samples)
        print(json.dumps({"played_at": take.played_at, "recorded_at": take.recorded_at}))


if __name__ == "__main__":
    main()
